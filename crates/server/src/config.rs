//! `server.toml`: one structure a section, every key with its default.

mod check;
mod notes;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use settings::{Faults, ListenAddress, Octets, Span, effective};
use store::{Place, PlaceError};

pub use check::Checked;

/// Is the file that is read when none is named and this one is there.
pub const USUAL_FILE: &str = "/etc/roundsman/server.toml";

/// Is the whole configuration of the server.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct Settings {
    /// The folder of everything that has no place of its own below. Default: `/var/lib/roundsman-server`.
    pub data: PathBuf,
    pub listen: Vec<Listen>,
    pub tls: Tls,
    pub store: StoreSettings,
    pub limits: Limits,
    pub retention: Retention,
    pub metrics: Metrics,
    pub log: Log,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            data: PathBuf::from("/var/lib/roundsman-server"),
            listen: vec![Listen::default()],
            tls: Tls::default(),
            store: StoreSettings::default(),
            limits: Limits::default(),
            retention: Retention::default(),
            metrics: Metrics::default(),
            log: Log::default(),
        }
    }
}

/// Is one address on which senders and people are answered, always with TLS.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct Listen {
    /// Default: `0.0.0.0:8443`.
    pub address: ListenAddress,
    /// Who may connect, as addresses and networks. Default: everybody.
    pub allow: Vec<String>,
}

impl Default for Listen {
    fn default() -> Self {
        Listen { address: "0.0.0.0:8443".parse().expect("an address as its type writes it"), allow: Vec::new() }
    }
}

/// Is who the server is to its callers.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Tls {
    /// The name and port under which senders reach this server; it goes into enrolment codes. Default: none.
    pub name: Option<String>,
    /// More names and addresses for the certificate that the server makes itself. Default: none.
    pub more_names: Vec<String>,
    /// The certificate in PEM, and behind it those that lead to its authority. Default: the server makes its own.
    pub certificate: Option<PathBuf>,
    /// The key of the certificate in PEM.
    pub key: Option<PathBuf>,
    /// The authority of the certificate in PEM, for senders that are to trust it and nobody else. Default:
    /// they trust whom their operating system trusts.
    pub authority: Option<PathBuf>,
    /// Whether senders show a certificate of their own. Default: `off`.
    pub client_certificates: ClientCertificates,
    /// The authority of the senders' certificates in PEM.
    pub client_authority: Option<PathBuf>,
}

/// Says whether senders show certificates of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientCertificates {
    #[default]
    Off,
    Optional,
    Required,
}

/// Is where the data are kept.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct StoreSettings {
    /// `sqlite:PATH`, or `postgres://USER@HOST/DATABASE`. Default: `roundsman.db` in the data folder.
    pub url: Option<String>,
    /// A file whose first line is the database's password. Default: none; see also the environment's `ROUNDSMAN_DATABASE_PASSWORD`.
    pub password_file: Option<PathBuf>,
}

/// Is what callers may cost.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct Limits {
    /// Connections at once. Default: 10,000.
    pub connections: u32,
    /// Connections at once from one address. Default: 64.
    pub connections_per_address: u32,
    /// The largest report as it travels. Default: 4 MiB.
    pub report: Octets,
    /// The largest report unpacked. Default: 64 MiB.
    pub report_unpacked: Octets,
    /// Reports that are read or wait for the disk at once; more are asked to come later. Default: 256.
    pub reports_under_way: u32,
    /// The octets that reports under way may have unpacked at once. Default: 256 MiB.
    pub unpacked_under_way: Octets,
    /// Failed logins and enrolments from one address in a row, before it has to wait. Default: 20.
    pub failed_logins: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 10_000,
            connections_per_address: 64,
            report: Octets::mebi(4),
            report_unpacked: Octets::mebi(64),
            reports_under_way: 256,
            unpacked_under_way: Octets::mebi(256),
            failed_logins: 20,
        }
    }
}

/// Is how long data are kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct Retention {
    /// Reports as they were received. Default: 30 days.
    pub reports: Span,
    /// The history of meters, supplies and states. Default: 400 days.
    pub history: Span,
    /// The ledger of expected reports. Default: 400 days.
    pub expectations: Span,
    /// Commands that have ended. Default: 90 days.
    pub commands: Span,
}

const fn days(count: u32) -> Span {
    Span::from_seconds(count * 24 * 60 * 60)
}

impl Default for Retention {
    fn default() -> Self {
        Retention { reports: days(30), history: days(400), expectations: days(400), commands: days(90) }
    }
}

/// Is who may read `/metrics`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct Metrics {
    /// Addresses and networks; to others the page does not exist. Empty means nobody. Default: this host.
    pub allow: Vec<String>,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics { allow: vec!["127.0.0.0/8".to_owned(), "::1".to_owned()] }
    }
}

/// Is what the program tells of its work.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct Log {
    /// Default: `text`.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug` or `trace`, or a filter such as `info,server=debug`. Default: `info`.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Log { format: LogFormat::default(), level: "info".to_owned() }
    }
}

/// Is the form of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For reading.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Says why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{}: cannot read this file; check its path, or name another with --config", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{0}")]
    Faults(Faults),
}

impl Settings {
    /// Reads the configuration from the text of its file; `file` is what messages call it.
    ///
    /// # Errors
    /// Fails with every fault that can be found.
    pub fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        let parsed = settings::parse::<Settings>(text, file).map_err(ConfigError::Faults)?;
        let faults = check::faults(&parsed);
        if faults.is_empty() { Ok(parsed.value) } else { Err(ConfigError::Faults(Faults(faults))) }
    }

    /// Reads the file, or the usual one if none is named, or takes the defaults if that is not there.
    ///
    /// # Errors
    /// Fails if a named file cannot be read, and on every fault in it.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let path = match file {
            Some(path) => path,
            None if Path::new(USUAL_FILE).exists() => Path::new(USUAL_FILE),
            None => return Ok(Settings::default()),
        };
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Returns the configuration as it takes effect, in the form of its file.
    pub fn effective(&self) -> String {
        effective(self, notes::NOTES)
    }

    /// Returns where the store lies, without a password. Settings from [`Settings::parse`] name a place.
    ///
    /// # Errors
    /// Fails if what is set names none.
    pub fn place(&self) -> Result<Place, PlaceError> {
        match &self.store.url {
            Some(url) => url.parse(),
            None => Ok(Place::Sqlite(self.data.join("roundsman.db"))),
        }
    }

    /// Returns the path of the database, if it is a file.
    pub fn database(&self) -> Option<PathBuf> {
        match self.place() {
            Ok(Place::Sqlite(path)) => Some(path),
            _ => None,
        }
    }

    /// Returns the path of the key under which the store knows credentials.
    pub fn key_file(&self) -> PathBuf {
        self.data.join("server-key")
    }

    /// Returns the folder of the server's own authority.
    pub fn authority_folder(&self) -> PathBuf {
        self.data.join("tls")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> String {
        Settings::parse(text, "server.toml").expect_err("a fault").to_string()
    }

    #[test]
    fn an_empty_file_means_the_defaults() {
        let settings = Settings::parse("", "server.toml").unwrap();
        assert_eq!(settings.listen[0].address.to_string(), "0.0.0.0:8443");
        assert_eq!(settings.database().as_deref(), Some(Path::new("/var/lib/roundsman-server/roundsman.db")));
    }

    #[test]
    fn a_whole_file_is_read() {
        let settings = Settings::parse(
            r#"
            data = "/srv/roundsman"
            [[listen]]
            address = "*:443"
            [[listen]]
            address = "10.0.0.1:2105"
            allow = ["10.0.0.0/8", "fd00::/8"]
            [tls]
            name = "reports.example.com:443"
            certificate = "/etc/ssl/reports.pem"
            key = "/etc/ssl/reports-key.pem"
            client_certificates = "optional"
            client_authority = "/etc/ssl/devices.pem"
            [store]
            url = "sqlite:/srv/fast/roundsman.db"
            [retention]
            reports = "7d"
            [log]
            format = "json"
            "#,
            "server.toml",
        )
        .unwrap();
        assert_eq!((settings.listen.len(), settings.listen[1].allow.len()), (2, 2));
        assert_eq!(settings.database().as_deref(), Some(Path::new("/srv/fast/roundsman.db")));
        assert_eq!(settings.log.format, LogFormat::Json);
    }

    #[test]
    fn what_cannot_be_is_told_with_its_line() {
        assert_eq!(faults("[tls]\nnme = 1"), "server.toml:2: unknown key \"nme\" in [tls]; did you mean \"name\"?");
        for (text, says) in [
            ("[[listen]]\nallow = [\"10.0.0.1/8\"]", "server.toml:2: \"10.0.0.1/8\" has bits set behind its prefix"),
            ("[[listen]]\naddress = \"*:1\"\n[[listen]]\naddress = \"*:1\"", "server.toml:4: *:1 is listened on twice"),
            ("listen = []", "server.toml:1: nobody can call a server that listens nowhere"),
            ("[tls]\ncertificate = \"a.pem\"", "server.toml:2: a certificate needs its key; set tls.key as well"),
            ("[tls]\nclient_certificates = \"required\"", "server.toml:2: set tls.client_authority"),
            ("[tls]\nname = \"https://x\"", "server.toml:2: expected a name and port such as \"reports.example.com:8443\""),
            ("[store]\nurl = \"mysql://x\"", "server.toml:2: expected \"sqlite:PATH\" or \"postgres://"),
            ("[store]\nurl = \"postgres://r:hidden@h/x\"", "server.toml:2: this database cannot be reached so: a password does not belong"),
            ("[store]\npassword_file = \"p\"", "server.toml:2: a file needs no password"),
            ("[retention]\nreports = \"1h\"", "server.toml:2: expected at least 1d"),
            ("[limits]\nreport = \"65 MiB\"", "server.toml:2: a report of"),
            ("[log]\nlevel = \"loud=?\"", "server.toml:2: \"loud=?\" is no level"),
        ] {
            assert!(faults(text).contains(says), "{text}: {}", faults(text));
        }
    }

    #[test]
    fn every_key_is_explained_and_the_effective_file_reads_back() {
        let mut settings = Settings::default();
        settings.tls.name = Some("reports.example.com:8443".to_owned());
        settings.tls.certificate = Some("c".into());
        settings.tls.key = Some("k".into());
        settings.tls.authority = Some("a".into());
        settings.tls.client_authority = Some("a".into());
        settings.store.url = Some("postgres://r@h/fleet".to_owned());
        settings.store.password_file = Some("p".into());
        assert_eq!(settings::without_note(&settings, notes::NOTES), Vec::<String>::new());
        let again = Settings::parse(&settings.effective(), "server.toml").unwrap();
        assert_eq!(again.effective(), settings.effective());
    }
}
