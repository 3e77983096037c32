//! What can be typed: every option, its default and its help.

mod access;

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use catalog::Sections;
use clap::{Parser, Subcommand, ValueEnum};

pub use access::{AccessArgs, Community, Password, UserArgs};

/// Find and read the printers of any network, whoever made them.
#[derive(Parser)]
#[command(name = "roundsman", version, long_version = cryptography::version(env!("CARGO_PKG_VERSION")), max_term_width = 120)]
#[command(propagate_version = true)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Find the printers of a network and read their meters, supplies and state
    Scan(ScanArgs),
    /// Read one printer and show everything it says, with the object each value came from
    Probe(ProbeArgs),
    /// Keep what a printer answers as a recording, without names, places and addresses
    Record(RecordArgs),
    /// Turn recordings into device records, without a network
    Replay(ReplayArgs),
    /// Look at the vendor files that printers are read by, and check files of your own
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Be printers: simulated ones or recordings, on real sockets of this machine
    Sim(SimArgs),
    /// Bring up a server, an agent and printers on this machine, and open them in a browser
    Up(UpArgs),
    /// The agent's own commands, as of the program roundsman-agent
    #[command(disable_help_flag = true)]
    Agent(PassedOn),
    /// The server's own commands, as of the program roundsman-server
    #[command(disable_help_flag = true)]
    Server(PassedOn),
    /// The printer module's own commands, as of the program roundsman-device
    #[command(disable_help_flag = true)]
    Device(PassedOn),
    /// Print a shell's completions for this program
    Completions(CompletionsArgs),
    /// Write the man pages and the completions of all shells
    #[command(hide = true)]
    Generate(GenerateArgs),
}

/// Is what the command of another program is given.
#[derive(clap::Args)]
pub struct PassedOn {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
    pub arguments: Vec<OsString>,
}

#[derive(clap::Args)]
#[command(after_long_help = UP_EXAMPLES)]
pub struct UpArgs {
    /// Read the printers here instead of simulated ones: address, CIDR, range or host name; may be given many times
    #[arg(long, value_name = "TARGET")]
    pub scan: Vec<String>,

    /// The SNMP port of the printers named with --scan
    #[arg(long, value_name = "PORT", default_value_t = 161, value_parser = clap::value_parser!(u16).range(1..), requires = "scan")]
    pub port_of_printers: u16,

    #[command(flatten)]
    pub profiles: ProfilesArgs,

    /// Where everything is kept
    #[arg(long, value_name = "DIR", default_value = "roundsman-data")]
    pub data: PathBuf,

    /// The server's port; the agent's page has the next one
    #[arg(long, default_value_t = 8443, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,

    /// Where the server listens; 0.0.0.0 lets other computers in
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub listen: IpAddr,
}

#[derive(clap::Args)]
#[command(after_long_help = SCAN_EXAMPLES)]
pub struct ScanArgs {
    /// Whom to ask: address, CIDR, range, host name, or a file with one a line
    ///
    /// 10.0.0.7, fe80::7%2, 10.0.0.0/24, 10.0.0.5-10.0.1.20, 10.0.0.5-20, printer-7.example, or the path of a file that holds one of
    /// these a line ('#' begins a comment). IPv6 networks are found by DNS-SD and multicast rather than swept. Without a target: the
    /// networks this machine is on.
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,

    /// Leave this target out; may be given many times
    #[arg(long, value_name = "TARGET")]
    pub exclude: Vec<String>,

    /// Read exactly the addresses of this file, one a line, without looking for others
    #[arg(long, value_name = "FILE", conflicts_with_all = ["targets", "identify"])]
    pub list: Option<PathBuf>,

    /// The printers' SNMP port
    #[arg(long, default_value_t = 161, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,

    /// Sweep more than 1,048,576 addresses without asking
    #[arg(long, short = 'y')]
    pub yes: bool,

    #[command(flatten)]
    pub access: AccessArgs,

    /// Packets a second over all, at most; 0 for no ceiling
    ///
    /// One /24 network gets no more than 256 of them. 0 lifts both ceilings: for networks of your own.
    #[arg(long, value_name = "PPS", default_value_t = 5000)]
    pub rate: u32,

    /// Only tell who is there; read nothing more
    #[arg(long)]
    pub identify: bool,

    #[command(flatten)]
    pub sections: SectionsArgs,

    #[command(flatten)]
    pub profiles: ProfilesArgs,

    /// How to show what was found
    #[arg(long, value_enum, default_value_t = ScanFormat::Table)]
    pub format: ScanFormat,

    /// Write to this file instead of the terminal
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Read every device so many times more, only what moves; to measure with --format none
    #[arg(long, value_name = "N", default_value_t = 0, hide = true)]
    pub again: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScanFormat {
    /// For reading: one printer a line, what needs attention first
    Table,
    /// One address a line, as they are found
    Addresses,
    /// One device record a line, as JSON, as they are read
    Ndjson,
    /// For a spreadsheet: one printer a row
    Csv,
    /// One page to keep, send or print
    Html,
    /// Nothing: read, decode and count only
    None,
}

#[derive(clap::Args)]
#[command(after_long_help = PROBE_EXAMPLES)]
pub struct ProbeArgs {
    /// The printer: address or host name, with a port where it is not 161
    #[arg(value_name = "ADDRESS[:PORT]")]
    pub device: Endpoint,

    #[command(flatten)]
    pub access: AccessArgs,

    #[command(flatten)]
    pub profiles: ProfilesArgs,

    /// What to ask by: snmp, ipp, pjl, lpd [default: snmp,ipp]
    ///
    /// pjl and lpd use the ports that print jobs come by, and may wake the printer: they are asked only when named
    /// here, and a printer that is printing is left alone. Nothing is ever printed. A printer that does not speak a
    /// protocol named here is a failure; one without IPP is none if nothing is named.
    #[arg(long, value_name = "LIST", value_delimiter = ',', hide_possible_values = true)]
    pub protocols: Option<Vec<Protocol>>,

    #[command(flatten)]
    pub ports: PortArgs,

    /// How to show it
    #[arg(long, value_enum, default_value_t = ProbeFormat::Table)]
    pub format: ProbeFormat,
}

/// Is a protocol that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    Snmp,
    Ipp,
    Pjl,
    Lpd,
}

impl Protocol {
    /// Returns the protocol as its people write it.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Snmp => "SNMP",
            Protocol::Ipp => "IPP",
            Protocol::Pjl => "PJL",
            Protocol::Lpd => "LPD",
        }
    }
}

/// Is where IPP is spoken, and with whom.
#[derive(clap::Args)]
pub struct IppArgs {
    /// The port of IPP; 443 and any port that wants it are spoken to by TLS
    #[arg(long, value_name = "PORT", default_value_t = 631, value_parser = clap::value_parser!(u16).range(1..))]
    pub ipp_port: u16,

    /// Where the certificates that printers showed are kept: a printer that shows another one later is told, and asked nothing
    #[arg(long, value_name = "FILE", env = "ROUNDSMAN_KNOWN_PRINTERS")]
    pub known_printers: Option<PathBuf>,
}

/// Is where the protocols other than SNMP are spoken.
#[derive(clap::Args)]
pub struct PortArgs {
    #[command(flatten)]
    pub ipp: IppArgs,

    /// The port of PJL; some devices use 2000 or 2105
    #[arg(long, value_name = "PORT", default_value_t = 9100, value_parser = clap::value_parser!(u16).range(1..))]
    pub pjl_port: u16,

    /// The port of LPD
    #[arg(long, value_name = "PORT", default_value_t = 515, value_parser = clap::value_parser!(u16).range(1..))]
    pub lpd_port: u16,

    /// The LPD queue to ask for
    #[arg(long, value_name = "NAME", default_value = "lp")]
    pub queue: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProbeFormat {
    /// For reading
    Table,
    /// The device record
    Json,
}

#[derive(clap::Args)]
#[command(after_long_help = RECORD_EXAMPLES)]
pub struct RecordArgs {
    /// The printer: address or host name, with a port where it is not 161
    #[arg(value_name = "ADDRESS[:PORT]")]
    pub device: Endpoint,

    /// The folder for the recording
    #[arg(long, short, value_name = "DIR")]
    pub output: PathBuf,

    #[command(flatten)]
    pub access: AccessArgs,

    /// What to ask by: snmp, ipp [default: both, if the printer speaks IPP]
    #[arg(long, value_name = "LIST", value_delimiter = ',', hide_possible_values = true)]
    pub protocols: Option<Vec<Recorded>>,

    #[command(flatten)]
    pub ipp: IppArgs,

    /// What not to redact
    #[arg(long, value_enum, value_name = "LIST", value_delimiter = ',')]
    pub keep: Vec<Keep>,

    /// Redact serial numbers too, of the printer and of its parts
    #[arg(long)]
    pub redact_serials: bool,
}

/// Is a protocol of which recordings are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Recorded {
    Snmp,
    Ipp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Keep {
    /// System names, contacts and users
    Names,
    /// Where the printer stands
    Places,
    /// IP and hardware addresses
    Addresses,
}

#[derive(clap::Args)]
#[command(after_long_help = REPLAY_EXAMPLES)]
pub struct ReplayArgs {
    /// Recordings (.snmprec, .ipp)
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    #[command(flatten)]
    pub sections: SectionsArgs,

    #[command(flatten)]
    pub profiles: ProfilesArgs,

    /// How to show it
    #[arg(long, value_enum, default_value_t = ReplayFormat::Table)]
    pub format: ReplayFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReplayFormat {
    /// For reading: one printer a line
    Table,
    /// One device record a line, as JSON
    Ndjson,
}

#[derive(clap::Args)]
#[command(after_long_help = SIM_EXAMPLES)]
pub struct SimArgs {
    /// Where the printers are: a part of 127.0.0.0/8; may be given many times
    #[arg(long = "network", value_name = "CIDR", default_value = "127.0.1.0/28")]
    pub networks: Vec<String>,

    /// How many printers each network holds, scattered; all its addresses if not given
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,

    /// The printers' SNMP port
    #[arg(long, default_value_t = 1161, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,

    /// Serve these recordings (.snmprec), one an address, instead of living printers
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub recordings: Vec<PathBuf>,

    /// Where chance begins: one seed, one fleet, one run
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// How long each printer takes to answer, in milliseconds: one number, or a range of which each printer has its own
    #[arg(long, value_name = "A-B", default_value = "0")]
    pub delay_ms: DelayMs,

    /// A printer answers one request at a time
    #[arg(long)]
    pub serial: bool,

    /// Lose this share of the requests, in percent
    #[arg(long, value_name = "PCT", default_value = "0", value_parser = percent)]
    pub loss: f64,

    /// How fast the printers live: simulated seconds a second
    #[arg(long, value_name = "X", default_value = "1", value_parser = speed)]
    pub speed: f64,

    /// Answer only to this community; to any if not given
    #[arg(long, value_name = "C")]
    pub community: Option<Community>,

    #[command(flatten)]
    pub v3: crate::simulate::v3::SimV3Args,
}

#[derive(clap::Args)]
pub struct CompletionsArgs {
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(clap::Args)]
pub struct GenerateArgs {
    /// The folder to write to
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

#[derive(clap::Args)]
pub struct SectionsArgs {
    /// What to read: identity, meters, supplies, inputs, outputs, alerts, status, configuration
    #[arg(long = "sections", value_name = "LIST", default_value = "all")]
    pub wanted: Sections,
}

/// Is where vendor files of a site's own are.
#[derive(clap::Args)]
pub struct ProfilesArgs {
    /// A folder with vendor files of your own, loaded over the built-in ones
    ///
    /// Every *.toml in it is read; one named like a built-in file takes its place. A faulty file is told, and nothing begins.
    #[arg(long = "profiles", value_name = "DIR", env = "ROUNDSMAN_PROFILES")]
    pub folder: Option<PathBuf>,
}

#[derive(Subcommand)]
#[command(after_long_help = PROFILE_EXAMPLES)]
#[expect(clippy::large_enum_variant, reason = "there is one of them, as long as the program runs")]
pub enum ProfileCommand {
    /// List the profiles: whose printers they are for, and how much they know
    #[command(after_long_help = PROFILE_EXAMPLES)]
    List(ProfileListArgs),
    /// Show one profile: what is asked, what it means, and what that rests on
    #[command(after_long_help = PROFILE_EXAMPLES)]
    Show(ProfileShowArgs),
    /// Check files of your own, and try them on a recording or a printer
    #[command(after_long_help = PROFILE_EXAMPLES)]
    Check(ProfileCheckArgs),
}

#[derive(clap::Args)]
pub struct ProfileListArgs {
    #[command(flatten)]
    pub profiles: ProfilesArgs,
}

#[derive(clap::Args)]
pub struct ProfileShowArgs {
    /// A profile's name, as `roundsman profile list` tells it
    #[arg(value_name = "NAME")]
    pub name: String,

    #[command(flatten)]
    pub profiles: ProfilesArgs,
}

#[derive(clap::Args)]
pub struct ProfileCheckArgs {
    /// Vendor files (.toml)
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// Read this recording by the file, and show what each of its objects became
    #[arg(long, value_name = "FILE.snmprec", conflicts_with = "device")]
    pub recording: Option<PathBuf>,

    /// Read this printer by the file, and show what each of its objects became
    #[arg(long, value_name = "ADDRESS[:PORT]")]
    pub device: Option<Endpoint>,

    #[command(flatten)]
    pub access: AccessArgs,

    #[command(flatten)]
    pub profiles: ProfilesArgs,
}

/// Is one device as typed: `10.0.0.7`, `10.0.0.7:1161`, `[2001:db8::7]:1161`, `printer-7:1161`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// An address or a host name, without brackets.
    pub host: String,
    pub port: Option<u16>,
}

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (host, rest) = rest.split_once(']').ok_or("expected ] after the address, as in [2001:db8::7]:161")?;
            match rest.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if rest.is_empty() => (host, None),
                None => return Err(format!("expected a colon and a port after ], found {rest:?}")),
            }
        } else if text.parse::<IpAddr>().is_ok() || text.matches(':').count() > 1 {
            (text, None)
        } else {
            text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)))
        };
        let port =
            port.map(|port| port_number(port).ok_or_else(|| format!("expected a port from 1 to 65535 after the colon, found {port:?}")));
        use survey::targets::Target;
        match Target::parse(host).map_err(|error| error.to_string())? {
            Target::Address(_) | Target::Scoped { .. } | Target::Name(_) => Ok(Endpoint { host: host.to_owned(), port: port.transpose()? }),
            Target::Cidr { .. } | Target::Range { .. } => Err("expected one device; `roundsman scan` reads networks and ranges".to_owned()),
        }
    }
}

fn port_number(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0)
}

/// Is a time to answer, in milliseconds; between the two where each printer has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelayMs {
    pub from: u32,
    pub to: u32,
}

impl FromStr for DelayMs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        match (from.trim().parse(), to.trim().parse()) {
            (Ok(from), Ok(to)) if from <= to => Ok(DelayMs { from, to }),
            _ => Err("expected milliseconds, as in 50, or a range of them, as in 20-200".to_owned()),
        }
    }
}

fn percent(text: &str) -> Result<f64, String> {
    let share = text.strip_suffix('%').unwrap_or(text).parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
    share.ok_or_else(|| "expected a share from 0 to 100 percent".to_owned())
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed: &f64| speed.is_finite() && *speed > 0.0);
    speed.ok_or_else(|| "expected a number above 0: 1 is life, 3600 an hour a second".to_owned())
}

const EXAMPLES: &str = "\
Examples:
  roundsman scan                               the printers around this machine
  roundsman scan 10.0.0.0/16                   the printers of a network
  roundsman probe 10.0.0.7                     everything one printer says
  roundsman sim                                sixteen printers to try things on, at 127.0.1.0/28
  roundsman scan 127.0.1.0/28 --port 1161      … and how to find them

Exit codes: 0 done; 1 nothing found, or failed in part; 2 wrong usage.
`roundsman COMMAND --help` shows more.";

const UP_EXAMPLES: &str = "\
Examples:
  roundsman up                                       fourteen simulated printers
  roundsman up --scan 10.0.0.0/24                    your own
  roundsman up --data /srv/roundsman --listen 0.0.0.0 --scan 10.0.0.0/16

The first start makes a certificate authority, an administrator and his password; the next ones go on
where the last one stopped. Nothing listens beyond this machine unless --listen says so.";

const SCAN_EXAMPLES: &str = "\
Examples:
  roundsman scan 10.0.0.0/24                            one network, as a table
  roundsman scan 10.0.0.5-10.0.1.20 printer-7.example   a range and a name
  roundsman scan sites.txt --exclude 10.0.9.0/24        a file of targets, less a network
  roundsman scan 10.0.0.0/16 --format csv -o fleet.csv  for a spreadsheet
  roundsman scan 10.0.0.0/16 --format html -o fleet.html
  roundsman scan 10.0.0.0/16 --identify --format addresses > printers.txt
  roundsman scan --list printers.txt --format ndjson    read those again, without a sweep
  ROUNDSMAN_COMMUNITY=secret roundsman scan 10.0.0.0/24

Ctrl-C shows what was found so far.
Exit codes: 0 done; 1 nothing found, or failed in part; 2 wrong usage.";

const PROBE_EXAMPLES: &str = "\
Examples:
  roundsman probe 10.0.0.7
  roundsman probe printer-7.example --community private
  roundsman probe [2001:db8::7]:1161 --format json
  roundsman probe 10.0.0.7 --protocols snmp,ipp,pjl,lpd  everything it speaks; may wake it

Exit codes: 0 read; 1 not there, or read in part; 2 wrong usage.";

const RECORD_EXAMPLES: &str = "\
Examples:
  roundsman record 10.0.0.7 -o recordings                   names, places and addresses redacted
  roundsman record 10.0.0.7 -o recordings --redact-serials  to show to strangers
  roundsman record 10.0.0.7 -o recordings --keep places

What it says over SNMP is kept in a file .snmprec, which is text: read it before you send it. What it says over
IPP is kept in a file .ipp; `roundsman replay FILE --format ndjson` shows it.";

const REPLAY_EXAMPLES: &str = "\
Examples:
  roundsman replay recordings/*.snmprec
  roundsman replay acme.snmprec --format ndjson";

const PROFILE_EXAMPLES: &str = "\
Examples:
  roundsman profile list
  roundsman profile show kyocera
  roundsman profile check acme.toml                                 is it sound?
  roundsman profile check acme.toml --recording acme-pro.snmprec    what does it make of this recording?
  roundsman profile check acme.toml --device 10.0.0.7               … of this printer?
  roundsman replay acme-pro.snmprec --profiles my-profiles          read by it from now on

docs/add-a-printer.md shows the way from an unknown printer to a profile.
Exit codes: 0 done, the files are sound; 1 a fault, or a sum that does not hold; 2 wrong usage.";

const SIM_EXAMPLES: &str = "\
Examples:
  roundsman sim                                                sixteen printers at 127.0.1.0/28, port 1161
  roundsman sim --network 127.16.0.0/16 --count 2000           two thousand, scattered over 65,536 addresses
  roundsman sim --delay-ms 20-200 --serial --loss 5            as slow as real ones, on a bad network
  roundsman sim --speed 3600                                   an hour a second: watch them run empty
  roundsman sim --recordings acme.snmprec --network 127.0.1.7/32
  roundsman sim --user service --auth SHA-256 --privacy AES-128 --only-v3
                                                               SNMPv3; passwords from ROUNDSMAN_AUTH_PASSWORD and
                                                               ROUNDSMAN_PRIVACY_PASSWORD

They are found with `roundsman scan 127.0.1.0/28 --port 1161`. Ctrl-C ends them.";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(line: &str) -> Result<Command, clap::Error> {
        Args::try_parse_from(line.split_whitespace()).map(|args| args.command)
    }

    fn refusal(line: &str) -> String {
        match parse(line) {
            Ok(_) => panic!("{line} was taken"),
            Err(error) => {
                assert_eq!(error.exit_code(), 2, "{line}");
                error.to_string()
            }
        }
    }

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn scan_has_the_defaults_of_the_contract() {
        let Ok(Command::Scan(scan)) = parse("roundsman scan 10.0.0.0/24") else { panic!("not taken") };
        assert_eq!((scan.port, scan.rate, scan.format), (161, 5000, ScanFormat::Table));
        assert_eq!(scan.sections.wanted, Sections::all());
        assert!(!scan.yes && !scan.identify && scan.list.is_none() && scan.output.is_none());
    }

    #[test]
    fn the_lines_that_measurements_type_are_taken() {
        for line in [
            "roundsman scan --identify --rate 0 --format addresses --port 1161 127.16.0.0/16",
            "roundsman scan --list devices --rate 0 --port 1161 --sections identity,meters,supplies,inputs,alerts,status --format none",
            "roundsman replay a.snmprec b.snmprec --format ndjson",
            "roundsman probe 10.0.0.7:1161 --protocols snmp --format json",
            "roundsman record 10.0.0.7 -o out --keep names,places --redact-serials",
            "roundsman record 10.0.0.7 -o out --protocols ipp --ipp-port 443",
            "roundsman sim --network 127.0.1.0/28 --network 127.0.2.0/28 --count 3 --loss 5 --delay-ms 20-200 --serial --speed 60",
            "roundsman sim --user service --auth sha256 --privacy aes --key-extension reeder --context Jetdirect --only-v3",
            "roundsman up",
            "roundsman up --scan 10.0.0.0/24 --scan printer-7 --port-of-printers 1161 --data d --port 9000 --listen ::",
            "roundsman agent --folder d ledger show 12 --help",
            "roundsman server --data d user add anna",
        ] {
            assert!(parse(line).is_ok(), "{line}");
        }
    }

    #[test]
    fn wrong_usage_is_told_and_ends_with_two() {
        assert!(refusal("roundsman scan --list a 10.0.0.7").contains("cannot be used with"));
        assert!(refusal("roundsman scan --sections supplys 10.0.0.7").contains("supplies"));
        assert!(refusal("roundsman scan --port 0 10.0.0.7").contains("1..=65535"));
        assert!(refusal("roundsman probe 10.0.0.7 --protocols snmp,ftp").contains("[possible values: snmp, ipp, pjl, lpd]"));
        assert!(refusal("roundsman probe 10.0.0.0/24").contains("`roundsman scan` reads networks and ranges"));
        assert!(refusal("roundsman probe 10.0.0.7:99999").contains("expected a port from 1 to 65535"));
        assert!(refusal("roundsman sim --loss 101").contains("from 0 to 100"));
        assert!(refusal("roundsman sim --delay-ms 200-20").contains("as in 20-200"));
        assert!(refusal("roundsman sim --speed 0").contains("above 0"));
        assert!(refusal("roundsman sim --user a --auth sha-3").contains("SHA-512"));
        assert!(refusal("roundsman sim --user a --privacy AES-128").contains("--auth"));
        assert!(refusal("roundsman sim --only-v3").contains("--user"));
        assert!(refusal("roundsman up --port 0").contains("1..=65535"));
        assert!(refusal("roundsman up --port-of-printers 1161").contains("--scan"));
        for later in ["forecast", "policy"] {
            assert!(refusal(&format!("roundsman {later}")).contains("unrecognized subcommand"), "{later}");
        }
    }

    #[test]
    fn a_simulated_user_is_shown_as_it_is_typed_to_be_asked() {
        let Ok(Command::Sim(sim)) = parse("roundsman sim --user service --auth sha256 --privacy aes --context Jetdirect") else {
            panic!("not taken")
        };
        assert_eq!(sim.v3.user.as_typed(), " --user service --auth SHA-256 --privacy AES-128 --context Jetdirect");
    }

    #[test]
    fn a_profile_is_tried_on_one_thing_at_a_time() {
        let Ok(Command::Profile(ProfileCommand::Check(check))) = parse("roundsman profile check a.toml b.toml --device 10.0.0.7") else {
            panic!("not taken")
        };
        assert_eq!((check.files.len(), check.device.map(|device| device.host)), (2, Some("10.0.0.7".to_owned())));
        assert!(refusal("roundsman profile check a.toml --device 10.0.0.7 --recording a.snmprec").contains("cannot be used with"));
        assert!(refusal("roundsman profile check").contains("FILE"));
        assert!(refusal("roundsman profile shwo kyocera").contains("'show'"));
    }

    #[test]
    fn one_device_is_typed_in_many_ways() {
        let endpoint = |text: &str| text.parse::<Endpoint>().map(|endpoint| (endpoint.host, endpoint.port));
        assert_eq!(endpoint("10.0.0.7"), Ok(("10.0.0.7".into(), None)));
        assert_eq!(endpoint("10.0.0.7:1161"), Ok(("10.0.0.7".into(), Some(1161))));
        assert_eq!(endpoint("2001:db8::7"), Ok(("2001:db8::7".into(), None)));
        assert_eq!(endpoint("fe80::7%2"), Ok(("fe80::7%2".into(), None)));
        assert_eq!(endpoint("[2001:db8::7]:1161"), Ok(("2001:db8::7".into(), Some(1161))));
        assert_eq!(endpoint("[2001:db8::7]"), Ok(("2001:db8::7".into(), None)));
        assert_eq!(endpoint("printer-7:161"), Ok(("printer-7".into(), Some(161))));
        assert!(endpoint("[2001:db8::7").unwrap_err().contains("expected ]"));
        assert!(endpoint("").unwrap_err().contains("expected an address"));
    }

    #[test]
    fn help_shows_no_secret() {
        let help = Args::command().find_subcommand_mut("scan").expect("scan exists").render_long_help().to_string();
        assert!(help.contains("[env: ROUNDSMAN_COMMUNITY]"), "{help}");
        assert_eq!(format!("{:?}", Community::from("secret")), "(hidden)");
    }
}
