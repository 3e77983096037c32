//! The command line of the server.

mod args;
mod backup;
mod codes;
mod migrate;
mod people;
mod prompt;
mod run;
mod senders;
mod tenants;
mod tokens;
mod work;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use work::{Failed, Work};

/// Runs the server's command line; the first argument is the program's name.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage or a wrong configuration.
pub fn command<I, T>(args: I) -> ExitCode
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            // Help and version are no errors, and go to standard output; nobody is left to be told if that fails.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(2).into();
        }
    };
    match carry_out(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => failed.told(),
    }
}

fn carry_out(args: Args) -> Result<(), Failed> {
    let settings = args.common.settings()?;
    match args.command {
        Command::CheckConfig => {
            work::say(&settings.effective());
            Ok(())
        }
        Command::Serve(serve) => run::serve(settings, serve),
        Command::Restore(restore) => backup::restore(&settings, &restore),
        Command::Migrate(migrate) => migrate::migrate(&settings, &migrate),
        Command::Backup(backup) => Work::open(settings)?.run(|work| backup::backup(work, backup)),
        Command::Tenant(command) => Work::open(settings)?.run(|work| tenants::run(work, command)),
        Command::User(command) => Work::open(settings)?.run(|work| people::run(work, command)),
        Command::Code(command) => Work::open(settings)?.run(|work| codes::run(work, command)),
        Command::Token(command) => Work::open(settings)?.run(|work| tokens::run(work, command)),
        Command::Sender(command) => Work::open(settings)?.run(|work| senders::run(work, command)),
    }
}
