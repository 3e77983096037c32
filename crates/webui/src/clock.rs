//! The present, and how long ago something was: every value is shown with its age.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Is the present, and the place whose clocks the reader looks at.
#[derive(Clone, Debug)]
pub struct Clock {
    pub now: Timestamp,
    /// Exact times are written in this zone, with its abbreviation.
    pub zone: TimeZone,
}
