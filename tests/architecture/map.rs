//! The architecture as tables: which room may name which, and where each library may be used. A
//! change here is a change of the architecture: it needs a reason in the commit and the same change
//! in docs/ARCHITECTURE.md.

/// A room, then every room that it may name. What is not listed is forbidden.
pub(crate) const ROOM_DEPENDENCIES: &[(&str, &[&str])] = &[
    ("pb", &[]),
    // Planted bugs behind a feature; a macro calls it, so no room names it.
    ("sabotage", &[]),
    ("domain", &[]),
    // Renders a message in a language; `domain` decides and never names it.
    ("i18n", &["domain"]),
    ("files", &["domain", "i18n"]),
    ("clock", &["domain"]),
    // Traces calls and jobs; a room of its own, because `grpc` and `jobs` begin spans and may not
    // name the exporter.
    ("trace", &["domain", "clock"]),
    ("wire", &["pb", "domain", "i18n"]),
    ("store", &["domain", "wire::record", "wire::command"]),
    ("auth", &["domain", "clock", "store"]),
    ("app", &["domain", "clock", "store"]),
    ("sync", &["domain", "clock", "store", "app", "wire::record"]),
    ("exchange", &["domain", "i18n", "files", "app"]),
    ("jobs", &["domain", "clock", "app", "trace"]),
    ("morning_report", &["domain", "i18n", "app"]),
    (
        "grpc",
        &[
            "pb",
            "wire",
            "domain",
            "i18n",
            "files",
            "auth",
            "app",
            "sync",
            "exchange",
            "trace",
            // The morning report over an rpc, as a page and a workbook.
            "morning_report",
        ],
    ),
    ("client", &["pb", "wire", "domain", "i18n", "clock"]),
    ("config", &[]),
    // A page is the calls that it makes: it names the messages of the contract and what shows them,
    // and neither `store` nor a use case.
    (
        "office",
        &[
            "pb",
            "wire",
            "domain",
            "i18n",
            "clock",
            "auth",
            "app::morning_report",
            "morning_report",
            "grpc",
        ],
    ),
    (
        "server",
        &[
            "pb",
            "domain",
            "i18n",
            "files",
            "clock",
            "trace",
            "wire",
            "store",
            "auth",
            "app",
            "sync",
            "jobs",
            "morning_report",
            "exchange",
            "grpc",
            "office",
            "config",
        ],
    ),
    // What the workspace member `bench` names of the product.
    (
        "bench_api",
        &[
            "pb", "domain", "files", "clock", "wire", "store", "auth", "app", "grpc", "server",
            "cli",
        ],
    ),
    (
        "cli",
        &[
            "pb",
            "domain",
            "i18n",
            "files",
            "clock",
            "trace",
            "wire",
            "store",
            "auth",
            "app",
            "sync",
            "jobs",
            "morning_report",
            "exchange",
            "grpc",
            "office",
            "client",
            "config",
            "server",
        ],
    ),
    // Not a room: main.rs turns arguments into a subcommand.
    ("main", &["cli"]),
];

/// Every room, for libraries without a restriction.
const ALL_ROOMS: &[&str] = &[
    "bench_api",
    "exchange",
    "pb",
    "domain",
    "i18n",
    "files",
    "clock",
    "trace",
    "wire",
    "store",
    "auth",
    "app",
    "sync",
    "jobs",
    "morning_report",
    "grpc",
    "office",
    "client",
    "config",
    "server",
    "cli",
    "main",
];

/// A library (or a path inside one, which then decides), then the rooms that may use it.
pub(crate) const LIBRARY_ROOMS: &[(&str, &[&str])] = &[
    // The cron library takes time zones as chrono types.
    ("chrono", &["jobs"]),
    // The metrics page.
    // Passwords of desk accounts.
    ("argon2", &["auth"]),
    ("axum", &["office", "server"]),
    // Audit proofs and signed notes are texts (C2SP); in server the details of Connect's errors, in
    // office files that a form carries on.
    ("base64", &["auth", "domain", "cli", "office", "server"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    // Reads a password from a terminal without showing it.
    ("console", &["cli"]),
    // Reads workbooks.
    ("calamine", &["files"]),
    ("diesel", &["store", "client"]),
    ("diesel_migrations", &["store", "client"]),
    // Compress batches of rows, the same on phone and server; in cli the parts of a PDF, in server
    // the bodies of Connect, in office the files beside the pages.
    ("flate2", &["wire", "cli", "office", "server"]),
    ("zstd", &["wire"]),
    // Queries of addresses.
    ("form_urlencoded", &["office"]),
    ("http", &["grpc", "office", "server", "client"]),
    // The end of a response body is the end of its call; a request body says where it ends.
    ("http_body", &["server", "client"]),
    // The catalogue of texts.
    ("fluent_bundle", &["i18n"]),
    ("fluent_syntax", &["i18n"]),
    ("hyper_util", &["server", "client"]),
    ("indicatif", &["cli"]),
    // Only `clock` reads the time; civil dates and durations are values that any room may use.
    ("jiff", &["clock"]),
    ("jiff::civil", ALL_ROOMS),
    ("jiff::Span", ALL_ROOMS),
    ("jiff::ToSpan", ALL_ROOMS),
    ("libsqlite3_sys", &["store", "client"]),
    // HTML pages as functions, checked and escaped at build time.
    ("maud", &["morning_report", "office", "cli"]),
    // Never named: the dependency makes libpq link OpenSSL, built from source, with the feature
    // `postgres-tls`.
    ("openssl_sys", &["store"]),
    // Writes the sheet of enrolment cards.
    ("pdf_writer", &["cli"]),
    ("pq_sys", &["store"]),
    ("prometheus_client", &["server"]),
    ("prost", &["pb", "wire"]),
    // Messages of the contract as JSON, by its descriptors, for Connect; in cli the contract as an
    // OpenAPI document.
    ("prost_reflect", &["server", "cli"]),
    ("prost_types", &["pb", "wire", "office"]),
    // Draws the pictures of enrolment cards.
    ("qrcodegen", &["office", "cli"]),
    // What calamine does not tell of a workbook: hidden rows. In exchange data value sets in XML.
    ("quick_xml", &["exchange", "files"]),
    // Creates the private CA and the server's certificate.
    ("rcgen", &["server"]),
    // P-256 signatures, HMAC and random numbers; in sync it signs cursors. sha2 computes digests of
    // stored data.
    ("ring", &["auth", "client", "server", "sync"]),
    // Writes workbooks: exports and templates in files, the morning workbook beside its page.
    ("rust_xlsxwriter", &["files", "morning_report"]),
    // Hash tables whose keys are derived ids.
    ("rustc_hash", &["domain"]),
    ("rustls", &["client", "server"]),
    ("serde", &["files", "config", "exchange", "cli", "client"]),
    // In server the JSON of Connect, in exchange that of DHIS2.
    ("serde_json", &["exchange", "server", "cli"]),
    // In cli the demo's generator uses it, with the same results on every machine.
    // In app it computes the digest of a nightly run's input, in office the names of files.
    ("sha2", &["domain", "store", "app", "sync", "office", "cli"]),
    ("thiserror", ALL_ROOMS),
    // In trace the current span of a task, and the queue of ended spans.
    ("tokio", &["trace", "jobs", "grpc", "office", "client", "server", "cli"]),
    ("tokio_cron_scheduler", &["jobs"]),
    ("tokio_rustls", &["client", "server"]),
    ("tokio_stream", &["grpc", "office", "client", "server"]),
    ("toml", &["files", "config"]),
    ("tonic", &["pb", "grpc", "office", "client", "server"]),
    ("tonic_health", &["grpc", "server"]),
    // In grpc a codec decodes requests with it.
    ("tonic_prost", &["pb", "grpc"]),
    ("tonic_reflection", &["grpc", "server"]),
    // In client the test that compares its decoding of a status with this one.
    ("tonic_types", &["grpc", "office", "client", "server"]),
    ("tonic_web", &["grpc", "server"]),
    ("tower", &["grpc", "client", "server"]),
    (
        "tracing",
        &[
            "trace",
            "store",
            "auth",
            "app",
            "sync",
            "jobs",
            "morning_report",
            "exchange",
            "grpc",
            "client",
            "server",
            "cli",
        ],
    ),
    ("tracing_subscriber", &["server"]),
    // One form for texts that read the same: every entrance calls domain::support::text.
    ("unicode_normalization", &["domain"]),
    // Derives of the bindings, with the feature `bindings`; their scaffolding is at the crate's
    // root.
    ("uniffi", &["client", ""]),
    ("uuid", &["domain"]),
    // Reads the name in a client's certificate after rustls has verified it.
    ("webpki", &["server"]),
    ("winnow", &["domain"]),
    // Reads when a certificate ends, which webpki keeps to itself.
    ("x509_parser", &["server"]),
    // Opens a workbook, to bound what it unpacks to.
    ("zip", &["files"]),
];

/// Rooms in which a function may be async. `trace` propagates spans across tasks and threads.
pub(crate) const ASYNC_ROOMS: &[&str] =
    &["trace", "jobs", "grpc", "office", "client", "server", "cli", "main"];

/// Ends of paths that only some rooms may name, with the reason.
pub(crate) const RESTRICTED_PATHS: &[(&[&str], &[&str], &str)] = &[
    (&["SystemTime", "now"], &["clock"], "ask crate::clock"),
    (&["Utc", "now"], &["clock"], "ask crate::clock"),
    (&["Local", "now"], &["clock"], "ask crate::clock"),
    (&["Timestamp", "now"], &["clock"], "ask crate::clock"),
    (&["Zoned", "now"], &["clock"], "ask crate::clock"),
    (&["ZonedDateTime", "now"], &["clock"], "ask crate::clock"),
    // A duration is not the time of day; but a decision must not depend on one.
    (
        &["Instant", "now"],
        &["clock", "trace", "grpc", "client", "server", "cli"],
        "time is an argument here",
    ),
];

/// Words that a room may not contain, with the reason.
pub(crate) const FORBIDDEN_WORDS: &[(&str, &[&str], &str)] = &[
    ("domain", &["f32", "f64"], "people are judged here: scaled integers only"),
    ("wire", &["f32", "f64"], "people are judged by what travels here: scaled integers only"),
    (
        "sync",
        &["WriteTx", "write", "write_with_seq"],
        "sync gives commands and takes outcomes; app::command writes",
    ),
];

/// Files that may contain such a word, each with the reason. Tests inside a file may, too.
pub(crate) const FORBIDDEN_WORD_EXCEPTIONS: &[(&str, &str)] = &[
    (
        "src/domain/support/ratio.rs",
        "its nearest float is for forecasts and drawings, never for a verdict",
    ),
    (
        "src/domain/target_rule/distribution.rs",
        "chance: for forecasts and the chance meter, never for a verdict",
    ),
    (
        "src/domain/scoring/cluster_comparison.rs",
        "chance inside a cluster, shown as bands; nobody is judged or paid by it",
    ),
    (
        "src/domain/standing/funnel_limits.rs",
        "limits of chance for a drawing and a question, never for a verdict",
    ),
    ("src/domain/target_rule/chance.rs", "the chance meter tells chances, it judges nobody"),
    ("src/domain/target_rule/tests/chance_and_coercion.rs", "tests of the chance meter"),
];

/// Parts of the standard library with side effects, forbidden where everything is an argument.
pub(crate) const AMBIENT_APIS: &[(&[&str], &[&str])] = &[
    (&["std", "fs"], &["domain", "wire", "files", "app", "sync", "clock"]),
    (
        &["std", "net"],
        &["domain", "wire", "files", "store", "app", "sync", "clock", "jobs", "morning_report"],
    ),
    (
        &["std", "env"],
        &[
            "domain",
            "wire",
            "files",
            "store",
            "app",
            "sync",
            "clock",
            "jobs",
            "morning_report",
            "grpc",
        ],
    ),
    (
        &["std", "process"],
        &[
            "domain",
            "wire",
            "files",
            "store",
            "app",
            "sync",
            "clock",
            "jobs",
            "morning_report",
            "grpc",
        ],
    ),
    (&["std", "thread"], &["domain", "wire", "files", "clock", "app", "morning_report"]),
];

/// Files that may use them, each with the reason.
pub(crate) const AMBIENT_API_EXCEPTIONS: &[(&str, &str)] = &[
    ("src/clock.rs", "Linux tells its uptime, suspended time included, in a file"),
    (
        "src/store/fault_point.rs",
        "fault points are armed by the environment of a test's process; not in release builds",
    ),
];

pub(crate) const MAX_LINES_PER_FILE: usize = 500;
pub(crate) const MAX_LINES_PER_FUNCTION: usize = 60;
