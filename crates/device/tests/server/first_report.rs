//! The module against the real server: from a code in its configuration to a device that the server knows.

use crate::support::printers::Printers;
use crate::support::{Program, Server, said};

#[test]
fn a_module_enrols_by_itself_and_the_server_knows_the_printer() {
    let server = Server::start();
    let printers = Printers::start("127.77.1.1".parse().unwrap(), 16, 1);
    let program = Program::with(&format!(
        "[enrolment]\ncode = {:?}\nname = \"Front desk\"\n[facts]\naddress = \"{}\"\nport = {}\n",
        server.code(),
        printers.addresses[0],
        printers.port
    ));
    let output = program.run(&["run", "--once"]);
    assert!(output.status.success(), "{}", said(&output));
    let devices = server.devices();
    assert_eq!(devices.len(), 1);
    let record = &devices[0];
    assert!(record.identity.serial_number.is_some(), "{record:?}");
    assert!(record.meters.iter().any(|meter| meter.name == "total"), "{record:?}");
    assert!(!record.supplies.is_empty() && !record.inputs.is_empty(), "{record:?}");
    assert!(record.configuration.contains_key("host.kernel"), "{:?}", record.configuration);
    let status = program.status();
    assert_eq!(status["unsent_readings"], 0, "{status}");
    assert_eq!(status["flash_writes"], 3, "enrolment, the report, its acknowledgement: {status}");
}
