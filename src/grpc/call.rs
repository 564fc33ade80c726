//! How a unary call runs: open the caller, run the method behind the one door, make a status in the caller's language of what went wrong.
//!
//! Knows no method.

use super::status::Failure;
use super::{Services, caller};
use crate::app::access::Identity;
use tonic::{Request, Response, Status};

/// A call that needs no token.
pub(super) async fn open<M: Send + 'static, R: Send + 'static>(
    services: &Services,
    request: Request<M>,
    method: fn(&Services, M) -> Result<R, Failure>,
) -> Result<Response<R>, Status> {
    let lang = caller::lang(request.metadata());
    let (own, message) = (services.clone(), request.into_inner());
    let answer = services.door.run(move || method(&own, message)).await;
    answer.map(Response::new).map_err(|failure| failure.status(lang))
}

/// A call by somebody: without a token that holds it fails.
pub(super) async fn called<M: Send + 'static, R: Send + 'static>(
    services: &Services,
    request: Request<M>,
    method: fn(&Services, &Identity, M) -> Result<R, Failure>,
) -> Result<Response<R>, Status> {
    let lang = caller::lang(request.metadata());
    let (metadata, _, message) = request.into_parts();
    let answer = async {
        let (own, token) = (services.clone(), caller::admitted(services, &metadata)?);
        services.door.run(move || method(&own, &own.app.identify(&token)?, message)).await
    };
    answer.await.map(Response::new).map_err(|failure| failure.status(lang))
}

/// Implements a service of the contract by methods of [`Services`] of the same names: `open` ones take the message, `called` ones the
/// caller too.
macro_rules! service {
    ($service:ident {
        $(open $open:ident: $open_request:ident => $open_response:ident;)*
        $(called $called:ident: $request:ident => $response:ident;)*
    }) => {
        #[tonic::async_trait]
        impl $service for Services {
            $(async fn $open(
                &self,
                request: tonic::Request<pb::$open_request>,
            ) -> Result<tonic::Response<pb::$open_response>, tonic::Status> {
                crate::grpc::call::open(self, request, Services::$open).await
            })*
            $(async fn $called(
                &self,
                request: tonic::Request<pb::$request>,
            ) -> Result<tonic::Response<pb::$response>, tonic::Status> {
                crate::grpc::call::called(self, request, Services::$called).await
            })*
        }
    };
}
pub(super) use service;
