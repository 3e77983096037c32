//! A printer that others have written: `ippeveprinter` of CUPS, plain and under TLS.
//!
//! It insists on announcing itself, so it gets a message bus and a DNS-SD responder of its own, in
//! a mount namespace; its port is one of this host's, for the test to reach.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use netio::ipp::{Question, read};
use printport::Packed;
use printport::ipp::{Outcome, Value};

use crate::{path, question};

/// Starts the bus, the responder and then the printer.
const START: &str = r#"
set -e
cd "$FOLDER"
mount -t tmpfs tmpfs /run
mkdir -p /run/avahi-daemon
mount --bind passwd /etc/passwd
mount --bind group /etc/group
export DBUS_SYSTEM_BUS_ADDRESS="unix:path=$FOLDER/bus" HOME="$FOLDER"
tries=0
until_ready() { until "$@" >/dev/null 2>&1; do tries=$((tries + 1)); test $tries -lt 200 || exit 99; sleep 0.05; done; }
dbus-daemon --config-file=dbus.conf --nofork --nopidfile >dbus.log 2>&1 &
until_ready test -S bus
avahi-daemon -f avahi.conf --no-drop-root --no-chroot --no-rlimits >avahi.log 2>&1 &
until_ready grep -q 'startup complete' avahi.log
exec ippeveprinter -p "$PORT" -n localhost -K keys -d spool -M Acme -m Nine -s 30,20 -f application/pdf -c "$FOLDER/hook" Test
"#;

const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=BUS</listen><auth>EXTERNAL</auth><policy context="default">
<allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_destination="*"/><allow receive_sender="*"/>
</policy></busconfig>
"#;

/// What the printer does when it prints: it tells what has become of its supplies.
const HOOK: &str = r#"#!/bin/sh
echo 'ATTR: marker-names=black,waste marker-levels=7,-3 marker-types=toner,waste-toner' >&2
echo 'STATE: +marker-supply-low' >&2
"#;

struct Printer {
    process: Child,
    address: SocketAddr,
    folder: PathBuf,
}

impl Printer {
    fn start(name: &str) -> Printer {
        // A socket's path is short, so the folder is too.
        let folder = std::env::temp_dir().join(format!("eve-{}-{name}", std::process::id()));
        for inner in ["keys", "spool"] {
            fs::create_dir_all(folder.join(inner)).expect("a folder");
        }
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("written");
        write("dbus.conf", &BUS.replace("BUS", &folder.join("bus").display().to_string()));
        write("avahi.conf", "[server]\nhost-name=printer-7\nuse-ipv6=no\nallow-interfaces=lo\n");
        write("passwd", "root:x:0:0::/:/bin/sh\navahi:x:0:0::/:/bin/sh\n");
        write("group", "root:x:0:\navahi:x:0:\n");
        write("hook", HOOK);
        write("job.pdf", "%PDF-1.4\n");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(folder.join("hook"), mode).expect("a mode");
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr()).expect("a free port").port();
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", START]);
        command.env("FOLDER", &folder).env("PORT", port.to_string()).env("PATH", path());
        let log = fs::File::create(folder.join("printer.log")).expect("a log");
        let process = command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log).spawn();
        let process = process.expect("unshare is there: `cargo xtask needs`");
        let printer = Printer { process, address: SocketAddr::from(([127, 0, 0, 1], port)), folder };
        printer.wait();
        printer
    }

    fn wait(&self) {
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(self.address).is_err() {
            assert!(Instant::now() < until, "ippeveprinter does not start: {}", log(&self.folder));
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Prints a job with CUPS' own tool.
    fn print(&self) {
        let uri = format!("ipp://127.0.0.1:{}/ipp/print", self.address.port());
        let mut command = Command::new("ipptool");
        command.args(["-q", "-f"]).arg(self.folder.join("job.pdf")).args([uri.as_str(), "print-job.test"]).env("PATH", path());
        assert!(command.status().expect("ipptool is there: `cargo xtask needs`").success(), "{}", log(&self.folder));
    }
}

fn log(folder: &Path) -> String {
    ["printer.log", "avahi.log", "dbus.log"].map(|name| fs::read_to_string(folder.join(name)).unwrap_or_default()).join("\n")
}

impl Drop for Printer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_printer_of_cups_tells_who_and_how_it_is() {
    let printer = Printer::start("plain");
    let reading = read(&question(printer.address)).expect("no certificate known");
    let answers = reading.answers;
    assert_eq!((answers.outcome, answers.path.as_deref(), reading.certificate), (Outcome::Answered, Some("/ipp/print"), None));
    assert_eq!(answers.problems, []);
    let told = &answers.attributes;
    assert_eq!(told.text("printer-make-and-model"), Some("Acme Nine"));
    assert_eq!((told.number("printer-state"), told.text("printer-state-reasons")), (Some(3), Some("none")));
    assert_eq!((told.number("pages-per-minute"), told.number("pages-per-minute-color")), (Some(30), Some(20)));
    assert!(told.text("printer-uuid").is_some_and(|uuid| uuid.starts_with("urn:uuid:")));
    let supplies: Vec<Packed> = told.values("printer-supply").iter().filter_map(Value::octets).map(Packed::parse).collect();
    assert_eq!(supplies.iter().map(|supply| supply.number("level")).collect::<Vec<_>>(), [25, 75, 50, 33, 67].map(Some));
    assert!(supplies.iter().all(|supply| supply.broken().is_empty()));
    assert_eq!(told.values("printer-supply-description").len(), 5);
    assert_eq!(told.values("printer-input-tray").len(), 3);
    assert_eq!(told.values("marker-levels"), []);
    for private in ["printer-organization", "printer-geo-location", "printer-name", "queued-job-count"] {
        assert_eq!(told.values(private), [], "{private} was not asked for");
    }
}

#[test]
fn a_printer_of_cups_tells_what_printing_has_used_up() {
    let printer = Printer::start("hook");
    printer.print();
    let until = Instant::now() + Duration::from_secs(10);
    let told = loop {
        let told = read(&question(printer.address)).expect("no certificate known").answers.attributes;
        if !told.values("marker-levels").is_empty() || Instant::now() > until {
            break told;
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(told.values("marker-levels"), [Value::Integer(7), Value::Integer(-3)]);
    let names: Vec<_> = told.values("marker-names").iter().map(Value::text).collect();
    assert_eq!(names, [Some("black"), Some("waste")]);
    assert!(
        told.values("printer-state-reasons").iter().any(|reason| reason.text().is_some_and(|text| text.starts_with("marker-supply-low")))
    );
}

#[test]
fn a_printer_of_cups_is_the_same_under_tls() {
    let printer = Printer::start("tls");
    let secure = Question { host: Some("localhost"), use_tls: true, ..question(printer.address) };
    let reading = read(&secure).expect("no certificate known");
    assert_eq!(reading.answers.outcome, Outcome::Answered, "{:?}", reading.answers.problems);
    assert_eq!(reading.answers.attributes.text("printer-make-and-model"), Some("Acme Nine"));
    let certificate = reading.certificate.expect("a certificate");
    assert!(!certificate.is_out_of_date && !certificate.names_another_host, "{certificate:?}");
    let again = read(&Question { known: Some(certificate.fingerprint), ..secure }).expect("the same certificate");
    assert_eq!(again.certificate, Some(certificate));
    let missing = Question { paths: &["/no/printer", "/ipp/print"], ..question(printer.address) };
    let answers = read(&missing).expect("no certificate known").answers;
    assert_eq!((answers.outcome, answers.path.as_deref()), (Outcome::Answered, Some("/ipp/print")));
}
