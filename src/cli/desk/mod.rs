//! The desk at which a command works: the database of this machine, or with `--server` a server
//! anywhere, through the session that `thidua sign-in` keeps.
//!
//! Each file holds the reads and acts of one subject, with both ways beside each other; they give
//! the same values, and the commands print them the same way.

mod access;
mod audit;
mod baselines;
mod campaigns;
mod cards;
mod conclusion;
mod daily;
mod enrolment;
mod handovers;
mod imports;
mod jobs;
mod participation;
mod reference;
mod reports;
mod runs;
mod scores;
mod second_factors;
pub(super) mod sessions;
mod standings;

pub(super) use access::{DeviceLine, IssuedKey, KeyLine, RoleLine};
pub(super) use baselines::BaselineLine;
pub(super) use campaigns::{AppliedDefinitions, CampaignLine};
pub(super) use cards::{CardLine, CardWish, IssuedCards, TypedCards};
pub(super) use conclusion::{RehearsalView, StandingLine, WaiverAct, WaiverLine};
pub(super) use daily::MorningReportSelection;
pub(super) use handovers::HandoverAct;
pub(super) use imports::{Import, TableOfPeople};
pub(super) use jobs::{JobLine, JobRunLine, PerformedJob};
pub(super) use participation::PartLine;
pub(super) use runs::{RunDifference, RunLine, ShortStanding, VerifiedRun};
pub(super) use scores::{OrgChangeFiles, RehearsedOrganisation};
pub(super) use second_factors::FactorLine;
pub(super) use standings::RunMoment;

use super::context::{CliContext, LocalApp};
use super::error::{CliError, CliFinding, CliResult};
use crate::auth;
use crate::clock::Clock;
use crate::domain::org::{Org, OrgFacts};
use crate::domain::support::ids::{AccountId, UnitId};
use crate::domain::support::message::{Message, message};
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::time::Timestamp;
use crate::domain::support::violation::Severity;
use crate::pb;
use crate::server::desk_client::{DeskClient, DeskError, RefusedCall, RefusedPart};
use crate::wire::bytes::encode_message;
use crate::wire::record::{self, UnitNumbers};

/// Where a command reads and acts.
pub(super) enum Desk {
    /// In the database of this machine, with the operator's rights.
    Local(LocalApp),
    /// On a server, with the rights of the account that signed in.
    Remote(RemoteDesk),
}

/// A server, called in the name of the account that signed in.
pub(super) struct RemoteDesk {
    client: DeskClient,
    address: String,
    account: String,
}

impl CliContext {
    /// The desk at which this command works.
    pub(super) fn open_desk(&self) -> CliResult<Desk> {
        match self.server() {
            None => Ok(Desk::Local(self.open_local_app()?)),
            Some(address) => sessions::open_desk(address, self.output.lang).map(Desk::Remote),
        }
    }
}

impl Desk {
    /// The application of this machine, for judging the present moment: what is not published is
    /// shown to nobody else, so that no figure is fitted to a target.
    pub(super) fn local_to_judge(&self) -> CliResult<&LocalApp> {
        match self {
            Self::Local(local_app) => Ok(local_app),
            Self::Remote(_) => {
                Err(CliError::new("NOT_REMOTE", message!("desk-judges-on-its-machine")))
            }
        }
    }

    /// The present time: the server's own on its machine, else this machine's.
    pub(super) fn now(&self) -> Timestamp {
        match self {
            Self::Local(local_app) => local_app.app.now(),
            Self::Remote(_) => Clock::System.now(),
        }
    }

    /// The account in whose name an act is entered, with its label. An operator names it; at
    /// another server it is the one that signed in.
    pub(super) fn acting_account(&self, named: Option<&str>) -> CliResult<(AccountId, String)> {
        let label = match (self, named) {
            (Self::Local(_), Some(account)) => account,
            (Self::Local(_), None) => {
                return Err(CliError::usage_error(message!("desk-name-account")));
            }
            (Self::Remote(remote), Some(named)) if named != remote.account => {
                let account = &remote.account;
                return Err(CliError::usage_error(message!("desk-other-account", named, account)));
            }
            (Self::Remote(remote), _) => &remote.account,
        };
        Ok((AccountId::from_code(label), label.to_owned()))
    }

    /// The unit with this code, or UNKNOWN_UNIT.
    pub(super) fn find_unit_id(&self, code: &str) -> CliResult<UnitId> {
        match self {
            Self::Local(local_app) => super::lookup::find_unit_id(local_app, code),
            Self::Remote(remote) => match remote.visible_org()? {
                Some((org, _)) => {
                    let found = org.unit_by_uid(code).map(|unit| unit.id);
                    found.ok_or_else(|| super::lookup::unknown_unit(code))
                }
                // The id follows from the code, and the call refuses an unknown one.
                None => Ok(UnitId::from_code(code)),
            },
        }
    }
}

impl RemoteDesk {
    /// The organisation, and the numbers by which records name its units.
    fn load_org(&self) -> CliResult<(Org, UnitNumbers)> {
        let (facts, numbers) = self.load_org_facts()?;
        Ok((Org::new(facts).map_err(|_| unknown_answer())?, numbers))
    }

    fn load_org_facts(&self) -> CliResult<(OrgFacts, UnitNumbers)> {
        let units = self.read_pages(|page_token| {
            let request = pb::ListUnitsRequest { page_size: 500, page_token, ..Default::default() };
            let answer = self.client.list_units(request)?;
            Ok((answer.units, answer.next_page_token))
        })?;
        let records = units.iter().filter_map(|unit| unit.record.as_ref());
        let records: Vec<Vec<u8>> = records.map(encode_message).collect();
        let decoded = record::decode_org(records.iter().map(Vec::as_slice));
        decoded.map_err(|_| unknown_answer())
    }

    /// The same, or `None` for an account that may not list units, as that of an administrator.
    fn visible_org(&self) -> CliResult<Option<(Org, UnitNumbers)>> {
        match self.load_org() {
            Err(refused) if is_out_of_sight(&refused) => Ok(None),
            loaded => loaded.map(Some),
        }
    }

    /// The answer of a call.
    fn ask<T>(&self, answer: Result<T, DeskError>) -> CliResult<T> {
        answer.map_err(|error| sessions::call_error(&self.address, error))
    }

    /// Every page of a list.
    fn read_pages<T>(
        &self,
        mut fetch: impl FnMut(String) -> Result<(Vec<T>, String), DeskError>,
    ) -> CliResult<Vec<T>> {
        let (mut all, mut token) = (Vec::new(), String::new());
        loop {
            let (page, next) = self.ask(fetch(token))?;
            all.extend(page);
            if next.is_empty() {
                return Ok(all);
            }
            token = next;
        }
    }
}

fn unit_uid(org: &Org, unit: UnitId) -> String {
    org.unit(unit).map_or_else(|| unit.to_string(), |unit| unit.uid.clone())
}

/// Whether an account may not read what it asked for.
fn is_out_of_sight(refused: &CliError) -> bool {
    matches!(refused.code.as_str(), "DENIED" | "NOT_FOUND")
}

/// A new id of a request.
fn new_request_id() -> CliResult<Vec<u8>> {
    let id: [u8; 16] = auth::random_bytes().map_err(|_| CliError::no_random())?;
    Ok(id.to_vec())
}

/// What a conversion of an answer gives; a server of another version may send what this program
/// does not know.
fn read<T>(converted: Result<T, RefusalReason>) -> CliResult<T> {
    converted.map_err(|_| unknown_answer())
}

fn unknown_answer() -> CliError {
    CliError::new("UNKNOWN_ANSWER", message!("desk-unknown-answer"))
}

/// A part that every answer has.
fn require<T>(part: Option<T>) -> CliResult<T> {
    read(part.ok_or(RefusalReason::Malformed))
}

impl CliError {
    /// A command that is of the server's own machine.
    pub(super) fn not_remote() -> Self {
        Self::new("NOT_REMOTE", message!("desk-not-remote"))
    }
}

/// The same code and findings as where the command runs on the server's machine.
impl From<RefusedCall> for CliError {
    fn from(refused: RefusedCall) -> Self {
        let RefusedCall { reason, text, violations } = refused;
        let is_named = violations.first().is_some_and(|first| first.code.is_some());
        if let [RefusedPart { code: Some(code), text, .. }] = violations.as_slice() {
            return Self::new(code, Message::verbatim(text.clone()));
        }
        let finding = |RefusedPart { code, field, text }| {
            let code = code.unwrap_or_else(|| reason.clone());
            CliFinding::of_server(&code, Severity::Error, field, text)
        };
        let findings: Vec<CliFinding> = violations.into_iter().map(finding).collect();
        if is_named {
            return Self::refused_files(findings);
        }
        Self::new(&reason, Message::verbatim(text)).with_findings(findings)
    }
}

impl From<DeskError> for CliError {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Address(address) => {
                Self::new("SERVER_ADDRESS", message!("desk-address", address))
            }
            DeskError::Plaintext(address) => {
                Self::new("PLAINTEXT_REFUSED", message!("desk-plaintext", address))
            }
            DeskError::Tls(error) => error.into(),
            DeskError::NoResponse(text) => Self::new("NO_ANSWER", message!("desk-no-answer", text)),
            DeskError::Refused(refused) => refused.into(),
        }
    }
}
