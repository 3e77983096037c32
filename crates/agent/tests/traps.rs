//! Traps and informs of net-snmp, to the program itself, from the addresses of simulated printers.

mod common;

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use common::Folder;
use common::printers::Printers;
use common::program::{Running, ask, status, wait_until};

const LONG: Duration = Duration::from_secs(60);
/// prtAlertTable's own trap.
const PRINTER_ALERT: &str = "1.3.6.1.2.1.43.18.2.0.1";

/// Is an agent that has found its printers and reads them again once a day, if nobody sends anything.
struct Site {
    printers: Printers,
    folder: Folder,
    port: u16,
    _agent: Running,
}

impl Site {
    fn start(first: Ipv4Addr, credentials: &str) -> Self {
        let printers = Printers::start(first, 16, 2);
        let folder = Folder::new();
        let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let text = format!(
            "[discovery]\nranges = ['{first}/28']\nport = {}\nrate = 0\n[reading]\nevery = '1d'\n\
             [page]\nlisten = '127.0.0.1:0'\n[traps]\nlisten = '127.0.0.1:{port}'\n",
            printers.port,
        );
        if !credentials.is_empty() {
            let file = folder.path().join("credentials.toml");
            std::fs::write(&file, credentials).unwrap();
            let imported = ask(folder.path(), &["credentials", "import", file.to_str().unwrap()]);
            assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
        }
        std::fs::write(folder.path().join("agent.toml"), text).unwrap();
        let agent = Running::start(folder.path());
        wait_until(folder.path(), LONG, |standing| standing.readings_waiting == 2 && standing.synchronisation.last_data_at.is_some());
        Site { printers, folder, port, _agent: agent }
    }

    /// Sends with one of net-snmp's commands, from this address.
    fn send(&self, from: IpAddr, command: &str, words: &[&str]) -> Output {
        let to = format!("udp:127.0.0.1:{}", self.port);
        let mut command = Command::new(command);
        // No configuration and no state of whoever runs this.
        command.env("SNMPCONFPATH", self.folder.path()).env("SNMP_PERSISTENT_DIR", self.folder.path()).env("MIBS", "");
        let words = words.iter().map(|word| if *word == "TO" { to.as_str() } else { word });
        command.arg(format!("--clientaddr={from}")).args(words).stdin(Stdio::null()).output().expect("net-snmp is installed")
    }

    /// Waits until so many devices have been read for what they sent.
    fn wait_for_looks(&self, looks: u64) -> agent::traps::Traps {
        let standing = wait_until(self.folder.path(), LONG, |standing| standing.traps.as_ref().is_some_and(|traps| traps.looks >= looks));
        standing.traps.unwrap()
    }
}

fn is_done(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_printer_that_sends_a_trap_is_read_at_once() {
    let site = Site::start(Ipv4Addr::new(127, 45, 1, 0), "");
    let before = status(site.folder.path()).synchronisation.last_data_at.expect("it has read them");
    let [one, other] = site.printers.addresses[..] else { panic!("there are two printers") };
    let trap = ["-v1", "-c", "public", "TO", "1.3.6.1.2.1.43.18.2", "10.0.0.1", "6", "1", "", "1.3.6.1.2.1.43.18.1.1.1.1", "i", "1"];
    is_done(&site.send(one, "snmptrap", &trap));
    let traps = site.wait_for_looks(1);
    let last = traps.last.expect("one came");
    assert_eq!((last.address.as_str(), last.what.as_str(), last.version.as_str()), (one.to_string().as_str(), "printerV2Alert", "v1"));
    wait_until(site.folder.path(), LONG, |standing| standing.synchronisation.last_data_at > Some(before));
    // The sender waits for an answer, and gets it.
    is_done(&site.send(other, "snmpinform", &["-v2c", "-c", "public", "-r", "0", "TO", "", PRINTER_ALERT]));
    let traps = site.wait_for_looks(2);
    assert_eq!((traps.heard, traps.left_alone.len()), (2, 0));
}

/// A user beside the community by which the simulated printers are read.
const USER: &str = "[[credentials]]\ntargets = ['127.0.0.0/8']\ncommunities = ['public']\n\
                    [[credentials.users]]\nname = 'service'\nauthentication = 'SHA-256'\nauthentication_password = 'correct horse'\n\
                    privacy = 'AES-128'\nprivacy_password = 'battery staple'\n";

/// Returns the words of net-snmp for that user, with this password.
fn as_user(password: &str) -> [&str; 13] {
    ["-v3", "-u", "service", "-l", "authPriv", "-a", "SHA-256", "-A", password, "-x", "AES", "-X", "battery staple"]
}

#[test]
fn a_user_that_proves_itself_is_heard_and_one_that_does_not_is_left_alone() {
    let site = Site::start(Ipv4Addr::new(127, 45, 5, 0), USER);
    let [one, other] = site.printers.addresses[..] else { panic!("there are two printers") };
    let engine = ["-e", "0x8000000001020304"];
    let message = ["TO", "", PRINTER_ALERT];
    is_done(&site.send(one, "snmptrap", &[&engine[..], &as_user("correct horse"), &message].concat()));
    let last = site.wait_for_looks(1).last.expect("one came");
    assert_eq!((last.version.as_str(), last.is_proved), ("v3", true));
    // An inform is sealed for the agent's own engine, which the sender asks for first.
    is_done(&site.send(other, "snmpinform", &[&as_user("correct horse")[..], &message].concat()));
    let traps = site.wait_for_looks(2);
    assert_eq!((traps.heard, traps.left_alone.len()), (2, 0));
    is_done(&site.send(one, "snmptrap", &[&["-e", "0x8000000001020305"], &as_user("another horse")[..], &message].concat()));
    let refused = site.send(other, "snmpinform", &[&["-r", "0", "-t", "1"], &as_user("another horse")[..], &message].concat());
    assert!(!refused.status.success(), "nobody answers for it");
    let standing = wait_until(site.folder.path(), LONG, |standing| {
        standing.traps.as_ref().and_then(|traps| traps.left_alone.get("a wrong digest")).is_some_and(|count| *count >= 2)
    });
    assert_eq!(standing.traps.unwrap().heard, 2);
}

#[test]
fn strangers_and_wrong_communities_are_counted_and_nobody_is_found_by_them() {
    let site = Site::start(Ipv4Addr::new(127, 45, 2, 0), "");
    let stranger: IpAddr = [127, 45, 3, 1].into();
    is_done(&site.send(stranger, "snmptrap", &["-v2c", "-c", "public", "TO", "", PRINTER_ALERT]));
    is_done(&site.send(site.printers.addresses[0], "snmptrap", &["-v2c", "-c", "other", "TO", "", PRINTER_ALERT]));
    let standing =
        wait_until(site.folder.path(), LONG, |standing| standing.traps.as_ref().is_some_and(|traps| traps.left_alone.len() == 2));
    let traps = standing.traps.unwrap();
    let reasons: Vec<_> = traps.left_alone.keys().map(String::as_str).collect();
    assert_eq!(reasons, ["a community that is not listened to", "an address where no device is looked after"]);
    assert_eq!((traps.heard, traps.looks, standing.devices), (0, 0, Some(2)));
    let refused = site.send(stranger, "snmpinform", &["-v2c", "-c", "public", "-r", "0", "-t", "1", "TO", "", PRINTER_ALERT]);
    assert!(!refused.status.success(), "who is unknown gets no answer");
}

#[test]
fn a_port_that_is_taken_is_told_and_the_agent_goes_on() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let printers = Printers::start(Ipv4Addr::new(127, 45, 4, 0), 16, 1);
    let folder = Folder::new();
    let text = format!(
        "[discovery]\nranges = ['127.45.4.0/28']\nport = {}\nrate = 0\n[page]\nlisten = '127.0.0.1:0'\n[traps]\nlisten = '{}'\n",
        printers.port,
        taken.local_addr().unwrap()
    );
    std::fs::write(folder.path().join("agent.toml"), text).unwrap();
    let _agent = Running::start(folder.path());
    let standing = wait_until(folder.path(), LONG, |standing| standing.readings_waiting == 1);
    let failure = standing.traps.unwrap().failure.unwrap();
    assert!(failure.contains("another program has the port"), "{failure}");
    let told = ask(folder.path(), &["status"]);
    assert!(String::from_utf8_lossy(&told.stdout).contains("not heard: "), "{}", String::from_utf8_lossy(&told.stdout));
}
