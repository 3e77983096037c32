//! What would be sent now, before it is.

use jiff::Timestamp;
use wire::privacy::Group;

/// Is the page that shows the next report.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The report's JSON as it would be sent now; `None` if there is nothing new.
    pub payload: Option<String>,
    pub next_send_at: Option<Timestamp>,
    /// What the site has switched off.
    pub withheld: Vec<Group>,
}
