//! An error with its causes, in one line for a log or a page.

use std::error::Error;

/// Returns the error and why it came about, joined by colons.
pub fn story(error: &dyn Error) -> String {
    let mut story = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Transparent errors say the same as their cause.
        if !story.ends_with(&text) {
            story.push_str(": ");
            story.push_str(&text);
        }
        cause = error.source();
    }
    story
}
