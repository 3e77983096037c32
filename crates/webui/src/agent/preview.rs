//! What would be sent now, before it is.

use askama::Template;
use jiff::Timestamp;
use wire::privacy::Group;

use crate::clock::When;
use crate::frame::{Frame, Notice, Program, Shell, finish};
use crate::json;
use crate::words::octets;

/// Is the page that shows the next report.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The report's JSON as it would be sent now; `None` if there is nothing new.
    pub payload: Option<String>,
    pub next_send_at: Option<Timestamp>,
    /// What the site has switched off.
    pub withheld: Vec<Group>,
}

#[derive(Template)]
#[template(path = "agent/preview.html")]
struct Page<'a> {
    shell: Shell<'a>,
    next_send: Option<When>,
    withheld: Vec<&'static str>,
    payload: Option<Shown>,
}

struct Shown {
    text: String,
    is_whole: bool,
    size: String,
}

impl Preview {
    /// Returns the page.
    pub fn render(&self, frame: &Frame) -> String {
        finish(&Page {
            shell: Shell::new(Program::Agent, frame, "/preview", "Preview"),
            next_send: self.next_send_at.map(|at| frame.clock.until(at)),
            withheld: self.withheld.iter().map(|group| group.word()).collect(),
            payload: self.payload.as_deref().map(Shown::of),
        })
    }
}

impl Shown {
    fn of(payload: &str) -> Self {
        let (text, is_whole) = json::spread(payload);
        Shown { text, is_whole, size: octets(payload.len() as u64) }
    }
}
