//! A person's own desk sessions: the list of them, and their end.

use super::desk_session::{
    LABEL, PASSWORD, create_account_code, create_desk_code, set_password, sign_in, with_token,
};
use super::report::error_reason;
use crate::harness::TestServer;
use thidua::auth::ACCESS_TOKEN_LIFETIME_MICROS;
use thidua::domain::access::permission::Role;
use thidua::pb;
use thidua::pb::access_service_client::AccessServiceClient;
use thidua::pb::session_service_client::SessionServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Status};

const MINUTE_MICROS: i64 = 60_000_000;

/// A client that ends and lists sessions.
struct Sessions(SessionServiceClient<Channel>);

impl Sessions {
    async fn connect(server: &TestServer) -> Self {
        Self(SessionServiceClient::new(server.connect().await))
    }

    async fn list(
        &mut self,
        caller: &pb::SignInResponse,
        page_size: i32,
        page_token: &str,
    ) -> pb::ListSessionsResponse {
        let message = pb::ListSessionsRequest { page_size, page_token: page_token.to_owned() };
        self.0.list_sessions(with_token(&caller.token, message)).await.unwrap().into_inner()
    }

    /// The ids of the sessions that are listed, and which of them calls.
    async fn ids(&mut self, caller: &pb::SignInResponse) -> Vec<(Vec<u8>, bool)> {
        let listed = self.list(caller, 0, "").await.sessions;
        listed.into_iter().map(|one| (one.session_id, one.current)).collect()
    }

    async fn end(
        &mut self,
        caller: &pb::SignInResponse,
        request: u8,
        session_id: &[u8],
        validate_only: bool,
    ) -> Result<Vec<Vec<u8>>, Status> {
        let request_id = vec![request; 16];
        let message =
            pb::EndSessionsRequest { request_id, session_id: session_id.to_vec(), validate_only };
        let ended = self.0.end_sessions(with_token(&caller.token, message)).await?;
        Ok(ended.into_inner().session_ids)
    }
}

fn id_of(session: &pb::SignInResponse) -> Vec<u8> {
    session.session.as_ref().unwrap().device_id.clone()
}

async fn is_live(server: &TestServer, session: &pb::SignInResponse) -> bool {
    let mut access = AccessServiceClient::new(server.connect().await);
    access.get_session(with_token(&session.token, pb::GetSessionRequest {})).await.is_ok()
}

/// Three sessions of one account, a minute apart.
async fn begin_three(server: &TestServer) -> [pb::SignInResponse; 3] {
    set_password(server, &create_desk_code(server), PASSWORD).await.unwrap();
    let begin = async || {
        server.clock.set(server.app.now().saturating_add_micros(MINUTE_MICROS));
        sign_in(server, LABEL, PASSWORD).await.unwrap()
    };
    [begin().await, begin().await, begin().await]
}

#[tokio::test]
async fn a_person_sees_the_own_sessions_and_ends_one_then_all_others() {
    let server = TestServer::start().await;
    let [first, second, third] = begin_three(&server).await;
    let mut sessions = Sessions::connect(&server).await;
    let [one, two, three] = [&first, &second, &third].map(id_of);
    let all = [(three.clone(), false), (two.clone(), true), (one.clone(), false)];
    assert_eq!(sessions.ids(&second).await, all, "the newest first");

    let rehearsed = sessions.end(&second, 1, &three, true).await.unwrap();
    assert_eq!((rehearsed, is_live(&server, &third).await), (vec![three.clone()], true));
    let ended = sessions.end(&second, 2, &three, false).await.unwrap();
    assert_eq!((ended, is_live(&server, &third).await), (vec![three.clone()], false));
    assert_eq!(sessions.end(&second, 3, &three, false).await.unwrap(), Vec::<Vec<u8>>::new());
    let reused = sessions.end(&second, 3, &one, false).await.unwrap_err();
    assert_eq!(error_reason(&reused), "REQUEST_ID_REUSED");

    assert_eq!(sessions.end(&second, 4, &[], false).await.unwrap(), vec![one]);
    assert!(!is_live(&server, &first).await && is_live(&server, &second).await);
    let later = sign_in(&server, LABEL, PASSWORD).await.unwrap();
    assert_eq!(sessions.end(&second, 4, &[], false).await.unwrap(), Vec::<Vec<u8>>::new());
    assert!(is_live(&server, &later).await, "a repeated call ends nothing that began since");
    server.close().await;
}

#[tokio::test]
async fn a_session_of_somebody_else_and_a_phone_answer_as_one_that_does_not_exist() {
    let server = TestServer::start().await;
    let [mine, ..] = begin_three(&server).await;
    let code = create_account_code(&server, "nguoi-khac", (Role::Reviewer, "dist-842"));
    set_password(&server, &code, PASSWORD).await.unwrap();
    let other = sign_in(&server, "nguoi-khac", PASSWORD).await.unwrap();
    let phone = server.enrol_client("dist-842", Role::Reviewer).await;
    let mut access = AccessServiceClient::new(server.connect().await);
    let phone = access.get_session(phone.request(pb::GetSessionRequest {})).await.unwrap();
    let phone = phone.into_inner().session.unwrap().device_id;

    let mut sessions = Sessions::connect(&server).await;
    assert!(!sessions.ids(&mine).await.iter().any(|(id, _)| *id == id_of(&other)));
    let nobody = sessions.end(&mine, 1, &[9; 16], false).await.unwrap_err();
    for foreign in [id_of(&other), phone] {
        let refused = sessions.end(&mine, 2, &foreign, false).await.unwrap_err();
        let said = (refused.code(), refused.message(), refused.details());
        assert_eq!(said, (Code::NotFound, nobody.message(), nobody.details()));
    }
    assert!(is_live(&server, &other).await);
    let short = sessions.end(&mine, 3, &[9; 15], false).await.unwrap_err();
    assert_eq!(short.code(), Code::InvalidArgument);
    server.close().await;
}

#[tokio::test]
async fn sessions_come_in_pages_and_one_that_was_left_alone_is_over() {
    let server = TestServer::start().await;
    let [first, second, third] = begin_three(&server).await;
    let mut sessions = Sessions::connect(&server).await;
    let page = sessions.list(&third, 2, "").await;
    assert_eq!(page.sessions.len(), 2);
    let last = sessions.list(&third, 2, &page.next_page_token).await;
    assert_eq!(
        (last.sessions[0].session_id.clone(), last.next_page_token),
        (id_of(&first), "".to_owned())
    );

    let unused = ACCESS_TOKEN_LIFETIME_MICROS - 2 * MINUTE_MICROS;
    server.clock.set(server.app.now().saturating_add_micros(unused));
    let left: Vec<_> = sessions.ids(&third).await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(left, [id_of(&third), id_of(&second)], "the first one's token has ended");
    server.close().await;
}
