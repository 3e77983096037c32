//! The program itself, as a child process: it starts, says so, answers its commands, and ends.

mod common;

use std::net::Ipv4Addr;
use std::time::Duration;

use common::Folder;
use common::printers::Printers;
use common::program::{Running, ask, program, status, wait_until};

fn configure(folder: &Folder, printers: &Printers, range: &str, more: &str) {
    let text = format!("[discovery]\nranges = ['{range}']\nport = {}\nrate = 0\n[page]\nlisten = '127.0.0.1:0'\n{more}", printers.port);
    std::fs::write(folder.path().join("agent.toml"), text).unwrap();
}

#[test]
fn the_agent_reads_what_it_finds_and_its_commands_tell() {
    let printers = Printers::start(Ipv4Addr::new(127, 42, 1, 0), 32, 5);
    let folder = Folder::new();
    configure(&folder, &printers, "127.42.1.0/27", "");
    assert_eq!(ask(folder.path(), &["status"]).status.code(), Some(1), "nothing has run yet");
    let agent = Running::start(folder.path());
    let standing = wait_until(folder.path(), Duration::from_secs(60), |standing| {
        standing.devices == Some(5) && standing.readings_waiting == 5 && standing.synchronisation.last_data_at.is_some()
    });
    assert!(standing.is_running && standing.server.is_none());
    // Nobody else may use the folder meanwhile.
    let second = program().args(["run", "--folder"]).arg(folder.path()).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("used by another process"), "{said}");
    let synchronised = ask(folder.path(), &["sync-now"]);
    assert_eq!(synchronised.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&synchronised.stderr).contains("enroll CODE"));
    let preview = ask(folder.path(), &["ledger", "preview"]);
    let preview: serde_json::Value = serde_json::from_slice(&preview.stdout).unwrap();
    assert_eq!(preview["schema"], "roundsman.report/1");
    let csv = ask(folder.path(), &["report", "--format", "csv"]);
    assert_eq!(String::from_utf8_lossy(&csv.stdout).lines().count(), 6);
    let ndjson = ask(folder.path(), &["report", "--format", "ndjson"]);
    for line in String::from_utf8_lossy(&ndjson.stdout).lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(record["meters"].as_array().is_some_and(|meters| !meters.is_empty()), "{line}");
    }
    let verified = ask(folder.path(), &["ledger", "verify"]);
    assert_eq!(verified.status.code(), Some(0));
    assert!(agent.end());
    let left = status(folder.path());
    assert!(!left.is_running && left.devices == Some(5));
}

#[test]
fn two_thousand_printers_fit_into_little_memory() {
    let printers = Printers::start(Ipv4Addr::new(127, 43, 0, 0), 4096, 2000);
    let folder = Folder::new();
    configure(&folder, &printers, "127.43.0.0/20", "[reading]\nevery = '10s'\n");
    let agent = Running::start(folder.path());
    let first = wait_until(folder.path(), Duration::from_secs(240), |standing| standing.devices == Some(2000));
    // A reading of all of them after the sweep that found them.
    wait_until(folder.path(), Duration::from_secs(240), |standing| {
        standing.synchronisation.last_data_at > first.synchronisation.last_data_at && standing.readings_waiting == 2000
    });
    assert_eq!(ask(folder.path(), &["ledger", "preview"]).status.code(), Some(0));
    let (own, peak) = (agent.memory("RssAnon"), agent.memory("VmHWM"));
    println!("memory of its own {own} KiB, peak with the program's text {peak} KiB");
    // The program's text is large in a debug build; what it takes for itself is not.
    assert!(own <= 16 * 1024, "{own} KiB");
    assert!(agent.end());
}

#[test]
fn mistakes_are_told_before_anything_starts() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("agent.toml"), "[report]\nat = '25:00'\nevry = '1h'\n").unwrap();
    for command in ["run", "check-config"] {
        let output = ask(folder.path(), &[command]);
        assert_eq!(output.status.code(), Some(2), "{command}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("agent.toml:2: at in [report]: there is no 25:00 on the clock") && said.contains("agent.toml:3: "), "{said}");
    }
    assert_eq!(ask(folder.path(), &["no-such-command"]).status.code(), Some(2));
    let code = ask(folder.path(), &["enroll", "RM1-nonsense"]);
    assert_eq!(code.status.code(), Some(2));
    std::fs::write(folder.path().join("agent.toml"), "").unwrap();
    let code = ask(folder.path(), &["enroll", "RM1-nonsense"]);
    assert_eq!(code.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&code.stderr).contains("mistyped or cut off"));
    let fine = ask(folder.path(), &["check-config"]);
    assert_eq!(fine.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&fine.stdout).contains("[discovery]"));
}

#[test]
fn a_taken_port_is_told_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = Folder::new();
    let text = format!("[discovery]\nranges = ['127.44.0.1']\n[page]\nlisten = '{}'\n", taken.local_addr().unwrap());
    std::fs::write(folder.path().join("agent.toml"), text).unwrap();
    let output = ask(folder.path(), &["run"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("choose another address in [page] listen"), "{said}");
}
