//! Facts from firmware and from SNMP, good and bad, as the server hears of them.

use std::io::Write;
use std::net::UdpSocket;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::printers::Printers;
use crate::support::{Program, Server, said};

fn told(at: &str, total: i64) -> String {
    format!(
        r#"{{"schema":"roundsman.facts/1","observed_at":"{at}","facts":{{"presence":"ready","identity/manufacturer":"Acme",
            "identity/serial_number":"FW0012345","meters/total/value":{total},"configuration/software.engine":"1.17"}}}}"#
    )
}

#[test]
fn a_file_that_cannot_be_read_leaves_the_last_good_facts_and_is_told() {
    let server = Server::start();
    let program = Program::with(&format!("[enrolment]\ncode = {:?}\n[facts]\nsource = \"file\"\npath = \"facts.json\"\n", server.code()));
    let path = program.folder.path().join("facts.json");
    let config = std::fs::read_to_string(program.folder.path().join("device.toml")).unwrap();
    program.folder.write("device.toml", config.replace("\"facts.json\"", &format!("{path:?}")));
    let good = told("2026-11-20T10:00:00Z", 100);
    std::fs::write(&path, &good).unwrap();
    let output = program.run(&["run", "--once"]);
    assert!(output.status.success(), "{}", said(&output));
    for (text, words) in [
        (good.as_bytes()[..100].to_vec(), "half written"),
        (vec![b'['; 300 * 1024], "more than 262144 octets"),
        (good.encode_utf16().flat_map(u16::to_le_bytes).collect(), "UTF-16"),
        (b"{\"schema\":\"else/9\"}".to_vec(), "its schema is"),
        (told("2026-11-20T10:00:01Z", -5).into_bytes(), "expected a whole number"),
    ] {
        std::fs::write(&path, text).unwrap();
        let output = program.run(&["run", "--once"]);
        assert!(output.status.success(), "{words}: {}", said(&output));
        let device = server.devices().remove(0);
        assert!(device.problems.iter().any(|problem| problem.contains(words)), "{words}: {:?}", device.problems);
        if words != "expected a whole number" {
            assert_eq!(device.meters[0].value, 100, "{words}");
        }
    }
    assert!(server.devices()[0].meters.iter().all(|meter| meter.value <= 100), "no sentinel has become a number");
    assert_eq!(server.devices()[0].configuration["software.engine"], "1.17");
}

#[test]
fn a_socket_that_never_ends_costs_its_time_and_no_more() {
    let server = Server::start();
    let program = Program::with("");
    let path = program.folder.path().join("facts.sock");
    let config = format!(
        "[enrolment]\ncode = {:?}\n[facts]\nsource = \"socket\"\npath = {path:?}\nwithin = \"1s\"\n[store]\nrun = {:?}\n",
        server.code(),
        program.folder.path().join("run")
    );
    program.folder.write("device.toml", config);
    let listener = UnixListener::bind(&path).unwrap();
    let firmware = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(told("2026-11-25T10:00:00Z", 7).as_bytes()).unwrap();
        drop(stream);
        // The second caller is told half of it and no end.
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"{\"schema\":").unwrap();
        let _ = std::io::Read::read(&mut stream, &mut [0]);
    });
    assert!(program.run(&["run", "--once"]).status.success());
    assert_eq!(server.devices()[0].meters[0].value, 7);
    let began = Instant::now();
    let output = program.run(&["run", "--once"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(began.elapsed() < Duration::from_secs(20));
    assert!(server.devices()[0].problems[0].contains("no end within 1 s"), "{:?}", server.devices()[0].problems);
    firmware.join().unwrap();
}

/// Passes on so many requests to a printer, and is silent from then on.
fn falling_silent(printers: &Printers, requests: u32, stop: Arc<AtomicBool>) -> (u16, std::thread::JoinHandle<()>) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let (port, printer) = (socket.local_addr().unwrap().port(), (printers.addresses[0], printers.port));
    let thread = std::thread::spawn(move || {
        let upstream = UdpSocket::bind("127.0.0.1:0").unwrap();
        upstream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        let (mut octets, mut passed) = ([0; 8192], 0);
        while !stop.load(Ordering::Relaxed) {
            let Ok((length, from)) = socket.recv_from(&mut octets) else { continue };
            if passed == requests {
                continue;
            }
            upstream.send_to(&octets[..length], printer).unwrap();
            if let Ok(length) = upstream.recv(&mut octets) {
                socket.send_to(&octets[..length], from).unwrap();
                passed += 1;
            }
        }
    });
    (port, thread)
}

#[test]
fn an_snmp_agent_that_falls_silent_midway_costs_a_part_and_never_the_report() {
    let server = Server::start();
    let printers = Printers::start("127.77.2.1".parse().unwrap(), 16, 1);
    for (requests, is_known) in [(0, false), (3, true)] {
        let stop = Arc::new(AtomicBool::new(false));
        let (port, thread) = falling_silent(&printers, requests, stop.clone());
        let program = Program::with(&format!("[enrolment]\ncode = {:?}\n[facts]\nport = {port}\nwithin = \"2s\"\n", server.code()));
        let began = Instant::now();
        let output = program.run(&["run", "--once"]);
        assert!(output.status.success(), "{}", said(&output));
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
        stop.store(true, Ordering::Relaxed);
        thread.join().unwrap();
        let devices = server.devices();
        let device = devices.last().unwrap();
        assert!(!device.problems.is_empty(), "{device:?}");
        assert_eq!(device.identity.serial_number.is_some(), is_known, "{device:?}");
    }
}
