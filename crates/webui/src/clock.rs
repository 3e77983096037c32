//! The present, and how long ago something was: every value is shown with its age.

use std::fmt;

use askama::filters::HtmlSafe;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Is the present, and the place whose clocks the reader looks at.
#[derive(Clone, Debug)]
pub struct Clock {
    pub now: Timestamp,
    /// Exact times are written in this zone, with its abbreviation.
    pub zone: TimeZone,
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

impl Clock {
    /// Returns how long ago something was, such as "3 min ago", with its exact time behind it.
    pub fn ago(&self, at: Timestamp) -> When {
        let passed = self.now.as_second() - at.as_second();
        let words = match passed {
            // Clocks of two computers differ a little.
            -59..=59 => "just now".to_owned(),
            60.. => format!("{} ago", span(passed)),
            // Said as it is: somebody's clock is wrong.
            _ => format!("dated {} ahead", span(-passed)),
        };
        self.when(at, words)
    }

    /// Returns how long ago something was, or `otherwise` where that is not known.
    pub fn ago_or(&self, at: Option<Timestamp>, otherwise: &'static str) -> When {
        at.map_or(When { words: otherwise.to_owned(), exact: None }, |at| self.ago(at))
    }

    /// Returns how long something has lasted, such as "21 days".
    pub fn lasting(&self, since: Timestamp) -> When {
        let passed = self.now.as_second() - since.as_second();
        self.when(since, if passed < MINUTE { "a moment".to_owned() } else { span(passed) })
    }

    /// Returns when something is to be, such as "in 15 h".
    pub fn until(&self, at: Timestamp) -> When {
        let left = at.as_second() - self.now.as_second();
        let words = match left {
            ..=-60 => format!("{} ago", span(-left)),
            -59..=59 => "now".to_owned(),
            _ => format!("in {}", span(left)),
        };
        self.when(at, words)
    }

    /// Returns a time to the minute, such as "2026-11-22 12:00 CET".
    pub fn minute(&self, at: Timestamp) -> String {
        self.written(at, "%Y-%m-%d %H:%M %Z")
    }

    /// Returns a time to the second.
    pub fn exact(&self, at: Timestamp) -> String {
        self.written(at, "%Y-%m-%d %H:%M:%S %Z")
    }

    /// Returns a time to the minute, linked to its exact value.
    pub fn at(&self, at: Timestamp) -> When {
        self.when(at, self.minute(at))
    }

    fn when(&self, at: Timestamp, words: String) -> When {
        When { words, exact: Some((at, self.exact(at))) }
    }

    fn written(&self, at: Timestamp, format: &str) -> String {
        at.to_zoned(self.zone.clone()).strftime(format).to_string()
    }
}

/// Is a time in words, as HTML: the exact time is in its `title`, and on paper behind it.
#[derive(Clone, Debug)]
pub struct When {
    words: String,
    exact: Option<(Timestamp, String)>,
}

impl When {
    /// Returns the exact time in the reader's zone; a dash where it is not known.
    pub fn exactly(&self) -> &str {
        self.exact.as_ref().map_or("–", |(_, exact)| exact)
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.exact {
            // A zone's abbreviation comes from a file of zones; nothing else here is not ours.
            Some((at, exact)) => {
                write!(f, "<time datetime=\"{at}\" title=\"")?;
                exact.chars().filter(|c| !matches!(c, '<' | '>' | '&' | '"')).try_for_each(|c| f.write_fmt(format_args!("{c}")))?;
                write!(f, "\">{}</time>", self.words)
            }
            None => write!(f, "<span class=\"unknown\">{}</span>", self.words),
        }
    }
}

impl HtmlSafe for When {}

/// Returns a length of time in its largest fitting unit, rounded down: "3 min", "47 h", "12 days".
///
/// Hours go on to two days, because "1 day" would hide whether a daily report is late.
pub fn span(seconds: i64) -> String {
    match seconds {
        ..MINUTE => format!("{} s", seconds.max(0)),
        MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        HOUR..172_800 => format!("{} h", seconds / HOUR),
        _ => format!("{} days", seconds / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        Clock { now: "2026-11-22T11:04:30Z".parse().unwrap(), zone: TimeZone::UTC }
    }

    fn ago(at: &str) -> String {
        clock().ago(at.parse().unwrap()).words
    }

    #[test]
    fn ages_are_rounded_down_to_their_unit() {
        assert_eq!(ago("2026-11-22T11:04:00Z"), "just now");
        assert_eq!(ago("2026-11-22T11:03:30Z"), "1 min ago");
        assert_eq!(ago("2026-11-22T10:04:31Z"), "59 min ago");
        assert_eq!(ago("2026-11-22T10:04:30Z"), "1 h ago");
        assert_eq!(ago("2026-11-20T11:04:31Z"), "47 h ago");
        assert_eq!(ago("2026-11-20T11:04:30Z"), "2 days ago");
    }

    #[test]
    fn a_time_from_the_future_is_not_called_past() {
        assert_eq!(ago("2026-11-22T11:05:00Z"), "just now");
        assert_eq!(ago("2026-11-22T14:04:30Z"), "dated 3 h ahead");
    }

    #[test]
    fn what_was_to_be_and_is_past_says_so() {
        let until = |at: &str| clock().until(at.parse().unwrap()).words;
        assert_eq!(until("2026-11-23T02:17:00Z"), "in 15 h");
        assert_eq!(until("2026-11-22T11:05:00Z"), "now");
        assert_eq!(until("2026-11-22T09:00:00Z"), "2 h ago");
    }

    #[test]
    fn the_exact_time_stands_behind_the_words() {
        let when = clock().ago("2026-11-22T11:00:00Z".parse().unwrap());
        assert_eq!(when.to_string(), r#"<time datetime="2026-11-22T11:00:00Z" title="2026-11-22 11:00:00 UTC">4 min ago</time>"#);
        assert_eq!(clock().ago_or(None, "never").to_string(), r#"<span class="unknown">never</span>"#);
        assert_eq!(clock().ago_or(None, "never").exactly(), "–");
    }

    #[test]
    fn exact_times_are_those_of_the_place() {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let clock = Clock { zone, ..clock() };
        assert_eq!(clock.minute(clock.now), "2026-11-22 12:04 +01");
    }
}
