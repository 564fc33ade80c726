//! Two machines without a database administrator: SQLite on the first, verified backups on the
//! second, and an operator who promotes the second.

use crate::database_checks::{self, CheckResult};
use crate::devices::PhoneFleet;
use crate::host::DrillHost;
use crate::node::{DrillNode, two_free_ports};
use crate::{CaseOutcome, PHONES, Result};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Kills the first machine under forty phones, promotes the second from its newest backup and
/// starts the first again.
pub(crate) fn run_case(host: &DrillHost) -> Result<CaseOutcome> {
    let ports = two_free_ports()?;
    let mut first = DrillNode::create(host, "first", None, ports)?;
    let mut second = first.create_second(host, "second", None, ports)?;
    let copies = host.dir.join("copies").display().to_string();
    first.start(&["serve"])?;
    let mut fleet =
        PhoneFleet::enrol(&host.dir.join("phones-sqlite"), &first.create_invitations(0, PHONES)?)?;
    sleep(Duration::from_secs(3));
    first.command(&["backup", "--to", &copies])?;
    sleep(Duration::from_secs(5));
    let (start, before) = (Instant::now(), fleet.acknowledged());
    first.kill();
    fleet.pause_phones();
    second.start(&["promote", "--from", &copies])?;
    let database = second.dir.join("thidua.db").display().to_string();
    println!(
        "    {} acknowledged commands were not in the copy",
        database_checks::count_lost(&database, &fleet.devices)?
    );
    fleet.resume_phones();
    sleep(Duration::from_secs(8));
    let outage = fleet.longest_outage(start);

    // The first machine starts again, and reopened phones begin with its address.
    first.start(&["serve"])?;
    fleet.stop_phones()?;
    fleet.start_phones();
    sleep(Duration::from_secs(5));
    let agree = fleet.drain_outboxes(90);
    let grant = "access grant --account y --role AUDITOR --unit prov-86-2025";
    let grant_result = first.command(&grant.split(' ').collect::<Vec<_>>());
    let is_superseded =
        grant_result.is_err_and(|error| error.to_string().contains("SERVER_SUPERSEDED"));
    let CheckResult { lost, doubled, published_twice: twice } =
        database_checks::check_database(&database, &fleet.devices)?;
    let commands = fleet.acknowledged() - before;
    for (what, count) in fleet.take_errors() {
        println!("    {count:>5} times: {what}");
    }
    if !is_superseded {
        println!("    the first machine still writes");
    }
    fleet.stop_phones()?;
    let name = "two machines, SQLite: promoted".to_owned();
    Ok(CaseOutcome {
        name,
        outage,
        commands,
        lost,
        doubled,
        published_twice: twice,
        digests_agree: agree && is_superseded,
    })
}
