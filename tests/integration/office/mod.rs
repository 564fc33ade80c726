//! The office in the browser, over HTTP as a browser speaks it: cookies, forms and events. What a
//! page looks like and does is seen by a real browser, in tests/browser.

mod forms;
mod keys;
mod news;
mod own_sessions;
mod pages;
mod questions;
mod second_factor;
mod sessions;

use crate::harness::{HttpAnswer, TestServer, send_http2};
use crate::rpc::desk_session::{PASSWORD, create_account_code, set_password};
use std::collections::BTreeMap;
use thidua::domain::access::permission::Role;
use tonic::transport::Channel;

const COMMUNE: &str = "com-29242-0";
const OTHER_COMMUNE: &str = "com-29245-0";
const ROOT: &str = "prov-84";
const SESSION_COOKIE: &str = "__Host-thidua-session";

/// A browser with its cookies, on a connection of its own.
struct Browser {
    channel: Channel,
    /// The address of the server as a browser writes it.
    origin: String,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    async fn open(server: &TestServer) -> Self {
        let origin = format!("https://{}", server.address);
        Self { channel: server.connect().await, origin, cookies: BTreeMap::new() }
    }

    /// A browser in which a new account with this role has signed in.
    async fn signed_in(server: &TestServer, role: Role, uid: &str) -> Self {
        let label = format!("{uid}-{}", role.code());
        let code = create_account_code(server, &label, (role, uid));
        set_password(server, &code, PASSWORD).await.unwrap();
        let mut browser = Self::open(server).await;
        let answer = browser.sign_in(&label, PASSWORD, "/office/").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/office/"));
        browser
    }

    async fn get(&mut self, path: &str) -> HttpAnswer {
        self.send("GET", path, &[], String::new()).await
    }

    /// Sends a form as the page of this server does.
    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> HttpAnswer {
        let origin = self.origin.clone();
        self.post_from(Some(&origin), path, fields).await
    }

    /// Sends a form from a page of another origin, or from none.
    async fn post_from(
        &mut self,
        origin: Option<&str>,
        path: &str,
        fields: &[(&str, &str)],
    ) -> HttpAnswer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
        headers.extend(origin.map(|origin| ("origin", origin)));
        self.send("POST", path, &headers, body).await
    }

    /// Sends a form with a file of this name that holds nothing of use.
    async fn post_file(&mut self, path: &str, fields: &[(&str, &str)], file: &str) -> HttpAnswer {
        let named =
            |name: &str| format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"");
        let mut body: String = fields
            .iter()
            .map(|(name, value)| format!("{}\r\n\r\n{value}\r\n", named(name)))
            .collect();
        let file = format!("{}; filename=\"{file}\"\r\n\r\nx = \r\n--edge--\r\n", named("files"));
        body.push_str(&file);
        let origin = self.origin.clone();
        let headers = [("content-type", "multipart/form-data; boundary=edge"), ("origin", &origin)];
        self.send("POST", path, &headers, body).await
    }

    async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> HttpAnswer {
        let cookies = self.cookie_line();
        let headers = [headers, &[("accept-language", "en"), ("cookie", &cookies)]].concat();
        let channel = self.channel.clone();
        let answer = send_http2(channel, method, path, &headers, body.into_bytes()).await;
        for line in answer.headers.get_all("set-cookie") {
            self.take_cookie(line.to_str().unwrap());
        }
        answer
    }

    fn cookie_line(&self) -> String {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn take_cookie(&mut self, line: &str) {
        for word in ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
            assert!(line.contains(word), "{line}");
        }
        let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
        if line.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    async fn sign_in(&mut self, account: &str, password: &str, next: &str) -> HttpAnswer {
        let fields = [("account", account), ("password", password), ("next", next)];
        self.post("/office/sign-in", &fields).await
    }

    /// The value of a hidden field on a page.
    async fn hidden_field(&mut self, page: &str, name: &str) -> String {
        let answer = self.get(page).await;
        let text = body_text(&answer);
        let before = format!("name=\"{name}\" value=\"");
        let at = text.find(&before).unwrap_or_else(|| panic!("{page} has no {name}: {text}"));
        text[at + before.len()..].split('"').next().unwrap().to_owned()
    }

    async fn sign_out(&mut self) -> HttpAnswer {
        let token = self.hidden_field("/office/today", "form_token").await;
        self.post("/office/sign-out", &[("form_token", &token)]).await
    }

    fn session(&self) -> Option<&String> {
        self.cookies.get(SESSION_COOKIE)
    }
}

fn body_text(answer: &HttpAnswer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

/// Where a browser without a session is led.
fn assert_signed_out(answer: &HttpAnswer) {
    assert_eq!(answer.status, 303);
    assert!(answer.header("location").starts_with("/office/sign-in"), "{answer:?}");
}
