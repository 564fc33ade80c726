//! The person at the desk: a live session, and the calls that a page makes with it.

use super::cookie::{LANGUAGE, read_cookie};
use super::failure::PageFailure;
use super::session::SessionToken;
use super::{OFFICE_PATH, Office};
use crate::domain::support::hex::encode_hex;
use crate::domain::support::ids::DeviceId;
use crate::grpc::{PeerInfo, Services, parse_accept_language};
use crate::i18n::Lang;
use crate::pb;
use crate::pb::access_service_server::AccessService;
use axum::extract::FromRequestParts;
use http::header::ACCEPT_LANGUAGE;
use http::request::Parts;
use http::{HeaderMap, Method};
use std::convert::Infallible;
use std::future::Future;
use tonic::{Request, Response, Status};

/// What every request brings: its language, its peer and, with a session, its token.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    pub(super) lang: Lang,
    /// Path and query of the request.
    pub(super) here: String,
    /// Whether an open page fetches itself again.
    pub(super) is_update: bool,
    token: Option<String>,
    peer: Option<PeerInfo>,
}

impl Visitor {
    /// A call of this visitor, as it would arrive over the network.
    pub(super) fn request<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        if let Ok(language) = self.lang.as_str().parse() {
            request.metadata_mut().insert("accept-language", language);
        }
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}").parse());
        if let Some(Ok(bearer)) = bearer {
            request.metadata_mut().insert("authorization", bearer);
        }
        if let Some(peer) = &self.peer {
            request.extensions_mut().insert(peer.clone());
        }
        request
    }

    /// The answer of a call, or the page that says why there is none.
    pub(super) async fn ask<R>(
        &self,
        call: impl Future<Output = Result<Response<R>, Status>>,
    ) -> Result<R, PageFailure> {
        let answered = call.await.map(Response::into_inner);
        answered.map_err(|status| PageFailure::from_status(status, self))
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let token = parts.extensions.get::<SessionToken>().map(|token| token.0.clone());
        let here = parts.uri.path_and_query().map_or(OFFICE_PATH, |here| here.as_str());
        Ok(Self {
            lang: read_language(&parts.headers),
            here: here.to_owned(),
            is_update: parts.headers.contains_key("hx-request"),
            token,
            peer: parts.extensions.get::<PeerInfo>().cloned(),
        })
    }
}

/// The language that was chosen, else that of the browser.
pub(super) fn read_language(headers: &HeaderMap) -> Lang {
    let chosen = read_cookie(headers, LANGUAGE).and_then(Lang::parse);
    let browser = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    chosen.unwrap_or_else(|| parse_accept_language(browser.unwrap_or_default()))
}

/// A person with a live session.
#[derive(Clone)]
pub(super) struct DeskCaller {
    office: Office,
    pub(super) visitor: Visitor,
    /// The session, as the call `GetSession` gives it.
    pub(super) session: pb::Session,
}

impl DeskCaller {
    pub(super) fn services(&self) -> &Services {
        &self.office.services
    }

    pub(super) fn lang(&self) -> Lang {
        self.visitor.lang
    }

    /// A call of this person.
    pub(super) fn request<M>(&self, message: M) -> Request<M> {
        self.visitor.request(message)
    }

    /// The answer of a call, or the page that says why there is none.
    pub(super) async fn ask<R>(
        &self,
        call: impl Future<Output = Result<Response<R>, Status>>,
    ) -> Result<R, PageFailure> {
        self.visitor.ask(call).await
    }

    /// Whether the person holds one of these roles on the session's unit. It decides what a page
    /// offers, never what a call allows.
    pub(super) fn holds(&self, roles: &[pb::Role]) -> bool {
        roles.iter().any(|role| self.session.roles.contains(&(*role).into()))
    }

    /// What proves that a form was shown in this session.
    pub(super) fn form_token(&self) -> String {
        let session = DeviceId::from_slice(&self.session.device_id).unwrap_or(DeviceId([0; 16]));
        encode_hex(&self.services().form_token(session))
    }
}

impl FromRequestParts<Office> for DeskCaller {
    type Rejection = PageFailure;

    async fn from_request_parts(parts: &mut Parts, office: &Office) -> Result<Self, PageFailure> {
        let Ok(visitor) = Visitor::from_request_parts(parts, office).await;
        if visitor.token.is_none() {
            // A form that was sent is lost; the page on which it stood is a better place to return.
            let here = if parts.method == Method::GET { &visitor.here } else { OFFICE_PATH };
            let (here, is_update) = (here.to_owned(), visitor.is_update);
            return Err(PageFailure::SignedOut { here, is_update });
        }
        let asked = visitor.request(pb::GetSessionRequest {});
        let answer = visitor.ask(AccessService::get_session(&office.services, asked)).await?;
        let session = answer.session.unwrap_or_default();
        Ok(Self { office: office.clone(), visitor, session })
    }
}
