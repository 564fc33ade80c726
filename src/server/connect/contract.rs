//! The methods and messages of the contract, from the descriptors that are compiled in.

use crate::pb;
use prost_reflect::{DescriptorError, DescriptorPool, MessageDescriptor, MethodDescriptor};
use std::collections::HashMap;

/// Every method by its path, and every message that a call may carry.
pub(in crate::server) struct ConnectContract {
    pool: DescriptorPool,
    methods: HashMap<String, MethodDescriptor>,
}

impl ConnectContract {
    /// The contract, the health service, and the details of errors.
    pub(in crate::server) fn load() -> Result<Self, DescriptorError> {
        let mut pool = DescriptorPool::global();
        for set in [
            pb::FILE_DESCRIPTOR_SET,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_types::pb::FILE_DESCRIPTOR_SET,
        ] {
            pool.decode_file_descriptor_set(set)?;
        }
        let methods = pool
            .services()
            .flat_map(|service| service.methods().collect::<Vec<_>>())
            .map(|method| {
                (format!("/{}/{}", method.parent_service().full_name(), method.name()), method)
            })
            .collect();
        Ok(Self { pool, methods })
    }

    /// The method with this path, as in `/thidua.v1.StandingService/GetStanding`.
    pub(super) fn find_method(&self, path: &str) -> Option<&MethodDescriptor> {
        self.methods.get(path)
    }

    /// The message with this full name.
    pub(super) fn find_message(&self, name: &str) -> Option<MessageDescriptor> {
        self.pool.get_message_by_name(name)
    }
}

/// Whether requests or responses of a method are streams.
pub(super) fn is_streaming(method: &MethodDescriptor) -> bool {
    method.is_client_streaming() || method.is_server_streaming()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pb::Rpc;

    #[test]
    fn every_rpc_and_every_detail_of_an_error_has_its_descriptor() {
        let contract = ConnectContract::load().unwrap();
        for rpc in Rpc::ALL {
            assert!(contract.find_method(rpc.path()).is_some(), "{rpc:?}");
        }
        assert!(contract.find_method("/grpc.health.v1.Health/Check").is_some());
        for name in ["ErrorInfo", "BadRequest", "LocalizedMessage", "RetryInfo"] {
            assert!(contract.find_message(&format!("google.rpc.{name}")).is_some(), "{name}");
        }
    }
}
