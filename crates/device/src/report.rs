//! Readings become a report: sealed once, and sent as it was sealed.

use alloc::string::String;
use alloc::vec::Vec;

use jiff::Timestamp;
use wire::Report;
use wire::commands::Outcome;
use wire::envelope::{Sender, SenderKind};
use wire::reading::Extent;
use wire::rhythm::Schedule;

use crate::module::Settings;
use crate::platform::Platform;
use crate::readings;
use crate::state::{Base, Pending, Stage, State};

/// Is the number that a module gives to its printer; it never has another.
pub const DEVICE: u32 = 1;

/// Is what a report says beside the readings.
pub struct Around<'a> {
    pub settings: &'a Settings,
    pub schedule: Schedule,
    pub next_at: Timestamp,
    /// The highest number that the server is known to have seen.
    pub floor: u64,
    pub now: Timestamp,
}

/// Makes a report of all that the server does not have, and puts it into the state.
///
/// With `whole` it stands by itself; otherwise it is told against the last acknowledged report.
pub fn seal(state: &mut State, around: &Around<'_>, whole: bool, platform: &mut impl Platform) {
    let Some(sender) = state.enrolment.as_ref().map(|enrolment| enrolment.sender.clone()) else { return };
    let base = state.base.as_ref().filter(|base| !whole && base.is_shared()).map(|base| base.report.clone());
    let readings = if base.is_some() { state.readings.clone() } else { readings::whole(state) };
    let outcomes = outcomes(state);
    let pending_outcomes = outcomes.iter().map(|outcome| outcome.command.clone()).collect();
    state.sequence = state.sequence.max(around.floor) + 1;
    let report = Report {
        sender: Sender { kind: SenderKind::DeviceDirect, id: sender },
        id: id(platform),
        sequence: state.sequence,
        created_at: Timestamp::from_second(around.now.as_second()).unwrap_or(around.now),
        base: base.clone(),
        software: around.settings.software.clone(),
        schedule: Some(around.schedule.clone()),
        next_at: Some(around.next_at),
        stopping: false,
        host: None,
        site: None,
        withheld: around.settings.privacy.withheld().to_vec(),
        outcomes,
        readings,
    };
    let octets = platform.pack(crate::json::write::report(&report));
    let readings = u32::try_from(report.readings.len()).unwrap_or(u32::MAX);
    state.pending = Some(Pending { id: report.id, sequence: report.sequence, base, octets, readings, outcomes: pending_outcomes });
}

/// Returns the ends of commands that the server has not heard of.
fn outcomes(state: &State) -> Vec<Outcome> {
    let ended = state.orders.iter().filter_map(|order| match &order.stage {
        Stage::Ended(outcome) => Some(outcome.clone()),
        _ => None,
    });
    ended.collect()
}

/// Takes the server's word that the pending report is on its disk: it is the new base, and what it
/// carried is forgotten.
pub fn acknowledge(state: &mut State, now: Timestamp) {
    let Some(pending) = state.pending.take() else { return };
    let count = (pending.readings as usize).min(state.readings.len());
    let carried = &state.readings[..count];
    // Glimpses alone, without a base, leave open what else the server has from earlier days.
    let is_shared = pending.base.is_some() || carried.iter().any(|reading| reading.extent != Extent::Glimpse);
    let before = state.base.take().map(|base| base.facts).unwrap_or_default();
    let facts = readings::after(before, carried);
    state.base = Some(Base { report: if is_shared { pending.id } else { String::new() }, facts });
    state.readings.drain(..count);
    for order in &mut state.orders {
        if pending.outcomes.contains(&order.command.id) && matches!(order.stage, Stage::Ended(_)) {
            order.stage = Stage::Told;
        }
    }
    state.reported_at = Some(now);
    state.dropped = 0;
}

/// Returns an id of 96 bits in sixteen letters: shorter than a UUID, and as unlikely to be made twice.
fn id(platform: &mut impl Platform) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let chance = u128::from(platform.chance()) << 64 | u128::from(platform.chance());
    (0..16).map(|place| char::from(LETTERS[(chance >> (place * 6) & 63) as usize])).collect()
}
