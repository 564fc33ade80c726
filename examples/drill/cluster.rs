//! Three PostgreSQL servers under Patroni with etcd, on loopback: a leader, a synchronous standby
//! and an asynchronous standby. This module starts, kills and queries them.

use crate::Result;
use crate::database_checks::{query_number, query_text};
use crate::host::{
    ChildProcess, DrillHost, free_port, process_tree, run_checked, send_signal, wait_for,
};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Used on loopback only, while the drill runs.
const PASSWORD: &str = "drill";

pub(crate) struct Cluster {
    pub(crate) members: Vec<ClusterMember>,
    _etcd: ChildProcess,
}

/// One machine: Patroni and its PostgreSQL.
pub(crate) struct ClusterMember {
    name: String,
    pub(crate) port: u16,
    rest_port: u16,
    dir: PathBuf,
    patroni: Option<ChildProcess>,
}

impl Cluster {
    /// Starts etcd and all members and waits until the cluster is complete.
    pub(crate) fn start(host: &DrillHost) -> Result<Self> {
        let (client, peer) = (free_port()?, free_port()?);
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "etcd", "--name", "drill", "--data-dir"])
            .arg(host.dir.join("etcd"));
        let (client_url, peer_url) =
            (format!("http://127.0.0.1:{client}"), format!("http://127.0.0.1:{peer}"));
        for (option, url) in [
            ("--listen-client-urls", &client_url),
            ("--advertise-client-urls", &client_url),
            ("--listen-peer-urls", &peer_url),
            ("--initial-advertise-peer-urls", &peer_url),
        ] {
            command.args([option, url]);
        }
        command.args(["--initial-cluster", &format!("drill={peer_url}")]);
        let etcd = ChildProcess::start(&mut command, &host.dir.join("etcd.log"))?;
        let mut members = Vec::new();
        for at in 1..=3 {
            members.push(ClusterMember::new(host, &format!("pg{at}"), client)?);
        }
        let mut cluster = Self { members, _etcd: etcd };
        cluster.members[0].start(host)?;
        wait_for("the first PostgreSQL leads", 60, || Ok(cluster.find_leader()))?;
        for member in &mut cluster.members[1..] {
            member.start(host)?;
        }
        cluster.wait_until_complete(120)?;
        Ok(cluster)
    }

    /// Waits until there is a leader, a synchronous and an asynchronous standby.
    pub(crate) fn wait_until_complete(&self, seconds: u64) -> Result<()> {
        wait_for("a whole cluster", seconds, || {
            let Some((leader, _)) = self.find_leader().zip(self.find_sync_standby()) else {
                return Ok(None);
            };
            let streaming =
                "select count(*) as n from pg_stat_replication where state = 'streaming'";
            Ok((query_number(&self.admin_url(leader), streaming)? == 2).then_some(()))
        })
    }

    /// The index of the leader.
    pub(crate) fn find_leader(&self) -> Option<usize> {
        self.find_member_with_role("leader")
    }

    /// The index of the synchronous standby.
    pub(crate) fn find_sync_standby(&self) -> Option<usize> {
        self.find_member_with_role("sync_standby")
    }

    /// The index of the member that is neither leader nor synchronous standby.
    pub(crate) fn find_async_standby(&self) -> Option<usize> {
        (0..self.members.len())
            .find(|at| Some(*at) != self.find_leader() && Some(*at) != self.find_sync_standby())
    }

    fn find_member_with_role(&self, role: &str) -> Option<usize> {
        let seen = self
            .members
            .iter()
            .filter(|member| member.patroni.is_some())
            .find_map(ClusterMember::read_cluster_state)?;
        let one = seen["members"].as_array()?.iter().find(|one| {
            one["role"] == role && (one["state"] == "running" || one["state"] == "streaming")
        })?;
        self.members.iter().position(|member| one["name"] == member.name.as_str())
    }

    /// The URL with which an operator connects to one member's database.
    pub(crate) fn admin_url(&self, at: usize) -> String {
        format!(
            "postgres://thidua:{PASSWORD}@127.0.0.1:{}/postgres?connect_timeout=3",
            self.members[at].port
        )
    }

    /// The URL with which a node connects, through these ports of the members.
    pub(crate) fn node_url(ports: &[u16]) -> String {
        let hosts: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        format!(
            "postgres://thidua:{PASSWORD}@{}/postgres?target_session_attrs=read-write",
            hosts.join(",")
        )
    }

    /// The ports of all members.
    pub(crate) fn ports(&self) -> Vec<u16> {
        self.members.iter().map(|member| member.port).collect()
    }

    /// Stops the WAL sender for one member and returns its process id.
    pub(crate) fn stop_wal_sender(&self, at: usize) -> Result<u32> {
        let leader = self.find_leader().ok_or("nobody leads")?;
        let sql = format!(
            "select pid::bigint as n from pg_stat_replication where application_name = '{}'",
            self.members[at].name
        );
        let pid = u32::try_from(query_number(&self.admin_url(leader), &sql)?)?;
        send_signal("STOP", &[pid]);
        Ok(pid)
    }

    /// Makes this member the leader even if it lacks commits.
    pub(crate) fn force_failover(&self, host: &DrillHost, at: usize) -> Result<()> {
        let member = &self.members[at];
        let mut command = Command::new(format!("{}/patronictl", host.patroni));
        command.arg("-c").arg(member.dir.join("patroni.yml"));
        run_checked(command.args(["failover", "drill", "--candidate", &member.name, "--force"]))?;
        wait_for("the replica that was forced leads", 60, || {
            Ok((self.find_leader() == Some(at)).then_some(()))
        })?;
        let writes = "select case when pg_is_in_recovery() then 0::bigint else 1::bigint end as n";
        wait_for("it takes writes", 30, || {
            Ok((query_number(&self.admin_url(at), writes)? == 1).then_some(()))
        })
    }

    /// Waits until all members have the same head (sequence number and chain hash).
    pub(crate) fn wait_for_equal_heads(&self, seconds: u64) -> bool {
        let head = "select seq::text || ' ' || encode(chain, 'hex') as t from feed_head";
        let same = || {
            let heads: Vec<String> = (0..self.members.len())
                .map(|at| query_text(&self.admin_url(at), head))
                .collect::<Result<_>>()?;
            Ok(heads.iter().all(|one| *one == heads[0]).then_some(()))
        };
        wait_for("the same head on every member", seconds, same)
            .inspect_err(|error| println!("  {error}"))
            .is_ok()
    }
}

impl ClusterMember {
    fn new(host: &DrillHost, name: &str, etcd: u16) -> Result<Self> {
        let home = host.dir.join(name);
        std::fs::create_dir_all(&home)?;
        let (port, rest) = (free_port()?, free_port()?);
        let template = include_str!("patroni.yml");
        let template_values = [
            ("NAME", name.to_owned()),
            ("REST", rest.to_string()),
            ("PORT", port.to_string()),
            ("ETCD", etcd.to_string()),
            ("HOME", home.display().to_string()),
            ("BIN", host.pg_bin.clone()),
            ("PASSWORD", PASSWORD.to_owned()),
        ];
        let text = template_values.iter().fold(template.to_owned(), |text, (key, value)| {
            text.replace(&format!("@{key}@"), value)
        });
        std::fs::write(home.join("patroni.yml"), text)?;
        host.chown_to_user(&home)?;
        Ok(Self { name: name.to_owned(), port, rest_port: rest, dir: home, patroni: None })
    }

    pub(crate) fn start(&mut self, host: &DrillHost) -> Result<()> {
        let mut command = host.unprivileged_command(&format!("{}/patroni", host.patroni));
        command.arg(self.dir.join("patroni.yml"));
        self.patroni =
            Some(ChildProcess::start(&mut command, &host.dir.join(format!("{}.log", self.name)))?);
        Ok(())
    }

    /// Kills Patroni and PostgreSQL with SIGKILL, like a power failure.
    pub(crate) fn kill(&mut self) {
        let mut all: Vec<u32> = self.patroni.iter().map(ChildProcess::pid).collect();
        all.extend(self.postmaster_pid().into_iter().flat_map(process_tree));
        send_signal("KILL", &all);
        self.patroni = None;
    }

    fn postmaster_pid(&self) -> Option<u32> {
        std::fs::read_to_string(self.dir.join("data/postmaster.pid"))
            .ok()?
            .lines()
            .next()?
            .trim()
            .parse()
            .ok()
    }

    /// The file that fills the member's disk.
    pub(crate) fn ballast_path(&self) -> PathBuf {
        self.dir.join("ballast")
    }

    /// The cluster state that this member's Patroni reports.
    fn read_cluster_state(&self) -> Option<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.rest_port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(3))).ok()?;
        stream.write_all(b"GET /cluster HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }
}

impl Drop for ClusterMember {
    fn drop(&mut self) {
        self.kill();
    }
}
