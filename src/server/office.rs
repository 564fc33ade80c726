//! Leads requests for the pages of the office to them, under the limits of every call. What the
//! limits refuse is a page, too.

use super::beside::{Answer, Pages};
use super::request_limits::{RequestLimitsLayer, RequestLimitsService, WholeBody, read_language};
use crate::office::{self, OFFICE_PATH, Office};
use axum::Router;
use http::{Request, Response};
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service, ServiceExt as _};

/// The pages of the office, behind the limits of every call.
#[derive(Clone)]
pub(super) struct OfficePages(RequestLimitsService<PageRouter>);

impl OfficePages {
    pub(super) fn new(office: Office, limits: &RequestLimitsLayer) -> Self {
        Self(limits.layer(PageRouter(office.into_router())))
    }
}

impl Pages for OfficePages {
    fn have(&self, path: &str) -> bool {
        path.starts_with(OFFICE_PATH)
    }

    fn answer(&self, mut request: Request<Body>) -> Answer {
        office::carry_token(request.headers_mut());
        request.extensions_mut().insert(WholeBody);
        let lang = read_language(request.headers());
        let answered = self.0.clone().oneshot(request);
        Box::pin(async move {
            let Ok(response) = answered.await;
            let refusal = Status::from_header_map(response.headers());
            refusal
                .map_or(response, |status| office::refusal_response(&status, lang).map(Body::new))
        })
    }
}

/// The pages as a service whose bodies are those of the server.
#[derive(Clone)]
struct PageRouter(Router);

impl Service<Request<Body>> for PageRouter {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<Body>>::poll_ready(&mut self.0, cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let answered = self.0.call(request);
        Box::pin(async move { Ok(answered.await?.map(Body::new)) })
    }
}
