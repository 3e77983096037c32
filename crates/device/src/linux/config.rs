//! `device.toml`: what the site or the maker decides. Every key has a default.

mod check;
mod notes;

use std::path::{Path, PathBuf};

use ::settings::{Faults, Parsed, Secret, Span, TimeOfDay, Trusted};
use serde::{Deserialize, Serialize};
use wire::privacy::{Group, Privacy};
use wire::rhythm::{Rhythm, Schedule, TimeOfDay as WireTime};

/// Is the name of the configuration file in the module's folder.
pub const FILE: &str = "device.toml";

/// Is all that can be configured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    pub server: Server,
    pub proxy: Proxy,
    pub enrolment: Enrolment,
    pub facts: Facts,
    pub report: Report,
    pub privacy: Kept,
    pub commands: Commands,
    pub store: Stored,
    pub log: Log,
}

/// Is whom the module reports to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Server {
    /// Host name or address and port.
    pub address: Option<String>,
    /// A domain whose DNS says host and port (`_roundsman._tcp` SRV). The server's certificate must be for this domain.
    pub domain: Option<String>,
    /// The name that the server's certificate must have; the host of the address, or the domain, unless set.
    pub name: Option<String>,
    /// `enrolled`, `system`, a PEM file, or `sha256:…`. `enrolled`.
    pub trust: Trusted,
    /// Whom to ask for the domain, as address or address and port; the system's resolvers unless set.
    pub resolvers: Vec<String>,
}

/// Is the way out, where there is no direct one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Proxy {
    /// `http://HOST:PORT` or `socks5://HOST:PORT`; no proxy unless set.
    pub url: Option<String>,
    pub user: Option<String>,
    pub password: Option<Secret>,
}

/// Is what the module shows to be let in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Enrolment {
    /// A one-time code for this printer.
    pub code: Option<Secret>,
    /// A token of the service provider that lets in every printer of an image.
    pub token: Option<Secret>,
    /// What the printer is to be called.
    pub name: Option<String>,
}

/// Is where the facts come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// `snmp`: the printer's own agent; `file` or `socket`: what firmware writes. `snmp`.
    pub source: Source,
    /// Of `snmp`: the agent's address; 127.0.0.1.
    pub address: String,
    /// Of `snmp`: its UDP port; 161.
    pub port: u16,
    /// Of `snmp`: its community; `public` unless set.
    pub community: Option<Secret>,
    /// Of `file` and `socket`: the file, or the Unix socket.
    pub path: Option<PathBuf>,
    /// What is not there by then is left out; 60 s.
    pub within: Span,
    /// Of `file`: after so long without a new one the server is told; 48 hours.
    pub stale: Span,
}

impl Default for Facts {
    fn default() -> Self {
        Facts {
            source: Source::Snmp,
            address: "127.0.0.1".to_owned(),
            port: 161,
            community: None,
            path: None,
            within: Span::from_seconds(60),
            stale: Span::from_seconds(48 * 60 * 60),
        }
    }
}

/// Is who knows the facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    #[default]
    Snmp,
    File,
    Socket,
}

/// Is when reports go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// The earliest time of day; 02:00.
    pub at: TimeOfDay,
    /// Each module has its own place within so long from then on; 60 minutes.
    pub spread: Span,
    /// Instead of once a day, this often; at least 10 seconds.
    pub every: Option<Span>,
    /// An IANA name such as `Europe/Amsterdam`; the system's zone unless set.
    pub time_zone: Option<String>,
    /// Whether a report that was missed goes as soon as it can, instead of at the next planned time; no.
    pub catch_up: bool,
}

impl Default for Report {
    fn default() -> Self {
        let at = TimeOfDay::new(2, 0).expect("every clock shows two");
        Report { at, spread: Span::from_seconds(60 * 60), every: None, time_zone: None, catch_up: false }
    }
}

/// Is what stays on the site.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// Groups of fields that are not sent; none.
    pub withhold: Vec<Group>,
    /// Groups that are sent although they are not by default: `console`.
    pub send: Vec<Group>,
}

/// Is what the server may ask for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Commands {
    /// `normal`: what is on the closed list runs; `approve`: somebody at the site allows each;
    /// `locked`: nothing runs. `normal`.
    pub mode: Mode,
}

/// Is the site's word on commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    #[default]
    Normal,
    Approve,
    Locked,
}

/// Is where the module keeps what it knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stored {
    /// The folder of `--folder` unless set.
    pub folder: Option<PathBuf>,
    /// Where `status` and verdicts go, in memory and not on flash; `/run/roundsman-device` unless set.
    pub run: Option<PathBuf>,
}

/// Is what is logged, to stderr.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Log {
    /// `info`.
    pub level: Level,
}

/// Is how much is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    Error,
    #[default]
    Info,
    Debug,
}

/// Says why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the configuration {}", .path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{0}")]
    Faults(Faults),
}

/// Reads the configuration: from `file`, which must be there, or from the one in `folder` if there is one.
///
/// # Errors
/// Tells every fault with its line.
pub fn load(file: Option<&Path>, folder: &Path) -> Result<Parsed<Config>, ConfigError> {
    let usual = folder.join(FILE);
    let path = file.unwrap_or(&usual);
    let text = match std::fs::read_to_string(path) {
        Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => String::new(),
        text => text.map_err(|source| ConfigError::Read { path: path.to_owned(), source })?,
    };
    let parsed = ::settings::parse(&text, &path.display().to_string()).map_err(ConfigError::Faults)?;
    let faults = check::check(&parsed);
    if faults.is_empty() { Ok(parsed) } else { Err(ConfigError::Faults(Faults(faults))) }
}

impl Config {
    /// Returns the configuration as it takes effect, with secrets hidden.
    pub fn effective(&self) -> String {
        ::settings::effective(self, notes::NOTES)
    }

    /// Returns when the site wants reports to go.
    pub fn schedule(&self) -> Schedule {
        let rhythm = match self.report.every {
            Some(every) => Rhythm::Every { seconds: u32::try_from(every.seconds()).unwrap_or(u32::MAX) },
            None => {
                let at = WireTime::new(self.report.at.hour(), self.report.at.minute()).expect("both know the same times of day");
                Rhythm::Daily { at, spread_minutes: u16::try_from(self.report.spread.seconds() / 60).unwrap_or(u16::MAX) }
            }
        };
        let system = || jiff::tz::TimeZone::system().iana_name().map(str::to_owned);
        let time_zone = self.report.time_zone.clone().or_else(system).unwrap_or_else(|| "UTC".to_owned());
        Schedule { rhythm, time_zone }
    }

    /// Returns what the site lets out.
    pub fn privacy(&self) -> Privacy {
        Privacy::withholding(&self.privacy.withhold, &self.privacy.send)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_note() {
        assert_eq!(::settings::without_note(&Config::default(), notes::NOTES), Vec::<String>::new());
    }

    #[test]
    fn what_cannot_be_is_told_with_its_line() {
        let folder = Path::new("/nowhere");
        let load = |text: &str| {
            let parsed = ::settings::parse::<Config>(text, "device.toml").map_err(|faults| faults.to_string())?;
            let faults = check::check(&parsed);
            if faults.is_empty() { Ok(()) } else { Err(Faults(faults).to_string()) }
        };
        assert!(load("[server]\naddress = \"reports.example.com\"\n").is_ok());
        for (text, said) in [
            ("[server]\naddres = \"a\"\n", "did you mean"),
            ("[server]\naddress = \"a b\"\n", "neither a host name"),
            ("[server]\naddress = \"a\"\ndomain = \"b\"\n", "one of the two"),
            ("[facts]\nsource = \"file\"\n", "path"),
            ("[enrolment]\ncode = \"RM1-x\"\ntoken = \"t\"\n", "one of the two"),
            ("[report]\ntime_zone = \"Mars/Olympus\"\n", "unknown zone"),
            ("[server]\nresolvers = [\"dns.example.com\"]\n", "expected an address"),
        ] {
            let error = load(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
        assert!(super::load(None, folder).is_ok(), "without a file everything has its default");
        assert!(super::load(Some(Path::new("/nowhere/device.toml")), folder).is_err());
    }
}
