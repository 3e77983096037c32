//! The whole story over real sockets and TLS: `up` on an empty folder, killed, and up again.
//!
//! What the README says about the API runs here as it is written there.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_roundsman");
/// What the issue promises on a fresh clone.
const WITHIN: Duration = Duration::from_secs(60);

/// A running `up`; killed, not asked, when it is dropped.
struct Up {
    child: Child,
    said: Vec<String>,
}

impl Up {
    fn start(folder: &Path, port: u16) -> Self {
        let mut command = Command::new(PROGRAM);
        command.current_dir(folder).args(["up", "--port", &port.to_string()]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut up = Up { child, said: Vec::new() };
        for line in lines {
            up.said.push(line);
            if up.said.last().is_some_and(|line| line.starts_with("ready")) {
                return up;
            }
        }
        panic!("`up` ended before it was ready: {:?}", up.said);
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // SIGKILL: nothing is put in order.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn two_free_ports() -> u16 {
    loop {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind((Ipv4Addr::LOCALHOST, port + 1)).is_ok() {
            return port;
        }
    }
}

/// Returns the shell commands of the README that call the API.
fn curls_of_the_readme() -> Vec<String> {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap();
    let curls: Vec<String> = readme.lines().filter(|line| line.starts_with("curl ")).map(str::to_owned).collect();
    assert!(curls.len() >= 3, "the README shows how to call the API");
    curls
}

/// Runs a line of the README in a shell, with the port of this test.
fn shell(folder: &Path, line: &str, port: u16) -> String {
    let line = line.replace("8443", &port.to_string());
    let output = Command::new("bash").arg("-ec").arg(&line).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn call(folder: &Path, port: u16, path: &str) -> Value {
    let line = format!(
        "curl -sS --cacert roundsman-data/ca.pem -H \"Authorization: Bearer $(cat roundsman-data/api-token)\" 'https://127.0.0.1:{port}{path}'"
    );
    serde_json::from_str(&shell(folder, &line, port)).unwrap()
}

/// Waits until the server tells what is wanted of its devices.
fn devices(folder: &Path, port: u16, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let since = Instant::now();
    loop {
        let answer = call(folder, port, "/api/v1/devices");
        let items = answer["items"].as_array().unwrap();
        if wanted(items) {
            return items.clone();
        }
        assert!(since.elapsed() < WITHIN, "{} devices after {} s: {answer}", items.len(), WITHIN.as_secs());
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn agent(folder: &Path, arguments: &[&str]) -> String {
    let output =
        Command::new(PROGRAM).current_dir(folder).args(["agent", "--folder", "roundsman-data/agent"]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn totals(devices: &[Value]) -> BTreeMap<String, u64> {
    let total = |device: &Value| {
        let meters = device["meters"].as_array().unwrap();
        meters.iter().find(|meter| meter["name"] == "total").and_then(|meter| meter["value"].as_u64()).unwrap()
    };
    devices.iter().map(|device| (device["id"].as_str().unwrap().to_owned(), total(device))).collect()
}

/// Returns the processes whose command line speaks of this folder.
fn parts_of(port: u16) -> Vec<PathBuf> {
    let address = format!("127.0.0.1:{port}");
    let folders = std::fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    folders.filter(|folder| std::fs::read_to_string(folder.join("cmdline")).is_ok_and(|line| line.contains(&address))).collect()
}

#[test]
fn up_reads_reports_survives_a_kill_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, port) = (folder.path(), two_free_ports());
    let since = Instant::now();
    let up = Up::start(folder, port);
    assert!(since.elapsed() < WITHIN, "ready after {:?}", since.elapsed());
    assert!(up.said.iter().any(|line| line.contains("log in as admin, password ")), "{:?}", up.said);

    // The printers are there, with meters and supplies, each by one path and with its age.
    let by = |device: &Value, path: &str| device["paths"][path]["observed_at"].is_string();
    let first = devices(folder, port, |items| {
        items.len() == 14 && items.iter().all(|device| by(device, "agent")) && items.iter().any(|device| by(device, "device-direct"))
    });
    let all_metered = |device: &Value| device["meters"].as_array().is_some_and(|meters| !meters.is_empty());
    assert!(first.iter().all(all_metered));
    assert!(first.iter().all(|device| device["supplies"].as_array().is_some_and(|supplies| !supplies.is_empty())));
    assert!(first.iter().all(|device| device["overdue_since"].is_null()));
    let before = totals(&first);

    // One of them has a module inside: one device, on evidence that is told, and both words are kept.
    let twice = first.iter().filter(|device| by(device, "device-direct")).collect::<Vec<_>>();
    assert_eq!(twice.len(), 1, "{twice:?}");
    let joined = ["agent", "device-direct"].map(|path| twice[0]["paths"][path]["joined"]["on"].clone());
    assert!(joined.contains(&Value::Null) && joined.iter().any(Value::is_string), "{joined:?}");
    let views = call(folder, port, &format!("/api/v1/devices/{}/views", twice[0]["id"].as_str().unwrap()));
    let paths: Vec<_> = views["items"].as_array().unwrap().iter().map(|view| view["path"].as_str().unwrap()).collect();
    assert!(paths.len() == 2 && paths.contains(&"agent") && paths.contains(&"device-direct"), "{paths:?}");
    let id = first.iter().find(|device| !by(device, "device-direct")).and_then(|device| device["id"].as_str()).unwrap();
    let history = call(folder, port, &format!("/api/v1/devices/{id}/history"));
    assert_eq!(history["items"].as_array().map(Vec::len), Some(1), "{history}");

    // The agent, its sixteen fields and its window.
    let agents = call(folder, port, "/api/v1/agents");
    let item = agents["items"].as_array().unwrap().iter().find(|item| item["kind"] == "agent").expect("the agent");
    assert_eq!(item["state"], "running");
    assert!(item["synchronisation"]["last_success_at"].is_string() && item["synchronisation"]["next_send_at"].is_string(), "{item}");
    assert_eq!(item["site_information"]["printers_in_scope"], 14);
    assert_eq!(item["site_information"].as_object().map(serde_json::Map::len), Some(16), "{}", item["site_information"]);
    let expectations = call(folder, port, "/api/v1/expectations");
    assert!(expectations["items"].is_array(), "{expectations}");

    // Everything that left can be read on the site.
    assert!(agent(folder, &["status"]).contains("127.0.0.1"), "{}", agent(folder, &["status"]));
    agent(folder, &["ledger", "verify"]);
    agent(folder, &["ledger", "preview"]);
    let csv = agent(folder, &["report", "--format", "csv"]);
    assert_eq!(csv.lines().count(), 15, "{csv}");

    for curl in curls_of_the_readme() {
        let answer = shell(folder, &curl, port);
        assert!(!answer.trim().is_empty(), "{curl}");
    }

    // Killed without warning: its parts end, and the next start goes on.
    drop(up);
    let since = Instant::now();
    while !parts_of(port).is_empty() {
        assert!(since.elapsed() < Duration::from_secs(30), "parts live on: {:?}", parts_of(port));
        std::thread::sleep(Duration::from_millis(50));
    }
    let up = Up::start(folder, port);
    let kept = call(folder, port, "/api/v1/devices");
    assert_eq!(kept["items"].as_array().map(Vec::len), Some(14), "known before the agent reports again");
    agent(folder, &["sync-now", "--wait"]);
    let newest = |items: &[Value]| items.iter().map(|device| device["observed_at"].as_str().unwrap().to_owned()).min();
    let second = devices(folder, port, |items| newest(items) > newest(&first));
    let after = totals(&second);
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "the same devices, none twice");
    assert!(after.iter().all(|(id, total)| total >= &before[id]), "meters do not fall: {before:?} {after:?}");
    assert_eq!(call(folder, port, "/api/v1/agents")["items"].as_array().map(Vec::len), Some(2), "the same agent and module");
    agent(folder, &["ledger", "verify"]);
    drop(up);
}

#[test]
fn a_port_that_is_taken_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let output = Command::new(PROGRAM).current_dir(folder.path()).args(["up", "--port", &port.to_string()]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("port {port} is taken")), "{said}");
}
