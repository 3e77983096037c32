//! `roundsman record`: keep what a printer answers, without names, places and addresses.

mod ipp;

use std::borrow::Cow;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use self::ipp::Said;
use anyhow::{Context, Result, bail};
use netio::{Clock, Engine, Sockets, Tick};
use sim::{Recording, RecordingBuilder, Redaction, redact};
use snmp::{OidRef, Value};
use survey::recorder::Recorder;
use survey::{Credential, Credentials};

use crate::args::{Keep, RecordArgs, Recorded};
use crate::probe::{NO_SNMP, SNMP_PORT};
use crate::whereabouts::address_of;
use crate::{access, interrupt, setup};

/// Is a recorder as the shell wants it.
struct Driven {
    recorder: Recorder,
    unsent: Option<String>,
}

impl Engine for Driven {
    fn handle_input(&mut self, now: Tick, from: SocketAddr, datagram: &[u8]) {
        self.recorder.handle_input(now, from, datagram);
    }

    fn handle_timeout(&mut self, now: Tick) {
        self.recorder.handle_timeout(now);
    }

    fn handle_send_error(&mut self, _: Tick, _: SocketAddr, error: &std::io::Error) {
        self.unsent = Some(error.to_string());
    }

    fn poll_transmit(&mut self, now: Tick, out: &mut Vec<u8>) -> Option<SocketAddr> {
        self.recorder.poll_transmit(now, out)
    }

    fn poll_timeout(&self) -> Option<Tick> {
        self.recorder.poll_timeout()
    }

    fn is_done(&self) -> bool {
        // Where the very first request cannot be sent, no other way of asking helps.
        self.recorder.is_done() || self.unsent.is_some() && self.recorder.objects().is_empty()
    }
}

/// Runs the command. What was walked until Ctrl-C is kept, too.
///
/// # Errors
/// Fails if the device has no address or answers nothing, and if the folder cannot be written to.
pub fn run(args: &RecordArgs) -> Result<ExitCode> {
    let address = address_of(&args.device.host, args.device.port.unwrap_or(SNMP_PORT))?;
    std::fs::create_dir_all(&args.output).with_context(|| format!("cannot make the folder {}", args.output.display()))?;
    let credentials = access::credentials(&args.access)?;
    let asks = |protocol| args.protocols.as_ref().is_none_or(|protocols| protocols.contains(&protocol));
    let texts = (0..credentials.len()).map(|number| secret_word(credentials.credential(number as u16)).into_owned()).collect();
    let task = Task { args, address, name: name_now(), redaction: redaction(args, texts) };
    let stop = interrupt::flag()?;
    let (mut problems, mut silences) = (Vec::new(), Vec::new());
    let mut is_whole = true;
    if asks(Recorded::Snmp) {
        match record_snmp(&task, &credentials, &stop)? {
            Ok(told) => {
                problems.extend(told.problems);
                is_whole = told.is_done;
            }
            Err(why) => silences.push(why),
        }
    }
    let has_snmp = asks(Recorded::Snmp) && silences.is_empty();
    let mut has_ipp = false;
    if asks(Recorded::Ipp) && !stop.load(Ordering::Relaxed) {
        match ipp::record(&task)? {
            Said::Kept { file, attributes, problems: odd } => {
                println!("{attributes} attributes in {}", file.display());
                problems.extend(odd);
                has_ipp = true;
            }
            // Nobody has asked for IPP by its name, and many printers do not speak it.
            Said::Absent(why) if args.protocols.is_none() && has_snmp => eprintln!("{why}"),
            Said::Absent(why) | Said::Closed(why) => silences.push(why),
        }
    }
    if !has_snmp && !has_ipp {
        bail!("{}", silences.join("\n"));
    }
    println!("Look through what was kept before you pass it on: names inside private objects and free texts cannot be known.");
    problems.iter().chain(&silences).for_each(|problem| eprintln!("{problem}"));
    Ok(if is_whole && problems.is_empty() && silences.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Returns what must not stand in a recording of a credential: a community, or a user's name.
fn secret_word(credential: &Credential) -> Cow<'_, str> {
    match credential {
        Credential::Community(community) => String::from_utf8_lossy(community),
        Credential::User(user) => Cow::Borrowed(user.name()),
    }
}

/// Is what is to be recorded, and how.
struct Task<'a> {
    args: &'a RecordArgs,
    address: SocketAddr,
    /// The files' without their ending.
    name: String,
    redaction: Redaction,
}

/// Is what a walk left besides its file.
struct Walked {
    problems: Vec<String>,
    is_done: bool,
}

/// Walks the printer and writes what it says; returns why there is nothing to write, if there is not.
fn record_snmp(task: &Task<'_>, credentials: &Credentials, stop: &AtomicBool) -> Result<Result<Walked, String>> {
    let address = task.address;
    let of_device = credentials.of(address.ip()).iter().map(|number| credentials.credential(*number).clone()).collect();
    let recorder = Recorder::new(address, of_device, Some(access::crypto()), setup::secret_key()?);
    let mut engine = Driven { recorder, unsent: None };
    let shows_progress = std::io::stderr().is_terminal();
    let mut shown = 0;
    netio::run(&mut Sockets::open(address.is_ipv6())?, &mut engine, &Clock::start(), |engine, now| {
        if shows_progress && now >= shown + 200_000 {
            shown = now;
            eprint!("\r{} objects", engine.recorder.objects().len());
        }
        !stop.load(Ordering::Relaxed)
    });
    if shows_progress {
        eprint!("\r\x1b[K");
    }
    let walked = engine.recorder.objects().len();
    match (walked, engine.unsent) {
        (0, Some(why)) => return Ok(Err(format!("{address} could not be asked: {why}"))),
        (0, None) => return Ok(Err(format!("{address} does not answer SNMP; {NO_SNMP}"))),
        _ => {}
    }
    let recording = redact(&recording(&engine.recorder, &task.name), &task.redaction);
    let file = task.args.output.join(format!("{}.snmprec", task.name));
    std::fs::write(&file, recording.write()).with_context(|| format!("cannot write {}", file.display()))?;
    println!("{walked} objects in {}", file.display());
    let problems = engine.recorder.problems().to_vec();
    Ok(Ok(Walked { problems, is_done: engine.recorder.is_done() }))
}

/// The file is named by the time, not by the address, which is redacted inside.
fn name_now() -> String {
    format!("recording-{}", jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ"))
}

fn recording(recorder: &Recorder, name: &str) -> Recording {
    let mut builder = RecordingBuilder::new(name);
    for object in recorder.objects() {
        let value =
            Value::from_element(object.tag, &object.contents).unwrap_or(Value::Unknown { tag: object.tag, contents: &object.contents });
        builder.push(OidRef::new(&object.name), value);
    }
    builder.finish()
}

/// Says what to take out; the communities that were tried always are.
fn redaction(args: &RecordArgs, communities: Vec<String>) -> Redaction {
    let redacts = |what: Keep| !args.keep.contains(&what);
    Redaction {
        names: redacts(Keep::Names),
        places: redacts(Keep::Places),
        addresses: redacts(Keep::Addresses),
        serials: args.redact_serials,
        // `public` is nobody's secret, and a word that stands in many texts.
        texts: communities.into_iter().filter(|community| community != "public").collect(),
        left_out: Vec::new(),
    }
}
