//! Colours of a terminal, and what it can show.

use crate::words::Language;

/// Is what the place where text will be shown can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// In columns.
    pub width: usize,
    /// Whether escape sequences for colours are understood.
    pub colour: bool,
    /// Whether blocks, dots and ellipses can be shown; ASCII otherwise. What a device said is not
    /// changed by it.
    pub unicode: bool,
    /// What people are told things in; what a device said stays as it said it.
    pub language: Language,
}

impl Style {
    /// Returns what marks a cut.
    pub(crate) fn cut(&self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// Returns what stands for a value that nobody told.
    pub(crate) fn absent(&self) -> &'static str {
        if self.unicode { "–" } else { "-" }
    }
}

/// Is how a piece of text stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Paint {
    #[default]
    Plain,
    Bold,
    Dim,
    Red,
    Yellow,
    Green,
    Cyan,
    Magenta,
    Blue,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Paint::Plain => "",
            Paint::Bold => "\u{1b}[1m",
            Paint::Dim => "\u{1b}[2m",
            Paint::Red => "\u{1b}[1;31m",
            Paint::Yellow => "\u{1b}[33m",
            Paint::Green => "\u{1b}[32m",
            Paint::Cyan => "\u{1b}[36m",
            Paint::Magenta => "\u{1b}[35m",
            Paint::Blue => "\u{1b}[34m",
        }
    }

    /// Appends a text in this paint.
    pub(crate) fn write(self, out: &mut String, text: &str, colour: bool) {
        if !colour || self == Paint::Plain || text.is_empty() {
            out.push_str(text);
            return;
        }
        out.push_str(self.code());
        out.push_str(text);
        out.push_str("\u{1b}[0m");
    }
}
