//! The state as octets: written and read back, cut and changed everywhere.

use device::state::slots::unframe;
use device::{Module, Platform, Slot};
use jiff::SignedDuration;
use wire::commands::{Action, Command};

use crate::machine::{Machine, live, settings};

/// Returns a flash with something of everything in it.
fn full() -> Machine {
    let mut machine = Machine::new(1);
    let expires_at = machine.now + SignedDuration::from_hours(1000);
    machine.server.commands = vec![Command { id: "c-1".into(), issued_at: machine.now, expires_at, action: Action::ReadNow }];
    let mut module = Module::start(settings(), &mut machine);
    live(&mut module, &mut machine, 2);
    machine.has_way = false;
    live(&mut module, &mut machine, 3);
    machine
}

#[test]
fn a_slot_cut_or_changed_anywhere_is_no_state_and_never_panics() {
    let mut machine = full();
    let whole = machine.read(Slot::A).unwrap();
    assert!(unframe(&whole).is_some());
    for place in 0..whole.len() {
        assert!(unframe(&whole[..place]).is_none(), "cut at {place}");
        let mut changed = whole.clone();
        changed[place] ^= 0x10;
        assert!(unframe(&changed).is_none(), "octet {place}");
    }
    let longer = [&whole[..], &[0xff; 100]].concat();
    assert!(unframe(&longer).is_some(), "an erase block is longer than the state");
}

#[test]
fn octets_with_a_right_check_sum_and_no_sense_never_panic() {
    let mut machine = full();
    let whole = machine.read(Slot::A).unwrap();
    let payload = &whole[16..whole.len() - 4];
    for place in 0..payload.len() {
        for flip in [0x01, 0x7f, 0x80, 0xff] {
            let mut changed = payload.to_vec();
            changed[place] ^= flip;
            let _ = device::state::codec::decode(&changed);
        }
        let _ = device::state::codec::decode(&payload[..place]);
    }
}

#[test]
fn the_other_slot_counts_when_one_is_torn() {
    let mut machine = full();
    let mut generations = Vec::new();
    for torn in [Slot::A, Slot::B] {
        let mut copy = Machine::new(1);
        copy.flash = machine.flash.clone();
        copy.flash[torn as usize].truncate(100);
        let found = device::state::slots::load(&mut copy).unwrap();
        assert!(found.is_damaged);
        generations.push(found.state.unwrap().wear.writes);
    }
    assert_eq!(generations[0].abs_diff(generations[1]), 1, "{generations:?}");
    let both = device::state::slots::load(&mut machine).unwrap();
    assert_eq!(both.state.unwrap().wear.writes, *generations.iter().max().unwrap());
}

#[test]
fn a_month_s_state_of_a_large_printer_fits_a_slot() {
    let mut machine = Machine::new(1);
    for number in 0..400 {
        machine.facts.insert(format!("configuration/hrStorage.{number}").into(), "some text that a printer says".into());
        machine.facts.insert(format!("meters/copy.{number}/value").into(), 100.into());
    }
    let mut module = Module::start(settings(), &mut machine);
    live(&mut module, &mut machine, 1);
    machine.has_way = false;
    for day in 0..60 {
        machine.print(1);
        machine.facts.insert("configuration/hrStorage.1".into(), format!("{day}").as_str().into());
        live(&mut module, &mut machine, 1);
    }
    let largest = machine.flash.iter().map(Vec::len).max().unwrap();
    assert!(largest < device::state::slots::LARGEST, "{largest}");
    assert!(module.trouble().is_some());
}
