//! The page that says what went wrong and what to do.

use askama::Template;

use crate::frame::{Frame, Notice, Program, Shell, finish};

/// Is an answer other than the page that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// What is the matter, in a few words.
    pub title: String,
    /// What the reader can do about it, in a sentence.
    pub advice: String,
    /// The number under which the log tells more.
    pub request_id: Option<String>,
}

impl Problem {
    /// Makes a problem with words of its own.
    pub fn new(status: u16, title: impl Into<String>, advice: impl Into<String>) -> Self {
        Problem { status, title: title.into(), advice: advice.into(), request_id: None }
    }

    /// Says that there is no such page.
    pub fn not_found() -> Self {
        Problem::new(
            404,
            "There is nothing here",
            "Check the address, or begin at the first page. What you look for may have been removed.",
        )
    }

    /// Says that this person may not.
    pub fn forbidden() -> Self {
        Problem::new(403, "You may not do this", "Log in as somebody who may, or ask your operator for the right to.")
    }

    /// Says that the form's token is old or wrong.
    pub fn stale_form() -> Self {
        Problem::new(403, "This form is too old", "Nothing was changed. Go back, load the page again, and send the form once more.")
    }

    /// Says that the program failed; details belong in the log.
    pub fn internal(request_id: impl Into<String>) -> Self {
        Problem {
            request_id: Some(request_id.into()),
            ..Problem::new(
                500,
                "Something went wrong on our side",
                "Try again in a minute. If it stays, look up the number below in the log.",
            )
        }
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Page<'a> {
    shell: Shell<'a>,
    problem: &'a Problem,
}

impl Problem {
    /// Returns the page; without a frame for somebody who is not logged in.
    pub fn render(&self, program: Program, frame: Option<&Frame>) -> String {
        let shell = match frame {
            Some(frame) => Shell::new(program, frame, "", self.title.clone()),
            None => Shell::bare(program, self.title.clone()),
        };
        finish(&Page { shell, problem: self })
    }
}
