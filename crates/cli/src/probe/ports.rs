//! Asking at the ports beside SNMP's, and what their silence means.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use model::record::Presence;
use netio::ipp::{Question, Timeouts};
use netio::stream::{self, Ended, converse};
use printport::ipp::exchange::PATHS;
use printport::ipp::{Outcome, groups};
use printport::{lpd, pjl};
use survey::Plans;

use super::known_printers::KnownPrinters;
use super::{Said, context};
use crate::args::{ProbeArgs, Protocol};

/// A probe is waited for by a person: a port that nobody listens at must not take long.
const CONNECT: Duration = Duration::from_millis(1500);

/// Microseconds that PJL and LPD wait for an answer, and for all of them.
const PATIENCE: pjl::Patience = pjl::Patience { answer: 2_000_000, session: 12_000_000 };

/// Returns how the protocol is called.
pub fn name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Snmp => "SNMP",
        Protocol::Ipp => "IPP",
        Protocol::Pjl => "PJL",
        Protocol::Lpd => "LPD",
    }
}

/// Asks over IPP, and over TLS where the port or the printer wants it.
///
/// The certificate that a printer shows first is kept, and the printer is asked nothing if it shows
/// another one later.
pub fn ask_ipp(address: IpAddr, args: &ProbeArgs, plans: &Plans, known: &mut KnownPrinters) -> Said {
    let port = args.ports.ipp_port;
    let socket = SocketAddr::new(address, port);
    let who = format!("{}:{port}", args.device.host);
    let question = Question {
        address: socket,
        host: Some(&args.device.host),
        use_tls: port == 443,
        known: known.get(&who),
        paths: PATHS,
        groups: groups::ALL,
        timeouts: Timeouts { connect: CONNECT, ..Timeouts::default() },
    };
    let reading = netio::ipp::read(&question).map_err(|changed| {
        format!("IPP: {socket} was asked nothing: {changed}; if that is the printer's new certificate, remove its line from {known}")
    })?;
    let answers = reading.answers;
    let why = || answers.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    match answers.outcome {
        Outcome::Unreachable | Outcome::NoPrinter => return Err(format!("IPP: {socket}: {}", why())),
        Outcome::Answered | Outcome::Partly | Outcome::Refusing | Outcome::WantsTls | Outcome::Busy | Outcome::Failed => {}
    }
    let mut record = collect::ipp::collect(&answers.attributes, &plans.catalog, &context(plans));
    if answers.outcome == Outcome::Refusing {
        record.presence = Presence::Refusing;
    }
    record.problems.extend(answers.problems.iter().map(|problem| format!("IPP: {problem}")));
    if let Some(certificate) = reading.certificate {
        record.configuration.insert("ipp certificate sha256".to_string(), certificate.fingerprint.to_string());
        if certificate.is_out_of_date {
            record.problems.push("IPP: the printer's certificate is out of date".to_string());
        }
        if certificate.names_another_host {
            record.problems.push("IPP: the printer's certificate names another host".to_string());
        }
        record.problems.extend(known.remember(&who, certificate.fingerprint).err().map(|error| format!("IPP: {error}")));
    }
    Ok(record)
}

/// Asks at a port that print jobs come by.
pub fn ask(protocol: Protocol, address: IpAddr, args: &ProbeArgs, plans: &Plans) -> Said {
    let timeouts = stream::Timeouts { connect: CONNECT, total: Duration::from_secs(15) };
    if protocol == Protocol::Pjl {
        let socket = SocketAddr::new(address, args.ports.pjl_port);
        let mut session = pjl::Session::new(&pjl::Query::ALL, PATIENCE);
        let ended = converse(socket, &mut session, timeouts);
        let report = session.finish();
        if report.status.is_none() && report.id.is_none() {
            return Err(format!("PJL: {socket}: {}", reason(ended)));
        }
        return Ok(collect::print_path::of_pjl(&report, &plans.catalog, &context(plans)));
    }
    let socket = SocketAddr::new(address, args.ports.lpd_port);
    let queue = &args.ports.queue;
    let Some(mut question) = lpd::Question::new(queue, PATIENCE.answer) else {
        return Err(format!("LPD: \"{queue}\" cannot be said in this protocol; expected a name without blanks"));
    };
    let ended = converse(socket, &mut question, timeouts);
    let state = question.finish();
    if !state.lives {
        return Err(format!("LPD: {socket}: {}", reason(ended)));
    }
    let mut record = collect::print_path::of_lpd(queue, state, context(plans).path);
    record.observed_at = context(plans).observed_at;
    Ok(record)
}

fn reason(ended: Ended) -> String {
    match ended {
        Ended::Done => "no answer that can be read".to_string(),
        Ended::Failed(why) => why,
        Ended::OutOfTime => "no answer in time".to_string(),
    }
}
