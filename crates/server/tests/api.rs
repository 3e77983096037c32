//! The operators' API, over real sockets and TLS.

mod support;

use std::path::Path;

use jiff::SignedDuration;
use model::record::Path as ReadPath;
use serde_json::{Value, json};
use store::{Role, Scope};
use support::{Answer, Ask, Backend, Server, record, report};
use wire::envelope::{Host, Room, SenderKind, Site};
use wire::rhythm::{Rhythm, Schedule};

/// Is a server with two tenants, of which the first has everything there can be.
struct TwoTenants {
    /// Of everything that belongs to the first: no word of it may be seen by the other.
    words: Vec<String>,
    device: String,
    agent: String,
    /// Another device and the agent that tells of it, where a route names two.
    other: (String, String),
    own: String,
    strangers: String,
}

async fn two_tenants(server: &Server) -> TwoTenants {
    let tenant = server.tenant("Hollander").await;
    let stranger = server.tenant("Stranger").await;
    let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
    let mut first = report(&agent, 1, server.time.now(), &[record("R8P1234567", 7432, ReadPath::Agent)]);
    first.schedule = Some(Schedule {
        rhythm: Rhythm::Daily { at: "02:00".parse().unwrap(), spread_minutes: 0 },
        time_zone: "Europe/Amsterdam".to_owned(),
    });
    first.host = Some(Host { proxy_id: None, host_id: "6f1c".to_owned() });
    first.site = Some(Site {
        dns_name: Some("print.hollander.example".to_owned()),
        agent_database_octets: Some(1_048_576),
        operating_system_type: Some("64-bit".to_owned()),
        memory: Some(Room { size: 8 << 30, free: 2 << 30 }),
        site_name: Some("Amsterdam".to_owned()),
        printers_in_scope: Some(1),
        ..Site::default()
    });
    assert_eq!(server.send(&agent, &first).await.status, 200);
    server::watch::sweep(&server.app, server.time.now()).await.unwrap();
    let own = server.token(Scope::Tenant(tenant.id), Role::Operator).await;
    let strangers = server.token(Scope::Tenant(stranger.id), Role::Operator).await;
    let path = format!("/api/v1/agents/{}/commands", agent.id);
    assert_eq!(server.ask(Ask::post(&path).bearer(&own).json(&json!({"action": "read-now"}))).await.status, 201);
    let devices = server.get("/api/v1/devices", &own).await.json();
    let device = devices["items"][0]["id"].as_str().unwrap().to_owned();
    let words = ["R8P1234567", "Hollander", "Amsterdam", "hollander.example", &device, &agent.id].map(str::to_owned).to_vec();
    let other = (device.clone(), agent.id.clone());
    TwoTenants { words, device, agent: agent.id, other, own, strangers }
}

/// Gives the first tenant another agent with a device.
async fn one_more(server: &Server, of: &mut TwoTenants) {
    let tenant = server.app.store.tenants().await.unwrap().into_iter().find(|tenant| tenant.name == "Hollander").unwrap();
    let agent = server.enrolled(tenant.id, "Utrecht", SenderKind::Agent).await;
    assert_eq!(server.send(&agent, &report(&agent, 1, server.time.now(), &[record("R8P7654321", 9, ReadPath::Agent)])).await.status, 200);
    let items = server.get("/api/v1/devices", &of.own).await.json()["items"].clone();
    let ids = items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned());
    of.other = (ids.into_iter().find(|id| *id != of.device).unwrap(), agent.id);
}

/// Lists every route of the document with a body that would do.
fn routes(document: &Value, of: &TwoTenants) -> Vec<(Ask, bool)> {
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let id = if path.contains("/devices/") { &of.device } else { &of.agent };
        for (method, operation) in item.as_object().unwrap() {
            // Those of senders have names and passwords of their own.
            if operation["tags"] == json!(["senders"]) {
                continue;
            }
            let body = match path.as_str() {
                "/api/v1/codes" => json!({"site": "Amsterdam", "tenant": "Hollander"}),
                "/api/v1/devices/{id}/apart" | "/api/v1/devices/{id}/join" => json!({"other": of.other.0}),
                "/api/v1/devices/{id}/part" => json!({"sender": of.other.1}),
                _ => json!({"action": "read-now"}),
            };
            let ask = Ask::new(&method.to_uppercase(), &path.replace("{id}", id)).json(&body);
            routes.push((ask, path.contains("{id}")));
        }
    }
    assert!(routes.len() >= 12, "{}", routes.len());
    routes
}

on_every_store! {
    async fn another_tenant_sees_nothing_on_any_route(server) {
        let of = two_tenants(server).await;
        let document = server.ask(Ask::get("/api/v1/openapi.json")).await.json();
        for (ask, names_one) in routes(&document, &of) {
            let what = format!("{ask:?}");
            let answer = server.ask(ask.bearer(&of.strangers)).await;
            assert!(answer.status < 500, "{what}: {answer:?}");
            if names_one {
                assert!(answer.is_problem(404), "{what}: {answer:?}");
            }
            let text = answer.text();
            for word in &of.words {
                assert!(!text.contains(word.as_str()), "{what} tells {word}: {text}");
            }
        }
        assert_eq!(server.get(&format!("/api/v1/devices/{}", of.device), &of.own).await.status, 200, "and it was not erased");
    }

    async fn without_a_token_no_route_answers(server) {
        let of = two_tenants(server).await;
        let document = server.ask(Ask::get("/api/v1/openapi.json")).await.json();
        for (ask, _) in routes(&document, &of) {
            let what = format!("{ask:?}");
            for (answer, how) in [
                (server.ask(ask.clone()).await, "without"),
                (server.ask(ask.clone().bearer("wrong")).await, "with a wrong one"),
                (server.ask(ask.basic(&of.agent, "x")).await, "with a name"),
            ] {
                let is_refused = answer.is_problem(401) || answer.is_problem(429);
                assert!(is_refused, "{what} {how}: {answer:?}");
            }
        }
    }

    async fn its_own_tenant_sees_each_route(server) {
        let mut of = two_tenants(server).await;
        one_more(server, &mut of).await;
        let document = server.ask(Ask::get("/api/v1/openapi.json")).await.json();
        let (erasing, others): (Vec<_>, Vec<_>) = routes(&document, &of).into_iter().partition(|(ask, _)| format!("{ask:?}").contains("DELETE"));
        for (ask, _) in others.into_iter().chain(erasing) {
            let what = format!("{ask:?}");
            let answer = server.ask(ask.bearer(&of.own)).await;
            assert!((200..300).contains(&answer.status), "{what}: {answer:?}");
        }
    }

    async fn a_viewer_looks_and_changes_nothing(server) {
        let of = two_tenants(server).await;
        let viewer = server.token(Scope::AllTenants, Role::Viewer).await;
        for ask in [
            Ask::post("/api/v1/codes").json(&json!({"site": "x", "tenant": "Hollander"})),
            Ask::post(&format!("/api/v1/agents/{}/commands", of.agent)).json(&json!({"action": "read-now"})),
            Ask::new("DELETE", &format!("/api/v1/devices/{}", of.device)),
            Ask::post(&format!("/api/v1/devices/{}/join", of.device)).json(&json!({"other": of.device})),
            Ask::post(&format!("/api/v1/devices/{}/part", of.device)).json(&json!({"sender": of.agent})),
        ] {
            let refused = server.ask(ask.bearer(&viewer)).await;
            assert!(refused.is_problem(403), "{refused:?}");
        }
    }

    async fn the_devices_are_told_as_documented(server) {
        let of = two_tenants(server).await;
        golden(server.get("/api/v1/devices", &of.own).await, &of, "devices.json");
        golden(server.get(&format!("/api/v1/devices/{}/history", of.device), &of.own).await, &of, "history.json");
        golden(server.get("/api/v1/agents", &of.own).await, &of, "agents.json");
        golden(server.get("/api/v1/expectations", &of.own).await, &of, "expectations.json");
    }

    async fn a_list_is_walked_page_by_page_over_all_tenants(server) {
        for tenant in ["A", "B", "C"] {
            let tenant = server.tenant(tenant).await;
            let agent = server.enrolled(tenant.id, "Site", SenderKind::Agent).await;
            let records: Vec<_> = (0..5).map(|number| record(&format!("R8P12345{number:02}"), 1, ReadPath::Agent)).collect();
            assert_eq!(server.send(&agent, &report(&agent, 1, server.time.now(), &records)).await.status, 200);
        }
        let token = server.token(Scope::AllTenants, Role::Viewer).await;
        for (what, expected) in [("devices", 15), ("agents", 3)] {
            for limit in [1, 2, 5, 7, 500] {
                let (mut ids, mut next) = (Vec::new(), None::<String>);
                loop {
                    let more = next.map_or(String::new(), |next| format!("&next={next}"));
                    let page = server.get(&format!("/api/v1/{what}?limit={limit}{more}"), &token).await.json();
                    let items = page["items"].as_array().unwrap();
                    assert!(items.len() <= limit);
                    ids.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
                    next = page["next"].as_str().map(str::to_owned);
                    if next.is_none() {
                        break;
                    }
                }
                let count = ids.len();
                ids.sort();
                ids.dedup();
                assert_eq!((ids.len(), count), (expected, expected), "{what} by {limit}");
            }
        }
        for query in ["limit=0", "limit=501", "limit=many", "next=here"] {
            let refused = server.get(&format!("/api/v1/devices?{query}"), &token).await;
            assert!(refused.is_problem(422), "{query}: {refused:?}");
        }
    }

    async fn a_silent_agent_makes_its_printers_overdue_and_the_ledger_says_why(server) {
        let of = two_tenants(server).await;
        for _ in 0..3 {
            server.time.pass(SignedDuration::from_hours(24));
            server::watch::sweep(&server.app, server.time.now()).await.unwrap();
        }
        let device = server.get(&format!("/api/v1/devices/{}", of.device), &of.own).await.json();
        assert_eq!((&device["overdue_since"], &device["overdue_reason"]), (&json!("2026-11-26T12:00:00Z"), &json!("sender-silent")));
        let agent = server.get(&format!("/api/v1/agents/{}", of.agent), &of.own).await.json();
        assert_eq!(agent["state"], json!("unresponsive"));
        let missed = server.get("/api/v1/expectations?state=missed", &of.own).await.json();
        let days: Vec<_> = missed["items"].as_array().unwrap().iter().map(|item| (item["day"].clone(), item["reason"].clone())).collect();
        assert_eq!(days.first().unwrap().0, json!("2026-11-28"), "{missed}");
        assert!(days.iter().all(|(_, reason)| *reason == json!("sender-silent")), "{missed}");
    }

    async fn errors_are_problem_details_everywhere(server) {
        let token = server.token(Scope::AllTenants, Role::Operator).await;
        for (ask, status) in [
            (Ask::get("/api/v1/nothing"), 404),
            (Ask::get("/nothing"), 404),
            (Ask::post("/api/v1/devices"), 405),
            (Ask::get("/api/v1/reports"), 405),
            (Ask::get("/api/v1/devices/1"), 404),
            (Ask::get("/api/v1/devices/01890a5d-ac96-774b-bcce-b302099a8057"), 404),
            (Ask::post("/api/v1/codes").body("{"), 400),
            (Ask::post("/api/v1/codes").json(&json!({"sight": "x"})), 422),
            (Ask::post("/api/v1/codes").json(&json!({"site": ""})), 422),
            (Ask::post("/api/v1/codes").body(vec![b' '; 70_000]), 413),
        ] {
            let what = format!("{ask:?}");
            let refused = server.ask(ask.bearer(&token)).await;
            assert!(refused.is_problem(status), "{what}: {refused:?}");
            assert!(refused.header("x-request-id").is_some());
        }
    }

    async fn a_code_from_the_api_lets_an_agent_in(server) {
        let tenant = server.tenant("Hollander").await;
        let token = server.token(Scope::Tenant(tenant.id), Role::Operator).await;
        let made = server.ask(Ask::post("/api/v1/codes").bearer(&token).json(&json!({"site": "Amsterdam"}))).await;
        assert_eq!(made.status, 201, "{made:?}");
        let code: wire::code::EnrolmentCode = made.json()["code"].as_str().unwrap().parse().unwrap();
        assert_eq!(code.server, "localhost:8443");
        assert!(code.authority().is_some());
        assert_eq!(made.json()["expires_at"], json!("2026-12-02T12:00:00Z"));
        assert_eq!(server.ask_to_enrol(&code.secret_text(), SenderKind::Agent).await.status, 200);
        let sites = server.get("/api/v1/sites", &token).await.json();
        assert_eq!(sites["items"][0]["name"], json!("Amsterdam"));
    }

    async fn health_and_figures_are_told(server) {
        two_tenants(server).await;
        let health = server.ask(Ask::get("/healthz")).await;
        assert_eq!((health.status, health.json()), (200, json!({"status": "ok"})));
        let figures = server.ask(Ask::get("/metrics")).await.text();
        assert!(figures.contains("roundsman_reports_total{outcome=\"accepted\"} 1"), "{figures}");
    }
}

#[tokio::test]
async fn figures_are_for_those_on_their_list() {
    let server = Server::with(Backend::Memory, |settings| settings.metrics.allow = vec!["192.0.2.0/24".to_owned()]).await;
    assert!(server.ask(Ask::get("/metrics")).await.is_problem(404));
    server.stop().await;
}

/// Compares an answer with the text that people have read. `UPDATE_GOLDENS=1` writes it anew.
fn golden(answer: Answer, of: &TwoTenants, name: &str) {
    let mut text = serde_json::to_string_pretty(&answer.json()).unwrap() + "\n";
    for (id, word) in [(&of.device, "DEVICE"), (&of.agent, "AGENT")] {
        text = text.replace(id.as_str(), word);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens").join(name);
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap(), "{name}");
}
