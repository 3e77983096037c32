//! A server whose store is PostgreSQL, as its callers and its operator see it.

mod support;

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::record::Path;
use serde_json::json;
use store::conformance::cluster::Cluster;
use store::{Role, Scope};
use support::{Answer, Ask, Caller, Server, Time, record, report, settings};
use tempfile::TempDir;
use wire::Report;
use wire::envelope::SenderKind;

/// Is how long the server may take to find its database again.
const PATIENCE: Duration = Duration::from_secs(60);

async fn started(folder: &Arc<TempDir>, url: Option<&str>) -> Server {
    let mut settings = settings(folder.path());
    settings.store.url = url.map(str::to_owned);
    Server::run(settings, None, Arc::clone(folder), Time::new()).await.unwrap()
}

/// Sends until it is taken, as a sender does.
async fn insist(server: &Server, caller: &Caller, report: &Report) -> Answer {
    let began = Instant::now();
    loop {
        let answer = server.send(caller, report).await;
        if answer.status != 503 {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "{answer:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_senders_are_asked_to_wait_and_nothing_is_lost() {
    let mut cluster = Cluster::start().await;
    let name = cluster.database().await;
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let server = started(&folder, Some(&cluster.url(&name))).await;
    let tenant = server.tenant("Hollander").await;
    let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
    let token = server.token(Scope::AllTenants, Role::Viewer).await;
    let printed = |sequence, total| report(&agent, sequence, server.time.now(), &[record("R8P1234567", total, Path::Agent)]);
    assert_eq!(server.send(&agent, &printed(1, 100)).await.status, 200);

    cluster.stop();
    for _ in 0..3 {
        let refused = server.send(&agent, &printed(2, 200)).await;
        assert!(refused.is_problem(503), "{refused:?}");
        assert!(refused.header("retry-after").is_some(), "{:?}", refused.headers);
    }
    assert!(server.get("/api/v1/devices", &token).await.is_problem(503));
    assert_eq!(server.ask(Ask::get("/healthz")).await.status, 503);

    cluster.start_again().await;
    let answer = insist(&server, &agent, &printed(2, 200)).await;
    assert_eq!((answer.status, &answer.json()["taken"]), (200, &json!("accepted")));
    let devices = server.get("/api/v1/devices", &token).await.json();
    assert_eq!(devices["items"][0]["meters"][0]["value"], json!(200), "{devices}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_was_moved_is_the_same_to_every_caller() {
    let cluster = Cluster::start().await;
    let name = cluster.database().await;
    let url = cluster.url(&name);
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let server = started(&folder, None).await;
    let tenant = server.tenant("Hollander").await;
    let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
    let token = server.token(Scope::AllTenants, Role::Viewer).await;
    for sequence in 1..=3 {
        let printed = report(&agent, sequence, server.time.now(), &[record("R8P1234567", 100 * sequence, Path::Agent)]);
        assert_eq!(server.send(&agent, &printed).await.status, 200);
    }
    let asked = ["/api/v1/devices", "/api/v1/agents", "/api/v1/tenants"];
    let mut before = Vec::new();
    for path in asked {
        before.push(server.get(path, &token).await.text());
    }
    let from = format!("sqlite:{}", folder.path().join("roundsman.db").display());
    let migrate = || {
        let mut program = Command::new(env!("CARGO_BIN_EXE_roundsman-server"));
        program.args(["--data", folder.path().to_str().unwrap(), "migrate", "--from", &from, "--to", &url]);
        program.env_remove("ROUNDSMAN_SERVER_CONFIG").output().unwrap()
    };

    let running = migrate();
    assert!(!running.status.success(), "a store in use is not moved: {running:?}");
    server.stop().await;
    let moved = migrate();
    assert!(moved.status.success(), "{moved:?}");
    assert!(String::from_utf8_lossy(&moved.stdout).contains("compared row by row"), "{moved:?}");
    assert!(!migrate().status.success(), "a database with something in it is left alone");

    let server = started(&folder, Some(&url)).await;
    for (path, before) in asked.into_iter().zip(before) {
        assert_eq!(server.get(path, &token).await.text(), before, "{path}");
    }
    let hello = server.ask(Ask::get("/api/v1/hello").caller(&agent)).await;
    assert_eq!(hello.json()["last_report"]["sequence"], json!(3));
    server.stop().await;
}
