//! The short form: two nodes over one plain PostgreSQL; a node is killed, the database is restarted as after a crash.

use crate::books::{self, Found};
use crate::devices::Fleet;
use crate::host::{Host, done};
use crate::node::{Node, two_ports};
use crate::{Outcome, PHONES, Result};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Over the database at `url`, which the command `restart` restarts.
pub(crate) fn live_through(host: &Host, url: &str, restart: &str) -> Result<[Outcome; 2]> {
    let ports = two_ports()?;
    let mut one = Node::found(host, "one", Some(url), ports)?;
    let mut other = one.beside(host, "other", Some(url), ports)?;
    one.start(&["serve"])?;
    other.start(&["serve"])?;
    let half = PHONES / 2;
    let invitations = [one.invitations(0, half)?, other.invitations(half, PHONES - half)?].concat();
    let mut fleet = Fleet::enrol(&host.dir.join("phones"), &invitations)?;
    let killed = case(&mut fleet, url, "a node killed", || {
        one.kill();
        sleep(Duration::from_secs(3));
        one.start(&["serve"])
    })?;
    let restarted =
        case(&mut fleet, url, "the database restarted", || done(Command::new("bash").args(["-c", restart])).map(drop))?;
    fleet.close()?;
    Ok([killed, restarted])
}

fn case(fleet: &mut Fleet, url: &str, name: &str, accident: impl FnOnce() -> Result<()>) -> Result<Outcome> {
    fleet.close()?;
    fleet.open();
    sleep(Duration::from_secs(2));
    let (began, before) = (Instant::now(), fleet.acknowledged());
    accident()?;
    sleep(Duration::from_secs(5));
    let outage = fleet.outage(began);
    let agree = fleet.drain(60);
    let Found { lost, doubled, twice } = books::check(url, &fleet.devices)?;
    let commands = fleet.acknowledged() - before;
    Ok(Outcome { name: name.to_owned(), outage, commands, lost, doubled, twice, agree })
}
