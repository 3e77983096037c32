//! Passwords that people type.

use std::io::{BufRead, IsTerminal, Write};

use super::work::Failed;
use crate::password::LONGEST;

/// Asks for a new password twice, unseen; reads one line if standard input is no terminal.
pub fn new_password() -> Result<String, Failed> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        return line();
    }
    let hidden = Hidden::begin();
    let password = asked("Password: ")?;
    let again = asked("Once more: ")?;
    drop(hidden);
    if password == again { Ok(password) } else { Err(Failed::wrong("the two passwords differ; nothing was changed")) }
}

fn asked(question: &str) -> Result<String, Failed> {
    let mut terminal = std::io::stderr();
    write!(terminal, "{question}")?;
    terminal.flush()?;
    let password = line()?;
    writeln!(terminal)?;
    Ok(password)
}

fn line() -> Result<String, Failed> {
    let mut text = String::new();
    let mut input = std::io::Read::take(std::io::stdin().lock(), LONGEST as u64 + 2);
    input.read_line(&mut text)?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// Keeps a terminal from showing what is typed, until it is dropped.
struct Hidden {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

impl Hidden {
    #[cfg(unix)]
    fn begin() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let input = std::io::stdin();
        let before = tcgetattr(&input).ok();
        if let Some(before) = &before {
            let mut silent = before.clone();
            silent.local_modes.remove(LocalModes::ECHO);
            // A terminal that cannot be silenced shows the password; that is its user's to see.
            let _ = tcsetattr(&input, OptionalActions::Flush, &silent);
        }
        Hidden { before }
    }

    #[cfg(not(unix))]
    fn begin() -> Self {
        Hidden {}
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(before) = &self.before {
            let _ = rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Flush, before);
        }
    }
}
