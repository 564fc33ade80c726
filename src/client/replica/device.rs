//! Who this phone is: its key, its certificate, its servers, its token. One row; written before the first call, so that a lost answer to
//! enrolling is asked for again with the same key.

use super::schema::device;
use super::{Replica, Result, id};
use crate::domain::ids::{AccountId, DeviceId, UnitId};
use crate::domain::permission::Role;
use diesel::prelude::*;

/// What stands before enrolling: enough to repeat the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Applicant {
    /// The code, in upper case without blanks and hyphens.
    pub(crate) code: String,
    /// Chosen by the phone.
    pub(crate) device: DeviceId,
    /// PKCS #8; secret.
    pub(crate) private_key: Vec<u8>,
    /// Servers, best first.
    pub(crate) addresses: Vec<String>,
    /// SHA-256 of the CA's certificate in DER: all that the phone trusts. Two while the authority rolls it over.
    pub(crate) trusted: Vec<[u8; 32]>,
}

/// What enrolling gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Admission {
    /// Whose phone it is.
    pub(crate) account: AccountId,
    /// For which unit it acts.
    pub(crate) unit: UnitId,
    /// Roles held there.
    pub(crate) roles: Vec<Role>,
    /// Body of the certificate.
    pub(crate) certificate: Vec<u8>,
    /// Signature of the authority over it.
    pub(crate) certificate_signature: Vec<u8>,
    /// Public key of the authority, uncompressed point.
    pub(crate) authority_key: Vec<u8>,
    /// The first token; secret.
    pub(crate) token: String,
    /// When it ends, microseconds by the server's clock.
    pub(crate) token_expires: i64,
}

/// This phone: an applicant, or admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Device {
    /// What it applied with.
    pub(crate) applicant: Applicant,
    /// What it was given; `None` until the answer came.
    pub(crate) admission: Option<Admission>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = device)]
struct DeviceRow {
    one: i16,
    enrolled: bool,
    code: String,
    device_id: Vec<u8>,
    private_key: Vec<u8>,
    addresses: String,
    ca_sha256: Vec<u8>,
    account_id: Vec<u8>,
    unit_id: Vec<u8>,
    roles: Vec<u8>,
    certificate: Vec<u8>,
    certificate_signature: Vec<u8>,
    authority_key: Vec<u8>,
    token: String,
    token_expires: i64,
}

impl Replica {
    /// Who this phone is; `None` before it applied.
    pub(crate) fn device(&mut self) -> Result<Option<Device>> {
        let row = device::table.select(DeviceRow::as_select()).first(&mut self.conn).optional()?;
        row.map(read).transpose()
    }

    /// Notes what the phone applies with. An earlier application that was never answered is replaced.
    pub(crate) fn apply_for(&mut self, applicant: &Applicant) -> Result<()> {
        let row = write(&Device { applicant: applicant.clone(), admission: None });
        self.write(|conn| {
            diesel::delete(device::table).execute(conn)?;
            diesel::insert_into(device::table).values(&row).execute(conn)?;
            Ok(())
        })
    }

    /// Notes that the phone was admitted, and the servers that it was told of.
    pub(crate) fn admit(&mut self, known: &Device) -> Result<()> {
        let row = write(known);
        self.write(|conn| {
            diesel::delete(device::table).execute(conn)?;
            diesel::insert_into(device::table).values(&row).execute(conn)?;
            Ok(())
        })
    }

    /// Notes a new token and the roles held today.
    pub(crate) fn renewed(&mut self, token: &str, expires: i64, unit: UnitId, roles: &[Role]) -> Result<()> {
        let roles = role_bytes(roles);
        self.write(|conn| {
            let change = (
                device::token.eq(token),
                device::token_expires.eq(expires),
                device::unit_id.eq(unit.0.to_vec()),
                device::roles.eq(roles),
            );
            diesel::update(device::table).set(change).execute(conn)?;
            Ok(())
        })
    }
}

/// Notes whom to trust from now on, as the authority says over a line that was trusted.
pub(super) fn trust(conn: &mut SqliteConnection, trusted: &[[u8; 32]]) -> Result<()> {
    diesel::update(device::table).set(device::ca_sha256.eq(trusted.concat())).execute(conn)?;
    Ok(())
}

fn role_bytes(roles: &[Role]) -> Vec<u8> {
    roles.iter().filter_map(|role| u8::try_from(role.number()).ok()).collect()
}

fn write(known: &Device) -> DeviceRow {
    let Device { applicant, admission } = known;
    let Applicant { code, device, private_key, addresses, trusted } = applicant.clone();
    let mut row = DeviceRow {
        one: 1,
        enrolled: admission.is_some(),
        code,
        device_id: device.0.to_vec(),
        private_key,
        addresses: addresses.join("\n"),
        ca_sha256: trusted.concat(),
        account_id: Vec::new(),
        unit_id: Vec::new(),
        roles: Vec::new(),
        certificate: Vec::new(),
        certificate_signature: Vec::new(),
        authority_key: Vec::new(),
        token: String::new(),
        token_expires: 0,
    };
    if let Some(admission) = admission {
        row.code = String::new(); // Used up; nothing to keep.
        row.account_id = admission.account.0.to_vec();
        row.unit_id = admission.unit.0.to_vec();
        row.roles = role_bytes(&admission.roles);
        row.certificate.clone_from(&admission.certificate);
        row.certificate_signature.clone_from(&admission.certificate_signature);
        row.authority_key.clone_from(&admission.authority_key);
        row.token.clone_from(&admission.token);
        row.token_expires = admission.token_expires;
    }
    row
}

fn read(row: DeviceRow) -> Result<Device> {
    let (trusted, rest) = row.ca_sha256.as_chunks::<32>();
    if !rest.is_empty() || trusted.is_empty() {
        return Err(super::ReplicaError::Damaged("the CA's fingerprint is not 32 bytes long"));
    }
    let applicant = Applicant {
        code: row.code,
        device: DeviceId(id(&row.device_id)?),
        private_key: row.private_key,
        addresses: row.addresses.lines().map(str::to_owned).collect(),
        trusted: trusted.to_vec(),
    };
    if !row.enrolled {
        return Ok(Device { applicant, admission: None });
    }
    let admission = Admission {
        account: AccountId(id(&row.account_id)?),
        unit: UnitId(id(&row.unit_id)?),
        roles: row.roles.iter().filter_map(|role| Role::from_number(i16::from(*role))).collect(),
        certificate: row.certificate,
        certificate_signature: row.certificate_signature,
        authority_key: row.authority_key,
        token: row.token,
        token_expires: row.token_expires,
    };
    Ok(Device { applicant, admission: Some(admission) })
}
