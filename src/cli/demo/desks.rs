//! Desk accounts of the demo: who signs in to the office in the browser.

use super::DemoError;
use super::generator::Province;
use super::server::DemoServer;
use crate::auth::{self, HashPriority, PasswordHashPool};
use crate::domain::access::permission::{Grant, Role};
use crate::domain::support::ids::{AccountId, UnitId};
use crate::i18n::Lang;
use jiff::ToSpan;
use jiff::civil::Date;

/// A person who signs in at a desk.
struct DemoDesk {
    /// The code of what the person is.
    title: &'static str,
    label: &'static str,
    unit: UnitId,
    roles: &'static [Role],
}

/// Creates an account each for a leader, a reviewer at `reviewing_unit` and an administrator, and
/// prints how they sign in.
pub(super) fn open_desks(
    (province, server): (&Province, &DemoServer),
    reviewing_unit: UnitId,
    today: Date,
    lang: Lang,
) -> Result<(), DemoError> {
    let owner = province.campaign.owner_id();
    let desks = [
        DemoDesk {
            title: "screen-desk-leader",
            label: "lanh-dao",
            unit: owner,
            roles: &[Role::CampaignHead],
        },
        DemoDesk {
            title: "screen-desk-reviewer",
            label: "nguoi-duyet",
            unit: reviewing_unit,
            roles: &[Role::Reviewer],
        },
        DemoDesk {
            title: "screen-desk-administrator",
            label: "quan-tri",
            unit: owner,
            roles: &[Role::Admin, Role::DataSteward],
        },
    ];
    println!(" {}\n   {}/office/", lang.text("screen-office"), server.address);
    for desk in desks {
        let password = create_desk(server, &desk, today)?;
        println!("   {}: {}  {password}", lang.text(desk.title), desk.label);
    }
    Ok(())
}

/// Creates the account and returns its password, which nobody can guess.
fn create_desk(server: &DemoServer, desk: &DemoDesk, today: Date) -> Result<String, DemoError> {
    let failed = |error: &dyn std::fmt::Display| DemoError(error.to_string());
    let (system, account) = (server.app.system_actor()?, AccountId::from_code(desk.label));
    for role in desk.roles {
        let to = today.saturating_add(2.years());
        let grant = Grant { role: *role, unit: desk.unit, from: today, to };
        server.app.grant_role(&system, account, desk.label, &grant)?;
    }
    let (_, code_hash) = auth::generate_enrol_code().map_err(|error| failed(&error))?;
    let expires_at = server.app.now().saturating_add_micros(auth::ENROL_CODE_MICROS);
    server.app.add_enrol_code(&system, &code_hash, account, expires_at)?;
    let (password, _) = auth::generate_enrol_code().map_err(|error| failed(&error))?;
    let (pool, password) = (PasswordHashPool::default(), password.to_string());
    let mut slot = pool.acquire_slot(HashPriority::Stranger).map_err(|error| failed(&error))?;
    let hashed = slot.hash_password(&password).map_err(|error| failed(&error))?;
    server.app.set_password(&code_hash, &hashed)?;
    Ok(password)
}
