//! What happens to two nodes over three PostgreSQL, one accident after the other, while forty phones work.
//!
//! Knows the order of each accident; what it did to the data is asked of the books.

use crate::books::{self, Found};
use crate::cluster::Cluster;
use crate::devices::Fleet;
use crate::host::{Host, done, signal, wait};
use crate::line::Line;
use crate::node::{LEASE_SECONDS, Night, Node, two_ports};
use crate::{Outcome, PHONES, Result};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};
use thidua::pb::JobRunState;

/// Two nodes, three databases, forty phones.
pub(crate) struct Ground {
    host: Host,
    cluster: Cluster,
    nodes: [Node; 2],
    /// The second node's lines to the databases.
    lines: Vec<Line>,
    fleet: Fleet,
    night: Night,
}

/// An accident: its name, what happens, and whether it loses what was acknowledged until the phones come back.
pub(crate) type Case = (&'static str, fn(&mut Ground) -> Result<()>);

pub(crate) const CASES: &[Case] = &[
    ("a node killed", Ground::node_killed),
    ("the primary killed", Ground::primary_killed),
    ("both killed", Ground::both_killed),
    ("a node paused past its lease", Ground::node_paused),
    ("a replica 2 s behind, promoted", Ground::lagging_replica_promoted),
    ("a full disk", Ground::disk_full),
    ("a cut network", Ground::network_cut),
];

impl Ground {
    /// Starts everything and lets the phones work.
    pub(crate) fn lay(host: Host) -> Result<Self> {
        let cluster = Cluster::start(&host)?;
        let ports = two_ports()?;
        let mut one = Node::found(&host, "one", Some(&Cluster::url(&cluster.ports())), ports)?;
        let lines: Vec<Line> = cluster.ports().into_iter().map(Line::to).collect::<Result<_>>()?;
        let through: Vec<u16> = lines.iter().map(|line| line.port).collect();
        let mut other = one.beside(&host, "other", Some(&Cluster::url(&through)), ports)?;
        one.start(&["serve"])?;
        other.start(&["serve"])?;
        let night = Night::enrol(&one)?;
        let half = PHONES / 2;
        let invitations = [one.invitations(0, half)?, other.invitations(half, PHONES - half)?].concat();
        let fleet = Fleet::enrol(&host.dir.join("phones"), &invitations)?;
        Ok(Self { host, cluster, nodes: [one, other], lines, fleet, night })
    }

    /// Lives through one accident and looks at what is left.
    pub(crate) fn live_through(&mut self, (name, accident): &Case) -> Result<Outcome> {
        // Every phone begins at the node that enrolled it again: otherwise all end up with one that never died.
        self.fleet.close()?;
        self.fleet.open();
        sleep(Duration::from_secs(3));
        let (began, before) = (Instant::now(), self.fleet.acknowledged());
        accident(self)?;
        self.one_more_night()?;
        sleep(Duration::from_secs(2));
        let outage = self.fleet.outage(began);
        let drained = self.fleet.drain(90);
        self.cluster.whole(120)?;
        let leader = self.cluster.leader().ok_or("nobody leads")?;
        let Found { lost, doubled, twice } = books::check(&self.cluster.admin(leader), &self.fleet.devices)?;
        let agree = drained && self.cluster.heads_agree(30);
        let commands = self.fleet.acknowledged() - before;
        for (what, count) in self.fleet.troubles() {
            println!("    {count:>5} times: {what}");
        }
        Ok(Outcome { name: (*name).to_owned(), outage, commands, lost, doubled, twice, agree })
    }

    /// A night asked of one node and then, with the same request, of the other.
    fn one_more_night(&mut self) -> Result<()> {
        let request = self.night.next();
        for at in [0, 1] {
            let (night, node) = (&mut self.night, &self.nodes[at]);
            wait("the night is done", 60, || {
                let state = night.ask(node, request, 20)?;
                Ok((state == Some(JobRunState::Done)).then_some(()))
            })?;
        }
        Ok(())
    }

    fn node_killed(&mut self) -> Result<()> {
        self.nodes[0].kill();
        sleep(Duration::from_secs(8));
        self.nodes[0].start(&["serve"])
    }

    fn primary_killed(&mut self) -> Result<()> {
        let dead = self.kill_primary()?;
        self.new_leader(dead)?;
        self.cluster.members[dead].start(&self.host)
    }

    fn both_killed(&mut self) -> Result<()> {
        self.nodes[1].kill();
        let dead = self.kill_primary()?;
        self.new_leader(dead)?;
        self.nodes[1].start(&["serve"])?;
        self.cluster.members[dead].start(&self.host)
    }

    fn kill_primary(&mut self) -> Result<usize> {
        let leader = self.cluster.leader().ok_or("nobody leads")?;
        self.cluster.members[leader].kill();
        Ok(leader)
    }

    fn new_leader(&self, dead: usize) -> Result<()> {
        wait("another PostgreSQL leads", 60, || Ok(self.cluster.leader().filter(|at| *at != dead)))?;
        sleep(Duration::from_secs(4));
        Ok(())
    }

    /// A node stands still in the middle of publishing; the other one is asked for the same run, gets it when the lease is over, and the first
    /// wakes up and finds that it is too late.
    fn node_paused(&mut self) -> Result<()> {
        let request = self.night.next();
        let leader = self.cluster.leader().ok_or("nobody leads")?;
        let mut conn = PgConnection::establish(&self.cluster.admin(leader))?;
        // Whoever publishes stops behind the check of its token, at the first row that it writes here.
        conn.batch_execute("BEGIN; LOCK TABLE run_input IN ACCESS EXCLUSIVE MODE")?;
        let unanswered = self.night.ask(&self.nodes[0], request, 2);
        if let Ok(Some(state)) = unanswered {
            return Err(format!("the night did not stop at the lock: {state:?}").into());
        }
        signal("STOP", &[self.nodes[0].pid()]);
        conn.batch_execute("ROLLBACK")?;
        sleep(Duration::from_secs(LEASE_SECONDS + 1));
        let (night, other) = (&mut self.night, &self.nodes[1]);
        let ended = wait("the other node runs it", 60, || night.ask(other, request, 20));
        signal("CONT", &[self.nodes[0].pid()]);
        if ended? != JobRunState::Done {
            return Err("the other node's run failed".into());
        }
        sleep(Duration::from_secs(3));
        Ok(())
    }

    fn lagging_replica_promoted(&mut self) -> Result<()> {
        let (late, in_step) = (self.cluster.asynchronous(), self.cluster.synchronous());
        let (Some(late), Some(in_step)) = (late, in_step) else { return Err("no asynchronous replica".into()) };
        self.cluster.starve(late)?;
        sleep(Duration::from_secs(2));
        self.fleet.hold();
        let dead = self.kill_primary()?;
        self.cluster.members[in_step].kill();
        self.cluster.force(&self.host, late)?;
        let lost = books::lost(&self.cluster.admin(late), &self.fleet.devices)?;
        println!("    {lost} acknowledged commands were not on the replica that leads now");
        self.fleet.work();
        sleep(Duration::from_secs(4));
        self.cluster.members[dead].start(&self.host)?;
        self.cluster.members[in_step].start(&self.host)?;
        self.cluster.whole(120)
    }

    fn disk_full(&mut self) -> Result<()> {
        if !self.host.disks {
            println!("    skipped: a small disk needs root");
            return Ok(());
        }
        let leader = self.cluster.leader().ok_or("nobody leads")?;
        let ballast = self.cluster.members[leader].ballast();
        // It ends when there is no room, which is what is wanted.
        let filled =
            Command::new("dd").args(["if=/dev/zero", "bs=64k"]).arg(format!("of={}", ballast.display())).output()?;
        if filled.status.success() {
            return Err("the disk took everything".into());
        }
        sleep(Duration::from_secs(25));
        done(Command::new("rm").arg(&ballast))?;
        sleep(Duration::from_secs(5));
        Ok(())
    }

    fn network_cut(&mut self) -> Result<()> {
        self.lines.iter().for_each(Line::cut);
        sleep(Duration::from_secs(15));
        self.lines.iter().for_each(Line::mend);
        sleep(Duration::from_secs(3));
        Ok(())
    }
}
