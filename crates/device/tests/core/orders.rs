//! Commands of the server: on flash before they run, once, and as the site wants.

use device::{Mode, Module, Settings};
use jiff::SignedDuration;
use wire::commands::{Action, Command, OutcomeKind};
use wire::rhythm::{Rhythm, Schedule};

use crate::machine::{Machine, live, settings};

fn command(machine: &Machine, id: &str, action: Action) -> Command {
    Command { id: id.into(), issued_at: machine.now, expires_at: machine.now + SignedDuration::from_hours(48), action }
}

fn schedule(time_zone: &str) -> Action {
    Action::SetSchedule { schedule: Schedule { rhythm: Rhythm::Every { seconds: 3600 }, time_zone: time_zone.into() } }
}

fn outcomes(machine: &Machine) -> Vec<(String, OutcomeKind)> {
    machine.server.outcomes.iter().map(|outcome| (outcome.command.clone(), outcome.outcome)).collect()
}

#[test]
fn what_is_on_the_closed_list_runs_once_and_its_end_is_told() {
    let mut machine = Machine::new(1);
    machine.server.commands = vec![
        command(&machine, "c-1", Action::ReadNow),
        command(&machine, "c-2", schedule("UTC")),
        command(&machine, "c-3", schedule("Mars/Olympus")),
        command(&machine, "c-4", Action::SendFullReport),
        command(&machine, "c-5", Action::Unknown),
        Command { expires_at: machine.now, ..command(&machine, "c-6", Action::ReadNow) },
        command(&machine, "", Action::ReadNow),
    ];
    let mut module = Module::start(settings(), &mut machine);
    module.step(&mut machine);
    use OutcomeKind::{Done, Expired, Failed, Refused};
    let expected = [("c-1", Done), ("c-2", Done), ("c-3", Failed), ("c-4", Done), ("c-5", Refused), ("c-6", Expired)];
    assert_eq!(outcomes(&machine), expected.map(|(id, kind)| (id.to_owned(), kind)));
    assert_eq!(machine.asked.len(), 2, "the first reading, and the one that was asked for");
    live(&mut module, &mut machine, 1);
    assert_eq!(machine.server.outcomes.len(), 6);
    assert!(machine.server.reports.len() > 20, "the new schedule counts");
}

#[test]
fn a_command_that_was_running_when_the_power_went_is_unknown_and_never_runs_again() {
    for power_for in 1..12 {
        let mut machine = Machine::new(power_for);
        let mut module = Module::start(settings(), &mut machine);
        live(&mut module, &mut machine, 1);
        machine.server.commands = vec![command(&machine, "c-1", Action::ReadNow)];
        machine.power_for = Some(power_for);
        live(&mut module, &mut machine, 1);
        drop(module);
        machine.power_for = None;
        let mut module = Module::start(settings(), &mut machine);
        live(&mut module, &mut machine, 2);
        let ends: Vec<_> = outcomes(&machine);
        assert!(ends.iter().all(|(_, kind)| matches!(kind, OutcomeKind::Done | OutcomeKind::Unknown)), "{ends:?}");
        assert!(!ends.is_empty() && ends.windows(2).all(|pair| pair[0] == pair[1]), "{power_for}: {ends:?}");
    }
}

#[test]
fn a_locked_site_runs_nothing() {
    let mut machine = Machine::new(2);
    machine.server.commands = vec![command(&machine, "c-1", schedule("UTC"))];
    let mut module = Module::start(Settings { mode: Mode::Locked, ..settings() }, &mut machine);
    live(&mut module, &mut machine, 2);
    assert_eq!(outcomes(&machine), [("c-1".to_owned(), OutcomeKind::Refused)]);
    assert_eq!(machine.server.reports.len(), 4, "the first, the refusal at once, and two days: the schedule is the site's");
}

#[test]
fn where_the_site_wants_to_decide_a_command_waits_for_its_word() {
    let mut machine = Machine::new(3);
    machine.server.commands = vec![command(&machine, "yes", Action::ReadNow), command(&machine, "no", Action::ReadNow)];
    let mut module = Module::start(Settings { mode: Mode::Approve, ..settings() }, &mut machine);
    live(&mut module, &mut machine, 1);
    assert_eq!(outcomes(&machine), []);
    drop(module);
    let mut module = Module::start(Settings { mode: Mode::Approve, ..settings() }, &mut machine);
    machine.verdicts.insert("no".into(), false);
    machine.verdicts.insert("yes".into(), true);
    module.step(&mut machine);
    let mut ends = outcomes(&machine);
    ends.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(ends, [("no".to_owned(), OutcomeKind::Refused), ("yes".to_owned(), OutcomeKind::Done)]);
}

#[test]
fn a_command_that_nobody_decided_expires() {
    let mut machine = Machine::new(4);
    machine.server.commands = vec![command(&machine, "c-1", Action::ReadNow)];
    let mut module = Module::start(Settings { mode: Mode::Approve, ..settings() }, &mut machine);
    live(&mut module, &mut machine, 4);
    assert_eq!(outcomes(&machine), [("c-1".to_owned(), OutcomeKind::Expired)]);
}
