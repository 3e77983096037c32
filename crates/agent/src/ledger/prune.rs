//! Payloads that have had their time: the entry that says so first, then they go.

use std::ops::ControlFlow;

use jiff::Timestamp;

use super::entry::{Entry, What};
use super::error::LedgerError;
use super::payloads;
use super::walk::{for_each_line, segments};
use super::writer::{Draft, Kept, Ledger};

/// Is what is going to be pruned.
#[derive(Default)]
struct Due {
    /// The last entry whose payload goes; 0 if none does.
    through: u64,
    octets: u64,
    by_size: bool,
    /// The first payload that stays.
    next: Option<(u64, Timestamp)>,
}

impl Ledger {
    /// Prunes payloads that are too old or take too much room; returns the last entry it concerns.
    ///
    /// [`Ledger::append`] does this by itself; an agent that sends nothing calls it once a day.
    pub fn prune(&mut self, now: Timestamp) -> Result<Option<u64>, LedgerError> {
        let Some((oldest, time)) = self.kept.oldest else { return Ok(None) };
        if !self.is_too_old(time, now) && self.kept.octets <= self.options.most_octets {
            return Ok(None);
        }
        let due = self.due(oldest, now)?;
        if due.through == 0 {
            return Ok(None);
        }
        let note = if due.by_size { "size" } else { "age" };
        let draft = Draft { time: now, what: What::Pruned, report: None, destination: None, note: Some(note), payload: None };
        // First the entry: a payload that is gone without one would look stolen.
        self.record(draft, Some(due.through))?;
        self.remove_payloads(&due)?;
        Ok(Some(due.through))
    }

    fn is_too_old(&self, time: Timestamp, now: Timestamp) -> bool {
        now.duration_since(time) > self.options.keep
    }

    /// Finds out which payloads go, from the oldest on; the newest entry's payload stays always.
    fn due(&self, oldest: u64, now: Timestamp) -> Result<Due, LedgerError> {
        let failed = || LedgerError::disk("read", &self.folder);
        let most = self.options.most_octets;
        // Some room at once, lest every single report prune one more.
        let target = if self.kept.octets > most { most - most / 8 } else { most };
        let mut due = Due::default();
        let all = segments(&self.folder).map_err(failed())?;
        let begin = all.iter().rposition(|(first, _)| *first <= oldest).unwrap_or(0);
        for (_, path) in &all[begin..] {
            for_each_line(path, |line| match Entry::unseal(line.text) {
                Ok((entry, _)) if entry.number >= oldest => self.consider(&entry, now, target, &mut due),
                _ => ControlFlow::Continue(()),
            })
            .map_err(failed())?;
            if due.next.is_some() {
                break;
            }
        }
        Ok(due)
    }

    fn consider(&self, entry: &Entry, now: Timestamp, target: u64, due: &mut Due) -> ControlFlow<()> {
        let Some(mark) = entry.payload else { return ControlFlow::Continue(()) };
        let is_too_much = self.kept.octets.saturating_sub(due.octets) > target;
        let stays = entry.number == self.last.0 || !(is_too_much || self.is_too_old(entry.time, now));
        if stays {
            due.next = Some((entry.number, entry.time));
            return ControlFlow::Break(());
        }
        due.through = entry.number;
        due.octets += mark.octets;
        due.by_size |= is_too_much;
        ControlFlow::Continue(())
    }

    fn remove_payloads(&mut self, due: &Due) -> Result<(), LedgerError> {
        self.kept = Kept { octets: self.kept.octets.saturating_sub(due.octets), oldest: due.next };
        let failed = || LedgerError::disk("prune", &self.folder);
        // What cannot be removed now is removed at the next opening.
        for (number, _) in payloads::list(&self.folder).map_err(failed())?.into_iter().filter(|(number, _)| *number <= due.through) {
            self.disk.remove(&payloads::path(&self.folder, number)).map_err(failed())?;
        }
        self.disk.sync_folder(&payloads::folder(&self.folder)).map_err(failed())
    }
}
