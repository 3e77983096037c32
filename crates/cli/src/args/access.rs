//! By what printers let one in, as it is typed: communities, a user, a file.

use std::fmt;
use std::path::PathBuf;

use snmp::usm::{Authentication, Privacy};

/// Is what opens a printer's door.
#[derive(clap::Args)]
pub struct AccessArgs {
    /// An SNMP community to try; may be given many times [default: public]
    ///
    /// Other users of this machine see it in the list of processes: for a secret one use the variable or --credentials.
    #[arg(long = "community", value_name = "C", env = "ROUNDSMAN_COMMUNITY", hide_env_values = true)]
    pub communities: Vec<Community>,

    #[command(flatten)]
    pub user: UserArgs,

    /// A file that tells which users and communities to try where
    ///
    /// TOML: `[[credentials]]`, `targets = ["10.0.0.0/8"]`, `communities = ["a", "b"]`, and for SNMPv3 `[[credentials.users]]` with
    /// `name`, `authentication`, `authentication_password`, `privacy`, `privacy_password`, as often as needed; a password may be
    /// `{ file = "…" }` or `{ env = "…" }`. The first entry that holds an address counts; addresses of no entry are tried with --user
    /// and --community.
    #[arg(long, value_name = "FILE")]
    pub credentials: Option<PathBuf>,
}

/// Is a user of SNMPv3.
#[derive(clap::Args)]
pub struct UserArgs {
    /// A user of SNMPv3, tried before any community; simulated printers let this one in
    #[arg(long, value_name = "NAME", env = "ROUNDSMAN_USER")]
    pub user: Option<String>,

    /// How the user proves himself: MD5, SHA-1, SHA-224, SHA-256, SHA-384 or SHA-512
    ///
    /// The password is asked for, unless ROUNDSMAN_AUTH_PASSWORD holds it.
    #[arg(long, value_name = "PROTOCOL", requires = "user", value_parser = crate::access::authentication)]
    pub auth: Option<Authentication>,

    /// The password for --auth; in the list of processes others can read it
    #[arg(long, value_name = "PASSWORD", env = "ROUNDSMAN_AUTH_PASSWORD", hide_env_values = true, hide_short_help = true)]
    pub auth_password: Option<Password>,

    /// How messages are hidden: AES-128, AES-192, AES-256, 3DES or DES
    ///
    /// The password is asked for, unless ROUNDSMAN_PRIVACY_PASSWORD holds it. Keys of AES-192, AES-256 and 3DES that must be made longer
    /// are tried in both ways that printers know.
    #[arg(long, value_name = "PROTOCOL", requires = "auth", value_parser = crate::access::privacy)]
    pub privacy: Option<Privacy>,

    /// The password for --privacy; in the list of processes others can read it
    #[arg(long, value_name = "PASSWORD", env = "ROUNDSMAN_PRIVACY_PASSWORD", hide_env_values = true, hide_short_help = true)]
    pub privacy_password: Option<Password>,

    /// The SNMPv3 context to ask in, such as Jetdirect; the default one unless given
    #[arg(long, value_name = "NAME", requires = "user")]
    pub context: Option<String>,
}

impl UserArgs {
    /// Writes the user as it is typed, each argument behind a space; passwords stand in the environment.
    pub fn as_typed(&self) -> String {
        let arguments = [
            ("user", self.user.clone()),
            ("auth", self.auth.map(|protocol| protocol.to_string())),
            ("privacy", self.privacy.map(|protocol| protocol.to_string())),
            ("context", self.context.clone()),
        ];
        arguments.into_iter().filter_map(|(name, value)| Some(format!(" --{name} {}", value?))).collect()
    }
}

/// Is a word that nobody else may read, such as a community; it never shows up in a debug print.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(String);

/// Is an SNMP community.
pub type Community = Hidden;
/// Is a user's password.
pub type Password = Hidden;

impl Hidden {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl From<&str> for Hidden {
    fn from(text: &str) -> Self {
        Hidden(text.to_owned())
    }
}
