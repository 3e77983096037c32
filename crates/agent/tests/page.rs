//! The page over real sockets: who is let in, and who is not.

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use agent::board::SharedBoard;
use agent::config::Config;
use agent::page;
use agent::run::Message;
use agent::shared::Shared;
use agent::store::Store;
use common::{Folder, keep, time};

/// Is a page that is served, and what it says to the agent.
struct Page {
    address: SocketAddr,
    folder: Folder,
    inbox: Receiver<Message>,
    board: SharedBoard,
    store: Shared,
}

impl Page {
    fn serve() -> Self {
        let folder = Folder::new();
        let config: Config = settings::parse("[page]\nlisten = '127.0.0.1:0'\nhosts = ['agent.example']\n", "agent.toml").unwrap().value;
        let store = Shared::new(Store::open(folder.path()).unwrap());
        let board = SharedBoard::default();
        drop(agent::ledger::Ledger::open(folder.path().join("ledger"), Default::default()).unwrap());
        let (sender, inbox) = mpsc::channel();
        let served = page::serve(&Arc::new(config), folder.path().to_owned(), store.clone(), board.clone(), sender).unwrap();
        Page { address: served.address, folder, inbox, board, store }
    }

    fn secret(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(file)).unwrap().trim().to_owned()
    }

    /// Sends a request and returns the answer.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let has_host = headers.iter().any(|(name, _)| *name == "Host");
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if !has_host {
            request.push_str(&format!("Host: {}\r\n", self.address));
        }
        if !body.is_empty() {
            request.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
        }
        headers.iter().for_each(|(name, value)| request.push_str(&format!("{name}: {value}\r\n")));
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(format!("{request}\r\n{body}").as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Answer { head: head.to_owned(), body: body.to_owned() }
    }

    fn get(&self, path: &str, cookie: &str) -> Answer {
        self.ask("GET", path, &[("Cookie", cookie)], "")
    }

    /// Logs in and returns the cookie.
    fn log_in(&self, password: &str) -> Option<String> {
        let form = self.get("/login", "");
        let cookie = form.cookie().unwrap();
        let body = format!("csrf={}&password={password}&next=/devices", form.csrf());
        self.ask("POST", "/login", &[("Cookie", &cookie)], &body).cookie().filter(|cookie| cookie.starts_with("roundsman-agent="))
    }
}

struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Returns the first cookie as a browser sends it back.
    fn cookie(&self) -> Option<String> {
        Some(self.field("set-cookie")?.split(';').next()?.to_owned())
    }

    fn csrf(&self) -> String {
        let (_, rest) = self.body.split_once("name=\"csrf\" value=\"").expect("a form has a token");
        rest.split('"').next().unwrap().to_owned()
    }
}

#[test]
fn without_a_session_every_page_leads_to_the_login() {
    let page = Page::serve();
    for path in ["/", "/devices", "/devices/1", "/ledger", "/ledger/1", "/ledger/1/payload", "/preview", "/privacy"] {
        let answer = page.get(path, "roundsman-agent=0123456789abcdef");
        assert_eq!(answer.status(), 303, "{path}");
        assert_eq!(answer.field("location"), Some(format!("/login?next={path}").as_str()));
    }
    for path in ["/sync-now", "/logout"] {
        assert_eq!(page.ask("POST", path, &[], "csrf=x").status(), 303, "{path}");
    }
    assert!(page.inbox.try_recv().is_err());
}

#[test]
fn a_name_that_somebody_pointed_here_is_none_of_ours() {
    let page = Page::serve();
    for host in ["evil.example", "evil.example:80", "", "127.0.0.1.evil.example", "localhost.evil.example"] {
        for path in ["/login", "/api/v1/status", "/assets/style.css"] {
            assert_eq!(page.ask("GET", path, &[("Host", host)], "").status(), 421, "{host} {path}");
        }
    }
    for host in ["localhost:8444", "agent.example", "AGENT.EXAMPLE:1", "127.0.0.1"] {
        assert_eq!(page.ask("GET", "/login", &[("Host", host)], "").status(), 200, "{host}");
    }
}

#[test]
fn the_password_lets_in_and_every_answer_is_guarded() {
    let page = Page::serve();
    assert_eq!(page.log_in("wrong"), None);
    let cookie = page.log_in(&page.secret(page::PASSWORD_FILE)).unwrap();
    for path in ["/", "/devices", "/ledger", "/ledger?verify", "/preview", "/privacy", "/login", "/nothing", "/ledger/7"] {
        let answer = page.get(path, &cookie);
        let expected = if path == "/nothing" || path == "/ledger/7" { 404 } else { 200 };
        assert_eq!(answer.status(), expected, "{path}: {}", answer.body);
        assert!(answer.field("content-security-policy").unwrap().starts_with("default-src 'none'"), "{path}");
        assert_eq!(answer.field("cache-control"), Some("no-store"), "{path}");
    }
    let set = page.get("/login", "").head;
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"), "{set}");
}

#[test]
fn a_form_without_its_token_does_nothing() {
    let page = Page::serve();
    page.board.lock().server = Some("reports.example.com:443".into());
    let cookie = page.log_in(&page.secret(page::PASSWORD_FILE)).unwrap();
    for body in ["csrf=", "csrf=0123", "x=1"] {
        assert_eq!(page.ask("POST", "/sync-now", &[("Cookie", &cookie)], body).status(), 403, "{body}");
    }
    let csrf = page.get("/", &cookie).csrf();
    let elsewhere = [("Cookie", cookie.as_str()), ("Sec-Fetch-Site", "cross-site")];
    assert_eq!(page.ask("POST", "/sync-now", &elsewhere, &format!("csrf={csrf}")).status(), 403);
    assert!(page.inbox.try_recv().is_err());
    assert_eq!(page.ask("POST", "/sync-now", &[("Cookie", &cookie)], &format!("csrf={csrf}")).status(), 303);
    assert!(matches!(page.inbox.try_recv(), Ok(Message::Ask(_))));
}

#[test]
fn whoever_logs_out_is_out() {
    let page = Page::serve();
    let cookie = page.log_in(&page.secret(page::PASSWORD_FILE)).unwrap();
    let csrf = page.get("/", &cookie).csrf();
    assert_eq!(page.ask("POST", "/logout", &[("Cookie", &cookie)], "csrf=no").status(), 403);
    assert_eq!(page.get("/", &cookie).status(), 200);
    page.ask("POST", "/logout", &[("Cookie", &cookie)], &format!("csrf={csrf}"));
    assert_eq!(page.get("/", &cookie).status(), 303);
}

#[test]
fn guessing_is_slowed_down() {
    let page = Page::serve();
    let password = page.secret(page::PASSWORD_FILE);
    for _ in 0..5 {
        assert_eq!(page.log_in("wrong"), None);
    }
    assert_eq!(page.log_in(&password), None, "even the right one has to wait now");
}

#[test]
fn the_local_interface_wants_its_token() {
    let page = Page::serve();
    let token = format!("Bearer {}", page.secret(page::TOKEN_FILE));
    for wrong in ["", "Bearer ", "Bearer 0123", &page.secret(page::TOKEN_FILE), &format!("Basic {token}")] {
        for (method, path) in [("GET", "/api/v1/status"), ("POST", "/api/v1/sync-now"), ("POST", "/api/v1/enrolled")] {
            let answer = page.ask(method, path, &[("Authorization", wrong)], "");
            assert_eq!((answer.status(), answer.field("content-type")), (401, Some("application/problem+json")), "{path} {wrong}");
        }
    }
    // A session of the page is no token.
    let cookie = page.log_in(&page.secret(page::PASSWORD_FILE)).unwrap();
    assert_eq!(page.ask("POST", "/api/v1/sync-now", &[("Cookie", &cookie)], "").status(), 401);
    assert!(page.inbox.try_recv().is_err());
    let status = page.ask("GET", "/api/v1/status", &[("Authorization", &token)], "");
    let standing: agent::board::Standing = serde_json::from_str(&status.body).unwrap();
    assert!(standing.is_running && standing.server.is_none());
    assert_eq!(page.ask("POST", "/api/v1/sync-now", &[("Authorization", &token)], "").status(), 409);
    page.board.lock().server = Some("reports.example.com:443".into());
    assert_eq!(page.ask("POST", "/api/v1/sync-now", &[("Authorization", &token)], "").status(), 202);
    assert!(matches!(page.inbox.try_recv(), Ok(Message::Ask(_))));
}

#[test]
fn devices_are_shown_and_what_they_say_stays_text() {
    let page = Page::serve();
    keep(&page.store, "<script>alert(1)</script>", 7432, time("2026-11-25T12:00:00Z"));
    let cookie = page.log_in(&page.secret(page::PASSWORD_FILE)).unwrap();
    for path in ["/devices", "/devices/1", "/preview"] {
        let answer = page.get(path, &cookie);
        assert_eq!(answer.status(), 200, "{path}");
        assert!(!answer.body.contains("<script"), "{path}");
    }
    assert!(page.get("/devices/1", &cookie).body.contains("7,432"));
    assert_eq!(page.get("/devices/2", &cookie).status(), 404);
    assert_eq!(page.get("/devices/x", &cookie).status(), 404);
}

#[test]
fn a_request_without_an_end_or_too_large_is_turned_away() {
    let page = Page::serve();
    let large = format!("csrf={}", "x".repeat(100_000));
    let form = page.get("/login", "");
    assert_eq!(page.ask("POST", "/login", &[("Cookie", &form.cookie().unwrap())], &large).status(), 413);
    let many = "x".repeat(64 * 1024);
    let mut stream = TcpStream::connect(page.address).unwrap();
    let _ = stream.write_all(format!("GET /{many} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text);
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
}
