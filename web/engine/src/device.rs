//! The device: its files among the private files of the origin, and its key, which WebCrypto keeps
//! where no script can read it. The worker signs; the engine says what.

use crate::engine::{Answer, Engine, thrown, told};
use sqlite_wasm_rs::vfs::VfsFilesManager;
use sqlite_wasm_vfs::sahpool::{OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};
use thidua::client::facade::{ClientError, UnsignedExportFile};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

/// Files of the origin that SQLite may open at once: a replica, its journal, and spares.
const FILE_HANDLES: usize = 8;

/// The files of all replicas of this browser.
#[wasm_bindgen]
pub struct Files {
    pool: OpfsSAHPoolUtil,
}

#[wasm_bindgen]
impl Files {
    /// Makes the private files of the origin SQLite's file system, or what the worker gives in
    /// their place. Fails in a second tab: one leads.
    pub async fn install() -> Result<Files, JsError> {
        let config =
            OpfsSAHPoolCfgBuilder::new().directory("thidua").initial_capacity(FILE_HANDLES).build();
        let pool = install::<sqlite_wasm_rs::WasmOsCallback>(&config, true).await;
        let pool = pool.map_err(|error| JsError::new(&format!("{error:?}")))?;
        let files = Self { pool };
        files.reserve().await?;
        Ok(files)
    }

    /// Every stored replica keeps a handle; what one needs to be opened stays free beside them.
    async fn reserve(&self) -> Result<(), JsError> {
        let stored = self.pool.len().map_err(|error| JsError::new(&format!("{error:?}")))?;
        let reserved = self.pool.ensure_capacity(stored + FILE_HANDLES).await;
        reserved.map_err(|error| JsError::new(&format!("{error:?}")))
    }

    /// The names of the stored files, replicas and their journals.
    pub fn names(&self) -> Result<Vec<String>, JsError> {
        self.pool.names().map_err(|error| JsError::new(&format!("{error:?}")))
    }

    /// Deletes a file that is not open.
    pub fn remove(&self, name: &str) -> Result<bool, JsError> {
        self.pool.remove(name).map_err(|error| JsError::new(&format!("{error:?}")))
    }

    /// The error of files that lie in memory, and that the worker could not store.
    pub fn failure(&self, detail: String) -> JsValue {
        thrown(&ClientError::Storage { detail })
    }
}

/// Exported commands that wait for the device's signature.
#[wasm_bindgen]
pub struct UnsignedExport(UnsignedExportFile);

#[wasm_bindgen]
impl UnsignedExport {
    pub fn bytes_to_sign(&self) -> Vec<u8> {
        self.0.bytes_to_sign.clone()
    }

    pub fn command_count(&self) -> u32 {
        self.0.command_count
    }
}

#[wasm_bindgen]
impl Engine {
    pub fn enrolment_bytes_to_sign(
        &self,
        invitation: String,
        public_key: Vec<u8>,
    ) -> Answer<Vec<u8>> {
        told(self.phone.enrolment_bytes_to_sign(invitation, public_key))
    }

    pub fn enrol_request(&self, public_key: Vec<u8>, signature: Vec<u8>) -> Answer<Vec<u8>> {
        told(self.phone.build_signed_enrol_request(public_key, signature))
    }

    /// The nonce of a `BeginRenewalResponse`.
    pub fn renewal_nonce(&self, answer: Vec<u8>) -> Answer<Vec<u8>> {
        told(self.phone.read_renewal_nonce(answer))
    }

    pub fn renewal_bytes_to_sign(&self, nonce: Vec<u8>) -> Answer<Vec<u8>> {
        told(self.phone.renewal_bytes_to_sign(nonce))
    }

    pub fn renew_request(&self, nonce: Vec<u8>, signature: Vec<u8>) -> Answer<Vec<u8>> {
        told(self.phone.build_signed_renew_request(nonce, signature))
    }

    /// Starts an export of what the server has not answered, for whoever hands it over.
    pub fn begin_export(&self) -> Answer<UnsignedExport> {
        told(self.phone.begin_signed_export()).map(UnsignedExport)
    }

    pub fn finish_export(&self, export: UnsignedExport, signature: Vec<u8>) -> Answer<Vec<u8>> {
        let finished = self.phone.finish_signed_export(export.0, signature);
        told(finished).map(|file| file.bytes)
    }

    /// The error of a call for which the browser has the key no more.
    pub fn key_is_lost(&self) -> JsValue {
        let error = ClientError::DeviceKey { detail: "not in the browser's storage".to_owned() };
        thrown(&error)
    }
}
