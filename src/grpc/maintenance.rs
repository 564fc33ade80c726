//! Tells an administrator how this server is. The checks are passed in by the server.

use super::status::RpcError;
use super::{Services, impl_service};
use crate::app::access::CallerIdentity;
use crate::app::backup::{ListedBackup, StandbyStatus};
use crate::domain::support::message::Message;
use crate::i18n::Lang;
use crate::pb;
use crate::pb::maintenance_service_server::MaintenanceService;
use crate::wire::values;
use std::sync::Arc;

/// How soon an operator must act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemUrgency {
    /// Data is lost or calls are refused now.
    Now,
    /// The next failure would lose data.
    Today,
}

impl ProblemUrgency {
    /// Stable code in JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Now => "NOW",
            Self::Today => "TODAY",
        }
    }
}

/// A problem of a server with its remedy.
#[derive(Debug, Clone)]
pub struct ServerProblem {
    /// How soon an operator must act.
    pub urgency: ProblemUrgency,
    /// Stable code, as in `OLD_BACKUP`.
    pub code: String,
    /// What is wrong.
    pub problem: Message,
    /// What to do.
    pub remedy: Message,
}

impl ServerProblem {
    /// A problem.
    #[must_use]
    pub fn new(
        urgency: ProblemUrgency,
        code: impl Into<String>,
        problem: Message,
        remedy: Message,
    ) -> Self {
        Self { urgency, code: code.into(), problem, remedy }
    }
}

/// Checks the server and returns its problems; blocks meanwhile. The default finds none.
#[derive(Clone)]
pub struct ServerCheck(Arc<dyn Fn() -> Vec<ServerProblem> + Send + Sync>);

impl ServerCheck {
    /// The check that this function makes.
    pub fn new(check: impl Fn() -> Vec<ServerProblem> + Send + Sync + 'static) -> Self {
        Self(Arc::new(check))
    }
}

impl Default for ServerCheck {
    fn default() -> Self {
        Self::new(Vec::new)
    }
}

impl_service!(MaintenanceService {
    in_language get_server_health: GetServerHealthRequest => GetServerHealthResponse;
});

impl Services {
    fn get_server_health(
        &self,
        identity: &CallerIdentity,
        _: pb::GetServerHealthRequest,
        lang: Lang,
    ) -> Result<pb::GetServerHealthResponse, RpcError> {
        self.app.authorize_server_read(&identity.actor)?;
        let mut problems = (self.server_check.0)();
        problems.sort_by_key(|problem| problem.urgency);
        let standbys = self.app.standbys();
        Ok(pb::GetServerHealthResponse {
            problems: problems.iter().map(|one| problem_to_proto(one, lang)).collect(),
            backups: self.app.backups().into_iter().map(backup_to_proto).collect(),
            replicas: standbys.map(replicas_to_proto),
            checked_at: Some(values::timestamp_to_proto(self.app.now())),
        })
    }
}

fn problem_to_proto(problem: &ServerProblem, lang: Lang) -> pb::ServerProblem {
    let urgency = match problem.urgency {
        ProblemUrgency::Now => pb::ProblemUrgency::Now,
        ProblemUrgency::Today => pb::ProblemUrgency::Today,
    };
    pb::ServerProblem {
        urgency: urgency.into(),
        code: problem.code.clone(),
        problem: problem.problem.text(lang),
        remedy: problem.remedy.text(lang),
    }
}

fn backup_to_proto(backup: ListedBackup) -> pb::Backup {
    let ListedBackup { file, is_secondary, made_at, size_bytes } = backup;
    let place = if is_secondary { pb::BackupPlace::Secondary } else { pb::BackupPlace::Primary };
    pb::Backup {
        place: place.into(),
        file_name: file.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        up_to_seq: file.seq,
        made_at: made_at.map(values::timestamp_to_proto),
        size_bytes,
    }
}

fn replicas_to_proto(standbys: StandbyStatus) -> pb::DatabaseReplicas {
    let count = |number: i64| u32::try_from(number).unwrap_or(0);
    pb::DatabaseReplicas {
        connected: count(standbys.replica_count),
        synchronous: count(standbys.synchronous_count),
        is_archived: standbys.is_archived,
    }
}
