//! SNMPv3 as a technician meets it: printers that speak nothing else, and what is said of each mistake.

mod common;

use common::{Folder, Simulated, roundsman, roundsman_with, run};

const AUTH: &str = "correct horse";
const PRIVACY: &str = "battery staple";
const AS_SERVICE: &str = "--user service --auth SHA-256 --privacy AES-128";

fn printers(first: &str, network: &str) -> Simulated {
    let user = ["--user", "service", "--auth", "SHA-256", "--auth-password", AUTH, "--privacy", "AES-128", "--privacy-password", PRIVACY];
    let more = [&["--network", network, "--only-v3"][..], &user].concat();
    Simulated::start(first, &more)
}

fn with_passwords(arguments: &str, auth: &str, privacy: &str) -> common::Ran {
    let mut command = roundsman();
    command.args(arguments.split_whitespace()).env("ROUNDSMAN_AUTH_PASSWORD", auth).env("ROUNDSMAN_PRIVACY_PASSWORD", privacy);
    run(&mut command)
}

#[test]
fn printers_that_speak_v3_alone_are_found_read_and_recorded_and_no_password_is_kept() {
    let printers = printers("127.95.3.1", "127.95.3.0/29");
    let port = printers.port;
    let found =
        with_passwords(&format!("scan 127.95.3.0/29 --port {port} {AS_SERVICE} --format ndjson"), AUTH, PRIVACY).expect(0).records();
    assert!(found.len() >= 4, "{} printers", found.len());
    assert!(found.iter().all(|record| record["presence"] == "ready" && !record["meters"].as_array().unwrap().is_empty()));
    let addresses = with_passwords(&format!("scan 127.95.3.0/29 --port {port} {AS_SERVICE} --format addresses"), AUTH, PRIVACY).expect(0);
    assert_eq!(addresses.out.lines().count(), found.len());

    let folder = Folder::new();
    let out = folder.path().display().to_string();
    with_passwords(&format!("record 127.95.3.1:{port} {AS_SERVICE} --protocols snmp -o {out}"), AUTH, PRIVACY).expect(0);
    let [file] = &folder.names()[..] else { panic!("{:?}", folder.names()) };
    let recording = std::fs::read_to_string(folder.join(file)).unwrap();
    assert!(recording.lines().count() > 100);
    assert!(!recording.contains(AUTH) && !recording.contains("service"), "who asked is no part of a recording");
}

#[test]
fn a_file_of_credentials_lets_users_in_and_communities_where_they_belong() {
    let printers = printers("127.95.3.9", "127.95.3.8/30");
    let folder = Folder::new();
    let text = format!(
        "[[credentials]]\ntargets = ['127.95.3.0/24']\ncommunities = ['public']\n[[credentials.users]]\nname = 'service'\n\
         authentication = 'SHA-256'\nauthentication_password = '{AUTH}'\nprivacy = 'AES'\nprivacy_password = {{ env = 'PRINTER_PRIVACY' }}\n"
    );
    let file = folder.write("credentials.toml", &text);
    let mut command = roundsman();
    command.args(["probe", &format!("127.95.3.9:{}", printers.port), "--protocols", "snmp", "--credentials", &file, "--format", "json"]);
    assert_eq!(run(command.env("PRINTER_PRIVACY", PRIVACY)).expect(0).json()["presence"], "ready");
    let missing = run(command.env_remove("PRINTER_PRIVACY")).expect(2);
    missing.says(&["credentials.toml:", "PRINTER_PRIVACY"]);
}

#[test]
fn each_mistake_is_refusing_with_its_reason_and_never_silence() {
    let printers = printers("127.95.3.17", "127.95.3.16/30");
    let device = format!("127.95.3.17:{}", printers.port);
    let refused = |user: &str, auth: &str, privacy: &str| {
        let probed = with_passwords(&format!("probe {device} --protocols snmp {user} --format json"), auth, privacy).expect(1).json();
        assert_eq!(probed["presence"], "refusing", "{probed:#}");
        probed["problems"][0].as_str().unwrap().to_owned()
    };
    assert!(refused("--user nobody --auth SHA-256 --privacy AES", AUTH, PRIVACY).contains("usmStatsUnknownUserNames"));
    assert!(refused(AS_SERVICE, "wrong horse", PRIVACY).contains("usmStatsWrongDigests"));
    assert!(refused("--user service --auth SHA-512 --privacy AES", AUTH, PRIVACY).contains("usmStatsWrongDigests"));
    assert!(refused(AS_SERVICE, AUTH, "wrong battery").contains("usmStatsDecryptionErrors"));
    assert!(refused("--user service --auth SHA-256", AUTH, PRIVACY).contains("usmStatsUnsupportedSecLevels"));
    assert!(refused(&format!("{AS_SERVICE} --context Jetdirect"), AUTH, PRIVACY).contains("snmpUnknownContexts"));
    with_passwords(&format!("scan 127.95.3.16/30 --port {} {AS_SERVICE}", printers.port), "wrong horse", PRIVACY)
        .expect(1)
        .says(&["let nobody in"]);
}

#[test]
fn a_password_on_the_command_line_is_warned_of_and_a_missing_one_named() {
    let warned = roundsman_with("probe 127.95.3.99 --user a --auth SHA-256 --auth-password short");
    warned.expect(2).says(&["list of processes", "fewer than 8 octets"]);
    let mut command = roundsman();
    command.args(["probe", "127.95.3.99", "--user", "a", "--auth", "SHA-256"]).env_remove("ROUNDSMAN_AUTH_PASSWORD");
    // Without a terminal nobody can be asked.
    let mut alone = std::process::Command::new("setsid");
    alone.arg("--wait").arg(command.get_program()).args(command.get_args()).env_remove("ROUNDSMAN_AUTH_PASSWORD");
    run(&mut alone).expect(2).says(&["ROUNDSMAN_AUTH_PASSWORD", "--credentials"]);
}
