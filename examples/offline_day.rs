//! A commune's phone through the client library: enrol once, work offline, sync when connected.
//!
//!     cargo run --example offline_day -- \
//!         'thidua:1?c=...&f=...&a=https://127.0.0.1:8443' /tmp/phone.db
//!
//! The first argument is the text of the QR code; `thidua demo --serve` prints one. A phone that is
//! enrolled already needs none.

use std::error::Error;
use thidua::client::facade::{ClientError, Phone, ReportStatus};
use thidua::clock::Clock;
use thidua::domain::support::time::days_from_date;
use thidua::i18n::Lang;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let invitation = arguments.next().unwrap_or_default();
    let path = arguments.next().unwrap_or_else(|| "phone.db".to_owned());
    let phone = Phone::open(path)?;
    if phone.session()?.is_none() {
        phone.enrol(invitation)?;
    }
    sync(&phone)?;

    // The next steps need no connection.
    let today = days_from_date(Clock::System.now().local_date());
    let due = phone.due_reports(today - 60, today)?;
    let blank = due.iter().filter(|due| due.status == ReportStatus::Blank);
    for due in blank.take(1) {
        println!(
            "{}: {} (due before day {})",
            due.period_name.text(Lang::VI),
            due.form_name_vi,
            due.due_day
        );
        // Nil speaks of events; how much there is, is confirmed or typed.
        phone.save_nil_carried(due.key.clone())?;
        match phone.submit_report(due.report_id.clone()) {
            Ok(number) => println!("  command {number} waits in the outbox"),
            Err(refused @ ClientError::Refused { .. }) => println!("  {}", refused.text(Lang::VI)),
            Err(other) => return Err(other.into()),
        }
    }

    // Sync again when a connection is available.
    sync(&phone)?;
    for refused in phone.refused_commands()? {
        println!("command {} was refused: {}", refused.number, refused.message().text(Lang::VI));
    }
    for report in phone.reports()? {
        println!("{} {:?}", report.key.start_day, report.status);
    }
    Ok(())
}

fn sync(phone: &Phone) -> Result<(), ClientError> {
    match phone.sync_once() {
        Ok(done) => println!(
            "synced: {} rows, {} commands applied, {} bytes, agrees: {}",
            done.rows,
            done.applied,
            done.bytes_sent + done.bytes_received,
            done.digests_match
        ),
        // The typed data is stored; an app retries after the given time.
        Err(ClientError::Offline { retry_after_ms, .. }) => {
            println!("no connection; again in {retry_after_ms} ms")
        }
        Err(other) => return Err(other),
    }
    Ok(())
}
