//! Gives the pushed commands of a call to `app`, each with what its sync mark proves.

use super::cursor::CursorSigner;
use crate::app::access::CallerIdentity;
use crate::app::command::{PushResult, PushedCommand, ReceivedCommand};
use crate::app::{App, Result};
use crate::domain::reporting::expectation::CaptureEvidence;
use crate::domain::support::ids::DeviceId;

/// Runs the commands of one call.
pub(super) fn push_commands(
    app: &App,
    cursor_signer: &CursorSigner,
    identity: &CallerIdentity,
    commands: &[PushedCommand],
) -> Result<PushResult> {
    let device = identity.device.id;
    let captured = |pushed| find_capture_evidence(cursor_signer, device, pushed);
    let received: Vec<ReceivedCommand> = commands
        .iter()
        .map(|pushed| ReceivedCommand { pushed, captured: captured(pushed) })
        .collect();
    app.receive_commands(identity, &received)
}

/// When a command was captured, if its sync mark is signed by this authority for the device.
fn find_capture_evidence(
    cursor_signer: &CursorSigner,
    device: DeviceId,
    pushed: &PushedCommand,
) -> Option<CaptureEvidence> {
    let command = pushed.command.as_ref().ok()?;
    Some(CaptureEvidence {
        captured_at: command.captured_at?,
        sync_mark_time: cursor_signer.verify_sync_mark(device, &command.sync_mark)?,
    })
}
