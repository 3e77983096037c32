use policy::expectation::Kept;
use policy::overdue::Why;
use wire::commands::{Outcome, OutcomeKind};
use wire::{Reading, Report};

use super::Subject;
use super::world::*;
use crate::{Admission, Sender, StoreError};

fn scheduled(sender: &Sender, sequence: u64) -> Report {
    Report { schedule: Some(daily()), ..report(sender, sequence, vec![]) }
}

async fn kept(store: &Subject, sender: &Sender) -> Vec<(i8, Kept)> {
    let mut lines = store.ledger(sender.tenant, Some(sender.id), None, 100).await.unwrap();
    lines.reverse();
    lines.iter().map(|line| (line.expectation.day.day(), line.expectation.kept)).collect()
}

pub async fn every_day_gets_its_line(store: Subject) {
    let sender = one_agent(&store).await;
    accept(&store, &sender, scheduled(&sender, 1), noon()).await;
    assert!(store.ledger(sender.tenant, None, None, 100).await.unwrap().is_empty(), "before its first hour nothing is owed");
    let opened = store.sweep(sender.tenant, at("2026-11-25T12:01:00Z")).await.unwrap();
    assert_eq!(opened.iter().map(|line| (line.sender, line.expectation.kept)).collect::<Vec<_>>(), [(sender.id, Kept::Pending)]);
    assert!(store.sweep(sender.tenant, at("2026-11-25T12:02:00Z")).await.unwrap().is_empty());
    // The 26th comes in time; the 27th nobody hears of; the 28th is late.
    let reading = Reading::whole(1, at("2026-11-26T02:00:00Z"), &printer("A1234", 1));
    accept(&store, &sender, report(&sender, 2, vec![reading]), at("2026-11-26T02:10:00Z")).await;
    for hour in 0..60 {
        store.sweep(sender.tenant, at("2026-11-26T03:00:00Z") + hours(hour)).await.unwrap();
    }
    accept(&store, &sender, report(&sender, 3, vec![]), at("2026-11-28T16:00:00Z")).await;
    assert_eq!(kept(&store, &sender).await, [(26, Kept::Met), (27, Kept::Missed), (28, Kept::Late)], "a closed day stays as it is");
    let missed = store.ledger(sender.tenant, None, Some(Kept::Missed), 100).await.unwrap();
    assert_eq!(missed.len(), 1);
    assert_eq!(missed[0].expectation.why, Some(Why::SenderSilent));
    let met = store.ledger(sender.tenant, Some(sender.id), Some(Kept::Met), 100).await.unwrap();
    assert_eq!((met[0].expectation.reports, met[0].expectation.devices), (1, 1));
    assert_eq!(met[0].expectation.met_at, Some(at("2026-11-26T02:10:00Z")));
    assert_eq!(store.ledger(sender.tenant, None, None, 1).await.unwrap()[0].expectation.day.day(), 28, "the latest comes first");
}

pub async fn a_report_finds_its_day_even_before_the_sweep(store: Subject) {
    let sender = one_agent(&store).await;
    accept(&store, &sender, scheduled(&sender, 1), noon()).await;
    // The server itself stood still for two days: no sweep has opened anything.
    let readings = vec![
        Reading::whole(1, at("2026-11-26T02:00:00Z"), &printer("A1234", 1)),
        Reading::whole(1, at("2026-11-27T02:00:00Z"), &printer("A1234", 2)),
    ];
    accept(&store, &sender, report(&sender, 2, readings), at("2026-11-27T02:10:00Z")).await;
    assert_eq!(kept(&store, &sender).await, [(26, Kept::CaughtUp), (27, Kept::Met)]);
}

pub async fn nothing_is_expected_of_who_has_stopped(store: Subject) {
    let sender = one_agent(&store).await;
    accept(&store, &sender, scheduled(&sender, 1), noon()).await;
    accept(&store, &sender, Report { stopping: true, ..report(&sender, 2, vec![]) }, noon() + hours(1)).await;
    for day in 0..5 {
        store.sweep(sender.tenant, noon() + hours(24 * day + 2)).await.unwrap();
    }
    // One day had been opened before it said so; it stands there with the reason, and no other does.
    let lines = store.ledger(sender.tenant, Some(sender.id), None, 100).await.unwrap();
    let told: Vec<_> = lines.iter().map(|line| (line.expectation.day.day(), line.expectation.why)).collect();
    assert_eq!(told, [(26, Some(Why::SenderStopped))]);
    // It comes back, and owes again.
    accept(&store, &sender, report(&sender, 3, vec![]), noon() + hours(24 * 5)).await;
    for hour in 1..14 {
        store.sweep(sender.tenant, noon() + hours(24 * 5 + hour)).await.unwrap();
    }
    let lines = kept(&store, &sender).await;
    assert_eq!(lines, [(26, Kept::Missed), (1, Kept::Pending)], "for the days out of service nothing was owed");
    store.set_admission(sender.tenant, sender.id, Admission::Retired { at: noon() + hours(24 * 5 + 14) }).await.unwrap();
    let before = kept(&store, &sender).await.len();
    for day in 6..9 {
        store.sweep(sender.tenant, noon() + hours(24 * day)).await.unwrap();
    }
    assert_eq!(kept(&store, &sender).await.len(), before);
}

pub async fn commands_are_handed_out_until_their_outcome_is_told(store: Subject) {
    let sender = one_agent(&store).await;
    let (first, second) = (command("z", noon()), command("a", noon() + hours(1)));
    store.put_command(sender.tenant, sender.id, second.clone()).await.unwrap();
    store.put_command(sender.tenant, sender.id, first.clone()).await.unwrap();
    let again = store.put_command(sender.tenant, sender.id, first.clone()).await;
    assert!(matches!(again, Err(StoreError::NameTaken { .. })));
    let sent = report(&sender, 1, vec![]);
    let receipt = accept(&store, &sender, sent.clone(), noon() + hours(2)).await;
    assert_eq!(receipt.commands, [first.clone(), second.clone()], "in the order of issue");
    // The reply was lost: the report comes again, and the commands are told again.
    assert_eq!(send(&store, &sender, sent, noon() + hours(3)).await.unwrap().commands, [first.clone(), second.clone()]);
    let outcome = |kind| Outcome { command: "z".into(), outcome: kind, at: noon() + hours(3), detail: None };
    let told = Report { outcomes: vec![outcome(OutcomeKind::Done)], ..report(&sender, 2, vec![]) };
    assert_eq!(accept(&store, &sender, told, noon() + hours(4)).await.commands, [second]);
    // The first word on it stays.
    let unknown = Report { outcomes: vec![outcome(OutcomeKind::Unknown)], ..report(&sender, 3, vec![]) };
    accept(&store, &sender, unknown, noon() + hours(5)).await;
    let issued = store.commands(sender.tenant, sender.id, 10).await.unwrap();
    assert_eq!(issued.iter().map(|issued| issued.command.id.as_str()).collect::<Vec<_>>(), ["a", "z"]);
    assert_eq!(issued[1].outcome, Some(outcome(OutcomeKind::Done)));
    assert_eq!(issued[1].handed_out_at, Some(noon() + hours(2)));
    assert_eq!(issued[0].outcome, None);
    assert_eq!(store.commands(sender.tenant, sender.id, 1).await.unwrap().len(), 1);
}

pub async fn commands_end(store: Subject) {
    let sender = one_agent(&store).await;
    store.put_command(sender.tenant, sender.id, command("c", noon())).await.unwrap();
    let receipt = accept(&store, &sender, report(&sender, 1, vec![]), noon() + hours(24)).await;
    assert!(receipt.commands.is_empty());
    assert_eq!(store.commands(sender.tenant, sender.id, 10).await.unwrap()[0].handed_out_at, None);
}
