//! A DHIS2 data value set over plain HTTP: the caller's key, the reports, the answer in its shape.

use crate::app::act::ActRequest;
use crate::app::command::DeliveryVerdict;
use crate::app::delivery::{Deliveries, Delivery, DeliveryResults};
use crate::app::partner::PartnerIdentity;
use crate::auth;
use crate::domain::support::message::message;
use crate::domain::support::reason::RefusalReason;
use crate::exchange::dhis2::{
    Dhis2Fault, Dhis2Form, Dhis2Import, Dhis2Options, ImportStrategy, Register, build_answer,
    build_unreadable_answer, read_data_value_set,
};
use crate::exchange::outcome_json::JsonAnswer;
use crate::grpc::Services;
use crate::grpc::act::take_performed;
use crate::grpc::caller::{authenticate_partner, read_accept_language};
use crate::grpc::status::RpcError;
use crate::i18n::Lang;
use tonic::codegen::Bytes;
use tonic::metadata::MetadataMap;
use tonic::{Extensions, Status};

/// The name of the act, the same as that of the rpc.
const ACT: &str = "report.deliver";

/// The request id that stands for the header `idempotency-key`.
pub(super) fn read_idempotency_key(metadata: &MetadataMap) -> Option<[u8; 16]> {
    metadata.get("idempotency-key").map(|key| {
        let mut id = [0; 16];
        id.copy_from_slice(&auth::hash_secret(key.as_encoded_bytes())[..16]);
        id
    })
}

impl Services {
    /// Takes a data value set. `find_option` gives the options of the query by name.
    ///
    /// # Errors
    /// The caller has no key that may send reports, or sends too much.
    pub async fn import_data_value_set(
        &self,
        (metadata, extensions): (&MetadataMap, &Extensions),
        find_option: impl Fn(&str) -> Option<String>,
        (form, body): (Dhis2Form, Bytes),
    ) -> Result<JsonAnswer, Status> {
        let lang = read_accept_language(metadata);
        let options = Dhis2Options::from_query(form, find_option);
        let request_id = read_idempotency_key(metadata);
        let taken = async {
            let partner = authenticate_partner(self, metadata, extensions).await?;
            let services = self.clone();
            let run =
                move || services.take_set(&partner, (&options, request_id), (&body, form), lang);
            self.file_pool.run(run).await
        };
        taken.await.map_err(|failure| failure.into_status(lang))
    }

    fn take_set(
        &self,
        partner: &PartnerIdentity,
        (given, request_id): (&Dhis2Options, Option<[u8; 16]>),
        (body, form): (&[u8], Dhis2Form),
        lang: Lang,
    ) -> Result<JsonAnswer, RpcError> {
        partner.check_may_deliver()?;
        let reference = self.load_reference()?;
        let today = self.app.now().local_date();
        let covers = |unit| partner.covers_on(&reference, unit, today);
        let register = Register { reference: &reference, covers: &covers };
        let (mut import, options) = match read_data_value_set((body, form), given, register) {
            Ok(read) => read,
            Err(fault) => return Ok(build_unreadable_answer(&fault, lang)),
        };
        if let Some((option, value)) = &options.unknown {
            let message = message!("dhis2-unknown-option", option = *option, value);
            return Ok(build_unreadable_answer(&message, lang));
        }
        if options.strategy == ImportStrategy::Delete {
            return Ok(build_unreadable_answer(&message!("dhis2-no-delete"), lang));
        }
        let request_hash = auth::hash_secret(&[format!("{options:?}").as_bytes(), body].concat());
        let asked = ActRequest { name: ACT, request_id: None, request_hash, validate_only: true };
        self.keep_allowed(partner, &asked, options.strategy, &mut import)?;
        let request = ActRequest { request_id, validate_only: options.dry_run, ..asked };
        let results = self.deliver_set(partner, &request, &import)?;
        Ok(build_answer(&import, &results, &options, lang))
    }

    /// Removes the reports that the strategy does not allow.
    fn keep_allowed(
        &self,
        partner: &PartnerIdentity,
        asked: &ActRequest,
        strategy: ImportStrategy,
        import: &mut Dhis2Import,
    ) -> Result<(), RpcError> {
        if strategy == ImportStrategy::CreateAndUpdate {
            return Ok(());
        }
        let results = self.deliver_set(partner, asked, import)?;
        let reports = std::mem::take(&mut import.reports);
        for (report, result) in reports.into_iter().zip(results) {
            let is_new = matches!(&result, Ok(one) if one.verdict == DeliveryVerdict::Created);
            if result.is_err() || is_new == (strategy == ImportStrategy::Create) {
                import.reports.push(report);
                continue;
            }
            import.faults.push(Dhis2Fault {
                indexes: report.1,
                property: "importStrategy",
                value: report.0.unit_uid,
                code: "IMPORT_STRATEGY".to_owned(),
                message: message!("dhis2-strategy"),
            });
        }
        Ok(())
    }

    fn deliver_set(
        &self,
        partner: &PartnerIdentity,
        request: &ActRequest,
        import: &Dhis2Import,
    ) -> Result<DeliveryResults, RpcError> {
        let reports: Vec<Delivery> =
            import.reports.iter().map(|(delivery, _)| delivery.clone()).collect();
        let deliveries = Deliveries { reports: &reports, partial: true };
        let end = self.app.deliver_reports(partner, request, deliveries)?;
        if let Some(results) = take_performed(end)? {
            return Ok(results);
        }
        // The same request again: what became of it is what it would find now.
        let asked = ActRequest { request_id: None, validate_only: true, ..*request };
        let end = self.app.deliver_reports(partner, &asked, deliveries)?;
        take_performed(end)?.ok_or_else(|| RpcError::App(RefusalReason::NothingToDo.into()))
    }
}
