//! What a disk holds after the power has gone: all that was synced, and of the rest what chance left.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sim::Chance;

use crate::recorder::Change;

/// A sector is written whole or not at all.
const SECTOR: usize = 512;

/// Is a file as it survives, and what was done to it since its last sync.
#[derive(Default)]
struct File {
    durable: Vec<u8>,
    /// Whether its name survives.
    is_there: bool,
    pending: Vec<Change>,
}

/// Is the disk at a moment.
#[derive(Default)]
pub struct Disk {
    files: BTreeMap<PathBuf, File>,
}

impl Disk {
    /// Comes to a moment: all changes before it have been asked for.
    pub fn at(changes: &[(usize, PathBuf, Change)], moment: usize) -> Self {
        let mut disk = Disk::default();
        for (_, path, change) in changes.iter().take_while(|(at, _, _)| *at < moment) {
            let file = disk.files.entry(path.clone()).or_default();
            let is_first_sync = matches!(change, Change::Synced) && !file.is_there;
            file.change(change);
            if is_first_sync {
                // With a new log or journal SQLite syncs the folder, and with it all names in it.
                disk.files.iter_mut().filter(|(other, _)| other.parent() == path.parent()).for_each(|(_, file)| file.sync_name());
            }
        }
        disk
    }

    /// Cuts the power and writes what is left into another folder.
    pub fn cut(&mut self, from: &Path, to: &Path, chance: &mut Chance) {
        for (path, file) in &mut self.files {
            if let Some(octets) = file.survive(chance) {
                let place = to.join(path.strip_prefix(from).expect("below the folder"));
                std::fs::create_dir_all(place.parent().expect("in a folder")).unwrap();
                std::fs::write(place, octets).unwrap();
            }
        }
    }
}

impl File {
    fn change(&mut self, change: &Change) {
        match change {
            Change::Synced => {
                for change in std::mem::take(&mut self.pending) {
                    match change {
                        Change::Gone { .. } => self.durable.clear(),
                        other => apply(&mut self.durable, &other, |_| true),
                    }
                }
                self.is_there = true;
            }
            Change::Gone { is_synced: true } => *self = File::default(),
            other => self.pending.push(other.clone()),
        }
    }

    /// Makes what has become of the name durable; the octets are not.
    fn sync_name(&mut self) {
        if let Some(gone) = self.pending.iter().rposition(|change| matches!(change, Change::Gone { .. })) {
            self.pending.drain(..=gone);
            (self.is_there, self.durable) = (false, Vec::new());
        }
        self.is_there |= self.pending.iter().any(|change| matches!(change, Change::Made));
    }

    /// Lets chance decide about each change by itself: unsynced changes reach the disk in any order.
    fn survive(&mut self, chance: &mut Chance) -> Option<Vec<u8>> {
        // Sometimes nothing of it, sometimes nearly all, so that both ends are met as often as the middle.
        let likely: f64 = [0.0, 0.1, 0.5, 0.9, 1.0][chance.below(5) as usize];
        let mut is_there = self.is_there;
        let mut octets = self.durable.clone();
        for change in &self.pending {
            match change {
                Change::Made => is_there |= chance.happens(likely.max(0.5)),
                Change::Gone { .. } if chance.happens(likely) => (is_there, octets) = (false, Vec::new()),
                Change::Gone { .. } | Change::Synced => {}
                Change::Written { .. } | Change::Cut { .. } => {
                    let is_torn = chance.happens(0.2);
                    let mut draw = || if is_torn { chance.happens(0.5) } else { chance.happens(likely) };
                    let all = draw();
                    apply(&mut octets, change, |_| if is_torn { draw() } else { all });
                }
            }
        }
        is_there.then_some(octets)
    }
}

/// Applies a change, as far as `reaches` says for each of its sectors.
fn apply(octets: &mut Vec<u8>, change: &Change, mut reaches: impl FnMut(usize) -> bool) {
    match change {
        Change::Written { at, octets: written } => {
            let mut from = 0;
            while from < written.len() {
                // Up to the next border between sectors of the disk.
                let until = (from + SECTOR - (at + from) % SECTOR).min(written.len());
                if reaches(from) {
                    let end = at + until;
                    if octets.len() < end {
                        octets.resize(end, 0);
                    }
                    octets[at + from..end].copy_from_slice(&written[from..until]);
                }
                from = until;
            }
        }
        Change::Cut { to } if reaches(0) => octets.resize(*to, 0),
        Change::Cut { .. } | Change::Made | Change::Synced | Change::Gone { .. } => {}
    }
}
