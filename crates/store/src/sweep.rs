//! One sender's turn in a sweep of the ledger.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use policy::expectation::{Expectation, Kept, Ledger, Owed};
use policy::lifecycle::{self, GRACE, State};
use wire::rhythm::place_of;

use crate::error::Result;
use crate::registry::{Sender, zone_of};
use crate::rows::{Of, Rows};
use crate::take::lines;

/// Is how many of the last lines can still be pending: a sweep closes all whose time has passed.
const TAIL: usize = 8;

/// Sweeps one sender's ledger; returns the lines that changed, and when to look again.
pub fn sweep(rows: &mut impl Rows, of: Of, sender: &Sender, now: Timestamp) -> Result<(Vec<Expectation>, Timestamp)> {
    // Without a schedule nothing is planned. The first report brings one.
    let Some(schedule) = &sender.told.schedule else { return Ok((Vec::new(), Timestamp::MAX)) };
    let zone = zone_of(schedule);
    let owed = Owed { schedule, zone: &zone, place: place_of(&of.sender.to_string()), since: sender.created_at };
    let mut ledger = lines(rows.ledger_tail(of, TAIL)?);
    let (state, _) = lifecycle::state(&sender.signs(), now);
    let changed = policy::expectation::sweep(&mut ledger, &owed, state, now);
    let changed: Vec<Expectation> = changed.iter().filter_map(|day| ledger.get(day).cloned()).collect();
    for line in &changed {
        rows.put_line(of, line)?;
    }
    Ok((changed, next(&ledger, &zone, state, now)))
}

/// Returns when something can change in a ledger that was swept just now.
fn next(ledger: &Ledger, zone: &TimeZone, state: State, now: Timestamp) -> Timestamp {
    let second = SignedDuration::from_secs(1);
    let pending = ledger.values().filter(|line| line.kept == Kept::Pending);
    let closes = pending.map(|line| line.due_at.saturating_add(GRACE + second).unwrap_or(Timestamp::MAX)).min();
    let is_owing = !matches!(state, State::Retired | State::Stopped | State::Disabled);
    let opens = is_owing.then(|| ledger.last_key_value().map_or(now, |(day, _)| start_of_day_after(*day, zone)));
    closes.into_iter().chain(opens).min().unwrap_or(Timestamp::MAX)
}

fn start_of_day_after(day: jiff::civil::Date, zone: &TimeZone) -> Timestamp {
    let tomorrow = day.tomorrow().ok().and_then(|day| day.to_zoned(zone.clone()).ok());
    tomorrow.map_or(Timestamp::MAX, |start| start.timestamp())
}
