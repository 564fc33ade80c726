//! Forms: what a person sent from a page of this office in the present session, and nothing else.

use super::Office;
use super::desk::{DeskCaller, Visitor};
use super::failure::PageFailure;
use crate::auth::random_bytes;
use crate::domain::support::hex::{decode_hex, encode_hex};
use crate::i18n::Lang;
use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Multipart, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Method, Uri};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// The field with the proof that a form was shown in this session.
const TOKEN_FIELD: &str = "form_token";
/// The field with the id of the request that a form makes.
const REQUEST_FIELD: &str = "request_id";

/// The fields of a form by their names.
pub(super) type Fields = BTreeMap<String, String>;

/// Refuses every request that is not for reading and does not come from a page of this server: a
/// browser says so in `origin`, and one that says nothing is no browser.
pub(super) async fn refuse_other_origins(
    State(office): State<Office>,
    visitor: Visitor,
    request: Request,
    next: Next,
) -> Response {
    let only_reads = [Method::GET, Method::HEAD].contains(request.method());
    if only_reads || is_own_origin(request.headers(), request.uri(), office.is_tls) {
        return next.run(request).await;
    }
    PageFailure::ForeignForm { lang: visitor.lang }.into_response()
}

/// Whether `origin` names the server under the name by which it was called. Without TLS of its own
/// it may stand behind a proxy that has it.
fn is_own_origin(headers: &HeaderMap, uri: &Uri, is_tls: bool) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = uri.authority().map(http::uri::Authority::as_str).or(host);
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    let schemes: &[&str] = if is_tls { &["https://"] } else { &["https://", "http://"] };
    let mut names = schemes.iter().filter_map(|scheme| origin?.strip_prefix(scheme));
    names.any(|name| host == Some(name))
}

/// A form that this person was shown in this session.
pub(super) struct PostedForm {
    pub(super) desk: DeskCaller,
    fields: Fields,
}

impl PostedForm {
    /// A field as it was sent; empty if it was not.
    pub(super) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// The fields as they were sent.
    pub(super) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// A field with an id of 16 bytes in hexadecimal.
    pub(super) fn id(&self, name: &str) -> Result<Vec<u8>, PageFailure> {
        parse_id(self.field(name), self.desk.lang())
    }

    /// The id of the request: sent twice, it takes effect once.
    pub(super) fn request_id(&self) -> Result<Vec<u8>, PageFailure> {
        self.id(REQUEST_FIELD)
    }
}

impl FromRequest<Office> for PostedForm {
    type Rejection = PageFailure;

    async fn from_request(request: Request, office: &Office) -> Result<Self, PageFailure> {
        let (mut parts, body) = request.into_parts();
        let desk = DeskCaller::from_request_parts(&mut parts, office).await?;
        let lang = desk.lang();
        let read = Form::<Fields>::from_request(Request::from_parts(parts, body), office).await;
        let Form(fields) = read.map_err(|_| PageFailure::BadForm { lang })?;
        check_token(&fields, &desk)?;
        Ok(Self { desk, fields })
    }
}

/// A file that a person chose.
pub(super) struct UploadedFile {
    /// Its name, as its machine calls it.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// A form with files that this person was shown in this session.
pub(super) struct PostedFiles {
    pub(super) desk: DeskCaller,
    fields: Fields,
    pub(super) files: Vec<UploadedFile>,
}

impl PostedFiles {
    /// A field as it was sent; empty if it was not.
    pub(super) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// The id of the request: sent twice, it takes effect once.
    pub(super) fn request_id(&self) -> Result<Vec<u8>, PageFailure> {
        parse_id(self.field(REQUEST_FIELD), self.desk.lang())
    }
}

/// The field with a file that an earlier step of the form was sent: its bytes in base64, a colon,
/// its name.
pub(super) const CARRIED_FIELD: &str = "carried";

impl FromRequest<Office> for PostedFiles {
    type Rejection = PageFailure;

    async fn from_request(request: Request, office: &Office) -> Result<Self, PageFailure> {
        let (mut parts, body) = request.into_parts();
        let desk = DeskCaller::from_request_parts(&mut parts, office).await?;
        let bad = || PageFailure::BadForm { lang: desk.lang() };
        let read = Multipart::from_request(Request::from_parts(parts, body), office).await;
        let mut parts = read.map_err(|_| bad())?;
        let (mut fields, mut files) = (Fields::new(), Vec::new());
        while let Some(part) = parts.next_field().await.map_err(|_| bad())? {
            let name = part.name().unwrap_or_default().to_owned();
            let file_name = part.file_name().map(str::to_owned);
            let bytes = part.bytes().await.map_err(|_| bad())?.to_vec();
            match file_name {
                Some(name) if !name.is_empty() => files.push(UploadedFile { name, bytes }),
                Some(_) => {}
                None => {
                    let text = String::from_utf8(bytes).map_err(|_| bad())?;
                    if name == CARRIED_FIELD {
                        files.push(read_carried(&text).ok_or_else(bad)?);
                    } else {
                        fields.insert(name, text);
                    }
                }
            }
        }
        check_token(&fields, &desk)?;
        Ok(Self { desk, fields, files })
    }
}

fn read_carried(text: &str) -> Option<UploadedFile> {
    let (bytes, name) = text.split_once(':')?;
    Some(UploadedFile { name: name.to_owned(), bytes: STANDARD.decode(bytes).ok()? })
}

/// The fields of a file that the next step of the form carries.
pub(super) fn render_carried(file: &UploadedFile) -> Markup {
    let value = format!("{}:{}", STANDARD.encode(&file.bytes), file.name);
    html! { input type="hidden" name=(CARRIED_FIELD) value=(value); }
}

fn check_token(fields: &Fields, desk: &DeskCaller) -> Result<(), PageFailure> {
    if fields.get(TOKEN_FIELD) == Some(&desk.form_token()) {
        Ok(())
    } else {
        Err(PageFailure::ForeignForm { lang: desk.lang() })
    }
}

fn parse_id(text: &str, lang: Lang) -> Result<Vec<u8>, PageFailure> {
    let bytes = decode_hex(text).filter(|bytes| bytes.len() == 16);
    bytes.ok_or(PageFailure::BadForm { lang })
}

/// The hidden fields of every form of a session.
pub(super) fn render_proof(desk: &DeskCaller) -> Markup {
    html! { input type="hidden" name=(TOKEN_FIELD) value=(desk.form_token()); }
}

/// The hidden fields of a form whose request has an id.
pub(super) fn render_request_proof(desk: &DeskCaller) -> Markup {
    // Without a random number the form is refused, and nothing happens twice.
    let id = random_bytes::<16>().map_or_else(|_| String::new(), |id| encode_hex(&id));
    html! { (render_proof(desk)) input type="hidden" name=(REQUEST_FIELD) value=(id); }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_comes_from_a_page_of_this_server_alone() {
        let ask = |origin: Option<&str>, host: &str, uri: &str, is_tls| {
            let mut headers = HeaderMap::from_iter([(HOST, host.parse().unwrap())]);
            headers.extend(origin.map(|origin| (ORIGIN, origin.parse().unwrap())));
            is_own_origin(&headers, &uri.parse().unwrap(), is_tls)
        };
        let own = "https://thidua.tinh.vn:8443";
        assert!(ask(Some(own), "thidua.tinh.vn:8443", "/office/", true));
        assert!(ask(Some(own), "", "https://thidua.tinh.vn:8443/office/", true), "HTTP/2");
        assert!(ask(Some("http://127.0.0.1:1"), "127.0.0.1:1", "/office/", false));
        assert!(ask(Some(own), "thidua.tinh.vn:8443", "/office/", false), "behind a proxy");
        for other in [
            None,
            Some("null"),
            Some("https://elsewhere.example"),
            Some("http://thidua.tinh.vn:8443"),
            Some("https://thidua.tinh.vn"),
            Some("https://thidua.tinh.vn:8443.elsewhere.example"),
        ] {
            assert!(!ask(other, "thidua.tinh.vn:8443", "/office/", true), "{other:?}");
        }
    }
}
