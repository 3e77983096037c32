//! Asking a printer at the ports beside SNMP's, and what their silence means.
//!
//! The ports that print jobs come by are asked only when a person or a site's configuration says so.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use catalog::Catalog;
use collect::Context;
use model::DeviceRecord;
use model::record::Presence;
use netio::ipp::{Question, Reading, Timeouts};
use netio::stream::{self, Ended, converse};
use netio::tls::Fingerprint;
use printport::ipp::exchange::PATHS;
use printport::ipp::{Outcome, groups};
use printport::{lpd, pjl};

/// A port that nobody listens at must not take long.
const CONNECT: Duration = Duration::from_millis(1500);
/// For all of a printer over IPP.
const IPP: Duration = Duration::from_secs(15);
/// How long PJL and LPD wait for one answer, and for all of them, in microseconds.
const PATIENCE: pjl::Patience = pjl::Patience { answer: 2_000_000, session: 12_000_000 };
/// The same with the connection.
const JOB_PORT: stream::Timeouts = stream::Timeouts { connect: CONNECT, total: Duration::from_secs(15) };

/// Is what a port brought: a record, or why there is none.
pub type Said = Result<DeviceRecord, Silence>;

/// Is why a port told nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// With the protocol and the address in front.
    pub why: String,
    /// Whether something is at the address all the same.
    pub is_there: bool,
    /// Whether the network itself finds nobody at the address.
    pub is_off: bool,
    /// Whether it showed another certificate than before, and was asked nothing for that.
    pub has_changed: bool,
}

impl Silence {
    fn of(protocol: &str, address: SocketAddr, why: &str) -> Self {
        // Whoever refuses a connection is there to do so; "no route" on one's own network is a printer that does
        // not answer to its address there.
        let (is_there, is_off) = (why.contains("refused"), why.contains("no route"));
        Silence { why: format!("{protocol}: {address}: {why}"), is_there, is_off, has_changed: false }
    }
}

/// Reads what a printer says over IPP, and over TLS where the port or the printer wants it.
///
/// A printer that shows another certificate than the `known` one is asked nothing.
pub fn read_ipp(address: SocketAddr, host: Option<&str>, known: Option<Fingerprint>) -> Result<Reading, Silence> {
    let timeouts = Timeouts { connect: CONNECT, printer: IPP, ..Timeouts::default() };
    let question = Question { address, host, use_tls: address.port() == 443, known, paths: PATHS, groups: groups::ALL, timeouts };
    let reading = netio::ipp::read(&question).map_err(|changed| Silence {
        why: format!("IPP: {address} was asked nothing: {changed}"),
        is_there: true,
        is_off: false,
        has_changed: true,
    })?;
    let problems = &reading.answers.problems;
    match reading.answers.outcome {
        // It was not even asked, so what it was to be asked for does not matter.
        Outcome::Unreachable => {
            let why: Vec<String> = problems.iter().map(|problem| problem.what.to_string()).collect();
            Err(Silence::of("IPP", address, &why.join("; ")))
        }
        Outcome::NoPrinter => {
            let why: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Err(Silence { is_there: true, ..Silence::of("IPP", address, &why.join("; ")) })
        }
        Outcome::Answered | Outcome::Partly | Outcome::Refusing | Outcome::WantsTls | Outcome::Busy | Outcome::Failed => Ok(reading),
    }
}

/// Asks over IPP: see [`read_ipp`]. The certificate that the printer shows now is returned with the record.
pub fn ask_ipp(
    address: SocketAddr,
    host: Option<&str>,
    known: Option<Fingerprint>,
    catalog: &Catalog,
    context: &Context,
) -> Result<(DeviceRecord, Option<Fingerprint>), Silence> {
    let reading = read_ipp(address, host, known)?;
    let answers = reading.answers;
    let mut record = collect::ipp::collect(&answers.attributes, catalog, context);
    if answers.outcome == Outcome::Refusing {
        record.presence = Presence::Refusing;
    }
    record.problems.extend(answers.problems.iter().map(|problem| format!("IPP: {problem}")));
    if let Some(certificate) = reading.certificate {
        record.configuration.insert("ipp certificate sha256".to_string(), certificate.fingerprint.to_string());
        if certificate.is_out_of_date {
            record.problems.push("IPP: the printer's certificate is out of date".to_string());
        }
        // Printers put their name into it, and are mostly asked by their address: that is no news.
        if certificate.names_another_host && host.is_some_and(|host| host.parse::<IpAddr>().is_err()) {
            record.problems.push("IPP: the printer's certificate names another host".to_string());
        }
    }
    Ok((record, reading.certificate.map(|certificate| certificate.fingerprint)))
}

/// Asks by PJL at a port that print jobs come by; a printer at work is asked nothing more than its status.
pub fn ask_pjl(address: SocketAddr, catalog: &Catalog, context: &Context) -> Said {
    let mut session = pjl::Session::new(&pjl::Query::ALL, PATIENCE);
    let ended = converse(address, &mut session, JOB_PORT);
    let report = session.finish();
    if report.status.is_none() && report.id.is_none() {
        return Err(Silence::of("PJL", address, &reason(ended)));
    }
    Ok(collect::print_path::of_pjl(&report, catalog, context))
}

/// Asks whether an LPD queue lives.
pub fn ask_lpd(address: SocketAddr, queue: &str, context: &Context) -> Said {
    let Some(mut question) = lpd::Question::new(queue, PATIENCE.answer) else {
        let why = format!("LPD: \"{queue}\" cannot be said in this protocol; expected a name without blanks");
        return Err(Silence { why, is_there: false, is_off: false, has_changed: false });
    };
    let ended = converse(address, &mut question, JOB_PORT);
    let state = question.finish();
    if !state.lives {
        return Err(Silence::of("LPD", address, &reason(ended)));
    }
    let mut record = collect::print_path::of_lpd(queue, state, context.path);
    record.observed_at = context.observed_at;
    Ok(record)
}

/// Returns how a printer is called whose certificate is kept.
pub fn who(address: IpAddr, port: u16) -> String {
    SocketAddr::new(address, port).to_string()
}

fn reason(ended: Ended) -> String {
    match ended {
        Ended::Done => "no answer that can be read".to_string(),
        Ended::Failed(why) => why,
        Ended::OutOfTime => "no answer in time".to_string(),
    }
}
