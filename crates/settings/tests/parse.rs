//! Configuration files as people write them, with the messages they get.

use serde::{Deserialize, Serialize};
use settings::{ListenAddress, Note, Octets, Secret, SecretSource, Span, TimeOfDay, effective, parse, without_note};

#[derive(Debug, Deserialize, Serialize)]
#[serde(default)]
struct Settings {
    name: String,
    mode: Mode,
    report: Report,
    discovery: Discovery,
    proxy: Option<Proxy>,
    listener: Vec<Listener>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(default)]
struct Report {
    at: TimeOfDay,
    interval: Span,
    most: Octets,
    catch_up: bool,
    retries: u8,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Discovery {
    ranges: Vec<String>,
    rate: f64,
}

#[derive(Debug, Deserialize, Serialize)]
struct Proxy {
    host: String,
    password: Option<Secret>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Listener {
    address: ListenAddress,
}

#[derive(Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    #[default]
    Normal,
    Approve,
    Locked,
    Window {
        from: TimeOfDay,
    },
}

impl Default for Settings {
    fn default() -> Self {
        let (report, discovery) = (Report::default(), Discovery::default());
        Settings { name: "agent".to_owned(), mode: Mode::Normal, report, discovery, proxy: None, listener: Vec::new() }
    }
}

impl Default for Report {
    fn default() -> Self {
        let at = TimeOfDay::new(2, 0).unwrap();
        Report { at, interval: Span::from_seconds(86_400), most: Octets::mebi(64), catch_up: false, retries: 3 }
    }
}

const WHOLE: &str = r#"
name = "cellar"
mode = "locked"

[report]
at = "03:30"
interval = "12h"
most = "8 MiB"
catch_up = true

[discovery]
ranges = ["10.0.0.0/24", "10.0.1.0/24"]
rate = 5

[proxy]
host = "proxy.example"
password = { file = "/etc/proxy-password" }

[[listener]]
address = "127.0.0.1:8443"

[[listener]]
address = "*:2000"
"#;

#[track_caller]
fn assert_faults(text: &str, expected: &[&str]) {
    let faults = parse::<Settings>(text, "agent.toml").expect_err("the file has faults").to_string();
    assert_eq!(faults.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_whole_file_becomes_values() {
    let parsed = parse::<Settings>(WHOLE, "agent.toml").unwrap();
    let settings = &parsed.value;
    assert_eq!((settings.name.as_str(), &settings.mode, settings.report.at.hour()), ("cellar", &Mode::Locked, 3));
    assert_eq!((settings.report.interval.seconds(), settings.report.most.count(), settings.report.retries), (43_200, 8 << 20, 3));
    assert_eq!((settings.discovery.ranges.len(), settings.discovery.rate, settings.listener.len()), (2, 5.0, 2));
    let password = settings.proxy.as_ref().unwrap().password.as_ref().unwrap();
    assert!(matches!(password.source(), SecretSource::File(path) if path.ends_with("proxy-password")));
    assert!(parsed.is_set("report.at") && !parsed.is_set("report.retries"));
}

#[test]
fn an_empty_file_is_all_defaults() {
    for text in ["", "\u{feff}", "# nothing\n", "\r\n[report]\r\n"] {
        assert_eq!(parse::<Settings>(text, "agent.toml").unwrap().value.report.retries, 3);
    }
}

#[test]
fn an_unknown_key_is_told_with_line_and_nearest_key() {
    assert_faults("[report]\n\nintervall = \"12h\"", &["agent.toml:3: unknown key \"intervall\" in [report]; did you mean \"interval\"?"]);
    assert_faults("naem = \"x\"", &["agent.toml:1: unknown key \"naem\"; did you mean \"name\"?"]);
    assert_faults("[reprot]\nat = \"02:00\"", &["agent.toml:1: unknown section [reprot]; did you mean [report]?"]);
    assert_faults(
        "[[listener]]\naddress = \"*:1\"\ntls = true",
        &["agent.toml:3: unknown key \"tls\" in [[listener]]; known here: \"address\""],
    );
    assert_faults(
        "[discovery]\npassword = 1",
        &["agent.toml:2: unknown key \"password\" in [discovery]; known here: \"ranges\", \"rate\""],
    );
}

#[test]
fn keys_of_other_enumerations_are_watched_too() {
    let parsed = parse::<Settings>("mode = { window = { from = \"22:00\" } }", "agent.toml").unwrap();
    assert_eq!(parsed.value.mode, Mode::Window { from: TimeOfDay::new(22, 0).unwrap() });
    assert_faults(
        "mode = { window = { from = \"22:00\", til = \"06:00\" } }",
        &["agent.toml:1: unknown key \"til\" in [mode.window]; known here: \"from\""],
    );
    assert_faults("mode = \"loked\"", &["agent.toml:1: mode: unknown word \"loked\"; did you mean \"locked\"?"]);
    assert_faults("mode = 3", &["agent.toml:1: mode: expected one of \"normal\", \"approve\", \"locked\", \"window\""]);
    assert_faults("[mode]\nlocked = true", &["agent.toml:2: locked in [mode]: this word stands alone, in quotes, without a value"]);
}

#[test]
fn every_fault_is_told_at_once_and_by_line() {
    let text = r#"
name = 7
[report]
at = "25:00"
interval = 90
most = "64"
catch_up = "yes"
retries = 300
colour = "red"
[discovery]
ranges = ["10.0.0.0/24", 5, "10.0.2.0/24", false]
rate = "fast"
[proxy]
password = "x"
"#;
    assert_faults(
        text,
        &[
            "agent.toml:2: name: expected a text in quotes, found 7",
            "agent.toml:4: at in [report]: there is no 25:00 on the clock; expected \"00:00\" to \"23:59\"",
            "agent.toml:5: interval in [report]: expected a length of time such as \"90s\", \"15m\", \"24h\" or \"7d\", found 90",
            "agent.toml:6: most in [report]: \"64\" has no unit; write \"64 B\", \"64 KiB\" or \"64 MiB\"",
            "agent.toml:7: catch_up in [report]: expected true or false, found \"yes\"",
            "agent.toml:8: retries in [report]: expected a whole number from 0 to 255, found 300",
            "agent.toml:9: unknown key \"colour\" in [report]; known here: \"at\", \"interval\", \"most\", \"catch_up\", \"retries\"",
            "agent.toml:11: ranges, item 2, in [discovery]: expected a text in quotes, found 5",
            "agent.toml:11: ranges, item 4, in [discovery]: expected a text in quotes, found false",
            "agent.toml:12: rate in [discovery]: expected a number, found \"fast\"",
            "agent.toml:13: missing key \"host\" in [proxy]",
        ],
    );
}

#[test]
fn a_wrong_value_is_not_told_missing_as_well() {
    assert_faults(
        "[proxy]\nhost = 1\n[discovery]\nrate = true",
        &[
            "agent.toml:2: host in [proxy]: expected a text in quotes, found 1",
            "agent.toml:4: rate in [discovery]: expected a number, found true",
        ],
    );
    assert_faults("report = 5", &["agent.toml:1: report: expected a table, found 5"]);
}

#[test]
fn text_that_is_no_toml_is_told_with_its_line() {
    let faults = parse::<Settings>("[report]\nat = 02:00 o'clock\n", "agent.toml").unwrap_err();
    assert_eq!((faults.0[0].file.as_str(), faults.0[0].line), ("agent.toml", Some(2)));
    let twice = parse::<Settings>("name = \"a\"\nname = \"b\"", "agent.toml").unwrap_err();
    assert_eq!(twice.to_string(), "agent.toml:2: duplicate key");
}

#[test]
fn a_bare_local_time_is_a_time_of_day() {
    assert_eq!(parse::<Settings>("report.at = 03:30:00", "agent.toml").unwrap().value.report.at, TimeOfDay::new(3, 30).unwrap());
}

#[test]
fn a_program_places_its_own_faults() {
    let parsed = parse::<Settings>(WHOLE, "agent.toml").unwrap();
    let told = |path: &str| parsed.fault(path, "overlaps").to_string();
    assert_eq!(told("discovery.ranges.1"), "agent.toml:12: overlaps");
    assert_eq!(told("report.retries"), "agent.toml:5: overlaps");
    assert_eq!(told("listener.1.address"), "agent.toml:23: overlaps");
    assert_eq!(told("nowhere"), "agent.toml: overlaps");
}

#[test]
fn secrets_are_described_and_never_shown() {
    let secret = |line: &str| parse::<Settings>(&format!("[proxy]\nhost = \"p\"\npassword = {line}"), "agent.toml");
    let inline = secret("\"hunter2\"").unwrap().value;
    let password = inline.proxy.as_ref().unwrap().password.as_ref().unwrap();
    assert!(matches!(password.source(), SecretSource::Inline("hunter2")));
    assert!(!format!("{inline:?}").contains("hunter2"));
    assert!(!effective(&inline, &[]).contains("hunter2"));
    assert!(effective(&secret("{ env = \"PW\" }").unwrap().value, &[]).contains("env = \"PW\""));
    for (line, expected) in [
        ("123456", "expected a secret: a text, { file = \"…\" } or { env = \"…\" }; a secret that looks like a number needs quotes"),
        ("\"\"", "empty secret; leave the key out if there is none"),
        ("\"…\"", "\"…\" only stands for a secret that was hidden; write the secret itself or where it is kept"),
        ("{ fil = \"x\" }", "unknown key \"fil\" of a secret; did you mean \"file\"?"),
        ("{ file = \"x\", env = \"y\" }", "a secret is kept in one place: either file or env"),
        ("{}", "expected a secret: a text, { file = \"…\" } or { env = \"…\" }"),
    ] {
        assert_eq!(secret(line).unwrap_err().to_string(), format!("agent.toml:3: password in [proxy]: {expected}"));
    }
}

const NOTES: [Note; 12] = [
    ("name", "What the server calls this agent."),
    ("mode", "What commands may do here."),
    ("report", "The daily report."),
    ("report.at", "When it is sent, local time."),
    ("report.interval", "How often."),
    ("report.most", "The most it may take."),
    ("report.catch_up", "Whether a missed report is sent at once."),
    ("report.retries", "How often it is tried again."),
    ("discovery.ranges", "Where to look for printers."),
    ("discovery.rate", "Requests in a second."),
    ("proxy.password", "What the proxy asks for."),
    ("listener.address", "Where to listen."),
];

#[test]
fn the_effective_configuration_says_what_is_default_and_what_each_key_is_for() {
    let settings = parse::<Settings>("[report]\nat = \"03:30\"\n[[listener]]\naddress = \"*:2000\"", "agent.toml").unwrap().value;
    let expected = r#"# What the server calls this agent.
name = "agent"  # default

# What commands may do here.
mode = "normal"  # default

# The daily report.
[report]
# When it is sent, local time.
at = "03:30"

# How often.
interval = "1d"  # default

# The most it may take.
most = "64 MiB"  # default

# Whether a missed report is sent at once.
catch_up = false  # default

# How often it is tried again.
retries = 3  # default

[discovery]
# Where to look for printers.
ranges = []  # default

# Requests in a second.
rate = 0.0  # default

[[listener]]
# Where to listen.
address = "*:2000"

# [proxy]
# What the proxy asks for.
# password is not set
"#;
    let written = effective(&settings, &NOTES);
    assert_eq!(written, expected);
    assert_eq!(parse::<Settings>(&written, "again.toml").unwrap().value.report.at.hour(), 3);
}

#[test]
fn a_key_without_note_is_found() {
    let parsed = parse::<Settings>(&WHOLE.replace("{ file = \"/etc/proxy-password\" }", "\"x\""), "agent.toml").unwrap();
    assert_eq!(without_note(&parsed.value, &NOTES), ["proxy.host"]);
}
