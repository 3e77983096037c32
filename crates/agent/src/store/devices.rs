//! The devices the agent knows.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use wire::Facts;

use super::{Sighting, Store, StoreError, blob, time};

/// Is a device as the agent knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// Given once and never to another device.
    pub number: u32,
    pub address: Option<String>,
    /// Whether the site wants it looked after.
    pub in_scope: bool,
    pub first_seen: Timestamp,
    /// When it last answered.
    pub last_seen: Timestamp,
    /// When it last said all it has to say.
    pub facts_at: Option<Timestamp>,
    /// The newest word on every fact.
    pub facts: Facts,
}

impl Store {
    /// Takes a device in, or what has become of a known one; returns its number.
    ///
    /// # Errors
    /// Fails if the store does not obey.
    pub fn see(&mut self, seen: &Sighting, in_scope: bool, at: Timestamp) -> Result<u32, StoreError> {
        let (traits, serial) = (&seen.traits, seen.traits.serials.first());
        let number = match self.find(seen, at)? {
            Some(known) => {
                if known.address.as_deref() != Some(seen.address.as_str()) {
                    self.note_move(&known, seen, at)?;
                }
                let mut statement = self.connection.prepare_cached(
                    "UPDATE device SET address = ?2, maker = coalesce(?3, maker), serial = coalesce(?4, serial), uuid = coalesce(?5, uuid),
                     in_scope = ?6, last_seen = max(last_seen, ?7) WHERE number = ?1",
                )?;
                statement.execute(params![known.number, seen.address, traits.maker, serial, traits.uuid, in_scope, at.as_second()])?;
                known.number
            }
            None => {
                let mut statement = self.connection.prepare_cached(
                    "INSERT INTO device (address, maker, serial, uuid, in_scope, first_seen, last_seen, facts) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)",
                )?;
                let nothing = blob::encode(&Facts::new());
                statement.execute(params![seen.address, traits.maker, serial, traits.uuid, in_scope, at.as_second(), nothing])?;
                u32::try_from(self.connection.last_insert_rowid()).expect("nobody has four thousand million printers")
            }
        };
        // Who was there before is somewhere else, or gone.
        let mut statement = self.connection.prepare_cached("UPDATE device SET address = NULL WHERE address = ?1 AND number <> ?2")?;
        statement.execute(params![seen.address, number])?;
        for hardware_address in &traits.hardware_addresses {
            let mut statement =
                self.connection.prepare_cached("INSERT OR IGNORE INTO hardware_address (address, device) VALUES (?1, ?2)")?;
            statement.execute(params![hardware_address, number])?;
        }
        Ok(number)
    }

    /// Returns a device.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn device(&self, number: u32) -> Result<Option<Device>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT number, address, in_scope, first_seen, last_seen, facts_at, facts FROM device WHERE number = ?1")?;
        Ok(statement.query_row([number], device).optional()?.transpose()?)
    }

    /// Returns the first device with a number above `after`; so a caller goes through all of them.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn device_after(&self, after: u32) -> Result<Option<Device>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT number, address, in_scope, first_seen, last_seen, facts_at, facts FROM device WHERE number > ?1 ORDER BY number LIMIT 1")?;
        Ok(statement.query_row([after], device).optional()?.transpose()?)
    }

    /// Lists number and address of every device that is looked after.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn whereabouts(&self) -> Result<Vec<(u32, Option<String>)>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT number, address FROM device WHERE in_scope ORDER BY number")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the device that is looked after at an address.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn device_at(&self, address: &str) -> Result<Option<u32>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT number FROM device WHERE address = ?1 AND in_scope")?;
        Ok(statement.query_row([address], |row| row.get(0)).optional()?)
    }

    /// Returns how many devices are looked after, and how many were seen besides.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn counts(&self) -> Result<(u64, u64), StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT coalesce(sum(in_scope), 0), coalesce(sum(NOT in_scope), 0) FROM device")?;
        let (within, without): (i64, i64) = statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok((within.unsigned_abs(), without.unsigned_abs()))
    }

    /// Returns the octets that the knowledge of devices takes: all of the file but what waits to be sent.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn discovery_octets(&self) -> Result<u64, StoreError> {
        let octets: i64 = self.connection.query_row(
            "SELECT coalesce((SELECT sum(length(facts)) + 64 * count(*) FROM device), 0)
                  + coalesce((SELECT sum(length(address)) + 16 * count(*) FROM hardware_address), 0)
                  + coalesce((SELECT sum(length(facts) + length(why)) + 64 * count(*) FROM move), 0)",
            [],
            |row| row.get(0),
        )?;
        Ok(octets.unsigned_abs())
    }
}

fn device(row: &Row<'_>) -> rusqlite::Result<Result<Device, blob::Damaged>> {
    let facts = match blob::decode(row.get_ref(6)?.as_blob()?) {
        Ok(facts) => facts,
        Err(damaged) => return Ok(Err(damaged)),
    };
    Ok(Ok(Device {
        number: row.get(0)?,
        address: row.get(1)?,
        in_scope: row.get(2)?,
        first_seen: time(row.get(3)?),
        last_seen: time(row.get(4)?),
        facts_at: row.get::<_, Option<i64>>(5)?.map(time),
        facts,
    }))
}
