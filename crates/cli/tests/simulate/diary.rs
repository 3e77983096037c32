//! All that was ever read, and what became of it as far as the reader may rely on it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::model::{Told, Who};

/// Is one reading that a sender has on its disk, or had.
#[derive(Clone, Debug)]
pub struct Read {
    pub told: Told,
    /// By the sender's clock, in whole seconds.
    pub at: Timestamp,
    /// The civil day that the sender counted it to.
    pub day: Date,
    pub total: Option<i64>,
    pub is_whole: bool,
    /// Whether it may not be lost; false where the disk that had it is gone.
    pub is_owed: bool,
}

/// Is the diary; the place of an entry tells the order in which things happened.
#[derive(Default)]
pub struct Diary {
    pub entries: Vec<Read>,
}

impl Diary {
    pub fn note(&mut self, read: Read) {
        self.entries.push(read);
    }

    /// Returns the last whole reading of each device and civil day: the sender may forget the others.
    pub fn owed_by(&self, who: Who) -> Vec<&Read> {
        let mut last: BTreeMap<(Told, Date), &Read> = BTreeMap::new();
        for read in self.entries.iter().filter(|read| read.told.0 == who && read.is_whole && read.is_owed) {
            last.insert((read.told, read.day), read);
        }
        last.into_values().collect()
    }

    /// Returns when in the order of things a device said this, if it ever did.
    pub fn order_of(&self, told: Told, total: i64) -> Option<usize> {
        self.entries.iter().rposition(|read| read.told == told && read.total == Some(total))
    }
}
