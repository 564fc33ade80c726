//! Hand-overs of stocks, which two persons of the authority sign.

use super::super::error::{CliError, CliResult};
use super::{Desk, RemoteDesk, new_request_id, require, unit_uid};
use crate::app::ReferenceSnapshot;
use crate::domain::org::{HandoverLine, StockHandover};
use crate::domain::support::ids::AccountId;
use crate::pb;
use crate::wire::bytes::encode_message;
use crate::wire::{record, values};
use jiff::civil::Date;

/// What is done about a hand-over.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) enum HandoverAct<'a> {
    /// Enter it for signature, on this basis.
    Propose(&'a str),
    /// Sign it, or refuse it or withdraw it.
    Settle { sign: bool },
}

impl Desk {
    /// Enters, signs or refuses the hand-over of these lines.
    pub(in crate::cli) fn act_on_handover(
        &self,
        reference: &ReferenceSnapshot,
        account: AccountId,
        (on, lines): (Date, &[HandoverLine]),
        act: HandoverAct<'_>,
    ) -> CliResult<StockHandover> {
        match self {
            Self::Local(local_app) => {
                let actor = local_app.app.account_actor(&local_app.actor, account)?;
                Ok(match act {
                    HandoverAct::Propose(basis) => {
                        local_app.app.propose_handover(&actor, on, basis, lines)?
                    }
                    HandoverAct::Settle { sign } => {
                        let id = StockHandover::id_of_content(on, lines);
                        local_app.app.settle_handover(&actor, id, sign)?
                    }
                })
            }
            Self::Remote(remote) => match act {
                HandoverAct::Propose(basis) => {
                    remote.propose_handover(reference, (on, lines), (basis, false))
                }
                HandoverAct::Settle { sign } => {
                    let request = pb::SettleHandoverRequest {
                        request_id: new_request_id()?,
                        handover_id: StockHandover::id_of_content(on, lines).0.to_vec(),
                        sign,
                        validate_only: false,
                    };
                    let answer = remote.ask(remote.client.settle_handover(request))?;
                    read_handover(reference, answer.handover)
                }
            },
        }
    }

    /// Refuses lines that cannot be handed over on this day; writes nothing.
    pub(in crate::cli) fn check_handover(
        &self,
        reference: &ReferenceSnapshot,
        (on, lines): (Date, &[HandoverLine]),
    ) -> CliResult {
        match self {
            Self::Local(local_app) => {
                let found = local_app.app.check_handover(on, lines)?;
                if found.is_empty() { Ok(()) } else { Err(CliError::refused_files(found)) }
            }
            Self::Remote(remote) => {
                remote.propose_handover(reference, (on, lines), ("-", true)).map(|_| ())
            }
        }
    }

    /// The hand-overs in sight, by day and id.
    pub(in crate::cli) fn handovers(
        &self,
        reference: &ReferenceSnapshot,
    ) -> CliResult<Vec<StockHandover>> {
        match self {
            Self::Local(local_app) => Ok(local_app.app.visible_handovers(&local_app.actor)?),
            Self::Remote(remote) => {
                let handovers = remote.read_pages(|page_token| {
                    let request = pb::ListHandoversRequest { page_size: 500, page_token };
                    let answer = remote.client.list_handovers(request)?;
                    Ok((answer.handovers, answer.next_page_token))
                })?;
                handovers.into_iter().map(|one| read_handover(reference, Some(one))).collect()
            }
        }
    }
}

impl RemoteDesk {
    fn propose_handover(
        &self,
        reference: &ReferenceSnapshot,
        (on, lines): (Date, &[HandoverLine]),
        (basis, validate_only): (&str, bool),
    ) -> CliResult<StockHandover> {
        let line =
            |HandoverLine { from, to, element, amount }: &HandoverLine| pb::StockToHandOver {
                from_unit_uid: unit_uid(&reference.org, *from),
                to_unit_uid: unit_uid(&reference.org, *to),
                element_code: element.to_string(),
                amount: *amount,
            };
        let request = pb::ProposeHandoverRequest {
            request_id: new_request_id()?,
            effective_day: values::day_to_proto(on),
            basis: basis.to_owned(),
            lines: lines.iter().map(line).collect(),
            validate_only,
        };
        let answer = self.ask(self.client.propose_handover(request))?;
        read_handover(reference, answer.handover)
    }
}

fn read_handover(
    reference: &ReferenceSnapshot,
    handover: Option<pb::Handover>,
) -> CliResult<StockHandover> {
    let bytes = encode_message(&require(handover.and_then(|one| one.record))?);
    let (units, elements) = (&reference.unit_numbers, &reference.element_numbers);
    require(record::decode_handover(&bytes, units, elements).ok())
}
