//! What the server is known to have: the facts that changes are told against.
//!
//! The base moves only by the octets of a report that the server has acknowledged, applied here as
//! the server applies them. So both agree by construction, whatever happened in between.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use wire::privacy::Group;
use wire::{Extent, Facts, Report};

use super::{Store, StoreError, blob};

/// Is where the server stands, as far as the agent knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// The report acknowledged last.
    pub report: String,
    /// Of that report; an older one changes nothing any more.
    pub sequence: u64,
    pub at: Timestamp,
    /// What was withheld from it; with other groups, other facts would be missing.
    pub withheld: Vec<Group>,
}

const ACKNOWLEDGED: &str = "acknowledged";
/// Is the place up to which readings may be older than what the server has.
const HELD: &str = "held";

impl Store {
    /// Returns where the server stands; `None` if it is to get whole readings.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn acknowledged(&self) -> Result<Option<Acknowledged>, StoreError> {
        self.recall(ACKNOWLEDGED)
    }

    /// Returns what the server knows of a device; `None` if nothing is known of it.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn base_of(&self, device: u32) -> Result<Option<Facts>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT facts FROM base WHERE device = ?1")?;
        let blob: Option<Vec<u8>> = statement.query_row([device], |row| row.get(0)).optional()?;
        Ok(blob.map(|blob| blob::decode(&blob)).transpose()?)
    }

    /// Takes a report that the server has on its disk: its readings become the base and wait no
    /// longer, and the outcomes it told are told. Taken twice, it changes nothing.
    ///
    /// # Errors
    /// Fails if the store does not obey; then nothing has changed.
    pub fn acknowledge(&mut self, report: &Report, at: Timestamp) -> Result<(), StoreError> {
        self.at_once(|store| {
            let before = store.acknowledged()?;
            if before.as_ref().is_some_and(|before| before.sequence >= report.sequence) {
                return Ok(());
            }
            let ours = before.map(|before| before.report);
            for reading in &report.readings {
                let known = store.base_of(reading.device)?;
                // The base may have been forgotten while the report was under way: then its changes
                // tell nothing, and the device is still to go whole.
                if reading.extent == Extent::Changes && (known.is_none() || report.base != ours) {
                    continue;
                }
                store.reading_arrived(reading.device, reading.observed_at)?;
                // A glimpse of a device that was never told whole is no base for anything.
                if reading.extent == Extent::Glimpse && known.is_none() {
                    continue;
                }
                let mut facts = known.unwrap_or_default();
                if reading.apply(&mut facts).is_err() {
                    store.connection.prepare_cached("DELETE FROM base WHERE device = ?1")?.execute([reading.device])?;
                    continue;
                }
                store
                    .connection
                    .prepare_cached("INSERT OR REPLACE INTO base (device, facts) VALUES (?1, ?2)")?
                    .execute(params![reading.device, blob::encode(&facts)])?;
            }
            for outcome in &report.outcomes {
                store.told(&outcome.command)?;
            }
            let acknowledged = Acknowledged { report: report.id.clone(), sequence: report.sequence, at, withheld: report.withheld.clone() };
            store.remember(ACKNOWLEDGED, &acknowledged)?;
            store.release()
        })
    }

    /// Takes the news that the server knows more of this agent than the agent itself: its disk was put
    /// back to an earlier state, or another agent has its identity.
    ///
    /// What was read before the store was opened may be older than what the server has, and must not
    /// take its place; so it waits until its device has been read again, and goes before that.
    ///
    /// # Errors
    /// Fails if the store does not obey. Half done, it is done again, since the server is still ahead.
    pub fn fall_behind(&mut self) -> Result<(), StoreError> {
        self.forget_base()?;
        let place = self.place_at_open;
        self.remember(HELD, &place)
    }

    /// Takes a report that the server has on its disk below a later one: what it carried waits no longer,
    /// and the base is another.
    ///
    /// # Errors
    /// Fails if the store does not obey; then nothing has changed.
    pub fn relieve(&mut self, report: &Report) -> Result<(), StoreError> {
        self.at_once(|store| {
            for reading in &report.readings {
                store.reading_arrived(reading.device, reading.observed_at)?;
            }
            report.outcomes.iter().try_for_each(|outcome| store.told(&outcome.command))
        })
    }

    /// Forgets that readings are held back, once none is and the server knows every device anew.
    fn release(&mut self) -> Result<(), StoreError> {
        let Some(held) = self.held()? else { return Ok(()) };
        let some_wait = "SELECT EXISTS (SELECT 1 FROM reading WHERE place <= ?1 AND NOT told)
                             OR EXISTS (SELECT 1 FROM device WHERE in_scope AND facts_at IS NOT NULL AND number NOT IN (SELECT device FROM base))";
        let some_wait: bool = self.connection.prepare_cached(some_wait)?.query_row([held], |row| row.get(0))?;
        if some_wait { Ok(()) } else { self.forget(HELD) }
    }

    /// Returns the place up to which readings wait for a newer one of their device, if any do.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn held(&self) -> Result<Option<i64>, StoreError> {
        self.recall(HELD)
    }

    /// Forgets what the server has: the next reports are whole, and tell every device.
    ///
    /// # Errors
    /// Fails if the store does not obey; then nothing has changed.
    pub fn forget_base(&mut self) -> Result<(), StoreError> {
        self.at_once(|store| {
            store.connection.execute_batch("DELETE FROM base")?;
            store.forget(ACKNOWLEDGED)?;
            store.send_everything()
        })
    }
}
