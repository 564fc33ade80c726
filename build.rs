//! Compiles the contract in `proto/`, and for the server the OpenTelemetry protos, with protox;
//! `protoc` is not required.

use prost::Message;
use prost_types::FileDescriptorSet;
use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto/thidua/v1");
    let mut files: Vec<PathBuf> = fs::read_dir("proto/thidua/v1")?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|ext| ext == "proto"));
    files.sort();

    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    let set = compiler.file_descriptor_set();
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("thidua_descriptor.bin"), set.encode_to_vec())?;
    fs::write(out.join("rpcs.rs"), rpcs(&set))?;
    fs::write(out.join("languages.rs"), languages()?)?;
    let (calls, serves) = (has_feature("CLIENT_NET"), has_feature("SERVER"));
    tonic_prost_build::configure().build_client(calls).build_server(serves).compile_fds(set)?;
    if serves {
        otlp()?;
        fs::write(out.join("web_files.rs"), web_files()?)?;
    }
    Ok(())
}

/// Whether the feature with this name, in upper case with underscores, is enabled.
fn has_feature(name: &str) -> bool {
    env::var_os(format!("CARGO_FEATURE_{name}")).is_some()
}

/// Generates the table of languages: each folder of `i18n/`, with the packs of this build. A
/// phone's build has the pack `client` alone.
fn languages() -> Result<String, Box<dyn Error>> {
    println!("cargo:rerun-if-changed=i18n");
    let is_server = has_feature("SERVER");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("i18n");
    let mut table = String::new();
    // Vietnamese first: it is the default, and lists begin with it.
    let mut folders = sorted(&root)?;
    folders.sort_by_key(|folder| !folder.ends_with("vi"));
    for folder in folders {
        let tag = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        table.push_str(&format!("({tag:?}, &["));
        for file in sorted(&folder)? {
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            // The texts of the app in the browser are built into its pages.
            let is_of_app = name == "app.ftl";
            if is_server && !is_of_app || name.starts_with("client-") {
                table.push_str(&format!("({name:?}, include_str!({file:?})),"));
            }
        }
        table.push_str("]),\n");
    }
    Ok(format!(
        "/// Each language with its files: the tag, then name and text of each file.\n\
         const LANGUAGES: &[(&str, &[(&str, &str)])] = &[{table}];\n"
    ))
}

/// Generates the table of the files of the app in the browser: `web/dist`, each compressed.
fn web_files() -> Result<String, Box<dyn Error>> {
    println!("cargo:rerun-if-changed=web/dist");
    let dist = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("web/dist");
    let mut table = String::new();
    for folder in [dist.clone(), dist.join("assets")] {
        for path in
            sorted(&folder)?.into_iter().filter(|path| path.extension() == Some("br".as_ref()))
        {
            let name = path.with_extension("").strip_prefix(&dist)?.to_string_lossy().into_owned();
            let content_type = match Path::new(&name).extension().and_then(|end| end.to_str()) {
                Some("html") => "text/html; charset=utf-8",
                Some("js") => "text/javascript; charset=utf-8",
                Some("css") => "text/css; charset=utf-8",
                Some("svg") => "image/svg+xml",
                Some("wasm") => "application/wasm",
                Some("webmanifest") => "application/manifest+json",
                other => return Err(format!("web/dist: a file of type {other:?}").into()),
            };
            let name = if name == "index.html" { "" } else { &name };
            let etag = format!("\"{:x}\"", content_digest(&fs::read(&path)?));
            table.push_str(&format!(
                "WebFile {{ path: {name:?}, content_type: {content_type:?}, etag: {etag:?}, \
                 brotli: include_bytes!({path:?}) }},\n"
            ));
        }
    }
    Ok(format!("/// The files of the app.\nstatic WEB_FILES: &[WebFile] = &[{table}];\n"))
}

/// FNV-1a, 64 bits: tells one version of a file from another, and protects nothing.
fn content_digest(bytes: &[u8]) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325;
    bytes.iter().fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The entries of a folder, in the order of their names.
fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|one| one.path()));
    let mut paths = entries.collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}

/// Generates the OpenTelemetry protocol of traces and metrics into `otlp.rs`.
fn otlp() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=src/pb/opentelemetry");
    let services = ["trace/v1/trace_service.proto", "metrics/v1/metrics_service.proto"];
    let files = services.map(|file| format!("opentelemetry/proto/collector/{file}"));
    let mut compiler = protox::Compiler::new(["src/pb"])?;
    compiler.include_imports(true).open_files(files)?;
    tonic_prost_build::configure()
        .include_file("otlp.rs")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

/// Generates an enum of every rpc of the contract, so that a `match` over it is exhaustive.
fn rpcs(set: &FileDescriptorSet) -> String {
    let ours = set.file.iter().filter(|file| file.package() == "thidua.v1");
    let services = ours.flat_map(|file| &file.service);
    let all: Vec<(String, String)> = services
        .flat_map(|service| {
            let path = format!("/thidua.v1.{}", service.name());
            service
                .method
                .iter()
                .map(move |method| (method.name().to_owned(), format!("{path}/{}", method.name())))
        })
        .collect();
    let variants: String =
        all.iter().map(|(name, path)| format!("/// `{path}`.\n{name},\n")).collect();
    let members: String = all.iter().map(|(name, _)| format!("Self::{name}, ")).collect();
    let arms: String =
        all.iter().map(|(name, path)| format!("Self::{name} => \"{path}\",\n")).collect();
    format!(
        "/// Every rpc of the contract.\n#[derive(Debug, Clone, Copy, PartialEq, Eq)]\n\
         pub enum Rpc {{\n{variants}}}\n\
         impl Rpc {{\n/// All of them.\npub const ALL: &'static [Self] = &[{members}];\n\
         /// The path under which it is called.\n\
         pub fn path(self) -> &'static str {{ match self {{ {arms} }} }}\n}}\n"
    )
}
