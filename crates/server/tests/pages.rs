//! The pages for people, over real sockets and TLS.

mod support;

use jiff::SignedDuration;
use model::record::Path;
use store::{Role, Scope};
use support::{Answer, Ask, Backend, Server, record, report};
use wire::envelope::SenderKind;

/// Is a browser that keeps its cookies.
struct Browser<'a> {
    server: &'a Server,
    cookies: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    fn new(server: &'a Server) -> Self {
        Browser { server, cookies: Vec::new() }
    }

    async fn ask(&mut self, ask: Ask) -> Answer {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let answer = self.server.ask(if cookies.is_empty() { ask } else { ask.header("cookie", &cookies) }).await;
        for (_, value) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            for rule in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
                assert!(value.contains(rule), "{value}");
            }
            let (name, rest) = value.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        answer
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.ask(Ask::get(path)).await
    }

    /// Sends a form that stands on this page.
    async fn send(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = token(&self.get(page).await);
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", csrf.as_str())]).collect();
        self.ask(Ask::post(action).form(&fields)).await
    }

    async fn log_in(&mut self, name: &str, password: &str) -> Answer {
        self.send("/login", "/login", &[("user", name), ("password", password)]).await
    }
}

fn token(page: &Answer) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("name=\"csrf\" value=\"").unwrap_or_else(|| panic!("a page with a form: {text}"));
    rest.split('"').next().unwrap().to_owned()
}

async fn user(server: &Server, name: &str, scope: Scope, role: Role) {
    let hash = server::password::hash("correct horse battery").unwrap();
    server.app.store.create_user(name, &hash, scope, role, server.time.now()).await.unwrap();
}

async fn logged_in<'a>(server: &'a Server, name: &str) -> Browser<'a> {
    let mut browser = Browser::new(server);
    let answer = browser.log_in(name, "correct horse battery").await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{answer:?}");
    browser
}

on_every_store! {
    async fn whoever_is_logged_in_sees_the_fleet_its_agents_and_a_device(server) {
        let tenant = server.tenant("Hollander").await;
        user(server, "anna", Scope::AllTenants, Role::Operator).await;
        let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
        server.send(&agent, &report(&agent, 1, server.time.now(), &[record("R8P1234567", 7432, Path::Agent)])).await;
        server::watch::sweep(&server.app, server.time.now()).await.unwrap();
        let token = server.token(Scope::AllTenants, Role::Viewer).await;
        let id = server.get("/api/v1/devices", &token).await.json()["items"][0]["id"].as_str().unwrap().to_owned();

        let mut browser = logged_in(server, "anna").await;
        let fleet = browser.get("/").await;
        assert!(fleet.text().contains("R8P1234567") && fleet.text().contains("Amsterdam"), "{fleet:?}");
        for (name, value) in webui::headers::ALL {
            assert_eq!(fleet.header(name), Some(value));
        }
        assert!(!browser.get("/?show=overdue").await.text().contains("R8P1234567"));
        assert!(browser.get("/?find=r8p12").await.text().contains("R8P1234567"));
        let device = browser.get(&format!("/devices/{id}")).await;
        assert!(device.status == 200 && device.text().contains("prtMarkerLifeCount.1.1"), "{device:?}");
        assert!(browser.get("/agents").await.text().contains(&agent.id));
        let page = browser.get(&format!("/agents/{}", agent.id)).await;
        assert!(page.status == 200 && page.text().contains("cellar"), "{page:?}");
        assert_eq!(browser.get("/codes").await.status, 200);
        assert_eq!(browser.get("/devices/01890a5d-ac96-774b-bcce-b302099a8057").await.status, 404);

        let style = browser.get(webui::style::address()).await;
        assert_eq!((style.status, style.header("content-type")), (200, Some("text/css; charset=utf-8")));
    }

    async fn a_device_heard_twice_shows_both_words_and_can_be_parted(server) {
        let tenant = server.tenant("Hollander").await;
        user(server, "anna", Scope::AllTenants, Role::Operator).await;
        let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
        let module = server.enrolled(tenant.id, "Amsterdam", SenderKind::DeviceDirect).await;
        server.send(&agent, &report(&agent, 1, server.time.now(), &[record("R8P1234567", 7432, Path::Agent)])).await;
        server.time.pass(SignedDuration::from_mins(5));
        server.send(&module, &report(&module, 1, server.time.now(), &[record("R8P1234567", 7440, Path::DeviceDirect)])).await;
        let token = server.token(Scope::AllTenants, Role::Viewer).await;
        let devices = server.get("/api/v1/devices", &token).await.json();
        let item = &devices["items"][0];
        assert_eq!(devices["items"].as_array().unwrap().len(), 1, "{devices}");
        assert_eq!((item["meters"][0]["value"].as_i64(), item["path"].as_str()), (Some(7440), Some("device-direct")));
        assert_eq!(item["paths"]["device-direct"]["joined"]["on"], "serial-number");
        let why: Vec<_> = item["paths"]["device-direct"]["joined"]["why"].as_array().unwrap().iter().map(|reason| (reason["says"].as_str().unwrap(), reason["points"].as_i64().unwrap())).collect();
        assert_eq!(why.first(), Some(&("maker and serial number R8P1234567", 60)), "{why:?}");
        assert!(why.contains(&("the counter goes on (7432 → 7440)", 10)), "{why:?}");
        let id = item["id"].as_str().unwrap().to_owned();
        let views = server.get(&format!("/api/v1/devices/{id}/views"), &token).await.json();
        let totals: Vec<_> = views["items"].as_array().unwrap().iter().map(|view| (view["path"].clone(), view["record"]["meters"][0]["value"].clone())).collect();
        assert_eq!(totals.len(), 2);
        assert!(totals.contains(&("agent".into(), 7432.into())) && totals.contains(&("device-direct".into(), 7440.into())), "{totals:?}");

        let mut browser = logged_in(server, "anna").await;
        let page = format!("/devices/{id}");
        let device = browser.get(&page).await;
        assert!(device.text().contains("the same maker and serial number") && device.text().contains("7,440"), "{device:?}");
        assert!(device.text().contains("maker and serial number R8P1234567: +60; "), "{device:?}");
        let alone = browser.get(&format!("{page}?by={}", agent.id)).await;
        assert!(alone.text().contains("7,432") && alone.text().contains("by itself"), "{alone:?}");
        let parted = browser.send(&page, &format!("{page}/part"), &[("sender", &module.id)]).await;
        let new = parted.header("location").unwrap().split('?').next().unwrap().to_owned();
        assert!(parted.status == 303 && new != page, "{parted:?}");
        assert!(browser.get(&new).await.text().contains("7,440") && browser.get(&page).await.text().contains("7,432"));
        let joined = browser.send(&page, &format!("{page}/join"), &[("other", new.rsplit('/').next().unwrap())]).await;
        assert_eq!(joined.header("location"), Some(format!("{page}?done=join").as_str()));
        assert!(browser.get(&page).await.text().contains("the word of anna"));
        assert_eq!(browser.get(&new).await.status, 404);
    }

    async fn a_copied_module_is_told_to_the_operator(server) {
        let tenant = server.tenant("Hollander").await;
        user(server, "anna", Scope::AllTenants, Role::Operator).await;
        let module = server.enrolled(tenant.id, "Amsterdam", SenderKind::DeviceDirect).await;
        let copy = server.enrolled(tenant.id, "Amsterdam", SenderKind::DeviceDirect).await;
        let now = server.time.now();
        server.send(&module, &report(&module, 1, now, &[record("R8P1234567", 7432, Path::DeviceDirect)])).await;
        server.send(&copy, &report(&copy, 1, now, &[record("R8P1234567", 9, Path::DeviceDirect)])).await;
        // A copy with its credentials, in a printer of its own, is refused and told.
        let stranger = server.send(&module, &report(&module, 2, now, &[record("R8P7654321", 50, Path::DeviceDirect)])).await;
        assert_eq!((stranger.status, stranger.json()["type"].as_str()), (409, Some("urn:roundsman:problem:another-device")), "{stranger:?}");
        let mut browser = logged_in(server, "anna").await;
        let agent = browser.get(&format!("/agents/{}", module.id)).await;
        assert!(agent.text().contains("another printer reported"), "{agent:?}");
        let token = server.token(Scope::AllTenants, Role::Viewer).await;
        let items = server.get("/api/v1/devices", &token).await.json()["items"].clone();
        assert_eq!(items.as_array().unwrap().len(), 2);
        let twin = items.as_array().unwrap().iter().find(|item| !item["twin"].is_null()).expect("a twin");
        let page = format!("/devices/{}", twin["id"].as_str().unwrap());
        assert!(browser.get(&page).await.text().contains("a module was copied"));
        assert!(browser.get("/").await.text().contains("may be the same as another"));
        let decided = browser.send(&page, &format!("{page}/apart"), &[("other", twin["twin"].as_str().unwrap())]).await;
        assert_eq!(decided.status, 303, "{decided:?}");
        assert!(!browser.get(&page).await.text().contains("a module was copied"));
        assert!(!browser.get("/").await.text().contains("may be the same as another"));
    }

    async fn whoever_is_not_logged_in_is_asked_to(server) {
        let tenant = server.tenant("Hollander").await;
        user(server, "anna", Scope::Tenant(tenant.id), Role::Operator).await;
        let mut browser = Browser::new(server);
        for (path, to) in [("/", "/login"), ("/agents", "/login?next=%2Fagents"), ("/?show=overdue", "/login?next=%2F%3Fshow%3Doverdue")] {
            let answer = browser.get(path).await;
            assert_eq!((answer.status, answer.header("location")), (303, Some(to)));
        }
        let wrong = browser.log_in("anna", "wrong").await;
        assert!(wrong.status == 401 && wrong.text().contains("Name or password is wrong"), "{wrong:?}");
        let nobody = browser.log_in("nobody", "correct horse battery").await;
        assert!(nobody.status == 401 && nobody.text().contains("Name or password is wrong"), "{nobody:?}");
        let led_on = browser.send("/login", "/login", &[("user", "anna"), ("password", "correct horse battery"), ("next", "/agents")]).await;
        assert_eq!(led_on.header("location"), Some("/agents"));
        let led_astray = browser.send("/login", "/login", &[("user", "anna"), ("password", "correct horse battery"), ("next", "//evil.example")]).await;
        assert_eq!(led_astray.header("location"), Some("/"));

        let out = browser.send("/", "/logout", &[]).await;
        assert_eq!((out.status, out.header("location")), (303, Some("/login")));
        assert_eq!(browser.get("/").await.status, 303);
    }

    async fn a_session_ends_and_a_disabled_account_is_out_at_once(server) {
        user(server, "anna", Scope::AllTenants, Role::Operator).await;
        let mut browser = logged_in(server, "anna").await;
        server.time.pass(SignedDuration::from_hours(13));
        assert_eq!(browser.get("/").await.status, 303);
        let mut browser = logged_in(server, "anna").await;
        let anna = server.app.store.user_by_name("anna").await.unwrap().unwrap();
        server.app.store.set_user_disabled(anna.id, true).await.unwrap();
        assert_eq!(browser.get("/").await.status, 303);
        assert_eq!(browser.log_in("anna", "correct horse battery").await.status, 401);
    }

    async fn a_form_counts_only_with_the_token_of_its_session(server) {
        server.tenant("Hollander").await;
        user(server, "anna", Scope::AllTenants, Role::Operator).await;
        user(server, "ben", Scope::AllTenants, Role::Operator).await;
        let (mut anna, mut ben) = (logged_in(server, "anna").await, logged_in(server, "ben").await);
        let of_ben = token(&ben.get("/codes").await);
        for csrf in ["", "x", &of_ben] {
            let refused = anna.ask(Ask::post("/codes").form(&[("site", "Amsterdam"), ("csrf", csrf)])).await;
            assert!(refused.status == 403 && refused.text().contains("too old"), "{refused:?}");
        }
        let refused = Browser::new(server).ask(Ask::post("/login").form(&[("user", "anna"), ("password", "correct horse battery")])).await;
        assert_eq!(refused.status, 403, "{refused:?}");
    }

    async fn a_code_from_the_page_lets_an_agent_in_and_a_command_is_given(server) {
        server.tenant("Hollander").await;
        user(server, "anna", Scope::AllTenants, Role::Operator).await;
        let mut anna = logged_in(server, "anna").await;
        let made = anna.send("/codes", "/codes", &[("site", "Amsterdam"), ("kind", "agent"), ("days", "7")]).await.text();
        let text = made.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '-' && sign != '_').find(|word| word.starts_with("RM1-"));
        let code: wire::code::EnrolmentCode = text.unwrap_or_else(|| panic!("a code: {made}")).parse().unwrap();
        let enrolled = server.ask_to_enrol(&code.secret_text(), SenderKind::Agent).await.json();
        let id = enrolled["sender"].as_str().unwrap();
        let page = format!("/agents/{id}");
        let commands = format!("/agents/{id}/commands");
        for fields in [
            vec![("action", "read-now")],
            vec![("action", "set-schedule"), ("rhythm", "daily"), ("at", "03:30"), ("spread_minutes", "60"), ("time_zone", "Europe/Amsterdam")],
            vec![("action", "set-schedule"), ("rhythm", "every"), ("every_minutes", "15"), ("time_zone", "UTC")],
        ] {
            let given = anna.send(&page, &commands, &fields).await;
            assert_eq!(given.status, 303, "{given:?}");
        }
        let wrong = anna.send(&page, &commands, &[("action", "set-schedule"), ("rhythm", "daily"), ("at", "25:00"), ("spread_minutes", "0")]).await;
        assert!(wrong.status == 422 && wrong.text().contains("HH:MM"), "{wrong:?}");
        let tenant = server.app.store.tenants().await.unwrap().remove(0);
        assert_eq!(server.app.store.commands(tenant.id, id.parse().unwrap(), 10).await.unwrap().len(), 3);
    }

    async fn another_tenants_people_see_nothing_and_viewers_change_nothing(server) {
        let tenant = server.tenant("Hollander").await;
        let other = server.tenant("Stranger").await;
        user(server, "anna", Scope::Tenant(tenant.id), Role::Viewer).await;
        user(server, "eve", Scope::Tenant(other.id), Role::Operator).await;
        let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
        server.send(&agent, &report(&agent, 1, server.time.now(), &[record("R8P1234567", 1, Path::Agent)])).await;
        let token = server.token(Scope::AllTenants, Role::Viewer).await;
        let id = server.get("/api/v1/devices", &token).await.json()["items"][0]["id"].as_str().unwrap().to_owned();
        let mut eve = logged_in(server, "eve").await;
        for path in ["/", "/agents", "/codes", &format!("/devices/{id}"), &format!("/agents/{}", agent.id)] {
            let page = eve.get(path).await;
            let tells = ["R8P1234567", "Amsterdam", "Hollander", "cellar"].into_iter().find(|word| page.text().contains(word));
            assert_eq!(tells, None, "{path}");
        }
        let commands = format!("/agents/{}/commands", agent.id);
        assert_eq!(eve.send("/", &commands, &[("action", "read-now")]).await.status, 404);
        let mut anna = logged_in(server, "anna").await;
        assert_eq!(anna.send("/", &commands, &[("action", "read-now")]).await.status, 403);
        assert_eq!(anna.send("/", "/codes", &[("site", "x")]).await.status, 403);
    }
}

#[tokio::test]
async fn a_person_who_is_lost_gets_a_page() {
    let server = Server::start(Backend::Memory).await;
    let page = server.ask(Ask::get("/nothing").header("accept", "text/html,*/*;q=0.8")).await;
    assert_eq!((page.status, page.header("content-type")), (404, Some("text/html; charset=utf-8")));
    server.stop().await;
}

#[tokio::test]
async fn attempts_to_log_in_are_counted() {
    let server = Server::with(Backend::Memory, |settings| settings.limits.failed_logins = 3).await;
    user(&server, "anna", Scope::AllTenants, Role::Viewer).await;
    let mut browser = Browser::new(&server);
    for _ in 0..3 {
        assert_eq!(browser.log_in("anna", "wrong").await.status, 401);
    }
    let slowed = browser.log_in("anna", "correct horse battery").await;
    assert!(slowed.status == 429 && slowed.text().contains("Too many attempts"), "{slowed:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_page_under_a_strange_name_is_not_given() {
    let server = Server::start(Backend::Memory).await;
    for (host, status) in
        [("localhost:8443", 200), ("LOCALHOST", 200), ("127.0.0.1:1", 200), ("evil.example", 421), ("10.0.0.1", 421), ("", 421)]
    {
        let answer = server.ask(Ask::get("/login").host(host)).await;
        assert_eq!(answer.status, status, "{host}: {answer:?}");
    }
    server.stop().await;
}
