//! The example of docs/protocol, in another language, against the real server.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::{Folder, Server, said};

struct Example {
    folder: Folder,
}

impl Example {
    fn run(&self, facts: &str, code: Option<&str>) -> Output {
        let facts = self.folder.write("facts.json", facts);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol/example_module.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(self.folder.path().join("state.json")).arg(facts).args(code);
        command.output().expect("python3 is installed; `cargo xtask needs` installs it")
    }
}

fn facts(total: u64) -> String {
    format!(
        r#"{{"presence":"ready","identity/manufacturer":"Acme","identity/serial_number":"PY0012345",
            "meters/total/value":{total},"meters/total/origin":"counter","meters/total/evidence":"reported"}}"#
    )
}

#[test]
fn a_module_of_two_hundred_lines_enrols_reports_and_tells_changes() {
    let server = Server::start();
    let example = Example { folder: Folder::new() };
    let output = example.run(&facts(100), Some(&server.code()));
    assert!(output.status.success(), "{}", said(&output));
    let output = example.run(&facts(123), None);
    assert!(output.status.success(), "{}", said(&output));
    let devices = server.devices();
    assert_eq!(devices.len(), 1);
    assert_eq!((devices[0].meters[0].value, devices[0].identity.serial_number.as_deref()), (123, Some("PY0012345")));
    // Its state goes back to the day before: the server says so, and it tells everything whole.
    let state = example.folder.path().join("state.json");
    let old = std::fs::read_to_string(&state).unwrap();
    assert!(example.run(&facts(130), None).status.success());
    std::fs::write(&state, old).unwrap();
    let output = example.run(&facts(140), None);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(server.devices()[0].meters[0].value, 140);
}

#[test]
fn the_example_believes_no_stranger_and_no_spent_code() {
    let (server, stranger) = (Server::start(), Server::start());
    // A code of the one that leads to the other: somebody is in between.
    let code = server.code_at(&format!("localhost:{}", stranger.port));
    let example = Example { folder: Folder::new() };
    let output = example.run(&facts(1), Some(&code));
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("no authority that the code names"), "{}", said(&output));
    let code = server.code();
    assert!(Example { folder: Folder::new() }.run(&facts(1), Some(&code)).status.success());
    let output = Example { folder: Folder::new() }.run(&facts(1), Some(&code));
    assert!(said(&output).contains("has been used"), "{}", said(&output));
}
