//! Who this phone is: its key, its certificate, its servers, its token. One row; written before the first call, so that a lost answer to
//! enrolling is asked for again with the same key.

use super::schema::device;
use super::{LocalReplica, Result, decode_id};
use crate::domain::ids::{AccountId, DeviceId, UnitId};
use crate::domain::permission::Role;
use diesel::prelude::*;

/// What stands before enrolling: enough to repeat the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeviceIdentity {
    /// The code, in upper case without blanks and hyphens.
    pub(crate) code: String,
    /// Chosen by the phone.
    pub(crate) device_id: DeviceId,
    /// PKCS #8; secret.
    pub(crate) private_key: Vec<u8>,
    /// Servers, best first.
    pub(crate) addresses: Vec<String>,
    /// SHA-256 of the CA's certificate in DER: all that the phone trusts. Two while the authority rolls it over.
    pub(crate) trusted_ca_sha256: Vec<[u8; 32]>,
}

/// What enrolling gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Enrolment {
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
    pub(crate) token_expires_at: i64,
}

/// This phone: an applicant, or admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocalDevice {
    /// What it applied with.
    pub(crate) identity: DeviceIdentity,
    /// What it was given; `None` until the answer came.
    pub(crate) enrolment: Option<Enrolment>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = device)]
struct LocalDeviceRow {
    singleton: i16,
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

impl LocalReplica {
    /// Who this phone is; `None` before it applied.
    pub(crate) fn device(&mut self) -> Result<Option<LocalDevice>> {
        let row =
            device::table.select(LocalDeviceRow::as_select()).first(&mut self.conn).optional()?;
        row.map(from_row).transpose()
    }

    /// Notes what the phone applies with. An earlier application that was never answered is replaced.
    pub(crate) fn save_identity(&mut self, identity: &DeviceIdentity) -> Result<()> {
        let row = to_row(&LocalDevice { identity: identity.clone(), enrolment: None });
        self.transaction(|conn| {
            diesel::delete(device::table).execute(conn)?;
            diesel::insert_into(device::table).values(&row).execute(conn)?;
            Ok(())
        })
    }

    /// Notes that the phone was admitted, and the servers that it was told of.
    pub(crate) fn save_enrolment(&mut self, existing: &LocalDevice) -> Result<()> {
        let row = to_row(existing);
        self.transaction(|conn| {
            diesel::delete(device::table).execute(conn)?;
            diesel::insert_into(device::table).values(&row).execute(conn)?;
            Ok(())
        })
    }

    /// Notes a new token and the roles held today.
    pub(crate) fn save_token(
        &mut self,
        token: &str,
        expires: i64,
        unit: UnitId,
        roles: &[Role],
    ) -> Result<()> {
        let roles = encode_roles(roles);
        self.transaction(|conn| {
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
pub(super) fn save_trusted_cas(conn: &mut SqliteConnection, trusted: &[[u8; 32]]) -> Result<()> {
    diesel::update(device::table).set(device::ca_sha256.eq(trusted.concat())).execute(conn)?;
    Ok(())
}

fn encode_roles(roles: &[Role]) -> Vec<u8> {
    roles.iter().filter_map(|role| u8::try_from(role.number()).ok()).collect()
}

fn to_row(existing: &LocalDevice) -> LocalDeviceRow {
    let LocalDevice { identity: applicant, enrolment: admission } = existing;
    let DeviceIdentity {
        code,
        device_id: device,
        private_key,
        addresses,
        trusted_ca_sha256: trusted,
    } = applicant.clone();
    let mut row = LocalDeviceRow {
        singleton: 1,
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
    if let Some(enrolment) = admission {
        row.code = String::new(); // Used up; nothing to keep.
        row.account_id = enrolment.account.0.to_vec();
        row.unit_id = enrolment.unit.0.to_vec();
        row.roles = encode_roles(&enrolment.roles);
        row.certificate.clone_from(&enrolment.certificate);
        row.certificate_signature.clone_from(&enrolment.certificate_signature);
        row.authority_key.clone_from(&enrolment.authority_key);
        row.token.clone_from(&enrolment.token);
        row.token_expires = enrolment.token_expires_at;
    }
    row
}

fn from_row(row: LocalDeviceRow) -> Result<LocalDevice> {
    let (trusted, rest) = row.ca_sha256.as_chunks::<32>();
    if !rest.is_empty() || trusted.is_empty() {
        return Err(super::ReplicaError::Damaged("the CA's fingerprint is not 32 bytes long"));
    }
    let identity = DeviceIdentity {
        code: row.code,
        device_id: DeviceId(decode_id(&row.device_id)?),
        private_key: row.private_key,
        addresses: row.addresses.lines().map(str::to_owned).collect(),
        trusted_ca_sha256: trusted.to_vec(),
    };
    if !row.enrolled {
        return Ok(LocalDevice { identity, enrolment: None });
    }
    let enrolment = Enrolment {
        account: AccountId(decode_id(&row.account_id)?),
        unit: UnitId(decode_id(&row.unit_id)?),
        roles: row.roles.iter().filter_map(|role| Role::from_number(i16::from(*role))).collect(),
        certificate: row.certificate,
        certificate_signature: row.certificate_signature,
        authority_key: row.authority_key,
        token: row.token,
        token_expires_at: row.token_expires,
    };
    Ok(LocalDevice { identity, enrolment: Some(enrolment) })
}
