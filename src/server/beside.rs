//! Pages beside the services on one port: what answers for some paths and hands every other
//! request on.

use http::{Request, Response};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::body::Body;
use tower::{Layer, Service};

/// An answer that is under way.
pub(super) type Answer = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// Answers for its own paths.
pub(super) trait Pages: Clone {
    /// Whether this path is theirs.
    fn have(&self, path: &str) -> bool;

    /// The answer to a request for one of their paths.
    fn answer(&self, request: Request<Body>) -> Answer;
}

/// Puts pages before the services.
#[derive(Clone)]
pub(super) struct BesideLayer<P>(pub(super) P);

impl<S, P: Pages> Layer<S> for BesideLayer<P> {
    type Service = BesideService<S, P>;

    fn layer(&self, inner: S) -> BesideService<S, P> {
        BesideService { inner, pages: self.0.clone() }
    }
}

/// Services beside which there are pages.
#[derive(Clone)]
pub(super) struct BesideService<S, P> {
    inner: S,
    pages: P,
}

impl<S, P> Service<Request<Body>> for BesideService<S, P>
where
    P: Pages,
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Error: Send,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if !self.pages.have(request.uri().path()) {
            return Box::pin(self.inner.call(request));
        }
        let answer = self.pages.answer(request);
        Box::pin(async { Ok(answer.await) })
    }
}
