//! What we say where a standard or a protocol has a label: popular words belong in labels.

use model::record::{Evidence, Path};
use report::text::{count, words};
use wire::commands::{Action, OutcomeKind};
use wire::envelope::SenderKind;
use wire::rhythm::{Rhythm, Schedule};

/// Returns what people call a meter; its standard name stands beside it where there is room.
pub fn meter(name: &str) -> String {
    let part = |part: &str| match part {
        "monochrome" => "black".to_owned(),
        "color" => "colour".to_owned(),
        "large" => "large (A3 and above)".to_owned(),
        "duplex" => "both sides".to_owned(),
        other => words(other),
    };
    match name {
        "total.standard" => "total, by the standard's counter".to_owned(),
        "total.vendor" => "total, by the maker's counter".to_owned(),
        name => name.split('.').map(part).collect::<Vec<_>>().join(", "),
    }
}

/// Explains how far a meter can be believed.
pub fn evidence(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Standard => "the standard's own counter",
        Evidence::Verified => "a maker's counter that agrees with its cross-sums",
        Evidence::Reported => "a maker's counter that nothing contradicts or proves",
        Evidence::Conflicting => "two counters that ought to agree do not",
    }
}

/// Returns how a reading came.
pub fn path(path: Path) -> &'static str {
    match path {
        Path::Agent => "by an agent",
        Path::DeviceDirect => "by the device itself",
    }
}

/// Returns what a sender is.
pub fn sender(kind: SenderKind) -> &'static str {
    match kind {
        SenderKind::Agent => "agent",
        SenderKind::DeviceDirect => "device module",
    }
}

/// Returns a schedule as a sentence's part: "daily at 02:00, within 60 min, Europe/Amsterdam".
pub fn schedule(schedule: &Schedule) -> String {
    match schedule.rhythm {
        Rhythm::Daily { at, spread_minutes: 0 } => format!("daily at {at}, {}", schedule.time_zone),
        Rhythm::Daily { at, spread_minutes } => format!("daily at {at} or up to {spread_minutes} min later, {}", schedule.time_zone),
        Rhythm::Every { seconds } if seconds % 3600 == 0 => format!("every {}", count((seconds / 3600) as usize, "hour")),
        Rhythm::Every { seconds } if seconds % 60 == 0 => format!("every {}", count((seconds / 60) as usize, "minute")),
        Rhythm::Every { seconds } => format!("every {}", count(seconds as usize, "second")),
    }
}

/// Returns what a command asks for.
pub fn action(action: &Action) -> String {
    match action {
        Action::ReadNow => "read now".to_owned(),
        Action::SendFullReport => "send full report".to_owned(),
        Action::SetSchedule { schedule: new } => format!("set schedule: {}", schedule(new)),
        Action::Unknown => "a command of a newer version".to_owned(),
    }
}

/// Returns how a command ended, and what that means.
pub fn outcome(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::Done => "done",
        OutcomeKind::Failed => "failed",
        OutcomeKind::Refused => "refused",
        OutcomeKind::Expired => "came too late and was not run",
        OutcomeKind::Unknown => "outcome unknown: the sender stopped while it ran; it will not run again",
    }
}

/// Returns a size in the largest fitting unit: "512 octets", "12.4 MB".
pub fn octets(octets: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if octets < 1000 {
        return count(octets as usize, "octet");
    }
    let mut size = octets as f64 / 1000.0;
    let mut unit = 0;
    // 999.95 would be written as 1000.0.
    while size >= 999.95 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::rhythm::TimeOfDay;

    #[test]
    fn meters_have_the_names_that_people_use() {
        assert_eq!(meter("total"), "total");
        assert_eq!(meter("monochrome"), "black");
        assert_eq!(meter("copy.color"), "copy, colour");
        assert_eq!(meter("print.large.monochrome"), "print, large (A3 and above), black");
    }

    #[test]
    fn schedules_read_aloud() {
        let with = |rhythm| schedule(&Schedule { rhythm, time_zone: "Europe/Amsterdam".into() });
        let at = TimeOfDay::new(2, 0).unwrap();
        assert_eq!(with(Rhythm::Daily { at, spread_minutes: 0 }), "daily at 02:00, Europe/Amsterdam");
        assert_eq!(with(Rhythm::Daily { at, spread_minutes: 60 }), "daily at 02:00 or up to 60 min later, Europe/Amsterdam");
        assert_eq!(with(Rhythm::Every { seconds: 900 }), "every 15 minutes");
        assert_eq!(with(Rhythm::Every { seconds: 3600 }), "every 1 hour");
        assert_eq!(with(Rhythm::Every { seconds: 10 }), "every 10 seconds");
    }

    #[test]
    fn sizes_have_one_digit_behind_the_point() {
        assert_eq!(octets(1), "1 octet");
        assert_eq!(octets(999), "999 octets");
        assert_eq!(octets(12_400_000), "12.4 MB");
        assert_eq!(octets(999_999), "1.0 MB");
        assert_eq!(octets(u64::MAX), "18446744.1 TB");
    }
}
