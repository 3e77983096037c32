//! `agent.toml`: what the site decides. Every key has a default; without any file the agent looks on
//! the networks it is on, and reports once a night to the server that it enrolled with.

mod check;
mod credentials;
mod notes;
pub mod vault;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use settings::{Faults, ListenAddress, Octets, Parsed, Secret, Span, TimeOfDay, Trusted};
use wire::privacy::{Group, Privacy};
use wire::rhythm::{Rhythm, Schedule, TimeOfDay as WireTime};

pub use self::credentials::{CredentialsError, credentials, crypto, is_open_to_all};
pub use check::{Advice, check, targets};

/// Is the name of the configuration file in the agent's folder.
pub const FILE: &str = "agent.toml";

/// Is all that can be configured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    pub server: Server,
    pub proxy: Proxy,
    pub site: Site,
    pub discovery: Discovery,
    pub poll: Poll,
    pub reading: Reading,
    pub traps: Traps,
    pub report: Report,
    pub privacy: Kept,
    pub commands: Commands,
    pub page: Page,
    pub store: Stored,
    pub log: Log,
}

/// Is whom the agent reports to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Server {
    /// Host name or address and port; the one of enrolment unless set.
    pub address: Option<String>,
    /// Ports tried after the one of the address, such as 2000 and 2105; none.
    pub extra_ports: Vec<u16>,
    /// The name that the server's certificate must have; the host of the address unless set.
    pub name: Option<String>,
    /// `enrolled`: the authority of enrolment; `system`: the trust store of the operating system;
    /// a file with authorities in PEM form; or `sha256:…`, the pin of the server's key. `enrolled`.
    pub trust: Trusted,
    /// The agent's own certificate in PEM form, where the server wants one.
    pub certificate: Option<PathBuf>,
    /// The key of that certificate in PEM form.
    pub key: Option<PathBuf>,
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

/// Is where the agent is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Site {
    /// What the site is called; the name of enrolment unless set.
    pub name: Option<String>,
    /// An IANA name such as `Europe/Amsterdam`; the system's zone unless set.
    pub time_zone: Option<String>,
}

/// Is where devices are looked for, and with which passwords.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Discovery {
    /// Addresses, networks (`10.0.0.0/24`), ranges (`10.0.0.5-10.0.1.20`) and host names; the
    /// networks that the host is on unless set.
    pub ranges: Vec<String>,
    /// What is left alone, in the same form.
    pub exclude: Vec<String>,
    /// A file with devices, one a line, that are looked for besides.
    pub list: Option<PathBuf>,
    /// SNMP communities in the order to try them; `public` unless set, or users are configured.
    pub communities: Vec<Secret>,
    /// A file that says which users and communities are for which addresses; none is needed once they are
    /// imported with `roundsman-agent credentials import`.
    pub credentials: Option<PathBuf>,
    /// The versions of SNMP that devices are asked in; all of them. Without `v1` and `v2c` no community is used.
    pub versions: Vec<SnmpVersion>,
    /// The UDP port of SNMP; 161.
    pub port: u16,
    /// The most packets a second; 1000, and 256 to one /24 in any case.
    pub rate: u32,
    /// How often devices are looked for; 24 hours.
    pub every: Span,
    /// Whether devices are asked by broadcast and multicast on the host's networks; yes, where no
    /// ranges are named.
    pub broadcast: bool,
}

impl Default for Discovery {
    fn default() -> Self {
        Discovery {
            ranges: Vec::new(),
            exclude: Vec::new(),
            list: None,
            communities: Vec::new(),
            credentials: None,
            versions: SnmpVersion::ALL.to_vec(),
            port: 161,
            rate: 1000,
            every: Span::from_seconds(24 * 60 * 60),
            broadcast: true,
        }
    }
}

/// Is a version of SNMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SnmpVersion {
    V1,
    V2c,
    V3,
}

impl SnmpVersion {
    pub const ALL: [Self; 3] = [SnmpVersion::V1, SnmpVersion::V2c, SnmpVersion::V3];
}

impl Discovery {
    /// Returns whether communities may be used.
    pub fn uses_communities(&self) -> bool {
        self.versions.iter().any(|version| *version != SnmpVersion::V3)
    }

    /// Returns whether users may be used.
    pub fn uses_users(&self) -> bool {
        self.versions.contains(&SnmpVersion::V3)
    }
}

/// Is what may be asked at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Poll {
    /// Addresses outside these ranges are never asked, whoever names or announces them; no limit
    /// if empty.
    pub allow: Vec<String>,
    /// What printers are asked by; SNMP, and IPP where SNMP leaves something open. PJL and LPD use the
    /// ports that print jobs come by, and are asked only where they are named here.
    pub protocols: Vec<Protocol>,
}

impl Default for Poll {
    fn default() -> Self {
        Poll { allow: Vec::new(), protocols: vec![Protocol::Snmp, Protocol::Ipp] }
    }
}

/// Is a protocol that printers are asked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    Snmp,
    Ipp,
    Pjl,
    Lpd,
}

/// Is how often known devices are read, and by what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reading {
    /// 60 minutes; at least 10 seconds.
    pub every: Span,
    /// A folder with vendor files of the site's own, loaded over those that the agent carries; none.
    pub profiles: Option<PathBuf>,
}

impl Default for Reading {
    fn default() -> Self {
        Reading { every: Span::from_seconds(60 * 60), profiles: None }
    }
}

/// Is whether printers are heard that say themselves that something has happened.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Traps {
    /// Where traps and informs are listened to, such as 0.0.0.0:162; nowhere unless set.
    pub listen: Option<ListenAddress>,
}

impl Traps {
    /// Returns whether listening takes a right that services do not have of themselves.
    pub fn needs_a_right(&self) -> bool {
        self.listen.is_some_and(|listen| (1..1024).contains(&listen.port()))
    }
}

/// Is when reports go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// The earliest time of day, by the site's clocks; 02:00.
    pub at: TimeOfDay,
    /// Each agent has its own place within so long from then on; 60 minutes.
    pub spread: Span,
    /// Instead of once a day, this often; at least 10 seconds.
    pub every: Option<Span>,
    /// Whether a report that was missed goes as soon as it can, instead of at the next planned time; no.
    pub catch_up: bool,
}

impl Default for Report {
    fn default() -> Self {
        let at = TimeOfDay::new(2, 0).expect("every clock shows two");
        Report { at, spread: Span::from_seconds(60 * 60), every: None, catch_up: false }
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
    /// `normal`: what is on the closed list runs; `locked`: nothing does. `normal`.
    pub mode: Mode,
}

/// Is the site's word on commands; the agent enforces it, not the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    #[default]
    Normal,
    Locked,
}

/// Is the agent's own page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Page {
    /// 127.0.0.1:8444.
    pub listen: ListenAddress,
    /// Names by which browsers may call the page, beside `localhost` and the address it listens on.
    pub hosts: Vec<String>,
    /// Addresses and networks that may call the page, where it listens to others than this host.
    pub allow: Vec<String>,
}

impl Default for Page {
    fn default() -> Self {
        Page { listen: ListenAddress::loopback(8444), hosts: Vec::new(), allow: Vec::new() }
    }
}

/// Is where the agent keeps what it knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stored {
    /// The folder of `--folder` unless set.
    pub folder: Option<PathBuf>,
    /// The most that payloads in the ledger take; 64 MiB. The newest one is kept in any case.
    pub ledger: Octets,
}

impl Default for Stored {
    fn default() -> Self {
        Stored { folder: None, ledger: Octets::mebi(64) }
    }
}

/// Is what is logged, to stderr.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Log {
    /// `info`.
    pub level: Level,
    /// `text`.
    pub format: Format,
}

/// Is how much is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

/// Is the form of a line in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    #[default]
    Text,
    Json,
}

/// Says why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the configuration {}", .path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
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
    let parsed = settings::parse(&text, &path.display().to_string()).map_err(ConfigError::Faults)?;
    let (faults, _) = check(&parsed);
    if faults.is_empty() { Ok(parsed) } else { Err(ConfigError::Faults(Faults(faults))) }
}

impl Config {
    /// Returns the configuration as it takes effect, with secrets hidden.
    pub fn effective(&self) -> String {
        settings::effective(self, notes::NOTES)
    }

    /// Returns the rhythm that the site has chosen.
    pub fn rhythm(&self) -> Rhythm {
        match self.report.every {
            Some(every) => Rhythm::Every { seconds: u32::try_from(every.seconds()).unwrap_or(u32::MAX) },
            None => {
                let at = WireTime::new(self.report.at.hour(), self.report.at.minute()).expect("both know the same times of day");
                Rhythm::Daily { at, spread_minutes: u16::try_from(self.report.spread.seconds() / 60).unwrap_or(u16::MAX) }
            }
        }
    }

    /// Returns the name of the site's time zone: as configured, else the system's, else UTC.
    pub fn zone_name(&self) -> String {
        let system = || jiff::tz::TimeZone::system().iana_name().map(str::to_owned);
        self.site.time_zone.clone().or_else(system).unwrap_or_else(|| "UTC".to_owned())
    }

    /// Returns when the site wants reports to go.
    pub fn schedule(&self) -> Schedule {
        Schedule { rhythm: self.rhythm(), time_zone: self.zone_name() }
    }

    /// Returns what the site lets out.
    pub fn privacy(&self) -> Privacy {
        Privacy::withholding(&self.privacy.withhold, &self.privacy.send)
    }

    /// Returns the proxy as host and port, without credentials.
    pub fn proxy_id(&self) -> Option<String> {
        let url = self.proxy.url.as_ref()?;
        let place = url.split_once("://").map_or(url.as_str(), |(_, place)| place);
        let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
        Some(place.trim_end_matches('/').to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Config {
        settings::parse(text, "agent.toml").unwrap().value
    }

    #[test]
    fn without_a_file_the_agent_reports_once_a_night() {
        let config = parse("");
        assert_eq!(config, Config::default());
        assert_eq!(config.rhythm(), Rhythm::Daily { at: WireTime::new(2, 0).unwrap(), spread_minutes: 60 });
        assert!(config.page.listen.is_loopback());
    }

    #[test]
    fn every_key_has_a_note() {
        let text = "[server]\naddress='a:1'\nname='a'\ncertificate='c'\nkey='k'\nextra_ports=[2000]\n[proxy]\nurl='http://p:1'\nuser='u'\n\
                    password='s'\n[site]\nname='n'\ntime_zone='UTC'\n[discovery]\nlist='l'\ncredentials='c'\n[reading]\nprofiles='p'\n[traps]\nlisten='0.0.0.0:162'\n[report]\nevery='1h'\n\
                    [store]\nfolder='f'\n";
        assert_eq!(settings::without_note(&parse(text), notes::NOTES), [""; 0]);
    }

    #[test]
    fn the_effective_configuration_hides_secrets_and_reads_again() {
        let config = parse("[proxy]\nurl = 'http://proxy:3128'\npassword = 'correct horse'\n[discovery]\ncommunities = ['hidden-word']\n");
        let text = config.effective();
        assert!(!text.contains("horse") && !text.contains("hidden-word"), "{text}");
        assert!(text.contains("every = \"1d\"  # default"), "{text}");
        let again = Config::default().effective();
        assert_eq!(parse(&again), Config::default());
    }

    #[test]
    fn unknown_keys_and_impossible_hours_are_told_with_their_line() {
        let faults = settings::parse::<Config>("[report]\natt = '02:00'\nat = '25:00'\n", "agent.toml").unwrap_err().to_string();
        assert!(faults.contains("agent.toml:2: unknown key \"att\" in [report]; did you mean \"at\"?"), "{faults}");
        assert!(faults.contains("agent.toml:3: at in [report]: there is no 25:00 on the clock"), "{faults}");
    }

    #[test]
    fn the_proxy_is_named_without_its_password() {
        let config = parse("[proxy]\nurl = 'http://user:secret@proxy.example:3128/'\n");
        assert_eq!(config.proxy_id().as_deref(), Some("proxy.example:3128"));
    }
}
