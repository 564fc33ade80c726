//! The style sheet and the scripts of the pages. A name holds a version or a digest, so a browser
//! asks for each once.
//!
//! htmx and its extension for server-sent events are the published files, unchanged (Zero-Clause
//! BSD, `assets/htmx-LICENSE`).

use super::OFFICE_PATH;
use super::card_sheet::CARD_STYLES;
use crate::domain::support::hex::encode_hex;
use crate::morning_report;
use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use sha2::{Digest as _, Sha256};
use std::io::Write as _;
use std::sync::LazyLock;

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
/// Bytes of a digest in a name: enough to tell versions apart.
const DIGEST_BYTES: usize = 8;

/// One file beside the pages.
struct Asset {
    /// Its address.
    address: String,
    content_type: &'static str,
    gzip: Vec<u8>,
}

impl Asset {
    fn new(name: &str, content_type: &'static str, content: &str) -> Self {
        let digest = encode_hex(&Sha256::digest(content)[..DIGEST_BYTES]);
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        // Writing into memory does not fail.
        let gzip = encoder.write_all(content.as_bytes()).and_then(|()| encoder.finish());
        Self {
            address: format!("{OFFICE_PATH}assets/{stem}-{digest}.{ending}"),
            content_type,
            gzip: gzip.unwrap_or_default(),
        }
    }
}

static STYLESHEET: LazyLock<Asset> = LazyLock::new(|| {
    let sheet =
        [morning_report::STYLESHEET, include_str!("assets/office.css"), CARD_STYLES].concat();
    Asset::new("office.css", CSS, &sheet)
});
static HTMX: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("htmx.js", SCRIPT, include_str!("assets/htmx-2.0.11.min.js")));
static HTMX_EVENTS: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("htmx-sse.js", SCRIPT, include_str!("assets/htmx-ext-sse-2.2.4.min.js"))
});

/// The address of the style sheet.
pub(super) fn stylesheet_address() -> &'static str {
    &STYLESHEET.address
}

/// The addresses of the scripts, in the order in which they run.
pub(super) fn script_addresses() -> [&'static str; 2] {
    [&HTMX.address, &HTMX_EVENTS.address]
}

/// The routes of the files: they hold nothing of the authority and need no session.
pub(super) fn routes() -> Router {
    let assets: [&'static LazyLock<Asset>; 3] = [&STYLESHEET, &HTMX, &HTMX_EVENTS];
    assets.into_iter().fold(Router::new(), |router, asset| {
        let headers = [
            (CONTENT_TYPE, asset.content_type),
            (CONTENT_ENCODING, "gzip"),
            (CACHE_CONTROL, "max-age=31536000, immutable"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        router.route(
            &asset.address,
            get(move || async move { (headers, &*asset.gzip).into_response() }),
        )
    })
}
