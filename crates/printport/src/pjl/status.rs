//! The status codes of PJL, sorted by what they ask of a person.

/// Is the class of a status code.
///
/// Source: HP, *Printer Job Language Technical Reference Manual*, appendix D.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// 10xxx: for information.
    Informational,
    /// 11xyy and 12xyy: a tray wants paper, and another one is in use meanwhile.
    BackgroundTray,
    /// 15xyy: an output bin.
    OutputBin,
    /// 20xxx, 25xxx and 27xxx: something was wrong with a command.
    Command,
    /// 30xxx: an error after which the printer can go on by itself.
    AutoContinue,
    /// 32xxx: the printer's file system.
    FileSystem,
    /// 35xxx: somebody may have to do something.
    PotentialIntervention,
    /// 40xxx: somebody has to do something.
    OperatorIntervention,
    /// 41xyy: the printer waits for paper in a tray.
    Tray,
    /// 42xyy and 44xyy: paper jam.
    Jam,
    /// 43xyy: an optional paper handling device.
    PaperHandling,
    /// 50xxx: hardware.
    Hardware,
    /// 55xxx: a printer language has failed.
    Personality,
    /// A code of no class.
    Other,
}

impl Condition {
    /// Returns the class of a code.
    pub fn of(code: u32) -> Condition {
        match code / 1000 {
            10 => Condition::Informational,
            11 | 12 => Condition::BackgroundTray,
            15 => Condition::OutputBin,
            20 | 25 | 27 => Condition::Command,
            30 => Condition::AutoContinue,
            32 => Condition::FileSystem,
            35 => Condition::PotentialIntervention,
            40 => Condition::OperatorIntervention,
            41 => Condition::Tray,
            42 | 44 => Condition::Jam,
            43 => Condition::PaperHandling,
            50 => Condition::Hardware,
            55 => Condition::Personality,
            _ => Condition::Other,
        }
    }

    /// Returns whether the printer stands still until somebody comes.
    pub fn stops(self) -> bool {
        use Condition::{Hardware, Jam, OperatorIntervention, PaperHandling, Personality, Tray};
        matches!(self, OperatorIntervention | Tray | Jam | PaperHandling | Hardware | Personality)
    }
}

/// Returns whether a code says that the printer is at work, or that a job waits in it: cancelling,
/// printing one of its own pages, processing a job, or holding a job's first octets.
pub fn is_busy(code: u32) -> bool {
    matches!(code, 10_007 | 10_013..=10_017 | 10_022..=10_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_classes() {
        for (code, condition) in [
            (10_001, Condition::Informational),
            (11_102, Condition::BackgroundTray),
            (12_200, Condition::BackgroundTray),
            (20_001, Condition::Command),
            (30_016, Condition::AutoContinue),
            (35_029, Condition::PotentialIntervention),
            (40_021, Condition::OperatorIntervention),
            (41_202, Condition::Tray),
            (42_101, Condition::Jam),
            (50_004, Condition::Hardware),
            (0, Condition::Other),
            (13_000, Condition::Other),
            (u32::MAX, Condition::Other),
        ] {
            assert_eq!(Condition::of(code), condition, "{code}");
        }
        assert!(Condition::of(42_101).stops() && !Condition::of(35_029).stops());
    }

    #[test]
    fn ready_is_not_busy_and_processing_is() {
        assert!(!is_busy(10_001) && !is_busy(10_002) && !is_busy(10_003) && !is_busy(40_021));
        assert!(is_busy(10_023) && is_busy(10_015) && is_busy(10_024));
    }
}
