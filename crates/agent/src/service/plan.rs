//! What is going to be done to a host, as a value: to be printed, or to be done.

use std::fmt::Write;
use std::path::PathBuf;

use super::ServiceError;
use super::host::Host;

/// Is one thing to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Writes a file, unless it says that already.
    Write { path: PathBuf, text: String },
    /// Removes a file, if it is there.
    Remove { path: PathBuf },
    /// Runs a command that changes nothing when everything is as it should be.
    Run { command: Vec<String> },
    /// Runs a command that may fail because there is nothing to do.
    Try { command: Vec<String> },
}

/// Is everything to be done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// What who runs this should know afterwards.
    pub afterwards: String,
    /// How to run it with the rights it needs.
    pub advice: String,
}

impl Step {
    pub(crate) fn run(command: &[&str]) -> Self {
        Step::Run { command: command.iter().map(|&word| word.to_owned()).collect() }
    }

    pub(crate) fn try_to(command: &[&str]) -> Self {
        Step::Try { command: command.iter().map(|&word| word.to_owned()).collect() }
    }
}

impl Plan {
    /// Says everything that would be done, files in full, and does nothing.
    pub fn describe(&self) -> String {
        let mut out = String::new();
        for step in &self.steps {
            let _ = match step {
                Step::Write { path, text } => writeln!(out, "would write {}:\n{}", path.display(), indented(text)),
                Step::Remove { path } => writeln!(out, "would remove {}", path.display()),
                Step::Run { command } | Step::Try { command } => writeln!(out, "would run `{}`", shown(command)),
            };
        }
        let _ = writeln!(out, "{}", self.afterwards);
        out
    }

    /// Does it, and says what was done; what is so already is left as it is.
    ///
    /// # Errors
    ///
    /// Fails before anything is done if the rights are missing, with the command to type; else at the
    /// first step that fails. Doing it again completes it.
    pub fn carry_out(&self, host: &dyn Host) -> Result<String, ServiceError> {
        if !host.is_privileged() {
            return Err(ServiceError::NotPrivileged { advice: self.advice.clone() });
        }
        let mut out = String::new();
        for step in &self.steps {
            let _ = writeln!(out, "{}", carry_out(step, host)?);
        }
        let _ = writeln!(out, "{}", self.afterwards);
        Ok(out)
    }
}

fn carry_out(step: &Step, host: &dyn Host) -> Result<String, ServiceError> {
    let failed = |action, path: &PathBuf| {
        let path = path.clone();
        move |source| ServiceError::File { action, path, source }
    };
    match step {
        Step::Write { path, text } => {
            if host.read(path).map_err(failed("read", path))?.as_ref() == Some(text) {
                return Ok(format!("unchanged {}", path.display()));
            }
            host.write(path, text).map_err(failed("write", path))?;
            Ok(format!("wrote {}", path.display()))
        }
        Step::Remove { path } => {
            if host.read(path).map_err(failed("read", path))?.is_none() {
                return Ok(format!("not there {}", path.display()));
            }
            host.remove(path).map_err(failed("remove", path))?;
            Ok(format!("removed {}", path.display()))
        }
        Step::Run { command } => {
            let ran = run(command, host)?;
            if ran.succeeded { Ok(format!("ran `{}`", shown(command))) } else { Err(failure(command, &ran.said)) }
        }
        Step::Try { command } => {
            let ran = run(command, host)?;
            Ok(format!("{} `{}`", if ran.succeeded { "ran" } else { "nothing to do for" }, shown(command)))
        }
    }
}

pub(crate) fn run(command: &[String], host: &dyn Host) -> Result<super::Ran, ServiceError> {
    let [program, arguments @ ..] = command else { unreachable!("every command has a program") };
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    host.run(program, &arguments).map_err(|source| ServiceError::NotStarted { command: shown(command), source })
}

fn failure(command: &[String], said: &str) -> ServiceError {
    let said = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    ServiceError::Failed { command: shown(command), said: said.trim().to_owned() }
}

/// Writes a command so that it can be read, and typed into a shell in nearly all cases.
fn shown(command: &[String]) -> String {
    let is_plain = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:=@,+\\*".contains(c));
    let words = command.iter().map(|word| if is_plain(word) { word.clone() } else { format!("'{word}'") });
    words.collect::<Vec<_>>().join(" ")
}

fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect::<String>()
}
