//! The log: lines on standard error, which whoever started the module keeps or not.

use std::sync::atomic::{AtomicU8, Ordering};

use super::config::Level;

static LEVEL: AtomicU8 = AtomicU8::new(Level::Info as u8);

/// Says how much is logged from now on.
pub fn begin(level: Level) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

/// Writes a line, unless the level is too low for it.
pub fn line(level: Level, text: &str) {
    if level as u8 <= LEVEL.load(Ordering::Relaxed) {
        let now = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let word = match level {
            Level::Error => "error",
            Level::Info => "info",
            Level::Debug => "debug",
        };
        // Nobody is left to hear that the log cannot be written.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{now} {word} {text}\n").as_bytes());
    }
}
