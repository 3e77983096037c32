//! Why a device was taken for the same at another address, and undoing that.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use wire::identity::Traits;

use super::sighting::{Recognised, Sighting};
use super::{Store, StoreError, blob, time};

/// Is the last move of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    pub device: u32,
    pub at: Timestamp,
    /// `None` if another device had been found there before.
    pub from: Option<String>,
    pub to: String,
    /// Each reason with its points.
    pub why: String,
}

/// Says why a device could not be parted.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    #[error("number {0} has not moved, so there is nothing to part; `roundsman-agent device moves` lists what has")]
    NotMoved(u32),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Writes down that a device is about to be known at another address, with all that it was before.
    pub(super) fn note_move(&mut self, known: &Recognised, seen: &Sighting, at: Timestamp) -> Result<(), StoreError> {
        let (number, from, to, why) = (known.number, known.address.as_deref(), seen.address.as_str(), known.verdict.to_string());
        // That is no news: a printer with two interfaces goes to and fro, and two with one address take turns.
        let is_old = self
            .move_of(number)?
            .is_some_and(|before| before.to == to || (before.from.as_deref() == Some(to) && from == Some(before.to.as_str())));
        if !is_old {
            tracing::info!(
                device.id = number,
                weight = known.verdict.weight,
                "a device was found at another address; `roundsman-agent device moves` says why it is the same"
            );
        }
        tracing::debug!(device.id = number, from, to, why, "a device was known again");
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO move (device, at, came_from, went_to, why, maker, serial, uuid, facts_at, facts)
                 SELECT number, ?2, ?3, ?4, ?5, maker, serial, uuid, facts_at, facts FROM device WHERE number = ?1",
            )?
            .execute(params![number, at.as_second(), from, to, why])?;
        Ok(())
    }

    /// Returns the last move of a device.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn move_of(&self, number: u32) -> Result<Option<Move>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT device, at, came_from, went_to, why FROM move WHERE device = ?1")?;
        Ok(statement.query_row([number], read).optional()?)
    }

    /// Lists the last move of each device, the newest first.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn moves(&self) -> Result<Vec<Move>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT device, at, came_from, went_to, why FROM move ORDER BY at DESC, device LIMIT 1000")?;
        let moves = statement.query_map([], read)?;
        Ok(moves.collect::<Result<_, _>>()?)
    }

    /// Undoes the last move of a device: it is again what it was and where it was, and what was taken
    /// for it gets a number of its own, with all that was read since. Returns that number.
    ///
    /// The two stay apart: what is seen at the new address weighs more for the new number from then on.
    ///
    /// # Errors
    /// Fails if the device has not moved, or the store does not obey; then nothing has changed.
    pub fn part(&mut self, number: u32, now: Timestamp) -> Result<u32, PartError> {
        let moved = self.move_of(number)?.ok_or(PartError::NotMoved(number))?;
        Ok(self.at_once(|store| store.give_number(&moved, now))?)
    }

    fn give_number(&mut self, moved: &Move, now: Timestamp) -> Result<u32, StoreError> {
        let number = moved.device;
        let facts_of = |sql: &str| -> Result<Traits, StoreError> {
            let facts: Vec<u8> = self.connection.query_row(sql, [number], |row| row.get(0))?;
            Ok(Traits::of(&blob::decode(&facts)?))
        };
        let after = facts_of("SELECT facts FROM device WHERE number = ?1")?;
        let before = facts_of("SELECT facts FROM move WHERE device = ?1")?;
        self.connection.execute(
            "INSERT INTO device (address, maker, serial, uuid, in_scope, first_seen, last_seen, facts_at, facts, said)
             SELECT address, maker, serial, uuid, in_scope, ?2, last_seen, facts_at, facts, said FROM device WHERE number = ?1",
            params![number, now.as_second()],
        )?;
        let new = u32::try_from(self.connection.last_insert_rowid()).expect("nobody has four thousand million printers");
        // Where it was, somebody else may be by now.
        self.connection.execute(
            "UPDATE device SET maker = m.maker, serial = m.serial, uuid = m.uuid, facts_at = m.facts_at, facts = m.facts, said = NULL,
             last_seen = min(last_seen, m.at),
             address = (SELECT m.came_from WHERE NOT EXISTS (SELECT 1 FROM device AS o WHERE o.address = m.came_from))
             FROM move AS m WHERE m.device = number AND number = ?1",
            [number],
        )?;
        for address in &after.hardware_addresses {
            self.connection.execute("INSERT OR IGNORE INTO hardware_address (address, device) VALUES (?1, ?2)", params![address, new])?;
            if !before.hardware_addresses.contains(address) {
                self.connection.execute("DELETE FROM hardware_address WHERE address = ?1 AND device = ?2", params![address, number])?;
            }
        }
        self.connection.execute(
            "UPDATE reading SET device = ?2 WHERE device = ?1 AND observed_at >= ?3",
            params![number, new, moved.at.as_second()],
        )?;
        self.connection.execute("DELETE FROM move WHERE device = ?1", [number])?;
        Ok(new)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Move> {
    Ok(Move { device: row.get(0)?, at: time(row.get(1)?), from: row.get(2)?, to: row.get(3)?, why: row.get(4)? })
}
