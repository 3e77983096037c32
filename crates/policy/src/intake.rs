//! Whether a report is taken: once, in order, and only on the base that it names.

use wire::Report;
use wire::talk::LastReport;

/// Says what becomes of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accept,
    /// It was taken before; nothing changes, and the sender is told so.
    Duplicate,
    /// It tells changes of something else than the server has; a whole report is needed.
    NeedsFull,
    /// A later one was taken already: this one comes from a copy or a backup of the sender.
    Stale,
}

/// Decides on a report.
///
/// `last` is the newest report of this sender on disk, and `was_taken` whether this very id is
/// on disk.
pub fn verdict(last: Option<&LastReport>, was_taken: bool, report: &Report) -> Verdict {
    if was_taken {
        return Verdict::Duplicate;
    }
    if last.is_some_and(|last| report.sequence <= last.sequence) {
        return Verdict::Stale;
    }
    match (&report.base, last) {
        (Some(base), Some(last)) if *base == last.id => Verdict::Accept,
        (Some(_), _) => Verdict::NeedsFull,
        (None, _) => Verdict::Accept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use wire::envelope::{Sender, SenderKind, Software};

    fn report(id: &str, sequence: u64, base: Option<&str>) -> Report {
        Report {
            sender: Sender { kind: SenderKind::Agent, id: "a".into() },
            id: id.into(),
            sequence,
            created_at: Timestamp::UNIX_EPOCH,
            base: base.map(String::from),
            software: Software::default(),
            schedule: None,
            next_at: None,
            stopping: false,
            host: None,
            site: None,
            withheld: Vec::new(),
            outcomes: Vec::new(),
            readings: Vec::new(),
        }
    }

    /// D-10: nothing that was sent before counts as new.
    #[test]
    fn a_report_is_taken_once_in_order_and_on_its_base() {
        let last = LastReport { id: "r5".into(), sequence: 5 };
        for (report, was_taken, expected) in [
            (report("r6", 6, Some("r5")), false, Verdict::Accept),
            (report("r9", 9, None), false, Verdict::Accept),
            (report("r5", 5, Some("r4")), true, Verdict::Duplicate),
            (report("r6", 6, Some("r4")), false, Verdict::NeedsFull),
            (report("x5", 5, Some("r5")), false, Verdict::Stale),
            (report("x3", 3, None), false, Verdict::Stale),
        ] {
            assert_eq!(verdict(Some(&last), was_taken, &report), expected, "{} {}", report.id, report.sequence);
        }
        assert_eq!(verdict(None, false, &report("r1", 1, None)), Verdict::Accept);
        assert_eq!(verdict(None, false, &report("r1", 1, Some("r0"))), Verdict::NeedsFull);
    }
}
