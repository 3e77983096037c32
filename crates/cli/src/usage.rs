//! How a run ends: what is told, and the exit code.

use std::fmt;
use std::io;
use std::process::ExitCode;

use survey::targets::{ListErrors, TargetError};

/// Is the exit code of a run that found nothing, or failed in part.
pub const NOTHING_OR_PART: u8 = 1;
/// Is the exit code of a run that could not begin, since what was typed or named is wrong.
pub const WRONG_USAGE: u8 = 2;

/// Is what the person at the keyboard has to put right.
#[derive(Debug)]
pub struct WrongUsage(pub String);

impl fmt::Display for WrongUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUsage {}

/// Tells the error with its causes and returns its exit code.
///
/// A reader that goes away (`roundsman scan … | head`) is no failure of ours.
pub fn failed(error: &anyhow::Error) -> ExitCode {
    if error.chain().any(is_broken_pipe) {
        return ExitCode::SUCCESS;
    }
    eprintln!("roundsman: {error:#}");
    exit_code(error).into()
}

fn is_broken_pipe(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn exit_code(error: &anyhow::Error) -> u8 {
    let is_usage = error.chain().any(|cause| cause.is::<WrongUsage>() || cause.is::<TargetError>() || cause.is::<ListErrors>());
    if is_usage { WRONG_USAGE } else { NOTHING_OR_PART }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn what_was_typed_wrong_ends_with_two() {
        let target = survey::targets::Target::parse("10.0.0.300").unwrap_err();
        assert_eq!(exit_code(&target.into()), WRONG_USAGE);
        let usage = Err::<(), _>(WrongUsage("no".into())).context("reading").unwrap_err();
        assert_eq!(exit_code(&usage), WRONG_USAGE);
        assert_eq!(exit_code(&anyhow::anyhow!("no route")), NOTHING_OR_PART);
    }
}
