//! What is going to happen to a printer.

use crate::time::Tick;

/// Is something that happens to a printer at a certain moment. Parts are places from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chore {
    Job,
    OpenCover(usize),
    ClearJam,
    Refill(usize),
    Replace(usize),
    SwitchOn,
    SwitchOff,
    Restart,
}

/// Holds each chore at most once, at its earliest moment.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    // Never more than a few: a search from end to end is quicker than any order kept.
    due: Vec<(Tick, Chore)>,
}

impl Agenda {
    /// Plans a chore; one that is planned already happens at the earlier of both moments.
    pub fn plan(&mut self, at: Tick, chore: Chore) {
        match self.due.iter_mut().find(|(_, planned)| *planned == chore) {
            Some(planned) => planned.0 = planned.0.min(at),
            None => self.due.push((at, chore)),
        }
    }

    pub fn cancel(&mut self, chore: Chore) {
        self.due.retain(|(_, planned)| *planned != chore);
    }

    pub fn clear(&mut self) {
        self.due.clear();
    }

    /// Takes the earliest chore due at `until` or before.
    pub fn take_due(&mut self, until: Tick) -> Option<(Tick, Chore)> {
        let (place, first) = self.due.iter().copied().enumerate().min_by_key(|(_, due)| *due)?;
        (first.0 <= until).then(|| self.due.swap_remove(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chores_come_in_the_order_of_time_and_once() {
        let mut agenda = Agenda::default();
        agenda.plan(9, Chore::Job);
        agenda.plan(5, Chore::Replace(1));
        agenda.plan(7, Chore::Replace(0));
        agenda.plan(3, Chore::Replace(0));
        agenda.plan(4, Chore::Restart);
        agenda.cancel(Chore::Restart);
        assert_eq!(agenda.take_due(4), Some((3, Chore::Replace(0))));
        assert_eq!(agenda.take_due(4), None);
        assert_eq!(agenda.take_due(9), Some((5, Chore::Replace(1))));
        assert_eq!(agenda.take_due(9), Some((9, Chore::Job)));
        assert_eq!(agenda.take_due(99), None);
    }
}
