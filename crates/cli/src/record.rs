//! `roundsman record`: keep what a printer answers, without names, places and addresses.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use anyhow::{Context, Result, bail};
use netio::{Clock, Engine, Sockets, Tick};
use sim::{Recording, RecordingBuilder, Redaction, redact};
use snmp::{OidRef, Value};
use survey::recorder::Recorder;

use crate::args::{Keep, RecordArgs};
use crate::probe::SNMP_PORT;
use crate::whereabouts::address_of;
use crate::{interrupt, setup};

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
/// Fails if the device has no address or does not answer, and if the folder cannot be written to.
pub fn run(args: &RecordArgs) -> Result<ExitCode> {
    let address = address_of(&args.device.host, args.device.port.unwrap_or(SNMP_PORT))?;
    std::fs::create_dir_all(&args.output).with_context(|| format!("cannot make the folder {}", args.output.display()))?;
    let credentials = setup::credentials(&args.access)?;
    let communities = credentials.of(address.ip()).iter().map(|number| credentials.community(*number).to_vec()).collect();
    let recorder = Recorder::new(address, communities, setup::secret_key()?);
    let mut engine = Driven { recorder, unsent: None };
    let stop = interrupt::flag()?;
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
        (0, Some(why)) => bail!("{address} could not be asked: {why}"),
        (0, None) => bail!("{address} does not answer SNMP; check the address, the port, the community and the printer's access list"),
        _ => {}
    }
    let texts = (0..credentials.len()).map(|number| String::from_utf8_lossy(credentials.community(number as u16)).into_owned()).collect();
    let recording = redact(&recording(&engine.recorder, &name_now()), &redaction(args, texts));
    let file = args.output.join(format!("{}.snmprec", recording.name()));
    std::fs::write(&file, recording.write()).with_context(|| format!("cannot write {}", file.display()))?;
    println!("{walked} objects in {}", file.display());
    println!("Look through it before you pass it on: names inside private objects cannot be known.");
    engine.recorder.problems().iter().for_each(|problem| eprintln!("{problem}"));
    let whole = engine.recorder.is_done() && engine.recorder.problems().is_empty();
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(1) })
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
