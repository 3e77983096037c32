//! `roundsman probe` and `record` over every protocol a printer speaks: SNMP from a recording, IPP from CUPS' own
//! printer, PJL and LPD from simulated ones that count who comes.
#![cfg(target_os = "linux")]

mod common;
#[path = "../../netio/tests/ports/everywhere_printer.rs"]
mod everywhere_printer;
#[path = "../../netio/tests/ports/server.rs"]
mod server;

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use common::{Folder, Ran, Simulated, roundsman, run};
use everywhere_printer::Printer as Everywhere;
use serde_json::Value as Json;
use server::Server;
use sim::{LpdQueue, PjlPrinter};

/// What the printer says over SNMP: the same model as CUPS' printer, and of its one toner that some is left.
const SNMP: &str = "\
1.3.6.1.2.1.1.1.0|4|Acme Nine
1.3.6.1.2.1.1.5.0|4|printer-7
1.3.6.1.2.1.25.3.2.1.2.1|6|1.3.6.1.2.1.25.3.1.5
1.3.6.1.2.1.25.3.2.1.3.1|4|Acme Nine
1.3.6.1.2.1.25.3.2.1.5.1|2|2
1.3.6.1.2.1.25.3.5.1.1.1|2|STATUS
1.3.6.1.2.1.43.5.1.1.17.1|4|SN-4711
1.3.6.1.2.1.43.10.2.1.3.1.1|2|7
1.3.6.1.2.1.43.10.2.1.4.1.1|65|7432
";
const IDLE: &str = "3";
const PRINTING: &str = "4";

/// Is a printer at 127.0.0.1 that speaks SNMP, PJL and LPD, each at a port of its own.
struct Printer {
    snmp: Simulated,
    pjl: Server,
    lpd: Server,
    /// What stands at the job channel.
    channel: Arc<Mutex<PjlPrinter>>,
    queue: Arc<Mutex<LpdQueue>>,
    folder: Folder,
}

impl Printer {
    fn start(state: &str) -> Self {
        let folder = Folder::new();
        let recording = folder.write("nine.snmprec", &SNMP.replace("STATUS", state));
        let snmp = Simulated::start("127.0.0.1", &["--network", "127.0.0.1/32", "--recordings", &recording]);
        let channel = Arc::new(Mutex::new(PjlPrinter::new("Acme Nine", 7432)));
        let queue = Arc::new(Mutex::new(LpdQueue::new("raw")));
        let (at_channel, at_queue) = (channel.clone(), queue.clone());
        let pjl = Server::of_connections(move |stream| answer(stream, |octets| Some(at_channel.lock().ok()?.answer(octets)), false));
        let lpd = Server::of_connections(move |stream| answer(stream, |octets| at_queue.lock().ok()?.answer(octets), true));
        Printer { snmp, pjl, lpd, channel, queue, folder }
    }

    /// Probes the printer, with IPP at another's port.
    fn probe(&self, ipp: u16, options: &[&str]) -> Ran {
        let mut command = roundsman();
        command.args(["probe", &format!("127.0.0.1:{}", self.snmp.port), "--ipp-port", &ipp.to_string(), "--queue", "raw"]);
        command.args(["--pjl-port", &self.pjl.address.port().to_string(), "--lpd-port", &self.lpd.address.port().to_string()]);
        command.arg("--known-printers").arg(self.known()).args(options);
        run(&mut command)
    }

    fn known(&self) -> std::path::PathBuf {
        self.folder.join("known-printers")
    }

    /// Returns how often somebody came to the job channel and to the queue.
    fn visits(&self) -> (usize, usize) {
        (self.pjl.connections(), self.lpd.connections())
    }

    /// Fails the test if anything was printed, changed or removed.
    #[track_caller]
    fn has_printed_nothing(&self) {
        let printed = self.channel.lock().expect("not poisoned").printed;
        assert_eq!((printed, self.queue.lock().expect("not poisoned").others), (0, 0));
    }
}

/// Answers a connection, until the first answer or until the other end closes.
fn answer(mut stream: TcpStream, mut answer: impl FnMut(&[u8]) -> Option<Vec<u8>>, once: bool) {
    let mut buffer = [0; 512];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        if let Some(octets) = answer(&buffer[..read])
            && (stream.write_all(&octets).is_err() || once)
        {
            return;
        }
    }
}

/// Returns a port at which nobody listens.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port()
}

/// Returns the origins of every fact in a list of the record.
fn origins<'a>(record: &'a Json, list: &str) -> Vec<&'a str> {
    record[list].as_array().into_iter().flatten().filter_map(|fact| fact["origin"].as_str()).collect()
}

#[test]
fn one_record_holds_what_every_protocol_tells_and_where_it_stood() {
    let (printer, everywhere) = (Printer::start(IDLE), Everywhere::start("probe"));
    let port = everywhere.address.port();
    let record = printer.probe(port, &["--protocols", "snmp,ipp,pjl,lpd", "--format", "json"]).expect(0).json();
    assert_eq!((&record["address"], &record["presence"]), (&"127.0.0.1".into(), &"ready".into()));
    let identity = &record["identity"];
    let facts = ["manufacturer", "model", "serial_number", "location"].map(|fact| identity[fact].as_str().unwrap_or_default());
    assert_eq!(facts, ["Acme", "Acme Nine", "SN-4711", "Room 7"], "{record:#}");
    let origins_of = |fact: &str| identity["origins"][fact].to_string();
    assert_eq!(origins_of("model"), r#"["hrDeviceDescr.1","printer-make-and-model"]"#);
    assert_eq!(origins_of("serial_number"), r#"["prtGeneralSerialNumber.1"]"#);
    assert_eq!(origins_of("location"), r#"["printer-location"]"#);
    // SNMP and PJL count the same.
    assert_eq!(origins(&record, "meters"), ["prtMarkerLifeCount.1.1"]);
    assert_eq!((&record["meters"][0]["value"], &record["meters"][0]["evidence"]), (&7432.into(), &"standard".into()));
    assert_eq!(origins(&record, "supplies"), [1, 2, 3, 4, 5].map(|place| format!("printer-supply.{place}")));
    assert_eq!(origins(&record, "inputs"), [1, 2, 3].map(|place| format!("printer-input-tray.{place}")));
    assert_eq!(origins(&record, "options"), ["INFO CONFIG", "INFO CONFIG"]);
    let said = |name: &str| record["configuration"][name].as_str().map(str::to_owned);
    let expected = [("INFO VARIABLES DUPLEX", "OFF"), ("INFO ID", "Acme Nine"), ("lpd raw answers", "yes"), ("lpd raw jobs", "0")];
    expected.iter().for_each(|(name, value)| assert_eq!(said(name).as_deref(), Some(*value), "{name}"));
    assert_eq!(printer.visits(), (1, 1), "each is asked over one connection");
    printer.has_printed_nothing();
}

#[test]
fn the_table_tells_a_person_the_same() {
    let (printer, everywhere) = (Printer::start(IDLE), Everywhere::start("table"));
    let shown = printer.probe(everywhere.address.port(), &["--protocols", "snmp,ipp,pjl,lpd"]).expect(0);
    eprintln!("{}", shown.out);
    let lines: Vec<&str> = shown.out.lines().map(str::trim).collect();
    let has = |words: &[&str]| lines.iter().any(|line| words.iter().all(|word| line.contains(word)));
    for words in [
        &["Acme Nine  127.0.0.1  ready"][..],
        &["model", "Acme Nine", "hrDeviceDescr.1, printer-make-and-model"],
        &["location", "Room 7", "printer-location"],
        &["total", "7,432", "impressions", "prtMarkerLifeCount.1.1"],
        &["black ink", "75%", "printer-supply.2"],
        &["removable tray", "available and idle", "printer-input-tray.1"],
        &["memory", "16777216", "INFO CONFIG"],
        &["lpd raw answers", "yes"],
    ] {
        assert!(has(words), "{words:?} is missing:\n{}", shown.out);
    }
    assert!(!lines.contains(&"Problems"), "{}", shown.out);
    shown.says(&["SNMP: read in"]);
}

#[test]
fn the_ports_of_print_jobs_are_asked_by_name_only() {
    let printer = Printer::start(IDLE);
    let record = printer.probe(closed_port(), &["--format", "json"]).expect(0).json();
    assert_eq!(record["problems"], Json::Array(Vec::new()), "many printers speak no IPP");
    assert_eq!(printer.visits(), (0, 0));
    let named = printer.probe(closed_port(), &["--protocols", "snmp,ipp", "--format", "json"]).expect(1).json();
    let problem = named["problems"][0].as_str().unwrap_or_default();
    assert!(problem.contains("connection refused; switch IPP on"), "{named:#}");
    assert_eq!(printer.visits(), (0, 0));
    printer.probe(closed_port(), &["--protocols", "pjl"]).expect(0);
    assert_eq!(printer.visits(), (1, 0));
    printer.probe(closed_port(), &["--protocols", "snmp,lpd"]).expect(0);
    assert_eq!(printer.visits(), (1, 1));
    printer.has_printed_nothing();
}

#[test]
fn a_printer_that_prints_is_left_alone() {
    let printer = Printer::start(PRINTING);
    let record = printer.probe(closed_port(), &["--protocols", "snmp,pjl,lpd", "--format", "json"]).expect(1).json();
    assert_eq!(record["presence"], "printing");
    let problems = record["problems"].as_array().expect("a list");
    let expected = ["PJL", "LPD"].map(|protocol| format!("{protocol}: not asked, for the printer is printing; ask again later"));
    assert_eq!(problems, &expected.map(Json::from));
    assert_eq!(printer.visits(), (0, 0));
}

#[test]
fn a_printer_with_another_certificate_is_told_and_sent_nothing() {
    let printer = Printer::start(IDLE);
    let [first, second] = ["first", "second"].map(Everywhere::start);
    let door = Door::open(first.address);
    let probe = || printer.probe(door.server.address.port(), &["--format", "json"]);
    let fingerprint = |record: &Json| record["configuration"]["ipp certificate sha256"].as_str().map(str::to_owned);

    let shown = fingerprint(&probe().expect(0).json()).expect("a certificate");
    let known = fs::read_to_string(printer.known()).expect("the certificate is kept");
    assert_eq!(known, format!("127.0.0.1:{} {shown}\n", door.server.address.port()));
    assert_eq!(door.in_plain(), 1, "the first request was not encrypted, and was refused for that");
    assert!(door.sent() > 1000, "five requests were");

    *door.behind.lock().expect("not poisoned") = second.address;
    door.sent.store(0, Ordering::SeqCst);
    let record = probe().expect(1).json();
    assert_eq!(fingerprint(&record), None);
    let problem = record["problems"][0].as_str().unwrap_or_default();
    for word in [&format!("expected {shown}, found "), "was asked nothing", "remove its line from", "known-printers"] {
        assert!(problem.contains(word), "{word}: {record:#}");
    }
    assert_eq!(door.in_plain(), 1, "nothing is said without encryption to a printer that was known to use it");
    // An alert, and no request: that has hundreds of octets.
    assert!(door.sent() < 100, "{}", door.sent());
    assert_eq!(fs::read_to_string(printer.known()).expect("it is there"), known);
}

#[test]
fn silence_everywhere_says_of_each_protocol_what_to_do() {
    let ports = [(); 4].map(|()| closed_port());
    let [snmp, ipp, pjl, lpd] = ports.map(|port| port.to_string());
    let mut command = roundsman();
    command.args(["probe", &format!("127.0.0.1:{snmp}"), "--protocols", "snmp,ipp,pjl,lpd"]);
    command.args(["--ipp-port", &ipp, "--pjl-port", &pjl, "--lpd-port", &lpd]);
    let silent = run(&mut command).expect(1);
    assert_eq!(silent.out, "");
    let silent = silent.says(&[
        &format!("127.0.0.1:{snmp} does not answer SNMP; check the address, the port, the community"),
        &format!("IPP: 127.0.0.1:{ipp}: connection refused; switch IPP on at the printer, or name its port with --ipp-port"),
        &format!("PJL: 127.0.0.1:{pjl}: connection refused; not every printer speaks PJL"),
        &format!("LPD: 127.0.0.1:{lpd}: connection refused; switch LPD on at the printer, or name its port with --lpd-port"),
    ]);
    assert_eq!(silent.err.lines().count(), 4, "one line each: {}", silent.err);
}

#[test]
fn what_is_recorded_over_ipp_is_what_was_told_without_names_and_places() {
    let (printer, everywhere) = (Printer::start(IDLE), Everywhere::start("record"));
    let port = everywhere.address.port();
    let question = netio::ipp::Question {
        address: everywhere.address,
        host: Some("127.0.0.1"),
        use_tls: false,
        known: None,
        paths: printport::ipp::exchange::PATHS,
        groups: printport::ipp::groups::ALL,
        timeouts: netio::ipp::Timeouts::default(),
    };
    let told = netio::ipp::read(&question).expect("no certificate known").answers.attributes;
    let device = format!("127.0.0.1:{}", printer.snmp.port);
    let folder = printer.folder.join("recordings");
    let mut command = roundsman();
    command.args(["record", &device, "--ipp-port", &port.to_string(), "-o"]).arg(&folder).arg("--known-printers").arg(printer.known());
    run(&mut command).expect(0);

    let mut files: Vec<_> = fs::read_dir(&folder).expect("a folder").map(|file| file.expect("is listed").path()).collect();
    files.sort();
    let [ipp, snmp] = &files[..] else { panic!("{files:?}") };
    assert_eq!((ipp.extension(), snmp.extension()), (Some("ipp".as_ref()), Some("snmprec".as_ref())));
    assert_eq!(ipp.file_stem(), snmp.file_stem(), "they belong together");

    let message = printport::ipp::decode(&fs::read(ipp).expect("a file")).expect("a response");
    assert_eq!(message.problems, []);
    let kept = message.printers().next().expect("a printer");
    let names = |attributes: &printport::ipp::Attributes| attributes.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
    assert_eq!(names(kept), names(&told));
    let changed: Vec<&str> = told.iter().filter(|(name, values)| kept.values(name) != *values).map(|(name, _)| name).collect();
    // The printer lives on between the two readings.
    let changed: Vec<&str> = changed.into_iter().filter(|name| *name != "printer-up-time").collect();
    assert_eq!(changed, ["printer-info", "printer-location", "printer-uuid"]);
    assert_eq!(kept.text("printer-location"), Some("Xxxx 0"));
    let [was, is] = [&told, kept].map(|attributes| attributes.text("printer-uuid").unwrap_or_default());
    assert_eq!(is, format!("{}000000000000", &was[..was.len() - 12]));

    let replayed = run(roundsman().args(["replay", "--format", "ndjson"]).arg(ipp)).expect(0).records().remove(0);
    let probed = printer.probe(port, &["--protocols", "ipp", "--format", "json"]).expect(0).json();
    for field in ["supplies", "inputs", "outputs", "alerts", "status"] {
        assert_eq!(replayed[field], probed[field], "{field}");
    }

    let only = printer.folder.join("only");
    let ask = |protocols: &str, port: u16| {
        let mut command = roundsman();
        command.args(["record", &device, "--protocols", protocols, "--ipp-port", &port.to_string(), "-o"]).arg(&only);
        run(command.arg("--known-printers").arg(printer.known()))
    };
    ask("ipp", closed_port()).expect(1).says(&["connection refused; switch IPP on"]);
    assert_eq!(fs::read_dir(&only).expect("a folder").count(), 0);
    ask("ipp", port).expect(0);
    assert_eq!(fs::read_dir(&only).expect("a folder").count(), 1);
}

/// Is a port of a printer that demands TLS there, and behind it a printer of CUPS.
struct Door {
    server: Server,
    behind: Arc<Mutex<SocketAddr>>,
    in_plain: Arc<AtomicUsize>,
    /// How many octets came under TLS, those of the client's hello not counted.
    sent: Arc<AtomicUsize>,
}

impl Door {
    fn open(printer: SocketAddr) -> Self {
        let (behind, in_plain, sent) = (Arc::new(Mutex::new(printer)), Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (to, plain, counted) = (behind.clone(), in_plain.clone(), sent.clone());
        let server = Server::of_connections(move |mut stream| {
            const HANDSHAKE: u8 = 0x16;
            let mut first = [0];
            match stream.peek(&mut first) {
                Ok(1) if first[0] == HANDSHAKE => {
                    let address = *to.lock().expect("not poisoned");
                    relay(stream, TcpStream::connect(address).expect("CUPS' printer listens"), &counted);
                }
                Ok(1) => {
                    plain.fetch_add(1, Ordering::SeqCst);
                    server::request(&mut stream);
                    let _ = stream.write_all(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n");
                }
                _ => {}
            }
        });
        Door { server, behind, in_plain, sent }
    }

    fn in_plain(&self) -> usize {
        self.in_plain.load(Ordering::SeqCst)
    }

    fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }
}

/// Carries octets both ways until either end closes, and counts those of the client after its first piece.
fn relay(mut client: TcpStream, mut printer: TcpStream, counted: &AtomicUsize) {
    let (mut back_from, mut back_to) = (printer.try_clone().expect("a handle"), client.try_clone().expect("a handle"));
    let back = std::thread::spawn(move || {
        let _ = std::io::copy(&mut back_from, &mut back_to);
        let _ = back_to.shutdown(Shutdown::Both);
    });
    let mut buffer = [0; 16 << 10];
    let mut is_hello = true;
    while let Ok(read @ 1..) = client.read(&mut buffer) {
        if !std::mem::take(&mut is_hello) {
            counted.fetch_add(read, Ordering::SeqCst);
        }
        if printer.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = printer.shutdown(Shutdown::Both);
    back.join().expect("nothing to fail at");
}
