//! What the workspace member `bench` names of the product, and the synthetic province of the bench,
//! of the counted inner loops and of tests. No interface for others: it changes with the bench.

mod synthetic_province;

pub use synthetic_province::{ProvinceSize, SyntheticProvince, build_org_facts};

#[cfg(feature = "server")]
mod server_items {
    pub use crate::app::{App, ReferenceSnapshot};
    pub use crate::auth::{AuthorityKey, ENROL_CODE_MICROS, generate_enrol_code, random_bytes};
    pub use crate::cli;
    pub use crate::clock::Clock;
    pub use crate::domain::access::enrolment::{
        EnrolmentCode, enrolment_signing_input, renewal_signing_input,
    };
    pub use crate::domain::access::permission::{Actor, Grant, Role};
    pub use crate::domain::campaign::{Campaign, CampaignStep};
    pub use crate::domain::org::{OrgFacts, Unit, UnitKind};
    pub use crate::domain::report::cell::{CellChange, CellValue, ElementNumber};
    pub use crate::domain::report::command::{Command, CommandBody};
    pub use crate::domain::report::workflow::ReportState;
    pub use crate::domain::report::{NoteChange, Report, ReportKey, SaveCells};
    pub use crate::domain::reporting::calendar::{Calendar, Calendars};
    pub use crate::domain::reporting::expectation::{
        Expectation, compute_expectations, compute_unit_expectations,
    };
    pub use crate::domain::reporting::window::DateWindow;
    pub use crate::domain::standing::baseline::Baselines;
    pub use crate::domain::standing::{
        CampaignTotals, ReportEntry, advance_totals, compute_totals, judge_standings,
    };
    pub use crate::domain::support::ids::{AccountId, ContractId, DeviceId, UnitId};
    pub use crate::domain::support::time::Timestamp;
    pub use crate::files::campaign::read_campaign_file;
    pub use crate::files::catalogue::{merge_catalogues, read_catalogue};
    pub use crate::files::org::{OrgCsvTexts, read_org};
    pub use crate::grpc::ServerEndpoints;
    pub use crate::pb;
    pub use crate::server::accept::{ServerLimits, accept_connections};
    pub use crate::server::ca::{TlsFiles, init_tls};
    pub use crate::server::keys::ServerKeys;
    pub use crate::server::metrics::ServerMetrics;
    pub use crate::server::tls::{ReloadableTlsConfig, read_chain};
    pub use crate::server::{ServerSetup, run_server};
    pub use crate::store::report::StoredReport;
    pub use crate::store::{DatabaseLocation, Store};
    pub use crate::wire::command::encode_command;
    pub use crate::wire::record::{decode_report, encode_report};
    pub use crate::wire::sync::measure_frame;
}
#[cfg(feature = "server")]
pub use server_items::*;
