//! A server from start to end, and from one start to the next.

mod support;

use std::process::{Command, Output};
use std::sync::Arc;

use model::record::Path;
use serde_json::json;
use server::config::Listen;
use store::{Role, Scope};
use support::{Ask, Server, Time, record, report, settings};
use tempfile::TempDir;
use wire::envelope::SenderKind;

fn folder() -> Arc<TempDir> {
    Arc::new(tempfile::tempdir().unwrap())
}

async fn on_disk(folder: &Arc<TempDir>) -> Server {
    Server::run(settings(folder.path()), None, Arc::clone(folder), Time::new()).await.unwrap()
}

/// Runs the program in this folder.
fn program(folder: &TempDir, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roundsman-server"));
    command.args(["--data", folder.path().to_str().unwrap()]).args(args).env_remove("ROUNDSMAN_SERVER_CONFIG");
    command.stdin(std::process::Stdio::null()).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn complained(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn a_restart_goes_on_where_it_was() {
    let folder = folder();
    let server = on_disk(&folder).await;
    let tenant = server.tenant("Hollander").await;
    let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
    let first = report(&agent, 1, server.time.now(), &[record("R8P1234567", 7432, Path::Agent)]);
    assert_eq!(server.send(&agent, &first).await.status, 200);
    let token = server.token(Scope::AllTenants, Role::Viewer).await;
    let before = server.get("/api/v1/devices", &token).await.text();
    server.stop().await;

    let server = on_disk(&folder).await;
    assert_eq!(server.get("/api/v1/devices", &token).await.text(), before);
    let hello = server.ask(Ask::get("/api/v1/hello").caller(&agent)).await;
    assert_eq!(hello.json()["last_report"], json!({"id": first.id, "sequence": 1}));
    assert_eq!(server.send(&agent, &first).await.json()["taken"], json!("duplicate"));
    server.stop().await;
}

#[tokio::test]
async fn a_copy_taken_while_the_server_runs_takes_its_place_later() {
    let folder = folder();
    let server = on_disk(&folder).await;
    let tenant = server.tenant("Hollander").await;
    let agent = server.enrolled(tenant.id, "Amsterdam", SenderKind::Agent).await;
    let token = server.token(Scope::AllTenants, Role::Viewer).await;
    server.send(&agent, &report(&agent, 1, server.time.now(), &[record("R8P1234567", 100, Path::Agent)])).await;

    let copy = folder.path().join("copy.db");
    let copied = program(&folder, &["backup", copy.to_str().unwrap()]);
    assert!(copied.status.success() && told(&copied).contains("server-key"), "{copied:?}");
    let again = program(&folder, &["backup", copy.to_str().unwrap()]);
    assert!(!again.status.success(), "a backup is not overwritten");
    server.send(&agent, &report(&agent, 2, server.time.now(), &[record("R8P1234567", 200, Path::Agent)])).await;

    let running = program(&folder, &["restore", "--replace", copy.to_str().unwrap()]);
    assert!(complained(&running, 1).contains("is in use"), "{running:?}");
    server.stop().await;
    let there = program(&folder, &["restore", copy.to_str().unwrap()]);
    assert!(complained(&there, 2).contains("--replace"), "{there:?}");
    let damaged = folder.path().join("damaged.db");
    std::fs::write(&damaged, "no store").unwrap();
    let damaged = program(&folder, &["restore", "--replace", damaged.to_str().unwrap()]);
    assert!(!complained(&damaged, 1).is_empty());
    let restored = program(&folder, &["restore", "--replace", copy.to_str().unwrap()]);
    assert!(restored.status.success(), "{restored:?}");

    let server = on_disk(&folder).await;
    let devices = server.get("/api/v1/devices", &token).await.json();
    assert_eq!(devices["items"][0]["meters"][0]["value"], json!(100));
    // The agent is ahead of the copy; a whole report brings the two together again.
    let third = report(&agent, 3, server.time.now(), &[record("R8P1234567", 300, Path::Agent)]);
    assert_eq!(server.send(&agent, &third).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn what_keeps_a_server_from_starting_is_said_clearly() {
    let taken = folder();
    let server = on_disk(&taken).await;
    let mut same_port = settings(folder().path());
    same_port.listen = vec![Listen { address: settings::ListenAddress::new(server.address), allow: Vec::new() }];
    let second = folder();
    same_port.data = second.path().to_owned();
    let why = start_fails(same_port, &second).await;
    assert!(why.contains(&format!("port {} is taken", server.address.port())), "{why}");

    let why = start_fails(settings(taken.path()), &taken).await;
    assert!(why.contains("a server is running on this store"), "{why}");
    server.stop().await;

    let folder = folder();
    let mut broken = settings(folder.path());
    broken.tls.certificate = Some(folder.path().join("none.pem"));
    broken.tls.key = Some(folder.path().join("none-key.pem"));
    let why = start_fails(broken, &folder).await;
    assert!(why.contains("none.pem: cannot read this file"), "{why}");

    std::fs::write(folder.path().join("file"), "").unwrap();
    let why = start_fails(settings(&folder.path().join("file/below")), &folder).await;
    assert!(why.contains("cannot make this folder"), "{why}");

    std::fs::write(folder.path().join("roundsman.db"), "this is no database, and it is long enough to look at closely").unwrap();
    let why = start_fails(settings(folder.path()), &folder).await;
    assert!(why.contains("is no store of this program"), "{why}");
}

async fn start_fails(settings: server::config::Settings, folder: &Arc<TempDir>) -> String {
    match Server::run(settings, None, Arc::clone(folder), Time::new()).await {
        Ok(_) => panic!("it starts"),
        Err(error) => server::problem::chain(&*error),
    }
}

#[tokio::test]
async fn what_is_done_on_the_command_line_holds_for_the_running_server() {
    let folder = folder();
    let server = on_disk(&folder).await;
    assert!(program(&folder, &["tenant", "add", "Hollander"]).status.success());
    assert!(complained(&program(&folder, &["tenant", "add", "Hollander"]), 1).contains("is taken"));
    assert!(told(&program(&folder, &["tenant", "list"])).contains("Hollander"));

    // The name is the configuration's; the folder's authority is the server's.
    let config = folder.path().join("server.toml");
    std::fs::write(&config, "[tls]\nname = \"localhost:8443\"\n").unwrap();
    let config = config.to_str().unwrap();
    let made = program(&folder, &["--config", config, "code", "new", "--site", "Amsterdam", "--only-code"]);
    let code: wire::code::EnrolmentCode = told(&made).parse().unwrap_or_else(|error| panic!("{error}: {made:?}"));
    assert_eq!(code.authority_sha256, server.app.introduction.authority_sha256);
    // The program has the real time, and the test's server another one.
    server.time.pass(code.expires_at.duration_since(server.time.now()) - jiff::SignedDuration::from_hours(1));
    let enrolled = server.ask_to_enrol(&code.secret_text(), SenderKind::Agent).await;
    assert_eq!(enrolled.status, 200, "{enrolled:?}");
    let id = enrolled.json()["sender"].as_str().unwrap().to_owned();

    let token = told(&program(&folder, &["token", "new", "--name", "billing", "--role", "viewer"]));
    assert_eq!(server.get("/api/v1/devices", &token).await.status, 200);
    let list = told(&program(&folder, &["token", "list"]));
    assert!(list.contains("billing") && !list.contains(&token), "{list}");
    let token_id = list.lines().find(|line| line.contains("billing")).unwrap().split(' ').next().unwrap();
    assert!(program(&folder, &["token", "revoke", token_id]).status.success());
    assert_eq!(server.get("/api/v1/devices", &token).await.status, 401);

    let enrolment =
        told(&program(&folder, &["token", "new", "--name", "rollout", "--enrolment", "--tenant", "Hollander", "--site", "Any"]));
    for _ in 0..2 {
        assert_eq!(server.ask_to_enrol(&enrolment, SenderKind::Agent).await.status, 200);
    }

    let caller =
        support::Caller { id: id.clone(), secret: enrolled.json()["secret"].as_str().unwrap().to_owned(), kind: SenderKind::Agent };
    let rotated = support::Caller { secret: told(&program(&folder, &["sender", "rotate", &id])), ..caller.clone() };
    let hello = |caller: &support::Caller| server.ask(Ask::get("/api/v1/hello").caller(caller));
    assert_eq!(hello(&caller).await.status, 200, "the old password works until the new one is used");
    assert_eq!(hello(&rotated).await.status, 200);
    assert_eq!(hello(&caller).await.status, 401, "and not after that");
    assert!(program(&folder, &["sender", "disable", &id, "--reason", "sold"]).status.success());
    assert_eq!(hello(&rotated).await.status, 403);
    let list = told(&program(&folder, &["sender", "list"]));
    assert!(list.contains("disabled: sold"), "{list}");
    assert!(program(&folder, &["sender", "admit", &id]).status.success());
    assert_eq!(hello(&rotated).await.status, 200);
    server.stop().await;
}

#[test]
fn the_command_line_teaches_and_its_exit_codes_hold() {
    let folder = folder();
    assert!(told(&program(&folder, &["--help"])).contains("Examples:"));
    assert_eq!(program(&folder, &["fly"]).status.code(), Some(2));
    assert!(told(&program(&folder, &["check-config"])).contains("[limits]"));
    let config = folder.path().join("server.toml");
    std::fs::write(&config, "[tsl]\nname = 1\n").unwrap();
    let wrong = complained(&program(&folder, &["--config", config.to_str().unwrap(), "check-config"]), 2);
    assert!(wrong.contains("server.toml:1: unknown"), "{wrong}");
    assert!(complained(&program(&folder, &["code", "new", "--site", "x"]), 2).contains("tenant add"));
    let short = complained(&program(&folder, &["user", "add", "anna"]), 1);
    assert!(short.contains("at least 12"), "{short}");
    let made = told(&program(&folder, &["user", "add", "anna", "--generate"]));
    assert!(made.contains("password"), "{made}");
    assert!(told(&program(&folder, &["user", "list"])).contains("anna"));
    assert!(told(&program(&folder, &["migrate"])).contains("has the form of this version"));
}

#[tokio::test]
async fn the_program_says_when_it_is_ready_and_stops_on_a_signal() {
    use std::io::{BufRead, BufReader};
    let folder = folder();
    let mut child = Command::new(env!("CARGO_BIN_EXE_roundsman-server"))
        .args(["--data", folder.path().to_str().unwrap(), "serve", "--listen", "127.0.0.1:0", "--announce"])
        .env_remove("ROUNDSMAN_SERVER_CONFIG")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("ready https://127.0.0.1:"), "{line}");
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
}
