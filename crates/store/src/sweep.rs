//! One sender's turn in a sweep of the ledger.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use policy::expectation::{Expectation, Kept, Ledger, Owed};
use policy::lifecycle::{self, GRACE, State};
use wire::rhythm::place_of;

use crate::error::Result;
use crate::registry::zone_of;
use crate::rows::{Of, Rows, Watch, Watched};
use crate::take::lines;

/// Is how many of the last lines can still be pending: a sweep closes all whose time has passed.
pub(crate) const TAIL: usize = 8;

/// Sweeps one sender's ledger; returns the lines that changed, and how to go on.
pub fn sweep(rows: &mut impl Rows, of: Of, watched: &Watched, now: Timestamp) -> Result<(Vec<Expectation>, Watch)> {
    let Watched { sender, watch } = watched;
    // Without a schedule nothing is planned. The first report brings one.
    let Some(schedule) = &sender.told.schedule else {
        return Ok((Vec::new(), Watch { next_sweep_at: Timestamp::MAX, ..*watch }));
    };
    let zone = zone_of(schedule);
    // Who has been out of service owes nothing for that time.
    let since = watch.owing_since.unwrap_or(now);
    let owed = Owed { schedule, zone: &zone, place: place_of(&of.sender.to_string()), since };
    let mut ledger = lines(rows.ledger_tail(of, TAIL)?);
    let (state, _) = lifecycle::state(&sender.signs(), now);
    let changed = policy::expectation::sweep(&mut ledger, &owed, state, now);
    let changed: Vec<Expectation> = changed.iter().filter_map(|day| ledger.get(day).cloned()).collect();
    for line in &changed {
        rows.put_line(of, line)?;
    }
    let is_owing = !matches!(state, State::Retired | State::Stopped | State::Disabled);
    let next_sweep_at = next(&ledger, &zone, is_owing, now);
    Ok((changed, Watch { next_sweep_at, owing_since: is_owing.then_some(since) }))
}

/// Returns when something can change in a ledger that was swept just now.
fn next(ledger: &Ledger, zone: &TimeZone, is_owing: bool, now: Timestamp) -> Timestamp {
    let second = SignedDuration::from_secs(1);
    let pending = ledger.values().filter(|line| line.kept == Kept::Pending);
    let closes = pending.map(|line| line.due_at.saturating_add(GRACE + second).unwrap_or(Timestamp::MAX)).min();
    let opens = is_owing.then(|| ledger.last_key_value().map_or(now, |(day, _)| start_of_day_after(*day, zone)));
    closes.into_iter().chain(opens).min().unwrap_or(Timestamp::MAX)
}

fn start_of_day_after(day: jiff::civil::Date, zone: &TimeZone) -> Timestamp {
    let tomorrow = day.tomorrow().ok().and_then(|day| day.to_zoned(zone.clone()).ok());
    tomorrow.map_or(Timestamp::MAX, |start| start.timestamp())
}
