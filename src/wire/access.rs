//! Encodes what the authority signs: device certificates, and receipts for commands. The signer
//! must sign these bytes unchanged.

use super::values;
use crate::domain::access::permission::Role;
use crate::domain::support::ids::{AccountId, DeviceId, UnitId};
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::time::Timestamp;
use crate::pb;
use prost::Message as _;

/// The content of a device certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCertificateBody {
    /// SHA-256 of the authority's public key.
    pub authority: [u8; 32],
    /// The device.
    pub device: DeviceId,
    /// Its account.
    pub account: AccountId,
    /// The unit that it acts for.
    pub unit: UnitId,
    /// Its public key.
    pub public_key: Vec<u8>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The roles granted then.
    pub roles: Vec<Role>,
}

/// Encodes a device certificate.
#[must_use]
pub fn encode_certificate(certificate: &DeviceCertificateBody) -> Vec<u8> {
    let DeviceCertificateBody { authority, device, account, unit, public_key, issued_at, roles } =
        certificate;
    let message = pb::DeviceCertificateBody {
        authority: authority.to_vec(),
        device_id: device.0.to_vec(),
        account_id: account.0.to_vec(),
        unit_id: unit.0.to_vec(),
        public_key: public_key.clone(),
        issued_at: Some(values::timestamp_to_proto(*issued_at)),
        roles: roles_to_proto(roles),
    };
    message.encode_to_vec()
}

/// Decodes a device certificate, whose signature the caller has verified.
///
/// # Errors
/// [`RefusalReason::Malformed`] or [`RefusalReason::BadId`] if the bytes do not follow the
/// contract.
pub fn decode_certificate(bytes: &[u8]) -> Result<DeviceCertificateBody, RefusalReason> {
    let message = pb::DeviceCertificateBody::decode(bytes).map_err(|_| RefusalReason::Malformed)?;
    let pb::DeviceCertificateBody {
        authority,
        device_id,
        account_id,
        unit_id,
        public_key,
        issued_at,
        roles,
    } = message;
    Ok(DeviceCertificateBody {
        authority: authority.try_into().map_err(|_| RefusalReason::Malformed)?,
        device: values::id_from_bytes(&device_id, DeviceId::from_slice)?,
        account: values::id_from_bytes(&account_id, AccountId::from_slice)?,
        unit: values::id_from_bytes(&unit_id, UnitId::from_slice)?,
        public_key,
        issued_at: values::timestamp_from_proto(issued_at.ok_or(RefusalReason::Malformed)?)?,
        roles: roles.into_iter().map(values::role_from_proto).collect::<Result<_, _>>()?,
    })
}

/// Converts roles; [`Role::System`] is left out.
#[must_use]
pub fn roles_to_proto(roles: &[Role]) -> Vec<i32> {
    roles.iter().filter_map(|role| values::role_to_proto(*role)).map(Into::into).collect()
}

/// The content of a receipt: the commands that the server has taken from a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptBody {
    /// SHA-256 of the authority's public key.
    pub authority: [u8; 32],
    /// Number and id of the epoch.
    pub epoch: (u64, [u8; 16]),
    /// The device.
    pub device: DeviceId,
    /// Highest command number taken.
    pub commands_taken: u64,
    /// Hash chain of the outcomes.
    pub outcome_chain: Vec<u8>,
    /// Seq of the feed at the checkpoint.
    pub seq: i64,
    /// The server's time.
    pub time: Timestamp,
}

/// Encodes a receipt.
#[must_use]
pub fn encode_receipt(receipt: &ReceiptBody) -> Vec<u8> {
    let ReceiptBody {
        authority,
        epoch: (number, id),
        device,
        commands_taken,
        outcome_chain,
        seq,
        time,
    } = receipt;
    let message = pb::ReceiptBody {
        authority: authority.to_vec(),
        epoch: Some(pb::Epoch { number: *number, id: id.to_vec() }),
        device_id: device.0.to_vec(),
        commands_taken: *commands_taken,
        outcome_chain: outcome_chain.clone(),
        seq: *seq,
        time: Some(values::timestamp_to_proto(*time)),
    };
    message.encode_to_vec()
}
