//! The connection of a phone that makes its calls itself.

use super::Runner;
use crate::client::protocol::CallError;
use crate::client::replica::LocalDevice;
use crate::client::transport::traffic::TrafficCounters;
use crate::client::transport::{PinnedEndpoint, ServerClient};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// The connection, what it has cost, and the wake-up of a follow call.
#[derive(Default)]
pub(crate) struct NetworkState {
    client: Mutex<Option<(PinnedEndpoint, ServerClient)>>,
    /// Wakes a follow call: there is a command to send, or another task wants to call.
    pub(super) wake: Notify,
    pub(super) traffic: Arc<TrafficCounters>,
}

impl NetworkState {
    pub(super) fn close_connection(&self) {
        *self.client.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Runner {
    /// The connection to the selected server of the list.
    pub(super) fn server_client(&self, device: &LocalDevice) -> Result<ServerClient, CallError> {
        let target = PinnedEndpoint {
            address: self.selected_address(device),
            trusted_ca_sha256: device.identity.trusted_ca_sha256.clone(),
        };
        let mut cached = self.network.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, client)) = cached.as_ref()
            && *known == target
        {
            return Ok(client.clone());
        }
        let client = ServerClient::new(&target, &self.network.traffic)?;
        *cached = Some((target, client.clone()));
        Ok(client)
    }
}
