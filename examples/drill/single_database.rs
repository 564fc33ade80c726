//! The short form: two nodes over one PostgreSQL; a node is killed, then the database is restarted
//! as after a crash.

use crate::database_checks::{self, CheckResult};
use crate::devices::PhoneFleet;
use crate::host::{DrillHost, run_checked};
use crate::node::{DrillNode, two_free_ports};
use crate::{CaseOutcome, PHONES, Result};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Runs both cases over the database at `url`, which the command `restart` restarts.
pub(crate) fn run_cases(host: &DrillHost, url: &str, restart: &str) -> Result<[CaseOutcome; 2]> {
    let ports = two_free_ports()?;
    let mut one = DrillNode::create(host, "one", Some(url), ports)?;
    let mut other = one.create_second(host, "other", Some(url), ports)?;
    one.start(&["serve"])?;
    other.start(&["serve"])?;
    let half = PHONES / 2;
    let invitations =
        [one.create_invitations(0, half)?, other.create_invitations(half, PHONES - half)?].concat();
    let mut fleet = PhoneFleet::enrol(&host.dir.join("phones"), &invitations)?;
    let killed = run_case(&mut fleet, url, "a node killed", || {
        one.kill();
        sleep(Duration::from_secs(3));
        one.start(&["serve"])
    })?;
    let restarted = run_case(&mut fleet, url, "the database restarted", || {
        run_checked(Command::new("bash").args(["-c", restart])).map(drop)
    })?;
    fleet.stop_phones()?;
    Ok([killed, restarted])
}

fn run_case(
    fleet: &mut PhoneFleet,
    url: &str,
    name: &str,
    accident: impl FnOnce() -> Result<()>,
) -> Result<CaseOutcome> {
    fleet.stop_phones()?;
    fleet.start_phones();
    sleep(Duration::from_secs(2));
    let (start, before) = (Instant::now(), fleet.acknowledged());
    accident()?;
    sleep(Duration::from_secs(5));
    let outage = fleet.longest_outage(start);
    let agree = fleet.drain_outboxes(60);
    let CheckResult { lost, doubled, published_twice: twice } =
        database_checks::check_database(url, &fleet.devices)?;
    let commands = fleet.acknowledged() - before;
    Ok(CaseOutcome {
        name: name.to_owned(),
        outage,
        commands,
        lost,
        doubled,
        published_twice: twice,
        digests_agree: agree,
    })
}
