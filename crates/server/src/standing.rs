//! Where a sender stands: `policy` decides, of what the store remembers.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use policy::lifecycle::{Signs, State, state};
use store::{Admission, Sender};
use wire::rhythm::{Rhythm, Schedule, place_of};

/// Returns the state of a sender and since when it holds, as far as that is known.
pub fn state_of(sender: &Sender, now: Timestamp) -> (State, Option<Timestamp>) {
    let told = &sender.told;
    let (mut retired_at, mut disabled_at) = (None, None);
    match &sender.admission {
        Admission::Admitted => {}
        Admission::Disabled { at, .. } => disabled_at = Some(*at),
        Admission::Retired { at } => retired_at = Some(*at),
    }
    let signs = Signs {
        retired_at,
        disabled_at,
        stopped_at: told.stopped_at,
        last_report_at: told.last_success_at,
        last_contact_at: told.last_contact_at,
        next_at: next_after_contact(sender),
    };
    state(&signs, now)
}

/// Returns the next planned report after the last contact, by the server's reckoning: what the
/// sender says itself may come from a wrong clock.
fn next_after_contact(sender: &Sender) -> Option<Timestamp> {
    let schedule = sender.told.schedule.as_ref()?;
    let contact = sender.told.last_contact_at?;
    Some(schedule.rhythm.next_after(&zone_of(schedule), place_of(&sender.id.to_string()), contact))
}

/// Returns when a sender is to report next; `None` if it has not told its schedule.
pub fn next_report(sender: &Sender, now: Timestamp) -> Option<Timestamp> {
    let schedule = sender.told.schedule.as_ref()?;
    Some(schedule.rhythm.next_after(&zone_of(schedule), place_of(&sender.id.to_string()), now))
}

/// Returns the zone that a schedule names. A name that this host does not know counts as UTC: a day
/// is then a few hours off, which is better than none.
pub fn zone_of(schedule: &Schedule) -> TimeZone {
    TimeZone::get(&schedule.time_zone).unwrap_or(TimeZone::UTC)
}

/// Returns how often a sender reports; a day if it has not told.
pub fn period_of(sender: &Sender) -> SignedDuration {
    match sender.told.schedule.as_ref().map(|schedule| schedule.rhythm) {
        Some(Rhythm::Every { seconds }) => SignedDuration::from_secs(i64::from(seconds)),
        Some(Rhythm::Daily { .. }) | None => SignedDuration::from_hours(24),
    }
}
