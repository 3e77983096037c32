//! What can be typed. Written by hand: a library for this would be an eighth of the program.

use std::ffi::OsString;
use std::path::PathBuf;

/// Is what the program is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Run { once: bool, announce: bool },
    Enrol { code: String },
    Status { json: bool },
    CheckConfig,
    Decide { id: String, allow: bool },
    Facts,
    Help,
    Version { long: bool },
}

/// Is all that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Args {
    pub config: Option<PathBuf>,
    pub folder: Option<PathBuf>,
    pub command: Command,
}

/// Explains the program to whoever has just found it.
pub const HELP: &str = "\
roundsman-device: the module inside a printer. It enrols by itself, reports meters, supplies and
diagnostics once a day over HTTPS, and keeps what could not be sent.

Usage: roundsman-device [--config FILE] [--folder DIR] COMMAND

Commands:
  run               report now if this is the first time, then every day at the planned time
    --once          end after one attempt; the exit code tells whether the server has everything
    --announce      print a line that begins with `ready` when the module runs
  enrol CODE        get to know the server with a one-time code (`-` reads it from standard input)
  status            how things stand: last report, next one, what waits, what is wrong, flash wear
    --json          the same as JSON
  facts             print what the next report would be made of, and send nothing
  check-config      check the configuration and print what takes effect, secrets hidden
  allow ID          let a command of the server run, where the site wants to decide ([commands] mode)
  refuse ID         do not

Options:
  --config FILE     the configuration [default: device.toml in the folder, if it is there]
  --folder DIR      where the module keeps its state [default: /var/lib/roundsman-device]
  -h, --help        this page
  -V, --version

The smallest configuration is one line, the code that the service provider gave you:

  enrolment.code = \"RM1-…\"

Examples:
  roundsman-device enrol RM1-…        once, by hand
  roundsman-device run                until it is ended; it may be killed at any time
  roundsman-device run --once         from cron or firmware, where there is no room for a service

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration
";

/// Reads what was typed after the program's name.
///
/// # Errors
/// Tells what makes no sense.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Args, String> {
    let mut words = Vec::new();
    let (mut config, mut folder) = (None, None);
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        let text = arg.to_str().ok_or("an argument is no text")?.to_owned();
        let (name, value) = match text.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(OsString::from(value))),
            _ => (text, None),
        };
        match name.as_str() {
            "--config" | "--folder" => {
                let value = value.or_else(|| args.next()).ok_or(format!("{name} needs a path after it"))?;
                *(if name == "--config" { &mut config } else { &mut folder }) = Some(PathBuf::from(value));
            }
            _ if value.is_some() => return Err(format!("{name} takes no value")),
            _ => words.push(name),
        }
    }
    let command = command(&words)?;
    Ok(Args { config, folder, command })
}

fn command(words: &[String]) -> Result<Command, String> {
    let flag = |name: &str| words.iter().any(|word| word == name);
    if flag("--help") || flag("-h") {
        return Ok(Command::Help);
    }
    if flag("--version") || flag("-V") {
        return Ok(Command::Version { long: flag("--version") });
    }
    let known: &[&str] = match words.first().map(String::as_str) {
        Some("run") => &["--once", "--announce"],
        Some("status") => &["--json"],
        _ => &[],
    };
    let is_option = |word: &&String| word.starts_with("--");
    if let Some(unknown) = words.iter().filter(is_option).find(|word| !known.contains(&word.as_str())) {
        return Err(format!("unknown option {unknown:?}; `roundsman-device --help` lists them"));
    }
    let words_only: Vec<&str> = words.iter().filter(|word| !is_option(word)).map(String::as_str).collect();
    match words_only.as_slice() {
        [] => Ok(Command::Help),
        ["run"] => Ok(Command::Run { once: flag("--once"), announce: flag("--announce") }),
        ["enrol" | "enroll", code] => Ok(Command::Enrol { code: (*code).to_owned() }),
        ["enrol" | "enroll"] => Err("enrol needs a code after it, or `-` to read it from standard input".to_owned()),
        ["status"] => Ok(Command::Status { json: flag("--json") }),
        ["check-config"] => Ok(Command::CheckConfig),
        ["facts"] => Ok(Command::Facts),
        [verdict @ ("allow" | "refuse"), id] => Ok(Command::Decide { id: (*id).to_owned(), allow: *verdict == "allow" }),
        [verdict @ ("allow" | "refuse")] => Err(format!("{verdict} needs the command's id after it; `roundsman-device status` lists them")),
        [unknown, ..] => Err(format!("{unknown:?} makes no sense here; `roundsman-device --help` says what does")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Args, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn commands_and_options_are_read_in_any_order() {
        let args = parsed("run --once --config=/etc/device.toml --folder /data").unwrap();
        assert_eq!(args.command, Command::Run { once: true, announce: false });
        assert_eq!((args.config, args.folder), (Some("/etc/device.toml".into()), Some("/data".into())));
        assert_eq!(parsed("enrol -").unwrap().command, Command::Enrol { code: "-".into() });
        assert_eq!(parsed("refuse c-1").unwrap().command, Command::Decide { id: "c-1".into(), allow: false });
        assert_eq!(parsed("").unwrap().command, Command::Help);
        assert_eq!(parsed("status -h").unwrap().command, Command::Help);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_would() {
        for (line, said) in [
            ("walk", "makes no sense here"),
            ("run now", "makes no sense here"),
            ("run --json", "unknown option \"--json\""),
            ("--config", "needs a path"),
            ("run --once=1", "takes no value"),
            ("enrol", "needs a code"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(said), "{line}: {error}");
        }
    }
}
