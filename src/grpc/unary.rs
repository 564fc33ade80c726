//! Runs a unary call: authenticates the caller, runs the method on the blocking pool, and converts
//! an error into a status in the caller's language.

use super::peer::AddressBucket;
use super::status::RpcError;
use super::{Services, caller};
use crate::app::access::CallerIdentity;
use crate::i18n::Lang;
use tonic::{Request, Response, Status};

/// Runs a method that needs no token. It gets the bucket of the caller's address, for its limits.
pub(super) async fn unauthenticated<M: Send + 'static, R: Send + 'static>(
    services: &Services,
    request: Request<M>,
    method: fn(&Services, AddressBucket, M) -> Result<R, RpcError>,
) -> Result<Response<R>, Status> {
    let lang = caller::read_accept_language(request.metadata());
    let address = services.attempt_limits.address_bucket(request.extensions().get());
    let (service_handle, message) = (services.clone(), request.into_inner());
    let response =
        services.blocking_pool.run(move || method(&service_handle, address, message)).await;
    response.map(Response::new).map_err(|failure| failure.into_status(lang))
}

/// Runs a method for an authenticated caller; fails without a valid token.
pub(super) async fn authenticated<M: Send + 'static, R: Send + 'static>(
    services: &Services,
    request: Request<M>,
    method: fn(&Services, &CallerIdentity, M) -> Result<R, RpcError>,
) -> Result<Response<R>, Status> {
    run_authenticated(services, request, move |services, identity, message, _| {
        method(services, identity, message)
    })
    .await
}

/// Runs a method for an authenticated caller that answers in the caller's language.
pub(super) async fn in_language<M: Send + 'static, R: Send + 'static>(
    services: &Services,
    request: Request<M>,
    method: fn(&Services, &CallerIdentity, M, Lang) -> Result<R, RpcError>,
) -> Result<Response<R>, Status> {
    run_authenticated(services, request, method).await
}

async fn run_authenticated<M: Send + 'static, R: Send + 'static>(
    services: &Services,
    request: Request<M>,
    method: impl FnOnce(&Services, &CallerIdentity, M, Lang) -> Result<R, RpcError> + Send + 'static,
) -> Result<Response<R>, Status> {
    let lang = caller::read_accept_language(request.metadata());
    let (metadata, _, message) = request.into_parts();
    let response = async {
        let (service_handle, token) = (services.clone(), caller::admit_token(services, &metadata)?);
        services
            .blocking_pool
            .run(move || {
                let identity = service_handle.app.authenticate_token(&token)?;
                method(&service_handle, &identity, message, lang)
            })
            .await
    };
    response.await.map(Response::new).map_err(|failure| failure.into_status(lang))
}

/// Implements a service of the contract with methods of [`Services`] of the same names. Methods
/// marked `unauthenticated` take the caller's address and the message; methods marked
/// `authenticated` take the caller and the message, those marked `in_language` also the caller's
/// language.
macro_rules! impl_service {
    ($service:ident {
        $(unauthenticated $open:ident: $open_request:ident => $open_response:ident;)*
        $(authenticated $called:ident: $request:ident => $response:ident;)*
        $(in_language $told:ident: $told_request:ident => $told_response:ident;)*
    }) => {
        #[tonic::async_trait]
        impl $service for Services {
            $(async fn $open(
                &self,
                request: tonic::Request<pb::$open_request>,
            ) -> Result<tonic::Response<pb::$open_response>, tonic::Status> {
                crate::grpc::unary::unauthenticated(self, request, Services::$open).await
            })*
            $(async fn $called(
                &self,
                request: tonic::Request<pb::$request>,
            ) -> Result<tonic::Response<pb::$response>, tonic::Status> {
                crate::grpc::unary::authenticated(self, request, Services::$called).await
            })*
            $(async fn $told(
                &self,
                request: tonic::Request<pb::$told_request>,
            ) -> Result<tonic::Response<pb::$told_response>, tonic::Status> {
                crate::grpc::unary::in_language(self, request, Services::$told).await
            })*
        }
    };
}
pub(super) use impl_service;
