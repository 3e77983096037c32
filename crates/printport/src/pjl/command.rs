//! What can be asked.

/// Is a category of INFO.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Query {
    Status,
    Id,
    PageCount,
    Config,
    Variables,
    /// Known to some models only.
    Supplies,
}

impl Query {
    /// Lists every query, in the order in which they are asked: see [`super::session`].
    pub const ALL: [Query; 6] = [Query::Status, Query::Id, Query::PageCount, Query::Config, Query::Variables, Query::Supplies];

    /// Returns the category as the standard writes it.
    pub fn category(self) -> &'static str {
        match self {
            Query::Status => "STATUS",
            Query::Id => "ID",
            Query::PageCount => "PAGECOUNT",
            Query::Config => "CONFIG",
            Query::Variables => "VARIABLES",
            Query::Supplies => "SUPPLIES",
        }
    }

    /// Returns the octets that ask, between two universal exit sequences: whatever language the
    /// channel was left in, it is left in none.
    pub fn octets(self) -> &'static [u8] {
        match self {
            Query::Status => b"\x1b%-12345X@PJL INFO STATUS\r\n\x1b%-12345X",
            Query::Id => b"\x1b%-12345X@PJL INFO ID\r\n\x1b%-12345X",
            Query::PageCount => b"\x1b%-12345X@PJL INFO PAGECOUNT\r\n\x1b%-12345X",
            Query::Config => b"\x1b%-12345X@PJL INFO CONFIG\r\n\x1b%-12345X",
            Query::Variables => b"\x1b%-12345X@PJL INFO VARIABLES\r\n\x1b%-12345X",
            Query::Supplies => b"\x1b%-12345X@PJL INFO SUPPLIES\r\n\x1b%-12345X",
        }
    }
}

/// Ends unasked status on this channel. No session sends it: whoever asked for that status may
/// still want it, and messages in between do not disturb the answers.
pub const USTATUS_OFF: &[u8] = b"\x1b%-12345X@PJL USTATUSOFF\r\n\x1b%-12345X";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_is_one_info_framed_by_the_universal_exit_sequence() {
        for query in Query::ALL {
            let expected = format!("\x1b%-12345X@PJL INFO {}\r\n\x1b%-12345X", query.category());
            assert_eq!(query.octets(), expected.as_bytes());
        }
        assert_eq!(USTATUS_OFF, b"\x1b%-12345X@PJL USTATUSOFF\r\n\x1b%-12345X");
    }
}
