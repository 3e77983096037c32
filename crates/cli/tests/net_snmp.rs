//! net-snmp, the agent and the tools that everybody has: we read its agent, its tools read ours.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

use common::{Beside, Folder, Simulated, peer, roundsman, roundsman_with, run, serve, tool};

#[test]
fn net_snmps_agent_is_read_and_known_to_be_no_printer() {
    let folder = Folder::new();
    let (_snmpd, port) = snmpd(&folder, "");
    let probed = roundsman_with(&format!("probe 127.0.0.1:{port} --format json")).expect(0).json();
    let identity = &probed["identity"];
    assert_eq!(identity["system_name"], "example-host");
    assert_eq!(identity["location"], "Room 7");
    assert_eq!(identity["system_description"], "An example host");
    assert!(identity["system_object_id"].as_str().is_some_and(|oid| oid.starts_with("1.3.6.1.4.1.8072.")), "{identity:#}");
    assert_eq!(probed["supplies"].as_array().map(Vec::len), Some(0));

    let list = folder.write("list.txt", "127.0.0.1\n");
    let listed = roundsman_with(&format!("scan --list {list} --port {port} --format ndjson")).expect(0).records();
    assert_eq!(listed[0]["identity"]["system_name"], "example-host");

    let swept = roundsman_with(&format!("scan 127.0.0.1/32 --port {port}")).expect(1);
    swept.says(&["1 other SNMP device", "no printer"]);
}

#[test]
fn net_snmps_agent_becomes_a_printer_with_a_printers_objects() {
    let folder = Folder::new();
    let printer = r#"
override .1.3.6.1.2.1.43.5.1.1.1.1 integer 7
override .1.3.6.1.2.1.43.5.1.1.17.1 octet_str "SN-4711"
override .1.3.6.1.2.1.43.10.2.1.3.1.1 integer 7
override .1.3.6.1.2.1.43.10.2.1.4.1.1 counter 7432
override .1.3.6.1.2.1.43.11.1.1.2.1.1 integer 1
override .1.3.6.1.2.1.43.11.1.1.4.1.1 integer 3
override .1.3.6.1.2.1.43.11.1.1.5.1.1 integer 3
override .1.3.6.1.2.1.43.11.1.1.6.1.1 octet_str "Black Toner"
override .1.3.6.1.2.1.43.11.1.1.7.1.1 integer 19
override .1.3.6.1.2.1.43.11.1.1.8.1.1 integer 100
override .1.3.6.1.2.1.43.11.1.1.9.1.1 integer 30
"#;
    let (_snmpd, port) = snmpd(&folder, printer);
    let found = roundsman_with(&format!("scan 127.0.0.1/32 --port {port} --format ndjson")).expect(0).records();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["identity"]["serial_number"], "SN-4711");
    assert_eq!((&found[0]["meters"][0]["value"], &found[0]["meters"][0]["unit"]), (&7432.into(), &"impressions".into()));
    let supply = &found[0]["supplies"][0];
    assert_eq!((&supply["description"], &supply["type"], &supply["remaining"]), (&"Black Toner".into(), &"toner".into(), &0.3.into()));
}

#[test]
fn net_snmps_tools_and_our_recorder_see_the_same_objects_of_the_simulator() {
    // Life stands nearly still, so that all see the same values.
    let printers = Simulated::start("127.95.0.1", &["--network", "127.95.0.0/30", "--speed", "0.0001"]);
    for address in ["127.95.0.1", "127.95.0.2"] {
        let device = format!("{address}:{}", printers.port);
        let by_bulk = walked("snmpbulkwalk", "2c", &device);
        assert!(by_bulk.len() > 100, "{} objects", by_bulk.len());
        assert_eq!(by_bulk, walked("snmpwalk", "2c", &device), "GETBULK and GETNEXT");
        let is_counter64 = |line: &str| line.contains("Counter64: ");
        let known_to_v1: Vec<String> = by_bulk.iter().filter(|line| !is_counter64(line)).cloned().collect();
        assert_eq!(walked("snmpwalk", "1", &device), known_to_v1, "v2c and v1");

        let folder = Folder::new();
        let keep = "--keep names,places,addresses";
        roundsman_with(&format!("record {device} {keep} -o {}", folder.path().display())).expect(0);
        let [file] = &folder.names()[..] else { panic!("{:?}", folder.names()) };
        let recording = fs::read_to_string(folder.join(file)).expect("is text");
        let recorded: Vec<&str> = recording.lines().filter_map(|line| line.split('|').next()).collect();
        let walked: Vec<&str> = by_bulk.iter().filter_map(|line| line.strip_prefix('.')?.split(" = ").next()).collect();
        assert_eq!(recorded, walked);

        let objects: BTreeMap<&str, &str> = by_bulk.iter().filter_map(|line| line.split_once(" = ")).collect();
        let probed = roundsman_with(&format!("probe {device} --format json")).expect(0).json();
        let total = format!("Counter32: {}", probed["meters"][0]["value"]);
        assert_eq!(objects.get(".1.3.6.1.2.1.43.10.2.1.4.1.1"), Some(&total.as_str()));
        for version in ["1", "2c"] {
            let got = asked("snmpget", version, &device, ".1.3.6.1.2.1.43.10.2.1.4.1.1");
            assert_eq!(got, [format!(".1.3.6.1.2.1.43.10.2.1.4.1.1 = {total}")]);
        }
    }
}

/// Starts net-snmp's agent with some lines more in its configuration.
fn snmpd(folder: &Folder, more: &str) -> (Beside, u16) {
    let program = peer("ROUNDSMAN_SNMPD", "snmpd");
    serve(Ipv4Addr::LOCALHOST, "public", |port| {
        let settings = format!(
            "agentaddress udp:127.0.0.1:{port}\nrocommunity public 127.0.0.1\nsysName example-host\nsysLocation Room 7\nsysDescr An example host\n{more}"
        );
        let file = folder.write("snmpd.conf", &settings);
        let mut command = Command::new(&program);
        // -C: nothing but our own file; -p: no pid file where the system keeps its.
        command.args(["-f", "-Ln", "-C", "-c", &file, "-p"]).arg(folder.join("pid"));
        command.env("MIBS", "").env("SNMP_PERSISTENT_DIR", folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
        Beside::start(&mut command)
    })
}

/// Returns every object under 1.3.6.1, one a line, with its type; those that move with the clock apart.
fn walked(program: &str, version: &str, device: &str) -> Vec<String> {
    asked(program, version, device, ".1.3.6.1").into_iter().map(|line| timeless(&line)).collect()
}

fn asked(program: &str, version: &str, device: &str, oid: &str) -> Vec<String> {
    let mut command = Command::new(tool(program));
    command.args(["-v", version, "-c", "public", "-On", "-Oe", "-Ot", device, oid]).env("MIBS", "");
    let lines = run(&mut command).expect(0).out;
    let is_object = |line: &&str| line.starts_with('.') && !line.contains("No more variables left");
    // An octet string may hold line ends: only its first line is compared.
    lines.lines().filter(is_object).map(str::to_owned).collect()
}

/// Leaves out the values that are times.
fn timeless(line: &str) -> String {
    let name = line.split(" = ").next().unwrap_or(line);
    let is_time = ["1.3.6.1.2.1.1.3.", "1.3.6.1.2.1.25.1.1.", "1.3.6.1.2.1.25.1.2."].iter().any(|time| name[1..].starts_with(time));
    if is_time { name.to_owned() } else { line.to_owned() }
}

/// The program that answers is net-snmp's and not ours.
#[test]
fn the_peers_are_who_they_are_taken_for() {
    let version = run(Command::new(peer("ROUNDSMAN_SNMPD", "snmpd")).arg("-v").env("MIBS", "")).expect(0);
    assert!(version.out.contains("NET-SNMP"), "{version:#?}");
    assert!(run(roundsman().arg("--version")).expect(0).out.starts_with("roundsman "));
}
