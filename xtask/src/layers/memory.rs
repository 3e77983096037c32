//! The engines' `clippy.toml`: one text, in every engine.
//!
//! Clippy reads the file of the crate it looks at and nothing above it, so each engine carries
//! a copy; the text to edit is `xtask/engine-clippy.toml`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::Violation;

const CANONICAL: &str = "xtask/engine-clippy.toml";

/// Compares the copy of one engine with the text.
pub fn check(root: &Path, folder: &str) -> Result<Option<Violation>> {
    let canonical = fs::read_to_string(root.join(CANONICAL)).context(CANONICAL)?;
    let file = format!("{folder}/clippy.toml");
    let copy = fs::read_to_string(root.join(&file)).unwrap_or_default();
    Ok(difference(&canonical, &copy).map(|line| Violation {
        message: format!("differs from {CANONICAL}; run `cp {CANONICAL} {file}`"),
        file,
        line,
    }))
}

/// Returns the first line, counted from 1, in which two texts differ.
fn difference(canonical: &str, copy: &str) -> Option<usize> {
    if canonical == copy {
        return None;
    }
    let same = canonical.lines().zip(copy.lines()).take_while(|(canonical, copy)| canonical == copy).count();
    Some(same + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(difference("a\nb\n", ""), Some(1));
        assert_eq!(difference("a\nb\n", "a\nb\nc\n"), Some(3));
    }
}
