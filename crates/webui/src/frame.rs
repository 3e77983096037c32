//! What stands around every page: navigation, who is logged in, the way out.

use std::fmt;

use crate::clock::Clock;

/// Is what every page of a logged-in person needs around its contents.
#[derive(Clone)]
pub struct Frame {
    pub clock: Clock,
    /// Who is logged in, as they know themselves.
    pub person: String,
    /// The session's token against forged requests; every form carries it as field `csrf`.
    pub csrf: String,
    /// What became of the form that led here.
    pub notice: Option<Notice>,
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("clock", &self.clock)
            .field("person", &self.person)
            .field("csrf", &"…")
            .field("notice", &self.notice)
            .finish()
    }
}

/// Is one sentence above the contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    Done(String),
    Failed(String),
}
