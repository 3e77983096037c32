//! The power goes at every step in turn: what the server acknowledged and what was kept is there.

use device::Module;
use jiff::SignedDuration;

use crate::machine::{Machine, live, settings};

const DAYS: i64 = 4;

/// Lives some days with a power cut at `step`; returns whether there was one.
fn story(seed: u64, step: u64, then: impl Fn(&mut Machine)) -> bool {
    let mut machine = Machine::new(seed);
    machine.power_for = Some(step);
    let mut module = Module::start(settings(), &mut machine);
    let mut was_cut = false;
    let mut printed = 1000;
    for day in 0..DAYS * 2 {
        machine.print(3);
        printed += 3;
        if day == DAYS / 2 {
            machine.has_way = false;
        } else if day == DAYS {
            machine.has_way = true;
        }
        live(&mut module, &mut machine, 1);
        if !machine.has_power() {
            was_cut = true;
            machine.power_for = None;
            let kept = device::state::slots::load(&mut machine).unwrap().state.unwrap_or_default();
            if let Some(base) = kept.base.as_ref().filter(|base| base.is_shared()) {
                let acknowledged = machine.server.reports.iter().any(|report| report.id == base.report);
                assert!(acknowledged, "seed {seed}, step {step}: a base that the server does not have");
            }
            then(&mut machine);
            // Somebody switches it on again some hours later.
            machine.pass(SignedDuration::from_hours(3));
            module = Module::start(settings(), &mut machine);
            let found = module.state();
            assert_eq!(found.readings, kept.readings, "seed {seed}, step {step}: what was kept is there");
        }
    }
    machine.power_for = None;
    live(&mut module, &mut machine, 2);
    let context = format!("seed {seed}, step {step}: {:?}", module.trouble());
    assert!(module.state().readings.is_empty(), "{context}");
    assert_eq!(machine.server.facts["meters/total/value"], printed.into(), "{context}");
    assert!(
        machine.server.readings.values().all(|count| *count == 1),
        "{context}: a reading was taken twice: {:?}",
        machine.server.readings
    );
    let mut last = 0;
    for report in &machine.server.reports {
        assert!(report.sequence > last, "{context}");
        last = report.sequence;
    }
    was_cut
}

#[test]
fn wherever_the_power_goes_nothing_kept_is_lost_and_nothing_is_doubled() {
    let mut cuts = 0;
    for seed in 0..20 {
        for step in 1.. {
            if !story(seed, step, |_| {}) {
                break;
            }
            cuts += 1;
        }
    }
    assert!(cuts > 500, "the story has only {cuts} steps in all");
}

#[test]
fn a_server_that_forgot_meanwhile_changes_nothing_about_that() {
    for seed in 0..5 {
        for step in (1..).step_by(3) {
            let forgets = |machine: &mut Machine| {
                machine.server.last = None;
                machine.server.facts.clear();
                machine.server.readings.clear();
                machine.server.reports.clear();
            };
            if !story(seed, step, forgets) {
                break;
            }
        }
    }
}
