//! The failure cases of two nodes over three PostgreSQL servers while forty phones work.
//!
//! This module runs the steps of each case; `database_checks` checks the data afterwards.

use crate::cluster::Cluster;
use crate::database_checks::{self, CheckResult};
use crate::devices::PhoneFleet;
use crate::host::{DrillHost, run_checked, send_signal, wait_for};
use crate::node::{DrillNode, LEASE_SECONDS, NightlyJob, two_free_ports};
use crate::proxy::CuttableProxy;
use crate::{CaseOutcome, PHONES, Result};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};
use thidua::pb::JobRunState;

/// Two nodes, three databases, forty phones.
pub(crate) struct DrillFixture {
    host: DrillHost,
    cluster: Cluster,
    nodes: [DrillNode; 2],
    /// The second node's connections to the databases run through these.
    proxies: Vec<CuttableProxy>,
    fleet: PhoneFleet,
    nightly_job: NightlyJob,
}

/// A failure case: its name and the function that causes the failure.
pub(crate) type DrillCase = (&'static str, fn(&mut DrillFixture) -> Result<()>);

pub(crate) const DRILL_CASES: &[DrillCase] = &[
    ("a node killed", DrillFixture::node_killed),
    ("the primary killed", DrillFixture::primary_killed),
    ("both killed", DrillFixture::both_killed),
    ("a node paused past its lease", DrillFixture::node_paused),
    ("a replica 2 s behind, promoted", DrillFixture::lagging_replica_promoted),
    ("a full disk", DrillFixture::disk_full),
    ("a cut network", DrillFixture::network_cut),
];

impl DrillFixture {
    /// Starts the cluster, the nodes and the phones.
    pub(crate) fn start(host: DrillHost) -> Result<Self> {
        let cluster = Cluster::start(&host)?;
        let ports = two_free_ports()?;
        let mut one =
            DrillNode::create(&host, "one", Some(&Cluster::node_url(&cluster.ports())), ports)?;
        let proxies: Vec<CuttableProxy> =
            cluster.ports().into_iter().map(CuttableProxy::start).collect::<Result<_>>()?;
        let through: Vec<u16> = proxies.iter().map(|proxy| proxy.port).collect();
        let mut other =
            one.create_second(&host, "other", Some(&Cluster::node_url(&through)), ports)?;
        one.start(&["serve"])?;
        other.start(&["serve"])?;
        let job = NightlyJob::enrol(&one)?;
        let half = PHONES / 2;
        let invitations =
            [one.create_invitations(0, half)?, other.create_invitations(half, PHONES - half)?]
                .concat();
        let fleet = PhoneFleet::enrol(&host.dir.join("phones"), &invitations)?;
        Ok(Self { host, cluster, nodes: [one, other], proxies, fleet, nightly_job: job })
    }

    /// Runs one case and checks the databases after it.
    pub(crate) fn run_case(&mut self, (name, accident): &DrillCase) -> Result<CaseOutcome> {
        // Each phone reconnects to the node that enrolled it; otherwise all of them end up at one
        // node that was never killed.
        self.fleet.stop_phones()?;
        self.fleet.start_phones();
        sleep(Duration::from_secs(3));
        let (start, before) = (Instant::now(), self.fleet.acknowledged());
        accident(self)?;
        self.run_nightly_job_on_both()?;
        sleep(Duration::from_secs(2));
        let outage = self.fleet.longest_outage(start);
        let drained = self.fleet.drain_outboxes(90);
        self.cluster.wait_until_complete(120)?;
        let leader = self.cluster.find_leader().ok_or("nobody leads")?;
        let CheckResult { lost, doubled, published_twice: twice } =
            database_checks::check_database(&self.cluster.admin_url(leader), &self.fleet.devices)?;
        let agree = drained && self.cluster.wait_for_equal_heads(30);
        let commands = self.fleet.acknowledged() - before;
        for (what, count) in self.fleet.take_errors() {
            println!("    {count:>5} times: {what}");
        }
        Ok(CaseOutcome {
            name: (*name).to_owned(),
            outage,
            commands,
            lost,
            doubled,
            published_twice: twice,
            digests_agree: agree,
        })
    }

    /// Requests a nightly run from one node, then sends the same request to the other node.
    fn run_nightly_job_on_both(&mut self) -> Result<()> {
        let request = self.nightly_job.next_request();
        for at in [0, 1] {
            let (job, node) = (&mut self.nightly_job, &self.nodes[at]);
            wait_for("the night is done", 60, || {
                let state = job.run_job(node, request, 20)?;
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
        self.wait_for_new_leader(dead)?;
        self.cluster.members[dead].start(&self.host)
    }

    fn both_killed(&mut self) -> Result<()> {
        self.nodes[1].kill();
        let dead = self.kill_primary()?;
        self.wait_for_new_leader(dead)?;
        self.nodes[1].start(&["serve"])?;
        self.cluster.members[dead].start(&self.host)
    }

    fn kill_primary(&mut self) -> Result<usize> {
        let leader = self.cluster.find_leader().ok_or("nobody leads")?;
        self.cluster.members[leader].kill();
        Ok(leader)
    }

    fn wait_for_new_leader(&self, dead: usize) -> Result<()> {
        wait_for("another PostgreSQL leads", 60, || {
            Ok(self.cluster.find_leader().filter(|at| *at != dead))
        })?;
        sleep(Duration::from_secs(4));
        Ok(())
    }

    /// Stops a node in the middle of publishing. The other node receives the same request and runs
    /// the job when the lease has expired; the first node resumes and must find its lease lost.
    fn node_paused(&mut self) -> Result<()> {
        let request = self.nightly_job.next_request();
        let leader = self.cluster.find_leader().ok_or("nobody leads")?;
        let mut conn = PgConnection::establish(&self.cluster.admin_url(leader))?;
        // The publishing node blocks here: after its lease check, at the first row that it writes.
        conn.batch_execute("BEGIN; LOCK TABLE run_input IN ACCESS EXCLUSIVE MODE")?;
        let unanswered = self.nightly_job.run_job(&self.nodes[0], request, 2);
        if let Ok(Some(state)) = unanswered {
            return Err(format!("the night did not stop at the lock: {state:?}").into());
        }
        send_signal("STOP", &[self.nodes[0].pid()]);
        conn.batch_execute("ROLLBACK")?;
        sleep(Duration::from_secs(LEASE_SECONDS + 1));
        let (job, other) = (&mut self.nightly_job, &self.nodes[1]);
        let ended = wait_for("the other node runs it", 60, || job.run_job(other, request, 20));
        send_signal("CONT", &[self.nodes[0].pid()]);
        if ended? != JobRunState::Done {
            return Err("the other node's run failed".into());
        }
        sleep(Duration::from_secs(3));
        Ok(())
    }

    fn lagging_replica_promoted(&mut self) -> Result<()> {
        let (async_standby, sync_standby) =
            (self.cluster.find_async_standby(), self.cluster.find_sync_standby());
        let (Some(async_standby), Some(sync_standby)) = (async_standby, sync_standby) else {
            return Err("no asynchronous replica".into());
        };
        self.cluster.stop_wal_sender(async_standby)?;
        sleep(Duration::from_secs(2));
        self.fleet.pause_phones();
        let dead = self.kill_primary()?;
        self.cluster.members[sync_standby].kill();
        self.cluster.force_failover(&self.host, async_standby)?;
        let lost = database_checks::count_lost(
            &self.cluster.admin_url(async_standby),
            &self.fleet.devices,
        )?;
        println!("    {lost} acknowledged commands were not on the replica that leads now");
        self.fleet.resume_phones();
        sleep(Duration::from_secs(4));
        self.cluster.members[dead].start(&self.host)?;
        self.cluster.members[sync_standby].start(&self.host)?;
        self.cluster.wait_until_complete(120)
    }

    fn disk_full(&mut self) -> Result<()> {
        if !self.host.disks {
            println!("    skipped: a small disk needs root");
            return Ok(());
        }
        let leader = self.cluster.find_leader().ok_or("nobody leads")?;
        let ballast = self.cluster.members[leader].ballast_path();
        // `dd` fails when the disk is full; success means that the disk was not filled.
        let filled = Command::new("dd")
            .args(["if=/dev/zero", "bs=64k"])
            .arg(format!("of={}", ballast.display()))
            .output()?;
        if filled.status.success() {
            return Err("the disk took everything".into());
        }
        sleep(Duration::from_secs(25));
        run_checked(Command::new("rm").arg(&ballast))?;
        sleep(Duration::from_secs(5));
        Ok(())
    }

    fn network_cut(&mut self) -> Result<()> {
        self.proxies.iter().for_each(CuttableProxy::cut);
        sleep(Duration::from_secs(15));
        self.proxies.iter().for_each(CuttableProxy::restore);
        sleep(Duration::from_secs(3));
        Ok(())
    }
}
