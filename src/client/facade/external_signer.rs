//! A device key outside the local data: no copy of the phone's file can sign, and no program can
//! read the key.
//!
//! Where the platform signs at once (Android Keystore, Secure Enclave), the app opens the phone
//! with a [`DeviceSigner`]. Where it signs later (WebCrypto), the engine hands out bytes and takes
//! the signature:
//!
//! ```text
//! enrolment_bytes_to_sign -> sign -> build_signed_enrol_request -> send
//! renewal_bytes_to_sign(nonce) -> sign -> build_signed_renew_request -> send
//! begin_signed_export -> sign -> finish_signed_export
//! ```
//!
//! Signatures are ECDSA P-256 over SHA-256, r and s in 64 bytes or in DER; a public key is an
//! uncompressed point of 65 bytes or in X.509 form.

use super::{ClientError, CommandExportFile, DeviceSigner, Phone, Result};
use crate::client::command_export::UnsignedExport;
use crate::client::device_key::uncompressed_point;
use crate::client::replica::{DeviceIdentity, Enrolment, LocalDevice};
use crate::client::runner::{RunnerError, build_enrol_request, build_renew_request};
use crate::clock::Clock;
use crate::domain::access::enrolment::renewal_signing_input;
use crate::wire::bytes::encode_message;
use std::path::Path;
use std::sync::Arc;

/// Exported commands without their signature.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
pub struct UnsignedExportFile {
    /// What the device's key signs.
    pub bytes_to_sign: Vec<u8>,
    /// The file without its signature.
    pub unsigned: Vec<u8>,
    /// The number of commands in it.
    pub command_count: u32,
}

#[cfg_attr(feature = "bindings", uniffi::export)]
impl Phone {
    /// Opens the local database of a phone whose key `signer` keeps; otherwise like
    /// [`Phone::open`]. The signer's key must be the one of the enrolment.
    #[cfg_attr(feature = "bindings", uniffi::constructor)]
    pub fn open_with_signer(path: String, signer: Arc<dyn DeviceSigner>) -> Result<Self> {
        Self::open_with(Path::new(&path), Clock::System, Some(signer))
    }

    /// Starts the enrolment of a phone whose caller keeps the key: the bytes to sign.
    pub fn enrolment_bytes_to_sign(
        &self,
        invitation: String,
        public_key: Vec<u8>,
    ) -> Result<Vec<u8>> {
        Ok(self.runner.begin_signed_enrolment(&invitation, &public_key)?)
    }

    /// The bytes of an `EnrolRequest` with the signature over [`Phone::enrolment_bytes_to_sign`].
    /// Fails if the key does not verify it.
    pub fn build_signed_enrol_request(
        &self,
        public_key: Vec<u8>,
        signature: Vec<u8>,
    ) -> Result<Vec<u8>> {
        let device = self.runner.replica().device()?.ok_or(ClientError::NotEnrolled)?;
        if device.enrolment.is_some() {
            return Err(ClientError::AlreadyEnrolled);
        }
        let point = uncompressed_point(&public_key)?;
        Ok(encode_message(&build_enrol_request(&device.identity, point, &signature)?))
    }

    /// The bytes to sign for a new token, over the server's nonce.
    pub fn renewal_bytes_to_sign(&self, nonce: Vec<u8>) -> Result<Vec<u8>> {
        Ok(renewal_signing_input(self.identity_and_enrolment()?.0.device_id, &nonce))
    }

    /// The bytes of a `RenewTokenRequest` with the signature over
    /// [`Phone::renewal_bytes_to_sign`].
    pub fn build_signed_renew_request(
        &self,
        nonce: Vec<u8>,
        signature: Vec<u8>,
    ) -> Result<Vec<u8>> {
        let (identity, enrolment) = self.identity_and_enrolment()?;
        Ok(encode_message(&build_renew_request(&identity, &enrolment, nonce, &signature)?))
    }

    /// Starts an export of commands (see [`Phone::export_commands`]) that the caller signs.
    pub fn begin_signed_export(&self) -> Result<UnsignedExportFile> {
        let (export, command_count) = self.seal_unconfirmed_commands()?;
        let bytes_to_sign = export.signing_input();
        Ok(UnsignedExportFile { bytes_to_sign, unsigned: export.encode(), command_count })
    }

    /// The export with the signature over its `bytes_to_sign`.
    pub fn finish_signed_export(
        &self,
        export: UnsignedExportFile,
        signature: Vec<u8>,
    ) -> Result<CommandExportFile> {
        let bad = |_| ClientError::BadArgument { what: "export".to_owned() };
        let sealed = UnsignedExport::decode(&export.unsigned).map_err(bad)?;
        let command_count = export.command_count;
        Ok(CommandExportFile { bytes: sealed.finish(&signature)?, command_count })
    }
}

impl Phone {
    /// Signs with the key of this phone, wherever it is.
    pub(super) fn sign(&self, identity: &DeviceIdentity, message: Vec<u8>) -> Result<Vec<u8>> {
        let signer = self.runner.device_signer(identity)?;
        Ok(signer.sign(message).map_err(RunnerError::from)?)
    }

    pub(super) fn identity_and_enrolment(&self) -> Result<(DeviceIdentity, Enrolment)> {
        match self.runner.replica().device()? {
            Some(LocalDevice { identity, enrolment: Some(enrolment) }) => Ok((identity, enrolment)),
            Some(LocalDevice { enrolment: None, .. }) | None => Err(ClientError::NotEnrolled),
        }
    }
}
