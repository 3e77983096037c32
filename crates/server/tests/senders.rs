//! The talk with senders, over real sockets and TLS, on every kind of store.

mod support;

use jiff::SignedDuration;
use model::record::Path;
use serde_json::json;
use store::{Admission, Role, Scope};
use support::{Ask, Backend, Server, record, report};
use wire::envelope::SenderKind;
use wire::reading::{Change, Extent, Reading};

on_every_store! {
    async fn an_agent_enrols_says_hello_reports_and_its_printer_is_listed(server) {
        let tenant = server.tenant("Hollander").await;
        let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;

        let hello = server.ask(Ask::get("/api/v1/hello").caller(&agent)).await;
        assert_eq!(hello.json(), json!({"speaks": ["roundsman.report/1"], "now": "2026-11-25T12:00:00Z"}));

        let first = report(&agent, 1, server.time.now(), &[record("R8P1234567", 7432, Path::Agent)]);
        let reply = server.send(&agent, &first).await;
        assert_eq!(reply.json(), json!({"report": first.id, "taken": "accepted"}));

        let hello = server.ask(Ask::get("/api/v1/hello").caller(&agent)).await;
        assert_eq!(hello.json()["last_report"], json!({"id": first.id, "sequence": 1}));

        let token = server.token(Scope::Tenant(tenant.id), Role::Viewer).await;
        let devices = server.get("/api/v1/devices", &token).await.json();
        assert_eq!(devices["next"], json!(null));
        let device = &devices["items"][0];
        assert_eq!(device["meters"][0]["value"], json!(7432));
        assert_eq!((&device["site"], &device["overdue_since"]), (&json!("Amsterdam"), &json!(null)));
        assert_eq!(device["paths"]["agent"]["observed_at"], json!("2026-11-25T12:00:00Z"));
    }

    async fn a_report_in_zstd_is_taken_as_well(server) {
        let tenant = server.tenant("Hollander").await;
        let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
        let records: Vec<_> = (0..50).map(|number| record(&format!("R8P12345{number:02}"), number, Path::Agent)).collect();
        let octets = wire::json::encode(&report(&agent, 1, server.time.now(), &records));
        let packed = zstd::bulk::compress(&octets, 3).unwrap();
        assert!(packed.len() * 5 < octets.len());
        let reply = server.ask(Ask::post("/api/v1/reports").caller(&agent).header("content-encoding", "zstd").body(packed)).await;
        assert_eq!(reply.json()["taken"], json!("accepted"));
        let token = server.token(Scope::AllTenants, Role::Viewer).await;
        assert_eq!(server.get("/api/v1/devices", &token).await.json()["items"].as_array().unwrap().len(), 50);
    }

    async fn changes_are_told_against_the_last_report_and_nothing_else(server) {
        let tenant = server.tenant("Hollander").await;
        let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
        let first = report(&agent, 1, server.time.now(), &[record("R8P1234567", 100, Path::Agent)]);
        server.send(&agent, &first).await;
        let duplicate = server.send(&agent, &first).await;
        assert_eq!((duplicate.status, &duplicate.json()["taken"]), (200, &json!("duplicate")));

        server.time.pass(SignedDuration::from_hours(24));
        let mut changes = report(&agent, 2, server.time.now(), &[]);
        changes.base = Some(first.id.clone());
        changes.readings = vec![Reading {
            device: 1,
            observed_at: server.time.now(),
            extent: Extent::Changes,
            changes: vec![("meters/total/value".into(), Change::Add(25))],
        }];
        assert_eq!(server.send(&agent, &changes).await.status, 200);

        let mut wrong_base = changes.clone();
        (wrong_base.id, wrong_base.sequence) = ("other".to_owned(), 3);
        let refused = server.send(&agent, &wrong_base).await;
        assert!(refused.is_problem(409), "{refused:?}");
        assert_eq!(refused.json()["type"], json!("urn:roundsman:problem:needs-full"));
        assert_eq!(refused.json()["last_report"], json!({"id": changes.id, "sequence": 2}));

        let stale = server.send(&agent, &support::report(&support::Caller { id: agent.id.clone(), ..agent.clone() }, 1, server.time.now(), &[])).await;
        assert_eq!(stale.json()["taken"], json!("duplicate"), "the id is the first report's");
        let mut copy = report(&agent, 2, server.time.now(), &[]);
        copy.id = "a-copy".to_owned();
        let stale = server.send(&agent, &copy).await;
        assert!(stale.is_problem(409), "{stale:?}");
        assert_eq!(stale.json()["type"], json!("urn:roundsman:problem:stale"));

        let token = server.token(Scope::AllTenants, Role::Viewer).await;
        assert_eq!(server.get("/api/v1/devices", &token).await.json()["items"][0]["meters"][0]["value"], json!(125));
    }

    async fn a_code_works_once_until_it_ends_and_for_its_kind(server) {
        let tenant = server.tenant("Hollander").await;
        let code = server.code(tenant.id, "Amsterdam", SenderKind::Agent).await;
        let other_kind = server.ask_to_enrol(&code, SenderKind::DeviceDirect).await;
        assert!(other_kind.is_problem(403) && other_kind.text().contains("of the kind agent"), "{other_kind:?}");
        assert_eq!(server.ask_to_enrol(&code, SenderKind::Agent).await.status, 200);
        let spent = server.ask_to_enrol(&code, SenderKind::Agent).await;
        assert!(spent.is_problem(403) && spent.text().contains("has been used"), "{spent:?}");

        let code = server.code(tenant.id, "Amsterdam", SenderKind::Agent).await;
        server.time.pass(SignedDuration::from_hours(25));
        let expired = server.ask_to_enrol(&code, SenderKind::Agent).await;
        assert!(expired.is_problem(403) && expired.text().contains("has expired"), "{expired:?}");

        let wrong = server.ask_to_enrol("AAAAAAAAAAAAAAAAAAAAAA", SenderKind::Agent).await;
        assert!(wrong.is_problem(403) && wrong.text().contains("not known here"), "{wrong:?}");
        let malformed = server.ask(Ask::post("/api/v1/enrol").body("{")).await;
        assert!(malformed.is_problem(400), "{malformed:?}");
    }

    async fn who_is_not_known_is_refused_by_the_head(server) {
        let tenant = server.tenant("Hollander").await;
        let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
        let other = server.enrolled(tenant.id, "Utrecht", SenderKind::Agent).await;
        for ask in [
            Ask::post("/api/v1/reports"),
            Ask::post("/api/v1/reports").basic(&agent.id, "wrong"),
            // The right password of another sender.
            Ask::post("/api/v1/reports").basic(&agent.id, &other.secret),
            Ask::get("/api/v1/hello").basic(&agent.id, ""),
        ] {
            let refused = server.ask(ask).await;
            assert!(refused.is_problem(401), "{refused:?}");
            assert!(refused.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Basic")));
        }
    }

    async fn a_sender_speaks_for_itself_only(server) {
        let tenant = server.tenant("Hollander").await;
        let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
        let other = server.enrolled(tenant.id, "Utrecht", SenderKind::Agent).await;
        let refused = server.send(&agent, &report(&other, 1, server.time.now(), &[])).await;
        assert!(refused.is_problem(403), "{refused:?}");
        let mut as_module = report(&agent, 1, server.time.now(), &[]);
        as_module.sender.kind = SenderKind::DeviceDirect;
        assert!(server.send(&agent, &as_module).await.is_problem(403));
        let token = server.token(Scope::AllTenants, Role::Viewer).await;
        let agents = server.get(&format!("/api/v1/agents/{}", agent.id), &token).await.json();
        assert!(agents["synchronisation"]["last_error"].as_str().unwrap().contains("enrolled as agent"), "{agents}");
    }

    async fn disabled_retired_and_revoked_senders_are_told_so(server) {
        let tenant = server.tenant("Hollander").await;
        let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
        let id = agent.id.parse().unwrap();
        let store = &server.app.store;
        let hello = || server.ask(Ask::get("/api/v1/hello").caller(&agent));

        let disabled = Admission::Disabled { reason: "stolen".to_owned(), at: server.time.now() };
        store.set_admission(tenant.id, id, disabled).await.unwrap();
        let refused = hello().await;
        assert!(refused.is_problem(403) && refused.text().contains("stolen"), "{refused:?}");
        assert!(server.send(&agent, &report(&agent, 1, server.time.now(), &[])).await.is_problem(403));

        store.set_admission(tenant.id, id, Admission::Admitted).await.unwrap();
        assert_eq!(hello().await.status, 200);
        store.revoke(tenant.id, id).await.unwrap();
        assert!(hello().await.is_problem(401));
    }

    async fn what_is_no_report_is_refused_and_the_operator_sees_it(server) {
        let tenant = server.tenant("Hollander").await;
        let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
        let send = |body: Vec<u8>, encoding: Option<&'static str>| {
            let ask = Ask::post("/api/v1/reports").caller(&agent).body(body);
            server.ask(encoding.map_or(ask.clone(), |encoding| ask.header("content-encoding", encoding)))
        };
        assert!(send(b"{".to_vec(), None).await.is_problem(400));
        assert!(send(b"{}".to_vec(), Some("gzip")).await.is_problem(415));
        assert!(send(b"{}".to_vec(), Some("zstd")).await.is_problem(400));

        let version = send(br#"{"schema":"roundsman.report/9"}"#.to_vec(), None).await;
        assert!(version.is_problem(422), "{version:?}");
        assert_eq!((&version.json()["type"], &version.json()["speaks"]), (&json!("urn:roundsman:problem:version"), &json!(["roundsman.report/1"])));

        let bomb = zstd::bulk::compress(&vec![b' '; 100 << 20], 1).unwrap();
        assert!(bomb.len() < 100_000);
        assert!(send(bomb, Some("zstd")).await.is_problem(413));
        assert!(send(vec![b' '; (4 << 20) + 1], None).await.is_problem(413));

        let mut impossible = report(&agent, 1, server.time.now(), &[record("R8P1234567", 1, Path::Agent)]);
        impossible.readings[0].device = 0;
        let refused = server.send(&agent, &impossible).await;
        assert!(refused.is_problem(422), "{refused:?}");

        let token = server.token(Scope::AllTenants, Role::Viewer).await;
        let agents = server.get("/api/v1/agents", &token).await.json();
        assert!(agents["items"][0]["synchronisation"]["last_error"].as_str().unwrap().contains("device 0"), "{agents}");
        let hello = server.ask(Ask::get("/api/v1/hello").caller(&agent)).await;
        assert_eq!(hello.json().get("last_report"), None, "nothing of it was kept");
    }

    async fn a_noisy_sender_waits_and_one_that_does_not_listen_is_disabled(server) {
        let tenant = server.tenant("Hollander").await;
        let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
        let id = agent.id.parse().unwrap();
        // What a thousand calls would do is done at the source; one call shows what comes of it.
        while server.app.noise.hear(id, server.time.now()) == policy::noise::Hearing::Listen {}
        let refused = server.send(&agent, &report(&agent, 1, server.time.now(), &[])).await;
        assert!(refused.is_problem(429), "{refused:?}");
        assert!(refused.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
        while server.app.noise.hear(id, server.time.now()) != policy::noise::Hearing::Disable {}
        let disabled = server.send(&agent, &report(&agent, 1, server.time.now(), &[])).await;
        assert!(disabled.is_problem(403), "{disabled:?}");
        let token = server.token(Scope::AllTenants, Role::Viewer).await;
        let item = server.get(&format!("/api/v1/agents/{id}"), &token).await.json();
        assert_eq!(item["state"], json!("disabled"));
        assert!(item["disabled_reason"].as_str().unwrap().contains("too often"));
    }

    async fn agent_and_module_of_one_printer_are_one_device_by_two_paths(server) {
        let tenant = server.tenant("Hollander").await;
        let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
        let module = server.enrolled(tenant.id, "Amsterdam", SenderKind::DeviceDirect).await;
        let at = server.time.now();
        server.send(&agent, &report(&agent, 1, at - SignedDuration::from_hours(2), &[record("R8P1234567", 100, Path::Agent)])).await;
        server.send(&module, &report(&module, 1, at, &[record("R8P1234567", 110, Path::DeviceDirect)])).await;
        let token = server.token(Scope::AllTenants, Role::Viewer).await;
        let devices = server.get("/api/v1/devices", &token).await.json();
        assert_eq!(devices["items"].as_array().unwrap().len(), 1, "{devices}");
        let device = &devices["items"][0];
        assert_eq!((&device["meters"][0]["value"], &device["path"]), (&json!(110), &json!("device-direct")));
        assert_eq!(device["paths"]["agent"]["observed_at"], json!("2026-11-25T10:00:00Z"));
        assert_eq!(device["paths"]["device-direct"]["observed_at"], json!("2026-11-25T12:00:00Z"));
    }

    async fn a_command_rides_back_and_its_outcome_comes_with_a_report(server) {
        let tenant = server.tenant("Hollander").await;
        let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
        let token = server.token(Scope::Tenant(tenant.id), Role::Operator).await;
        let path = format!("/api/v1/agents/{}/commands", agent.id);
        let issued = server.ask(Ask::post(&path).bearer(&token).json(&json!({"action": "read-now"}))).await;
        assert_eq!(issued.status, 201, "{issued:?}");
        let id = issued.json()["id"].as_str().unwrap().to_owned();

        let reply = server.send(&agent, &report(&agent, 1, server.time.now(), &[])).await.json();
        assert_eq!(reply["commands"][0]["id"], json!(id));
        assert_eq!(reply["commands"][0]["action"], json!("read-now"));
        assert_eq!(server.get(&path, &token).await.json()["items"][0]["state"], json!("handed-out"));

        let mut second = report(&agent, 2, server.time.now(), &[]);
        second.outcomes = vec![wire::commands::Outcome {
            command: id,
            outcome: wire::commands::OutcomeKind::Done,
            at: server.time.now(),
            detail: None,
        }];
        let reply = server.send(&agent, &second).await.json();
        assert_eq!(reply.get("commands"), None, "{reply}");
        assert_eq!(server.get(&path, &token).await.json()["items"][0]["state"], json!("done"));

        for (body, status) in [
            (json!({"action": "format-disk"}), 422),
            (json!({"action": "set-schedule"}), 422),
            (json!({"action": "set-schedule", "schedule": {"rhythm": {"every_seconds": 900}, "time_zone": "Nowhere/At-All"}}), 422),
            (json!({"action": "read-now", "expires_at": "2020-01-01T00:00:00Z"}), 422),
            (json!({"action": "read-now", "shell": "rm"}), 422),
        ] {
            let refused = server.ask(Ask::post(&path).bearer(&token).json(&body)).await;
            assert!(refused.is_problem(status), "{body}: {refused:?}");
        }
    }

    async fn many_senders_report_at_once(server) {
        let tenant = server.tenant("Hollander").await;
        let mut agents = Vec::new();
        for number in 0..12 {
            agents.push(server.enrolled(tenant.id, &format!("Site {number}"), SenderKind::Agent).await);
        }
        let sendings = agents.iter().enumerate().map(|(number, agent)| {
            let record = record(&format!("R8P99{number:05}"), 10, Path::Agent);
            let report = report(agent, 1, server.time.now(), &[record]);
            async move { server.send(agent, &report).await.status }
        });
        let mut statuses = Vec::new();
        let mut set: Vec<_> = sendings.map(Box::pin).collect();
        while let Some(sending) = set.pop() {
            let (one, other) = match set.pop() {
                Some(next) => {
                    let (one, other) = tokio::join!(sending, next);
                    (one, Some(other))
                }
                None => (sending.await, None),
            };
            statuses.push(one);
            statuses.extend(other);
        }
        assert_eq!(statuses, vec![200; 12]);
    }
}

#[tokio::test]
async fn wrong_passwords_from_one_address_are_slowed_down() {
    let server = Server::with(Backend::Memory, |settings| settings.limits.failed_logins = 3).await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(server.ask(Ask::get("/api/v1/hello").basic("x", "y")).await.status);
    }
    assert_eq!(statuses, [401, 401, 401, 429, 429]);
    server.stop().await;
}

#[tokio::test]
async fn too_much_at_once_is_asked_to_come_later() {
    let server = Server::start(Backend::Memory).await;
    let tenant = server.tenant("Hollander").await;
    let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
    let all = server.app.reports.try_acquire_many(256).unwrap();
    let later = server.send(&agent, &report(&agent, 1, server.time.now(), &[])).await;
    assert!(later.is_problem(503) && later.header("retry-after").is_some(), "{later:?}");
    drop(all);
    assert_eq!(server.send(&agent, &report(&agent, 1, server.time.now(), &[])).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_sender_keeps_to_the_certificate_that_it_showed_first() {
    let (authority, shown) = support::client_certificates(2);
    let mut server = Server::with(Backend::Sqlite, |settings| {
        let file = settings.data.join("clients.pem");
        std::fs::write(&file, authority).unwrap();
        settings.tls.client_certificates = server::config::ClientCertificates::Optional;
        settings.tls.client_authority = Some(file);
    })
    .await;
    let tenant = server.tenant("Hollander").await;
    let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
    let mut statuses = Vec::new();
    for place in [None, Some(0), Some(0), Some(1), None, Some(0)] {
        match place {
            Some(place) => server.show(&shown[place]),
            None => server.show_none(),
        }
        statuses.push(server.ask(Ask::get("/api/v1/hello").caller(&agent)).await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 403, 403, 200], "none, the first, again, another, none, the first");
    server.stop().await;
}
