//! What can be typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

/// Finds the printers of a network, reads them, and reports to a communication server.
#[derive(Debug, Parser)]
#[command(name = "roundsman-agent", version, long_version = cryptography::version(env!("CARGO_PKG_VERSION")), max_term_width = 100)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Where the agent keeps what it knows [default: the service's own folder]
    #[arg(long, global = true, value_name = "DIR", env = "ROUNDSMAN_AGENT_FOLDER")]
    pub folder: Option<PathBuf>,
    /// The configuration [default: agent.toml in the folder, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  roundsman-agent enroll RM1-…        get to know the server, with a code from its page
  roundsman-agent run                 look, read and report until Ctrl-C
  roundsman-agent service install     do that from now on, as a service of this computer
  roundsman-agent status              does everything arrive?
  roundsman-agent ledger preview      what would be sent now, word for word

Exit codes: 0 done, 1 failed, 2 wrong usage";

/// Is one command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look for printers, read them and report, until Ctrl-C
    Run(RunArgs),
    /// Get to know the server
    #[command(after_help = ENROL_EXAMPLES)]
    Enroll(EnrollArgs),
    /// Say how things stand: last data, last contact, next report, last error
    Status(StatusArgs),
    /// Read the printers and report now, through the running agent
    SyncNow(SyncNowArgs),
    /// Check the configuration and print what takes effect, secrets hidden
    CheckConfig,
    /// Write an audit report of the known devices
    Report(ReportArgs),
    /// Say why a device was known again at another address, or undo that
    #[command(subcommand)]
    Device(DeviceCommand),
    /// List which credentials serve how many printers, or take a file of them in; no secret is ever shown
    Credentials(CredentialsArgs),
    /// Read what has left this site, word for word, or what would
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Make the agent a service of this computer, or end that
    #[command(subcommand)]
    Service(ServiceCommand),
}

#[derive(Debug, ClapArgs)]
pub struct RunArgs {
    /// Print a line that begins with `ready` when the page answers
    #[arg(long)]
    pub announce: bool,
    /// How the service manager of Windows starts it
    #[arg(long, hide = true)]
    pub service: bool,
}

const ENROL_EXAMPLES: &str = "\
Examples:
  roundsman-agent enroll RM1-AbC…
  roundsman-agent enroll --token-file token.txt --server reports.example.com:443

A code says itself whom to call and whom to trust. With a token, the server must be one that the
operating system trusts, or [server] trust in the configuration says who vouches for it.";

#[derive(Debug, ClapArgs)]
pub struct EnrollArgs {
    /// A one-time code from the server's page, or `-` to read it from standard input
    #[arg(required_unless_present_any = ["token", "token_file"], conflicts_with_all = ["token", "token_file", "server"])]
    pub code: Option<String>,
    /// A token of the tenant; others on this computer can see it while the command runs
    #[arg(long, value_name = "TOKEN", requires = "server", conflicts_with = "token_file")]
    pub token: Option<String>,
    /// A file with the token
    #[arg(long, value_name = "FILE", requires = "server")]
    pub token_file: Option<PathBuf>,
    /// The server, with a token
    #[arg(long, value_name = "HOST:PORT")]
    pub server: Option<String>,
    /// What the site is to be called
    #[arg(long)]
    pub name: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub struct StatusArgs {
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, ClapArgs)]
pub struct SyncNowArgs {
    /// Wait until the server has everything, at most ten minutes
    #[arg(long)]
    pub wait: bool,
}

#[derive(Debug, ClapArgs)]
pub struct ReportArgs {
    #[arg(long, value_enum, default_value_t = ReportFormat::Html)]
    pub format: ReportFormat,
    /// Where to write it [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    Html,
    Csv,
    Ndjson,
}

#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub struct CredentialsArgs {
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Option<CredentialsCommand>,
}

#[derive(Debug, Subcommand)]
pub enum CredentialsCommand {
    /// Take a file of credentials into the agent's folder, sealed where systemd hands out a key
    Import {
        /// Such as credentials.toml; it is not needed afterwards
        file: PathBuf,
    },
    /// Remove what was imported
    Forget,
}

#[derive(Debug, Subcommand)]
pub enum DeviceCommand {
    /// List which devices have moved to another address, and why each is taken for the same
    Moves,
    /// Say that a device that has moved is another one: it gets a number of its own
    Part {
        /// The device's number
        number: u32,
    },
}

#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Print what would be sent now
    Preview,
    /// List what was sent, or print one entry word for word
    Show {
        /// The entry's number
        number: Option<u64>,
        /// List entries before this one
        #[arg(long, conflicts_with = "number")]
        before: Option<u64>,
    },
    /// Check that nothing was changed, left out or reordered
    Verify,
}

#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// Run as a service from now on, also after a restart of the computer
    Install {
        /// Print what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Run as a service no more; what the agent knows stays
    Uninstall {
        /// Print what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Ask how the service is doing
    Status,
}
