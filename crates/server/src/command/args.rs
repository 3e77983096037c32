//! What can be typed: every option, its default and its help.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use settings::{ListenAddress, Span};
use wire::envelope::SenderKind;

use super::work::Failed;
use crate::config::Settings;

const EXAMPLES: &str = "\
Examples:
  roundsman-server serve                                   with /etc/roundsman/server.toml, or the defaults
  roundsman-server --data ./data serve --listen 127.0.0.1:8443
  roundsman-server tenant add Hollander                    a customer
  roundsman-server code new --tenant Hollander --site Amsterdam
                                                           lets one agent in; prints what to type there
  roundsman-server user add anna                           somebody who may log in to the pages
  roundsman-server token new --name billing                a program's key to the API
  roundsman-server migrate --from sqlite:/var/lib/roundsman-server/roundsman.db --to postgres://roundsman@db/roundsman
                                                           moves a stopped server's store
  roundsman-server backup /backup/roundsman-2026-11-25.db  while the server runs

Exit codes: 0 done, 1 failed, 2 wrong usage or a wrong configuration.";

/// Take the reports of printers' agents, keep them, and show them.
#[derive(Parser)]
#[command(name = "roundsman-server", version, long_version = cryptography::version(env!("CARGO_PKG_VERSION")), max_term_width = 120)]
#[command(propagate_version = true, after_long_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// Is what every command may be told.
#[derive(clap::Args)]
pub struct Common {
    /// The configuration; /etc/roundsman/server.toml if it is there, else the defaults
    #[arg(long, global = true, value_name = "FILE", env = "ROUNDSMAN_SERVER_CONFIG")]
    pub config: Option<PathBuf>,

    /// The folder of store, keys and certificates, instead of the configuration's "data"
    #[arg(long, global = true, value_name = "DIR", env = "ROUNDSMAN_SERVER_DATA")]
    pub data: Option<PathBuf>,
}

impl Common {
    /// Returns the configuration with what was typed in its place.
    pub fn settings(&self) -> Result<Settings, Failed> {
        let mut settings = Settings::load(self.config.as_deref()).map_err(|error| Failed::usage(&error))?;
        if let Some(data) = &self.data {
            settings.data.clone_from(data);
        }
        Ok(settings)
    }
}

#[derive(Subcommand)]
pub enum Command {
    /// Answer senders and people until Ctrl-C or SIGTERM
    Serve(ServeArgs),
    /// Bring the store to this version's form, or move it into another database
    Migrate(MigrateArgs),
    /// Check the configuration and print it as it takes effect
    CheckConfig,
    /// Customers, who never see each other's data
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// People who may log in to the pages
    #[command(subcommand)]
    User(UserCommand),
    /// One-time codes that let an agent or a device module in
    #[command(subcommand)]
    Code(CodeCommand),
    /// Keys of programs: to the API, or to let many agents in
    #[command(subcommand)]
    Token(TokenCommand),
    /// Agents and device modules
    #[command(subcommand)]
    Sender(SenderCommand),
    /// Write a copy of the store while the server runs
    Backup(BackupArgs),
    /// Put a copy in the place of the store; the server must not run
    Restore(RestoreArgs),
}

#[derive(clap::Args)]
pub struct ServeArgs {
    /// Listen here, instead of the configuration's addresses; may be given many times
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Vec<ListenAddress>,

    /// The name and port under which senders reach this server, instead of the configuration's tls.name
    #[arg(long, value_name = "NAME:PORT")]
    pub name: Option<String>,

    /// Print one line that begins with "ready" when the server answers
    #[arg(long)]
    pub announce: bool,
}

#[derive(Subcommand)]
pub enum TenantCommand {
    /// Add a customer
    Add { name: String },
    /// List the customers
    List,
    /// Erase a customer with all devices, history and reports, for ever
    Erase {
        name: String,
        /// The name once more, because nothing brings the data back
        #[arg(long, value_name = "NAME")]
        really: String,
    },
}

/// Says what somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Look
    Viewer,
    /// Look, and give codes and commands
    Operator,
}

impl From<Role> for store::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Viewer => store::Role::Viewer,
            Role::Operator => store::Role::Operator,
        }
    }
}

#[derive(Subcommand)]
pub enum UserCommand {
    /// Add somebody; the password is asked for, or read from standard input if that is no terminal
    Add {
        name: String,
        /// Only this customer's data; all customers' without it
        #[arg(long, value_name = "NAME")]
        tenant: Option<String>,
        #[arg(long, value_enum, default_value_t = Role::Operator)]
        role: Role,
        /// Make a password and print it, instead of asking for one
        #[arg(long)]
        generate: bool,
    },
    /// List who may log in
    List,
    /// Give somebody another password; whoever is logged in by the old one is logged out
    Password {
        name: String,
        /// Make a password and print it, instead of asking for one
        #[arg(long)]
        generate: bool,
    },
    /// Let somebody in no more, and log them out
    Disable { name: String },
    /// Let somebody in again
    Enable { name: String },
}

/// Says what a sender is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A program on the customer's network that reads printers
    Agent,
    /// A module inside a printer
    DeviceDirect,
}

impl From<Kind> for SenderKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Agent => SenderKind::Agent,
            Kind::DeviceDirect => SenderKind::DeviceDirect,
        }
    }
}

#[derive(Subcommand)]
pub enum CodeCommand {
    /// Make a code and print what to type on the other side
    New {
        /// The customer; may be left out if there is only one
        #[arg(long, value_name = "NAME")]
        tenant: Option<String>,
        /// The site; it is made when the sender comes
        #[arg(long, value_name = "NAME")]
        site: String,
        #[arg(long, value_enum, default_value_t = Kind::Agent)]
        kind: Kind,
        /// How long the code works
        #[arg(long, value_name = "SPAN", default_value = "7d")]
        expires: Span,
        /// Print the code and nothing else, for scripts
        #[arg(long)]
        only_code: bool,
    },
    /// List a customer's codes, without their secrets
    List {
        /// The customer; may be left out if there is only one
        #[arg(long, value_name = "NAME")]
        tenant: Option<String>,
    },
}

#[derive(Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it; it is told this once
    New {
        /// What the token is for, in a few words
        #[arg(long)]
        name: String,
        /// Only this customer's data; all customers' without it
        #[arg(long, value_name = "NAME")]
        tenant: Option<String>,
        #[arg(long, value_enum, default_value_t = Role::Operator)]
        role: Role,
        /// Let agents in with it, instead of a program into the API; needs --tenant and --site
        #[arg(long, requires = "tenant", requires = "site")]
        enrolment: bool,
        /// The site of agents that are let in and name none
        #[arg(long, value_name = "NAME")]
        site: Option<String>,
        /// How long the token works; for ever without it
        #[arg(long, value_name = "SPAN")]
        expires: Option<Span>,
    },
    /// List tokens, without their secrets
    List,
    /// End a token
    Revoke {
        /// The token's id, from `token list`
        id: String,
    },
}

#[derive(Subcommand)]
pub enum SenderCommand {
    /// List agents and device modules
    List {
        /// Only this customer's
        #[arg(long, value_name = "NAME")]
        tenant: Option<String>,
    },
    /// Refuse a sender until it is admitted again
    Disable {
        id: String,
        /// Why; the sender is told
        #[arg(long)]
        reason: String,
    },
    /// Listen to a sender again
    Admit { id: String },
    /// Put a sender out of service for good; its devices' history stays
    Retire { id: String },
    /// Give a sender a new password and print it; the old one works until the new one is used
    Rotate { id: String },
    /// End a sender's passwords at once, because they are known to others; it must be enrolled again
    Revoke { id: String },
}

#[derive(clap::Args)]
pub struct MigrateArgs {
    /// Move the store from here: sqlite:PATH or postgres://USER@HOST/DATABASE
    #[arg(long, value_name = "STORE", requires = "to")]
    pub from: Option<String>,
    /// Move the store to here; it must be empty, and no server may run on either
    #[arg(long, value_name = "STORE", requires = "from")]
    pub to: Option<String>,
    /// A file whose first line is the database's password; ROUNDSMAN_DATABASE_PASSWORD goes before it
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

#[derive(clap::Args)]
pub struct BackupArgs {
    /// The file to write; it must not exist
    pub file: PathBuf,
}

#[derive(clap::Args)]
pub struct RestoreArgs {
    /// A file that `backup` has written
    pub file: PathBuf,
    /// Replace a store that is there; it is kept beside, with the ending .before
    #[arg(long)]
    pub replace: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }
}
