//! History in SQLite: one row tells of half a month of one sender's samples of one device.
//!
//! A row a day would be mostly key: 50 octets of ids beside some forty of differences. `day` is the
//! first day of the half month. Rows of the first schema tell of one day, and `day` is that day;
//! they are read like the others, and written only when their day is written again.

use std::collections::BTreeSet;

use policy::history::{Day, Sample, day_of};
use rusqlite::Connection;

use super::values::{Ask, most};
use crate::error::Result;
use crate::ids::{DeviceId, SenderId, TenantId};
use crate::pack;
use crate::rows::Of;
use crate::span::span_of;

/// Returns a row as it is kept.
pub fn load(connection: &Connection, of: Of, device: DeviceId, first: i64) -> Result<Option<Vec<u8>>> {
    let sql = "SELECT samples FROM history WHERE tenant_id = ?1 AND day = ?2 AND device_id = ?3 AND sender_id = ?4";
    connection.one(sql, (of.tenant, first, device, of.sender), |row| row.get(0))
}

/// Writes a row that is not there.
pub fn insert(connection: &Connection, of: Of, device: DeviceId, first: i64, kept: &[u8]) -> Result<()> {
    let sql = "INSERT INTO history (tenant_id, day, device_id, sender_id, samples) VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.run(sql, (of.tenant, first, device, of.sender, kept)).map(drop)
}

/// Writes a row that is there.
pub fn update(connection: &Connection, of: Of, device: DeviceId, first: i64, kept: &[u8]) -> Result<()> {
    let sql = "UPDATE history SET samples = ?5 WHERE tenant_id = ?1 AND day = ?2 AND device_id = ?3 AND sender_id = ?4";
    connection.run(sql, (of.tenant, first, device, of.sender, kept)).map(drop)
}

fn remove(connection: &Connection, of: Of, device: DeviceId, first: i64) -> Result<()> {
    let sql = "DELETE FROM history WHERE tenant_id = ?1 AND day = ?2 AND device_id = ?3 AND sender_id = ?4";
    connection.run(sql, (of.tenant, first, device, of.sender)).map(drop)
}

/// Returns the samples of one day.
pub fn day(connection: &Connection, of: Of, device: DeviceId, day: i64) -> Result<Option<Day>> {
    let mut samples = Vec::new();
    for first in rows_of(day) {
        if let Some(kept) = load(connection, of, device, first)? {
            samples.extend(pack::unpack_samples(&kept)?.into_iter().filter(|sample| day_of(sample.observed_at) == day));
        }
    }
    Ok((!samples.is_empty()).then(|| gathered(samples)))
}

/// Writes the samples of one day in the place of those that are there; none at all removes the day.
pub fn put_day(connection: &Connection, of: Of, device: DeviceId, day: i64, samples: &Day) -> Result<()> {
    let first = span_of(day);
    let kept = load(connection, of, device, first)?;
    let mut all = kept.as_deref().map_or(Ok(Vec::new()), pack::unpack_samples)?;
    all.retain(|sample| day_of(sample.observed_at) != day);
    all.extend(samples.samples().cloned());
    let all = gathered(all);
    let is_empty = all.samples().next().is_none();
    match (kept, is_empty) {
        (Some(_), true) => remove(connection, of, device, first)?,
        (None, true) => {}
        (Some(_), false) => update(connection, of, device, first, &pack::pack_day(&all))?,
        (None, false) => insert(connection, of, device, first, &pack::pack_day(&all))?,
    }
    if day == first { Ok(()) } else { remove(connection, of, device, day) }
}

/// Lists the days on which a sender told of a device.
pub fn days(connection: &Connection, of: Of, device: DeviceId) -> Result<Vec<i64>> {
    let bounds = "SELECT min(day), max(day) FROM history WHERE tenant_id = ?1";
    let bounds = connection.one(bounds, [of.tenant], |row| Ok(row.get::<_, Option<i64>>(0)?.zip(row.get::<_, Option<i64>>(1)?)))?;
    let Some((first, last)) = bounds.flatten() else { return Ok(Vec::new()) };
    let mut days = Vec::new();
    // Rows of one time lie together, so one look a day finds a device's.
    for row in first..=last {
        if let Some(kept) = load(connection, of, device, row)? {
            days.extend(pack::unpack_samples(&kept)?.iter().map(|sample| day_of(sample.observed_at)));
        }
    }
    days.sort_unstable();
    days.dedup();
    Ok(days)
}

/// Names a row of a tenant, in the order of the rows.
pub type Place = (i64, DeviceId, SenderId);

/// Removes the days before a day from the next rows; returns how many days went, and where to go on.
///
/// A row that tells of days on both sides is written anew.
pub fn prune(connection: &Connection, tenant: TenantId, before: i64, above: Option<Place>, step: usize) -> Result<(u64, Option<Place>)> {
    let sql = "SELECT day, device_id, sender_id, samples FROM history \
               WHERE tenant_id = ?1 AND day < ?2 AND (day, device_id, sender_id) > (?3, ?4, ?5) \
               ORDER BY day, device_id, sender_id LIMIT ?6";
    let (first, device, sender) =
        above.map_or((i64::MIN, Vec::new(), Vec::new()), |(day, device, sender)| (day, device.octets().to_vec(), sender.octets().to_vec()));
    let rows = connection.all(sql, (tenant, before, first, device, sender, most(step)), |row| {
        Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get::<_, Vec<u8>>(3)?))
    })?;
    let mut removed = 0;
    for ((first, device, sender), kept) in &rows {
        let of = Of { tenant, sender: *sender };
        let samples = pack::unpack_samples(kept)?;
        let (old, new): (Vec<Sample>, Vec<Sample>) = samples.into_iter().partition(|sample| day_of(sample.observed_at) < before);
        let days: BTreeSet<i64> = old.iter().map(|sample| day_of(sample.observed_at)).collect();
        removed += days.len() as u64;
        match (old.is_empty(), new.is_empty()) {
            (true, false) => {}
            (_, true) => remove(connection, of, *device, *first)?,
            (false, false) => update(connection, of, *device, *first, &pack::pack_samples(new.iter()))?,
        }
    }
    Ok((removed, rows.last().map(|(place, _): &(Place, Vec<u8>)| *place).filter(|_| rows.len() == step)))
}

/// Lists the rows that can tell of a day.
pub fn rows_of(day: i64) -> impl Iterator<Item = i64> {
    let first = span_of(day);
    std::iter::once(first).chain((day != first).then_some(day))
}

/// Orders samples; within one hour the newest stays.
pub fn gathered(samples: impl IntoIterator<Item = Sample>) -> Day {
    let mut day = Day::default();
    samples.into_iter().for_each(|sample| _ = day.add(sample));
    day
}
