//! `thidua tls init`: the private CA and the server's certificate; run again, a fresh server certificate of the same CA.

use super::ctx::Ctx;
use super::failure::Outcome;
use super::invite;
use crate::clock::Clock;
use crate::domain::hex::hex;
use crate::server::ca;
use serde_json::json;

/// `thidua tls ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Tạo CA riêng và chứng thư máy chủ · Make the CA, unless there is one, and a new server certificate (397 days).
    #[command(after_help = "Ví dụ / Examples:
  thidua tls init
  thidua tls init --name thidua.example.vn --name 10.0.0.2")]
    Init {
        /// Tên hoặc địa chỉ · Name or address in the certificate; may be repeated (default: tls.names).
        #[arg(long = "name", value_name = "NAME")]
        names: Vec<String>,
    },
}

pub(super) fn run(ctx: &Ctx, args: &Args) -> Outcome {
    let What::Init { names } = &args.what;
    let config = ctx.config()?;
    let names = if names.is_empty() { &config.tls.names } else { names };
    let files = invite::tls_files(&config);
    ca::init(&files, names, Clock::System.now())?;
    let hash = hex(&files.ca_sha256()?);
    let say = &ctx.say;
    let text = || {
        let (ca, chain) = (files.ca.display(), files.chain.display());
        let names = names.join(", ");
        let next =
            say.pick("khởi động lại máy chủ để dùng chứng thư mới", "restart the server to use the new certificate");
        format!("CA {ca}\nSHA-256 {hash}\n{chain} ({names})\n{next}")
    };
    let value = || {
        json!({
            "ca": files.ca.display().to_string(),
            "ca_sha256": hash,
            "chain": files.chain.display().to_string(),
            "names": names,
        })
    };
    say.answer(text, value);
    Ok(())
}
