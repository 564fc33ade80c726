//! A device that uses only the contract, without replica and replay, so that only the server is
//! measured: enrols, numbers commands, and reads a stream to its checkpoint.

use crate::Result;
use jiff::civil::Date;
use thidua::bench_api::pb::{
    self, access_service_client::AccessServiceClient, sync_response::Frame,
    sync_service_client::SyncServiceClient,
};
use thidua::bench_api::{
    AuthorityKey, CellChange, CellValue, Command, CommandBody, ContractId, DateWindow, DeviceId,
    ElementNumber, EnrolmentCode, NoteChange, ReferenceSnapshot, ReportKey, SaveCells, UnitId,
    compute_unit_expectations, encode_command, enrolment_signing_input, measure_frame,
    random_bytes, renewal_signing_input,
};
use tonic::transport::Channel;
use tonic::{Request, Streaming};

/// The note in every report of the bench.
const NOTE: &str = "DỮ LIỆU GIẢ LẬP: tình hình ổn định, không có vụ việc phức tạp";

pub(crate) struct BenchDevice {
    pub(crate) channel: Channel,
    pub(crate) unit: UnitId,
    device: DeviceId,
    key: AuthorityKey,
    token: String,
    cursor: Vec<u8>,
    last_command_number: u64,
    received_bytes: usize,
}

impl BenchDevice {
    pub(crate) async fn enrol(
        channel: Channel,
        unit: UnitId,
        code: &EnrolmentCode,
    ) -> Result<Self> {
        let key = AuthorityKey::from_pkcs8(&AuthorityKey::generate()?)?;
        let device = DeviceId(random_bytes()?);
        let message = pb::EnrolRequest {
            code: code.to_string(),
            public_key: key.public_key().to_vec(),
            signature: key.sign(&enrolment_signing_input(code, key.public_key()))?,
            client_version: "bench".into(),
            device_id: device.0.to_vec(),
        };
        let answer = AccessServiceClient::new(channel.clone()).enrol(message).await?.into_inner();
        let token = answer.token.map(|token| token.token).unwrap_or_default();
        Ok(Self {
            channel,
            unit,
            device,
            key,
            token,
            cursor: Vec::new(),
            last_command_number: 0,
            received_bytes: 0,
        })
    }

    /// Renews the token, which is valid for 15 minutes.
    pub(crate) async fn renew_token(&mut self) -> Result<()> {
        let (mut access, device_id) =
            (AccessServiceClient::new(self.channel.clone()), self.device.0.to_vec());
        let begin_request = pb::BeginRenewalRequest { device_id: device_id.clone() };
        let nonce = access.begin_renewal(begin_request).await?.into_inner().nonce;
        let signature = self.key.sign(&renewal_signing_input(self.device, &nonce))?;
        let message = pb::RenewTokenRequest { device_id, nonce, signature, certificate: None };
        self.token = access.renew_token(message).await?.into_inner().token.ok_or("no token")?.token;
        Ok(())
    }

    /// The token of the device.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Bytes of all frames received in exchanges, before TLS.
    pub(crate) fn received_bytes(&self) -> usize {
        self.received_bytes
    }

    /// Clears the cursor, so that the next exchange reads everything.
    pub(crate) fn clear_cursor(&mut self) {
        self.cursor.clear();
    }

    pub(crate) fn request<T>(&self, message: T) -> Result<Request<T>> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", format!("Bearer {}", self.token).parse()?);
        Ok(request)
    }

    /// Encodes the save and submit of one report under the next two numbers.
    pub(crate) fn encode_report(
        &mut self,
        key: &ReportKey,
        elements: &[ElementNumber],
    ) -> [Vec<u8>; 2] {
        let value = Some(CellValue::Reported(1));
        let changes = elements
            .iter()
            .map(|element| CellChange { element: *element, mine: value, base: None })
            .collect();
        let note = Some(NoteChange { mine: NOTE.to_owned(), base: String::new() });
        let acting_unit = self.unit;
        let save = SaveCells { key: key.clone(), acting_unit, changes, note, base_revision: 0 };
        [CommandBody::SaveCells(save), CommandBody::submit(key.id(), acting_unit)].map(|body| {
            self.last_command_number += 1;
            encode_command(
                self.last_command_number,
                &Command { captured_at: None, sync_mark: Vec::new(), body },
            )
        })
    }

    /// Encodes a correction of every figure of a sent report from one value to another, under the
    /// next number.
    pub(crate) fn encode_correction(
        &mut self,
        key: &ReportKey,
        elements: &[ElementNumber],
        from: i64,
        to: i64,
    ) -> Vec<u8> {
        let value = |figure| Some(CellValue::Reported(figure));
        let changes = elements
            .iter()
            .map(|one| CellChange { element: *one, mine: value(to), base: value(from) })
            .collect();
        let save = SaveCells {
            key: key.clone(),
            acting_unit: self.unit,
            changes,
            note: None,
            base_revision: 0,
        };
        self.last_command_number += 1;
        encode_command(
            self.last_command_number,
            &Command {
                captured_at: None,
                sync_mark: Vec::new(),
                body: CommandBody::SaveCells(save),
            },
        )
    }

    pub(crate) async fn open_stream(
        &self,
        commands: Vec<Vec<u8>>,
        follow: bool,
    ) -> Result<Streaming<pb::SyncResponse>> {
        let message = pb::SyncRequest {
            cursor: self.cursor.clone(),
            commands,
            follow,
            brief: true,
            ..Default::default()
        };
        let mut client =
            SyncServiceClient::new(self.channel.clone()).max_decoding_message_size(16 << 20);
        Ok(client.sync(self.request(message)?).await?.into_inner())
    }

    /// Runs one exchange to its checkpoint; returns the number of applied commands and of received
    /// rows.
    pub(crate) async fn sync(&mut self, commands: Vec<Vec<u8>>) -> Result<(usize, usize)> {
        let mut stream = self.open_stream(commands, false).await?;
        let (mut applied, mut rows) = (0, 0);
        while let Some(message) = stream.message().await? {
            self.received_bytes += measure_frame(&message).1;
            match message.frame {
                Some(Frame::Verdict(verdict)) if is_applied(&verdict) => applied += 1,
                Some(Frame::Verdict(verdict)) => {
                    return Err(format!("not applied: {verdict:?}").into());
                }
                Some(Frame::Rows(batch)) => {
                    rows += batch.rows.len();
                    self.cursor = batch.cursor;
                }
                // A brief checkpoint leaves out a cursor that the device has.
                Some(Frame::Checkpoint(checkpoint)) if !checkpoint.cursor.is_empty() => {
                    self.cursor = checkpoint.cursor;
                }
                _ => {}
            }
        }
        Ok((applied, rows))
    }
}

/// A correction without an expected revision counts as merged, and is stored.
fn is_applied(verdict: &pb::Verdict) -> bool {
    matches!(verdict.outcome(), pb::Outcome::Applied | pb::Outcome::Merged)
}

/// The weekly reports that a commune must send until `end`, with the elements of the form.
pub(crate) fn find_expected_reports(
    reference: &ReferenceSnapshot,
    unit: UnitId,
    end: Date,
) -> Result<(Vec<ReportKey>, Vec<ElementNumber>)> {
    let contract = ContractId::from_code("tuan-xa");
    let found = reference
        .catalogue
        .contracts
        .iter()
        .find(|one| one.id() == contract)
        .ok_or("no contract tuan-xa")?;
    let window = DateWindow { start: jiff::civil::date(2024, 8, 19), end };
    let expected =
        compute_unit_expectations(&reference.org, &reference.calendars, found, unit, window)?;
    let keys =
        expected.into_iter().map(|one| ReportKey { contract, unit, period: one.period }).collect();
    let shape = reference.form_schema(contract).ok_or("the contract has no form")?;
    Ok((keys, shape.ranges.keys().copied().collect()))
}
