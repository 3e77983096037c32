//! The program as a person uses it: what it prints, where, and how it ends.

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::fleet::Watched;
use common::{Beside, Folder, Ran, Simulated, roundsman, roundsman_with, run, tool};
use serde_json::Value as Json;

#[test]
fn a_scan_shows_every_printer_in_every_format() {
    let printers = Simulated::start("127.81.0.1", &["--network", "127.81.0.0/29"]);
    // Nobody in this range is silent, so that no pass waits.
    let scan = |format: &str| roundsman_with(&format!("scan 127.81.0.1-6 --port {} --format {format}", printers.port)).expect(0);

    let table = scan("table").out;
    assert!(table.starts_with("ADDRESS") && table.contains("6 printers") && !table.contains('\x1b'), "{table}");

    let mut addresses: Vec<String> = scan("addresses").out.lines().map(str::to_owned).collect();
    addresses.sort();
    assert_eq!(addresses, six("127.81.0"));
    six("127.81.0").iter().for_each(|address| assert!(table.contains(address.as_str()), "{address} is missing:\n{table}"));

    let records = scan("ndjson").records();
    assert_eq!(told_addresses(&records), addresses);
    records.iter().for_each(|record| {
        assert_eq!(record["schema"], "roundsman.device/1");
        assert!(record["meters"][0]["value"].is_u64() && record["supplies"][0]["level"]["kind"].is_string(), "{record:#}");
    });

    let csv = scan("csv").out;
    assert!(csv.starts_with("address,") && csv.lines().count() == 7, "{csv}");
    let html = scan("html").out;
    assert!(
        html.to_lowercase().starts_with("<!doctype html>") && html.contains("127.81.0.1") && html.trim_end().ends_with("</html>"),
        "{html}"
    );
    let none = scan("none").says(&["6 read"]);
    assert_eq!(none.out, "");
}

#[test]
fn a_list_is_read_without_a_sweep_and_who_is_silent_is_told() {
    let printers = Simulated::start("127.82.0.1", &["--network", "127.82.0.0/29"]);
    let folder = Folder::new();
    let list = folder.write("printers.txt", "# two floors\n127.82.0.1\n127.82.0.2 \n\n127.82.0.1\n");
    let read = roundsman_with(&format!("scan --list {list} --port {} --format ndjson", printers.port)).expect(0);
    assert_eq!(told_addresses(&read.records()), ["127.82.0.1", "127.82.0.2"]);

    let with_silent = folder.write("more.txt", "127.82.0.1\n127.82.0.100\n");
    let read = roundsman_with(&format!("scan --list {with_silent} --port {} --format ndjson", printers.port)).expect(1).records();
    let silent = read.iter().find(|record| record["address"] == "127.82.0.100").expect("the silent one is told");
    assert_eq!(silent["presence"], "unreachable");
    assert!(silent["problems"][0].as_str().is_some_and(|problem| problem.contains("no answer by SNMP")), "{silent:#}");
    assert!(read.iter().any(|record| record["presence"] == "ready"));
}

#[test]
fn identify_tells_who_is_there_and_reads_nothing_more() {
    let printers = Watched::start(Ipv4Addr::new(127, 83, 0, 0), 8, 6);
    let found = roundsman_with(&format!("scan 127.83.0.0/29 --identify --port {} --format ndjson", printers.port)).expect(0);
    let records = found.records();
    assert_eq!(records.len(), 6);
    records.iter().for_each(|record| {
        assert!(record["identity"]["system_object_id"].is_string(), "{record:#}");
        assert_eq!(record["meters"], Json::Array(Vec::new()));
    });
    assert_eq!(printers.requests(), 6, "one request a printer");
}

#[test]
fn an_excluded_address_is_not_asked() {
    let printers = Simulated::start("127.84.0.1", &["--network", "127.84.0.0/29"]);
    let port = printers.port;
    let found =
        roundsman_with(&format!("scan 127.84.0.0/29 --exclude 127.84.0.2-127.84.0.4 --exclude 127.84.0.6 --port {port} --format ndjson"));
    assert_eq!(told_addresses(&found.expect(0).records()), ["127.84.0.1", "127.84.0.5"]);
    roundsman_with("scan 127.84.0.0/29 --exclude 127.84.0.0/24").expect(2).says(&["no address is left to ask"]);
}

#[test]
fn overlapping_targets_are_asked_once() {
    let printers = Simulated::start("127.85.0.1", &["--network", "127.85.0.0/29"]);
    let targets = "127.85.0.0/29 127.85.0.2-127.85.0.5 127.85.0.3 127.85.0.0/30";
    let found = roundsman_with(&format!("scan {targets} --port {} --format ndjson", printers.port)).expect(0);
    assert_eq!(told_addresses(&found.records()), six("127.85.0"));
}

#[test]
fn an_unreadable_list_names_its_lines_and_nothing_is_sent() {
    let printers = Watched::start(Ipv4Addr::new(127, 86, 0, 0), 8, 6);
    let folder = Folder::new();
    let list = folder.write("sites.txt", "127.86.0.1\n# a comment\n10.0.0.300\n127.86.0.2, 127.86.0.3\n");
    for how in ["", "--list "] {
        let refused = roundsman_with(&format!("scan {how}{list} --port {}", printers.port)).expect(2);
        assert_eq!(refused.out, "");
        refused.says(&["sites.txt:3: \"10.0.0.300\"", "sites.txt:4: ", "expected one target a line"]);
    }
    let missing = folder.join("none.txt").display().to_string();
    roundsman_with(&format!("scan --list {missing}")).expect(2).says(&["--list", "none.txt", "no such file"]);
    assert_eq!(printers.requests(), 0);
}

#[test]
fn wrong_usage_ends_with_two() {
    for arguments in
        ["scan 10.0.0.300", "scan 10.0.0.9-10.0.0.1", "scan --format pdf 127.0.0.1", "probe", "probe 10.0.0.0/24", "nonsense", "replay"]
    {
        let refused = roundsman_with(arguments).expect(2);
        assert!(refused.out.is_empty() && !refused.err.is_empty(), "{arguments}: {refused:#?}");
    }
}

#[test]
fn an_enormous_range_is_not_swept_unasked() {
    let refused = roundsman_with("scan 10.0.0.0/8").expect(2).says(&["16,777,216", "--yes"]);
    assert_eq!(refused.out, "");
    // Exactly 1,048,576 addresses need no question; the exclusion makes one.
    roundsman_with("scan 127.86.0.0/11 --exclude 127.64.0.0-127.79.255.254").expect(2).says(&["--yes"]);
}

#[test]
fn a_wrong_community_finds_nothing_and_is_named_as_a_reason() {
    let printers = Simulated::start_with_community("127.87.0.1", "secret-7", &["--network", "127.87.0.0/30", "--community", "secret-7"]);
    let port = printers.port;
    let [scanned, probed] = at_once([&|| roundsman_with(&format!("scan 127.87.0.0/30 --port {port}")), &|| {
        roundsman_with(&format!("probe 127.87.0.1:{port}"))
    }]);
    scanned.expect(1).says(&["no printer answered", "--community"]);
    probed.expect(1).says(&["does not answer SNMP", "the community"]);

    // The right one may come from the environment, which no other user sees.
    let mut from_environment = roundsman();
    from_environment
        .args(["scan", "127.87.0.0/30", "--format", "ndjson", "--port", &port.to_string()])
        .env("ROUNDSMAN_COMMUNITY", "secret-7");
    let found = run(&mut from_environment).expect(0);
    assert_eq!(found.records().len(), 2);
    assert!(!found.out.contains("secret-7") && !found.err.contains("secret-7"));

    let folder = Folder::new();
    let file = folder.write("credentials.toml", "[[credentials]]\ntargets = ['127.87.0.2']\ncommunities = ['other', 'secret-7']\n");
    let found = roundsman_with(&format!("scan 127.87.0.0/30 --credentials {file} --port {port} --format addresses")).expect(0);
    assert_eq!(found.out, "127.87.0.2\n");
}

#[test]
fn ctrl_c_shows_what_was_found_so_far() {
    let printers = Watched::start(Ipv4Addr::new(127, 88, 0, 0), 8, 6);
    // A thousand silent addresses at this rate take far longer than the test may.
    let mut command = roundsman();
    command.args(["scan", "127.88.0.0/22", "--rate", "100", "--port", &printers.port.to_string()]);
    let scan = Beside::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
    printers.wait_until_read();
    let (status, out, err) = end_with(scan, "INT");
    assert_eq!(status, Some(0), "{err}");
    assert!(err.contains("stopped; this is what was found so far"), "{err}");
    assert!(out.starts_with("ADDRESS") && out.contains("127.88.0."), "{out}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let printers = Simulated::start("127.89.0.1", &["--network", "127.89.0.0/28"]);
    for format in ["ndjson", "addresses", "table", "csv"] {
        let mut command = roundsman();
        command.args(["scan", "127.89.0.0/28", "--rate", "0", "--format", format, "--port", &printers.port.to_string()]);
        let mut scan = Beside::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
        let mut line = String::new();
        let reader = scan.0.stdout.take().expect("is piped");
        if format == "ndjson" {
            BufReader::new(reader).read_line(&mut line).expect("a line comes");
            assert!(line.starts_with('{'), "{line}");
        } else {
            drop(reader);
        }
        let status = scan.0.wait().expect("a child can be waited for");
        let err = std::io::read_to_string(scan.0.stderr.take().expect("is piped")).expect("is text");
        assert!(status.code() == Some(0) && !err.contains("panicked") && !err.contains("roken pipe"), "{format}: {status} {err}");
    }
}

#[test]
fn an_output_file_is_whole_or_as_it_was() {
    let printers = Watched::start(Ipv4Addr::new(127, 90, 0, 0), 8, 6);
    let port = printers.port;
    let folder = Folder::new();
    let file = folder.write("fleet.ndjson", "yesterday");

    let mut command = roundsman();
    command.args(["scan", "127.90.0.0/22", "--rate", "100", "--format", "ndjson", "--port", &port.to_string(), "-o", &file]);
    let killed = Beside::start(&mut command);
    printers.wait_until_read();
    killed.end_with("KILL");
    assert_eq!(fs::read_to_string(&file).expect("is there"), "yesterday");

    roundsman_with(&format!("scan 127.90.0.0/29 --format ndjson --port {port} -o {file}")).expect(0);
    let records = fs::read_to_string(&file).expect("is there");
    assert!(records.lines().count() == 6 && records.ends_with("}\n"), "{records}");

    let before = printers.requests();
    let nowhere = folder.join("none").join("fleet.csv").display().to_string();
    roundsman_with(&format!("scan 127.90.0.0/29 --format csv --port {port} -o {nowhere}"))
        .expect(1)
        .says(&["cannot write to", "fleet.csv"]);
    assert_eq!(printers.requests(), before, "a place that cannot be written is told before anything is sent");
}

#[test]
fn a_recording_replays_to_what_was_probed_and_holds_no_names() {
    // Life stands nearly still, so that nothing is printed between the two.
    let printers = Simulated::start("127.91.0.1", &["--network", "127.91.0.0/29", "--speed", "0.0001", "--seed", "7"]);
    for address in six("127.91.0") {
        let device = format!("{address}:{}", printers.port);
        let probed = roundsman_with(&format!("probe {device} --format json")).expect(0).json();
        let told = |field: &str| probed["identity"][field].as_str().unwrap_or_else(|| panic!("{field}: {probed:#}")).to_owned();

        let (recording, replayed) = recorded(&device, "");
        for field in ["meters", "supplies", "inputs", "alerts", "status"] {
            assert_eq!(replayed[field], probed[field], "{field}");
        }
        assert_eq!(replayed["identity"]["serial_number"], probed["identity"]["serial_number"]);
        let hardware = probed["identity"]["mac_addresses"][0].as_str().expect("the simulated printers tell it").to_owned();
        let secrets = [told("system_name"), told("location"), hardware, address];
        secrets.iter().for_each(|secret| assert_absent(&recording, secret));
        assert_absent(&recording, "helpdesk");

        let (recording, replayed) = recorded(&device, "--redact-serials");
        secrets.iter().for_each(|secret| assert_absent(&recording, secret));
        assert_absent(&recording, &told("serial_number"));
        assert_eq!(replayed["meters"], probed["meters"]);
        let levels = |record: &Json| -> Vec<Json> {
            record["supplies"].as_array().into_iter().flatten().map(|supply| supply["level"].clone()).collect()
        };
        assert_eq!(levels(&replayed), levels(&probed));
    }
}

/// Records a device; returns the recording, and the record it replays to.
fn recorded(device: &str, options: &str) -> (String, Json) {
    let folder = Folder::new();
    roundsman_with(&format!("record {device} {options} -o {}", folder.path().display())).expect(0);
    let [file] = &folder.names()[..] else { panic!("{:?}", folder.names()) };
    let file = folder.join(file);
    let replayed = run(roundsman().args(["replay", "--format", "ndjson"]).arg(&file)).expect(0).records().remove(0);
    (fs::read_to_string(file).expect("is text"), replayed)
}

#[test]
fn what_has_no_route_is_told_and_what_was_read_is_kept() {
    let folder = Folder::new();
    let list = folder.write("list.txt", "127.0.1.1\n10.99.99.1\n");
    let script = r#"
        set -e
        "$IP" link set lo up
        "$ROUNDSMAN" sim --network 127.0.1.0/30 >/dev/null & sim=$!
        trap 'kill $sim' EXIT
        tries=0
        until "$ROUNDSMAN" scan --list "$ONE" --port 1161 --format none 2>/dev/null; do tries=$((tries + 1)); test $tries -lt 10; done
        code=0
        "$ROUNDSMAN" "$@" || code=$?
        exit $code
    "#;
    let alone = |arguments: &str| {
        let mut command = Command::new(tool("unshare"));
        // Whoever is no administrator becomes one of a namespace of users.
        command.args(["--map-root-user", "--net", "sh", "-c", script, "sh"]).args(arguments.split_whitespace());
        command.env("ROUNDSMAN", env!("CARGO_BIN_EXE_roundsman")).env("IP", tool("ip")).env("ONE", folder.write("one.txt", "127.0.1.1\n"));
        run(&mut command)
    };
    let target = folder.join("recordings").display().to_string();
    // Together, because each of them asks again and again before it gives up.
    let [scanned, with_one, without, probed, recorded] = at_once([
        &|| alone(&format!("scan --list {list} --port 1161 --format ndjson")),
        &|| alone("scan 127.0.1.1 10.99.99.0/30 --port 1161"),
        &|| alone("scan 10.99.99.0/30 --port 1161"),
        &|| alone("probe 10.99.99.1"),
        &|| alone(&format!("record 10.99.99.1 -o {target}")),
    ]);
    let records = scanned.expect(1).says(&["could not be sent"]).records();
    let by_address = |address: &str| records.iter().find(|record| record["address"] == address).unwrap_or_else(|| panic!("{records:#?}"));
    assert_eq!(by_address("127.0.1.1")["presence"], "ready");
    let problem = by_address("10.99.99.1")["problems"][0].as_str().expect("a problem is told");
    assert!(problem.contains("could not be asked") && problem.contains("nreachable"), "{problem}");
    with_one.expect(0).says(&["could not be sent", "route"]);
    without.expect(1).says(&["could not be sent", "route"]);
    probed.expect(1).says(&["10.99.99.1:161 could not be asked", "nreachable"]);
    recorded.expect(1).says(&["10.99.99.1:161 could not be asked", "nreachable"]);
}

#[test]
fn no_socket_to_be_had_is_told() {
    let folder = Folder::new();
    let file = folder.join("fleet.ndjson").display().to_string();
    // Four files may be open: the three that every program has, and the output.
    let script = r#"ulimit -n 4; exec "$0" scan 127.92.0.1 --format ndjson -o "$1""#;
    let refused = run(Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_roundsman"), &file]).stdin(Stdio::null()));
    refused.expect(1).says(&["cannot open a network socket", "oo many open files"]);
}

#[test]
fn a_taken_port_and_a_foreign_network_are_refused_to_the_simulator() {
    let printers = Simulated::start("127.93.0.1", &["--network", "127.93.0.0/30"]);
    roundsman_with(&format!("sim --network 127.93.1.0/30 --port {}", printers.port))
        .expect(1)
        .says(&["cannot answer on port", "something else"]);
    let refused = roundsman_with("sim --network 10.0.0.0/30");
    assert!(matches!(refused.code, Some(1 | 2)) && refused.err.contains("127.0.0.0/8 only"), "{refused:#?}");
}

#[test]
fn a_file_that_cannot_be_replayed_does_not_keep_the_others_from_it() {
    let folder = Folder::new();
    let good = folder.write("good.snmprec", "1.3.6.1.2.1.1.1.0|4|Example Printer\n1.3.6.1.2.1.43.10.2.1.4.1.1|65|7432\n");
    let bad = folder.write("bad.snmprec", "1.3.6.1.2.1.1.1.0|4|Example\n1.3.6.1.2.1.1.3.0|67|soon\n");
    let replayed = run(roundsman().args(["replay", &bad, &good, "missing.snmprec", "--format", "ndjson"])).expect(1);
    assert_eq!(replayed.records()[0]["recording"], "good");
    replayed.says(&["bad:2:", "soon", "missing.snmprec"]);
}

#[test]
fn the_help_of_every_command_shows_an_example() {
    for command in ["scan", "probe", "record", "replay", "profile", "sim"] {
        let help = roundsman_with(&format!("{command} --help")).expect(0).out;
        let examples = help.split("Examples:").nth(1).unwrap_or_else(|| panic!("{command}: no examples\n{help}"));
        assert!(examples.contains(&format!("roundsman {command} ")), "{examples}");
    }
    let help = roundsman_with("--help").expect(0).out;
    assert!(help.contains("Examples:") && help.contains("Exit codes:"), "{help}");
}

#[test]
fn man_pages_and_completions_come_from_the_program_itself() {
    let folder = Folder::new();
    roundsman_with(&format!("generate {}", folder.path().display())).expect(0);
    assert_eq!(folder.names(), ["completions", "man"]);
    let page = fs::read_to_string(folder.join("man/roundsman-scan.1")).expect("the page of scan");
    assert!(page.contains(".SH NAME") && page.contains("exclude"), "{page}");
    let completions = roundsman_with("completions bash").expect(0).out;
    assert!(completions.contains("complete -F") && completions.contains("--exclude"));
    assert_eq!(completions, fs::read_to_string(folder.join("completions/roundsman.bash")).expect("those of bash"));
}

/// Returns the printers of a /29: all its addresses but the first and the last.
fn six(network: &str) -> Vec<String> {
    (1..=6).map(|host| format!("{network}.{host}")).collect()
}

fn told_addresses(records: &[Json]) -> Vec<String> {
    let mut addresses: Vec<String> =
        records.iter().map(|record| record["address"].as_str().expect("an address is told").to_owned()).collect();
    addresses.sort();
    addresses
}

/// Runs programs at the same time, for most of what they do is wait.
fn at_once<const N: usize>(runs: [&(dyn Fn() -> Ran + Sync); N]) -> [Ran; N] {
    std::thread::scope(|scope| runs.map(|one| scope.spawn(one)).map(|run| run.join().expect("no program panics here")))
}

/// Fails the test if the text stands in the recording, as it is or in hexadecimal.
#[track_caller]
fn assert_absent(recording: &str, secret: &str) {
    let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
    let mut forms = vec![secret.to_owned(), hex(secret.as_bytes())];
    // A hardware address stands there as its octets.
    if secret.matches(':').count() == 5 {
        forms.push(secret.replace(':', ""));
    }
    for form in forms {
        let line = recording.lines().find(|line| line.to_lowercase().contains(&form.to_lowercase()));
        assert_eq!(line, None, "{secret} is left in the recording");
    }
}

/// Sends a signal and returns the exit code, the output and the errors of a program that heeds it soon.
fn end_with(mut program: Beside, signal: &str) -> (Option<i32>, String, String) {
    let began = Instant::now();
    let (out, err) = (program.0.stdout.take().expect("is piped"), program.0.stderr.take().expect("is piped"));
    let status = program.end_with(signal);
    assert!(began.elapsed() < Duration::from_secs(2), "it took {:?} to end", began.elapsed());
    let text = |stream: &mut dyn std::io::Read| std::io::read_to_string(stream).expect("is text");
    (status.code(), text(&mut { out }), text(&mut { err }))
}
