//! The agent's store: every reading that it has kept is there until the server has it.

use std::collections::BTreeMap;

use agent::seal::{Bounds, draft};
use agent::speaker::Speaker;
use agent::store::{Sighting, Store};
use jiff::{SignedDuration, Timestamp};
use wire::envelope::{Host, Site};
use wire::privacy::Privacy;
use wire::rhythm::{Rhythm, Schedule};
use wire::{Extent, Facts, Key, Value};

use crate::{cut_everywhere, folder, recorder, runs};

const ROUNDS: i64 = 90;
const PRINTERS: u32 = 6;

/// Is how things stand after a step: how many rounds were kept, and how many of them are acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Standing {
    kept: i64,
    acknowledged: i64,
}

fn at(round: i64) -> Timestamp {
    "2026-11-25T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * round)
}

#[test]
fn a_power_cut_costs_the_agent_no_reading() {
    recorder::install();
    let work = folder();
    let mut store = Store::open(work.path()).unwrap();
    let opened_at = recorder::moment();
    let mut standing = Standing { kept: 0, acknowledged: 0 };
    let mut steps = vec![(opened_at, standing)];
    for round in 1..=ROUNDS {
        keep(&mut store, round);
        standing.kept = round;
        steps.push((recorder::moment(), standing));
        // The server answers to every third round only.
        if round % 3 == 0 {
            let report = draft(&store, &speaker(), Bounds::default(), at(round)).unwrap().report;
            store.next_sequence(0).unwrap();
            store.acknowledge(&report, at(round)).unwrap();
            standing.acknowledged = round;
            steps.push((recorder::moment(), standing));
        }
    }
    drop(store);
    cut_everywhere("power.agent", work.path(), opened_at, runs(120), |place, moment| {
        let before = steps.iter().rev().find(|(at, _)| *at <= moment).expect("it was opened before").1;
        let after = steps.iter().find(|(at, _)| *at > moment).map_or(before, |(_, standing)| *standing);
        let mut store = Store::open(place).unwrap();
        let found = found(&store);
        assert!(found == before || found == after, "cut at {moment}: found {found:?}, expected {before:?} or {after:?}");
        keep(&mut store, found.kept + 1);
        assert_eq!(self::found(&store).kept, found.kept + 1, "and it goes on");
    });
}

fn keep(store: &mut Store, round: i64) {
    let kept = store.at_once(|store| {
        for printer in 1..=PRINTERS {
            let facts = facts(printer, round);
            let device = store.see(&Sighting::of(&facts), true, at(round))?;
            store.keep(device, Extent::Whole, at(round), at(round).to_zoned(jiff::tz::TimeZone::UTC).date(), &facts)?;
        }
        Ok(())
    });
    kept.unwrap();
}

/// Reads how things stand, and sees that it is the same for every device.
fn found(store: &Store) -> Standing {
    let mut standings = BTreeMap::new();
    for number in 1..=PRINTERS {
        let Some(device) = store.device(number).unwrap() else { continue };
        let kept = round_of(&device.facts).expect("it was read");
        let unsent: Vec<i64> = store.unsent_of(number).unwrap().iter().filter_map(|unsent| round_of(&unsent.facts)).collect();
        let acknowledged = store.base_of(number).unwrap().as_ref().and_then(round_of).unwrap_or(0);
        assert_eq!(unsent, (acknowledged + 1..=kept).collect::<Vec<_>>(), "what is not acknowledged waits, and nothing else");
        standings.insert(number, Standing { kept, acknowledged });
    }
    let first = standings.values().next().copied().unwrap_or(Standing { kept: 0, acknowledged: 0 });
    assert!(standings.values().all(|standing| *standing == first), "all of a step or nothing of it: {standings:?}");
    assert!(standings.is_empty() || standings.len() == PRINTERS as usize);
    first
}

fn round_of(facts: &Facts) -> Option<i64> {
    match facts.get("meters/total/value") {
        Some(Value::Integer(total)) => Some(*total % 1000),
        _ => None,
    }
}

fn facts(printer: u32, round: i64) -> Facts {
    let mut facts: Facts = (0..30).map(|number| (Key::from(format!("configuration/{number}")), Value::from(number))).collect();
    facts.insert("address".into(), format!("10.0.0.{printer}").as_str().into());
    facts.insert("identity/manufacturer".into(), "Acme".into());
    facts.insert("identity/serial_number".into(), format!("SN-{printer:06}").as_str().into());
    facts.insert("meters/total/value".into(), (i64::from(printer) * 1000 + round).into());
    facts
}

fn speaker() -> Speaker {
    Speaker {
        sender: "agent".into(),
        schedule: Schedule { rhythm: Rhythm::Every { seconds: 3600 }, time_zone: "UTC".into() },
        next_at: None,
        stopping: false,
        host: Host { proxy_id: None, host_id: "host".into() },
        site: Site::default(),
        privacy: Privacy::withholding(&[], &[]),
    }
}
