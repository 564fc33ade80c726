//! A person's own desk sessions: which may still act, and their end. They need no right: whoever
//! acts for an account may end what acts for it beside.

use super::App;
use super::act::{ActEnd, ActRequest, Performer};
use super::error::Result;
use crate::domain::access::permission::{Action, Actor};
use crate::domain::support::ids::DeviceId;
use crate::domain::support::reason::RefusalReason;
pub use crate::store::access::EnrolledDevice;
use crate::store::write_tx::AuditContext;

impl App {
    /// The desk sessions of the caller's account that may still act, the newest first.
    pub fn own_sessions(&self, actor: &Actor) -> Result<Vec<EnrolledDevice>> {
        let now = self.now();
        let mut sessions = self.store().read(|tx| tx.desk_sessions(actor.account))?;
        sessions.retain(|session| session.is_live_session(now));
        Ok(sessions)
    }

    /// Ends a desk session of the caller's account; without one, all but the session that calls.
    /// Gives those that could act until now.
    pub fn perform_session_end(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        session: Option<DeviceId>,
    ) -> Result<ActEnd<Vec<DeviceId>>> {
        self.perform(performer, request, |tx, actor| {
            let mut sessions = tx.desk_sessions(actor.account)?;
            match session {
                None => sessions.retain(|one| Some(one.id) != actor.device),
                Some(id) => {
                    sessions.retain(|one| one.id == id);
                    if sessions.is_empty() {
                        return Err(RefusalReason::NotFound.into());
                    }
                }
            }
            sessions.retain(|one| one.is_live_session(tx.now()));
            for one in &sessions {
                tx.revoke_device(one.id)?;
                tx.append_audit(&AuditContext::from_actor(actor, Action::Revoke.code()));
            }
            Ok(sessions.into_iter().map(|one| one.id).collect())
        })
    }
}
