//! An image of one module's flash that wakes up in another printer.

use device::{Introduction, Module, Settings, Trouble};

use crate::machine::{Machine, live, printer, settings};

fn by_code(secret: &str) -> Settings {
    Settings { introduction: Some(Introduction { secret: secret.into(), works_once: true }), ..settings() }
}

#[test]
fn a_cloned_image_with_a_token_enrols_under_its_own_name() {
    let mut machine = Machine::new(1);
    let mut module = Module::start(settings(), &mut machine);
    machine.has_way = false;
    live(&mut module, &mut machine, 2);
    machine.has_way = true;
    live(&mut module, &mut machine, 1);
    let wear = module.state().wear.writes;
    drop(module);
    let of_first = machine.server.reports.len();
    machine.facts = printer("AC0077777", 5);
    let mut module = Module::start(settings(), &mut machine);
    live(&mut module, &mut machine, 1);
    assert_eq!(machine.server.senders, 2);
    assert!(machine.server.reports[of_first..].iter().all(|report| report.sender.id == "sender-2" && report.readings.len() == 1));
    assert!(module.state().wear.writes > wear, "what was written to this flash was written");
    assert!(machine.said.iter().any(|said| said.contains("another printer")), "{:?}", machine.said);
}

#[test]
fn a_cloned_image_with_a_spent_code_says_so_and_uses_neither_code_nor_credentials() {
    let mut machine = Machine::new(2);
    let mut module = Module::start(by_code("code-1"), &mut machine);
    live(&mut module, &mut machine, 1);
    drop(module);
    let reports = machine.server.reports.len();
    machine.facts = printer("AC0077777", 5);
    let mut module = Module::start(by_code("code-1"), &mut machine);
    live(&mut module, &mut machine, 3);
    assert_eq!((machine.server.senders, machine.server.reports.len()), (1, reports));
    assert!(module.trouble().unwrap().contains("has been used"), "{:?}", module.trouble());
    // With a code of its own it reports what it has read since.
    drop(module);
    let mut module = Module::start(by_code("code-2"), &mut machine);
    live(&mut module, &mut machine, 1);
    assert_eq!(machine.server.senders, 2);
    assert!(module.trouble().is_none(), "{:?}", module.trouble());
}

#[test]
fn a_server_that_knows_another_printer_by_these_credentials_is_believed() {
    let mut machine = Machine::new(3);
    let mut module = Module::start(settings(), &mut machine);
    live(&mut module, &mut machine, 1);
    machine.server.troubles.push_back(Trouble::AnotherDevice("this is not the printer that was enrolled".into()));
    live(&mut module, &mut machine, 2);
    assert_eq!(machine.server.senders, 2);
    assert!(machine.server.readings.values().all(|count| *count == 1));
    assert!(module.trouble().is_none(), "{:?}", module.trouble());
}

#[test]
fn another_code_in_the_configuration_is_a_wish_to_enrol_with_it() {
    let mut machine = Machine::new(4);
    let mut module = Module::start(by_code("code-1"), &mut machine);
    live(&mut module, &mut machine, 1);
    drop(module);
    let mut module = Module::start(by_code("code-1"), &mut machine);
    live(&mut module, &mut machine, 1);
    assert_eq!(machine.server.senders, 1, "the same code is no such wish");
    drop(module);
    let mut module = Module::start(by_code("code-2"), &mut machine);
    live(&mut module, &mut machine, 1);
    assert_eq!(machine.server.senders, 2);
}
