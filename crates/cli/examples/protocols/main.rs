//! How long `roundsman probe` takes to read one printer, when every round trip takes 50 ms.
//!
//! `cargo xtask bench protocols` runs it. The printer is simulated and stands on loopback: SNMP, IPP with
//! and without TLS, PJL and LPD, each behind the delay of a network; its life stands still meanwhile.

mod delay;
mod printer;
#[path = "../../../netio/tests/ports/server.rs"]
mod server;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use printer::Printer;

const ROUND_TRIP: Duration = Duration::from_millis(50);

/// What is measured: a name, the protocols, and whether IPP is spoken under TLS.
const KINDS: [(&str, &str, bool); 5] = [
    ("SNMP", "snmp", false),
    ("SNMP, IPP", "snmp,ipp", false),
    ("SNMP, IPP, PJL, LPD", "snmp,ipp,pjl,lpd", false),
    ("SNMP, IPP under TLS", "snmp,ipp", true),
    ("SNMP, IPP under TLS, PJL, LPD", "snmp,ipp,pjl,lpd", true),
];

fn main() {
    let runs: usize = std::env::args().nth(1).map_or(20, |runs| runs.parse().expect("a number of runs"));
    // It lies beside the folder of the examples.
    let program = std::env::current_exe().expect("we run").parent().and_then(Path::parent).expect("a folder").join("roundsman");
    let known = std::env::temp_dir().join(format!("roundsman-protocols-{}", std::process::id()));
    let printer = Printer::start(ROUND_TRIP);
    println!("| One printer, {} ms a round trip, {runs} runs | least ms | median ms | most ms |", ROUND_TRIP.as_millis());
    println!("|---|---:|---:|---:|");
    for (name, protocols, is_tls) in KINDS {
        let probe = || probe(&program, &printer, protocols, is_tls, &known);
        // The first one learns the certificate and warms the caches.
        probe();
        let mut times: Vec<u128> = (0..runs).map(|_| probe().as_millis()).collect();
        times.sort_unstable();
        println!("| {name} | {} | {} | {} |", times[0], times[runs / 2], times[runs - 1]);
    }
    let _ = std::fs::remove_file(&known);
}

/// Reads the printer once; fails unless every protocol brought something.
fn probe(program: &Path, printer: &Printer, protocols: &str, is_tls: bool, known: &Path) -> Duration {
    let ipp = if is_tls { printer.tls } else { printer.ipp };
    let mut command = Command::new(program);
    command.arg("probe").arg(printer.snmp.to_string()).args(["--protocols", protocols, "--format", "json"]);
    for (option, port) in [("--ipp-port", ipp), ("--pjl-port", printer.pjl), ("--lpd-port", printer.lpd)] {
        command.args([option, &port.to_string()]);
    }
    command.arg("--known-printers").arg(known);
    let started = Instant::now();
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let took = started.elapsed();
    let said = String::from_utf8_lossy(&done.stdout);
    for (protocol, origin) in [("snmp", "prtMarkerLifeCount"), ("ipp", "printer-make-and-model"), ("pjl", "INFO ID"), ("lpd", "lpd lp")] {
        let is_there = said.contains(origin);
        assert_eq!(is_there, protocols.contains(protocol), "{protocol}: {said}\n{}", String::from_utf8_lossy(&done.stderr));
    }
    took
}
