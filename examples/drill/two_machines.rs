//! Two machines without a database administrator: SQLite on the first, verified copies to the second, and a person who promotes it.

use crate::books::{self, Found};
use crate::devices::Fleet;
use crate::host::Host;
use crate::node::{Node, two_ports};
use crate::{Outcome, PHONES, Result};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// kill -9 of the first under forty phones; the second promoted from its newest copy; the first started again.
pub(crate) fn live_through(host: &Host) -> Result<Outcome> {
    let ports = two_ports()?;
    let mut first = Node::found(host, "first", None, ports)?;
    let mut second = first.beside(host, "second", None, ports)?;
    let copies = host.dir.join("copies").display().to_string();
    first.start(&["serve"])?;
    let mut fleet = Fleet::enrol(&host.dir.join("phones-sqlite"), &first.invitations(0, PHONES)?)?;
    sleep(Duration::from_secs(3));
    first.command(&["backup", "--to", &copies])?;
    sleep(Duration::from_secs(5));
    let (began, before) = (Instant::now(), fleet.acknowledged());
    first.kill();
    fleet.hold();
    second.start(&["promote", "--from", &copies])?;
    let database = second.dir.join("thidua.db").display().to_string();
    println!("    {} acknowledged commands were not in the copy", books::lost(&database, &fleet.devices)?);
    fleet.work();
    sleep(Duration::from_secs(8));
    let outage = fleet.outage(began);

    // The first one comes back, and phones that were closed begin with its address.
    first.start(&["serve"])?;
    fleet.close()?;
    fleet.open();
    sleep(Duration::from_secs(5));
    let agree = fleet.drain(90);
    let refused = first.command(&["access", "grant", "--account", "y", "--role", "AUDITOR", "--unit", "prov-86-2025"]);
    let one_writer = refused.is_err_and(|error| error.to_string().contains("SERVER_SUPERSEDED"));
    let Found { lost, doubled, twice } = books::check(&database, &fleet.devices)?;
    let commands = fleet.acknowledged() - before;
    for (what, count) in fleet.troubles() {
        println!("    {count:>5} times: {what}");
    }
    if !one_writer {
        println!("    the first machine still writes");
    }
    fleet.close()?;
    let name = "two machines, SQLite: promoted".to_owned();
    Ok(Outcome { name, outage, commands, lost, doubled, twice, agree: agree && one_writer })
}
