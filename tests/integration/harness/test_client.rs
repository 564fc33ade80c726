//! A minimal client with a key and an outbox, over the generated gRPC stubs.

use std::collections::BTreeMap;
use thidua::auth::{self, AuthorityKey};
use thidua::domain::access::enrolment::{
    EnrolmentCode, enrolment_signing_input, renewal_signing_input,
};
use thidua::domain::report::cell::{CellChange, CellValue, ElementNumber};
use thidua::domain::report::command::{Command, CommandBody};
use thidua::domain::report::{ReportKey, SaveCells};
use thidua::domain::reporting::period::Period;
use thidua::domain::support::ids::{ContractId, DeviceId, UnitId};
use thidua::pb;
use thidua::pb::access_service_client::AccessServiceClient;
use thidua::pb::sync_response::Frame;
use thidua::pb::sync_service_client::SyncServiceClient;
use thidua::wire::command::encode_command;
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};

/// Whether the frame is the verdict of an applied command.
pub(crate) fn is_applied(frame: &Frame) -> bool {
    matches!(frame, Frame::Verdict(verdict) if verdict.outcome() == pb::Outcome::Applied)
}

pub(crate) struct TestClient {
    pub(crate) channel: Channel,
    pub(crate) key: AuthorityKey,
    pub(crate) device: DeviceId,
    pub(crate) unit: UnitId,
    pub(crate) token: String,
    pub(crate) lang: &'static str,
    pub(crate) cursor: Vec<u8>,
    pub(crate) last_command_number: u64,
    /// Whether it asks for brief answers.
    pub(crate) brief: bool,
}

impl TestClient {
    pub(crate) fn new(channel: Channel, unit: UnitId) -> Self {
        let key = AuthorityKey::from_pkcs8(&AuthorityKey::generate().unwrap()).unwrap();
        let device = DeviceId(auth::random_bytes().unwrap());
        let (token, lang, cursor) = (String::new(), "en", Vec::new());
        let (last_command_number, brief) = (0, false);
        Self { channel, key, device, unit, token, lang, cursor, last_command_number, brief }
    }

    pub(crate) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("accept-language", self.lang.parse().unwrap());
        if !self.token.is_empty() {
            request
                .metadata_mut()
                .insert("authorization", format!("Bearer {}", self.token).parse().unwrap());
        }
        request
    }

    pub(crate) fn access_client(&self) -> AccessServiceClient<Channel> {
        AccessServiceClient::new(self.channel.clone())
    }

    pub(crate) async fn enrol(
        &mut self,
        code: &EnrolmentCode,
    ) -> Result<pb::EnrolResponse, Status> {
        let proof = enrolment_signing_input(code, self.key.public_key());
        let message = pb::EnrolRequest {
            code: code.to_string(),
            public_key: self.key.public_key().to_vec(),
            signature: self.key.sign(&proof).unwrap(),
            client_version: "test".into(),
            device_id: self.device.0.to_vec(),
        };
        let answer = self.access_client().enrol(self.request(message)).await?.into_inner();
        self.token = answer.token.clone().unwrap().token;
        Ok(answer)
    }

    pub(crate) async fn renew_token(&mut self) -> Result<(), Status> {
        let device_id = self.device.0.to_vec();
        let begin_request = self.request(pb::BeginRenewalRequest { device_id: device_id.clone() });
        let nonce = self.access_client().begin_renewal(begin_request).await?.into_inner().nonce;
        let signature = self.key.sign(&renewal_signing_input(self.device, &nonce)).unwrap();
        let message = pb::RenewTokenRequest { device_id, nonce, signature, certificate: None };
        let answer = self.access_client().renew_token(self.request(message)).await?.into_inner();
        self.token = answer.token.unwrap().token;
        Ok(())
    }

    /// The key of the report of the campaign's first week under the communes' weekly contract.
    pub(crate) fn first_week_key(&self) -> ReportKey {
        let period =
            Period::new("week", jiff::civil::date(2024, 8, 19), jiff::civil::date(2024, 8, 26));
        ReportKey { contract: ContractId::from_code("tuan-xa"), unit: self.unit, period }
    }

    /// The next command of the outbox, encoded.
    pub(crate) fn next_command(&mut self, body: CommandBody) -> Vec<u8> {
        self.last_command_number += 1;
        encode_command(
            self.last_command_number,
            &Command { captured_at: None, sync_mark: Vec::new(), body },
        )
    }

    /// A save that sets these cells where there were none.
    pub(crate) fn save_command(&mut self, cells: &BTreeMap<u32, CellValue>) -> Vec<u8> {
        let change = |(number, value): (&u32, &CellValue)| CellChange {
            element: ElementNumber(*number),
            mine: Some(*value),
            base: None,
        };
        let changes = cells.iter().map(change).collect();
        let (key, acting_unit) = (self.first_week_key(), self.unit);
        self.next_command(CommandBody::SaveCells(SaveCells {
            key,
            acting_unit,
            changes,
            note: None,
            base_revision: 0,
        }))
    }

    /// A save that replaces one cell.
    pub(crate) fn correction_command(
        &mut self,
        element: u32,
        mine: CellValue,
        base: CellValue,
    ) -> Vec<u8> {
        let change =
            CellChange { element: ElementNumber(element), mine: Some(mine), base: Some(base) };
        let (key, acting_unit) = (self.first_week_key(), self.unit);
        self.next_command(CommandBody::SaveCells(SaveCells {
            key,
            acting_unit,
            changes: vec![change],
            note: None,
            base_revision: 0,
        }))
    }

    pub(crate) async fn open_stream(
        &self,
        commands: Vec<Vec<u8>>,
        follow: bool,
    ) -> Result<Streaming<pb::SyncResponse>, Status> {
        let message = pb::SyncRequest {
            cursor: self.cursor.clone(),
            commands,
            follow,
            brief: self.brief,
            ..Default::default()
        };
        let mut client = SyncServiceClient::new(self.channel.clone());
        Ok(client.sync(self.request(message)).await?.into_inner())
    }

    /// Syncs once and returns all frames in order.
    pub(crate) async fn sync(&mut self, commands: Vec<Vec<u8>>) -> Result<Vec<Frame>, Status> {
        let mut stream = self.open_stream(commands, false).await?;
        let mut frames = Vec::new();
        while let Some(message) = stream.message().await? {
            frames.extend(message.frame);
        }
        for frame in &frames {
            if let Frame::Rows(pb::Rows { cursor, .. })
            | Frame::Checkpoint(pb::Checkpoint { cursor, .. }) = frame
                && !cursor.is_empty()
            {
                self.cursor.clone_from(cursor);
            }
        }
        Ok(frames)
    }
}
