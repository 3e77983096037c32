//! Copies, kills and restarts of the program.

use std::time::Duration;

use crate::support::printers::Printers;
use crate::support::{Program, Server, said};

fn config(server: &Server, printers: &Printers, number: usize, enrolment: &str) -> String {
    let address = printers.addresses[number];
    format!(
        "[server]\naddress = \"localhost:{}\"\ntrust = {:?}\n[enrolment]\n{enrolment}\n[facts]\naddress = \"{address}\"\nport = {}\n",
        server.port, server.authority, printers.port
    )
}

#[test]
fn a_cloned_image_in_another_printer_becomes_a_device_of_its_own() {
    let server = Server::start();
    let printers = Printers::start("127.77.3.1".parse().unwrap(), 32, 2);
    let token = format!("token = {:?}", server.token());
    let first = Program::with(&config(&server, &printers, 0, &token));
    assert!(first.run(&["run", "--once"]).status.success());
    let clone = Program::with(&config(&server, &printers, 1, &token));
    for slot in ["state.a", "state.b"] {
        std::fs::copy(first.folder.path().join(slot), clone.folder.path().join(slot)).unwrap();
    }
    let output = clone.run(&["run", "--once"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("another printer"), "{}", said(&output));
    assert!(first.run(&["run", "--once"]).status.success(), "the first one is not disturbed");
    let serials: Vec<_> = server.devices().into_iter().map(|device| device.identity.serial_number.unwrap()).collect();
    assert_eq!(serials.len(), 2);
    assert_ne!(serials[0], serials[1]);
    assert_ne!(first.status()["sender"], clone.status()["sender"]);
}

#[test]
fn killed_at_any_moment_it_takes_up_where_it_was() {
    let server = Server::start();
    let printers = Printers::start("127.77.4.1".parse().unwrap(), 16, 1);
    let program = Program::with(&config(&server, &printers, 0, &format!("code = {:?}", server.code())));
    assert!(program.run(&["run", "--once"]).status.success());
    let sender = program.status()["sender"].clone();
    let runs: u64 = std::env::var("ROUNDSMAN_FAULTS_RUNS").map_or(20, |runs| runs.parse().expect("a number of runs"));
    for turn in 0..runs {
        let mut child = program.command(&["run", "--once"]).spawn().unwrap();
        // Each time a little later: from before it has read its state to after the last acknowledgement.
        let patience = std::time::Instant::now() + Duration::from_millis(turn % 20 * 7);
        while std::time::Instant::now() < patience && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        let _ = child.kill();
        child.wait().unwrap();
    }
    let output = program.run(&["run", "--once"]);
    assert!(output.status.success(), "{}", said(&output));
    let status = program.status();
    assert_eq!((&status["sender"], &status["unsent_readings"]), (&sender, &0.into()), "{status}");
    assert_eq!(server.devices().len(), 1);
    println!("faults: kill.device={runs}");
}

#[test]
fn two_of_them_never_share_a_folder() {
    let server = Server::start();
    let printers = Printers::start("127.77.5.1".parse().unwrap(), 16, 1);
    let program = Program::with(&config(&server, &printers, 0, &format!("code = {:?}", server.code())));
    let mut running = program.command(&["run", "--announce"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(running.stdout.take().unwrap()), &mut line).unwrap();
    assert!(line.starts_with("ready"), "{line}");
    let output = program.run(&["run", "--once"]);
    running.kill().unwrap();
    running.wait().unwrap();
    assert!(said(&output).contains("another module uses the folder"), "{}", said(&output));
}
