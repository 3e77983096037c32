//! Reads one printer by a given profile, and keeps what it answered word for word.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Result, bail};
use model::DeviceRecord;
use netio::{Clock, Engine, Sockets, Tick};
use sim::{Recording, RecordingBuilder};
use survey::scan::Task;
use survey::targets::Targets;
use survey::{Event, Plans, Rate, Response, Scan, ScanOptions};

use crate::args::{AccessArgs, Endpoint};
use crate::probe::SNMP_PORT;
use crate::whereabouts::{address_of, target_at};
use crate::{interrupt, setup};

/// A reading asks for far less; who sends more is not listened to.
const MOST_ANSWERS: usize = 10_000;

/// Is a scan of one printer, and what came from there.
struct Tapped {
    scan: Scan,
    answers: usize,
    heard: RecordingBuilder,
}

impl Engine for Tapped {
    fn handle_input(&mut self, now: Tick, from: SocketAddr, datagram: &[u8]) {
        self.scan.handle_input(now, from, datagram);
        self.answers += 1;
        if self.answers > MOST_ANSWERS {
            return;
        }
        // Only this one printer is asked, so what arrives and decodes is its answer.
        if let Ok(Some(response)) = Response::parse(from, datagram) {
            for binding in response.pdu.varbinds.flatten() {
                if let Ok(value) = binding.value() {
                    self.heard.push(binding.name, value);
                }
            }
        }
    }

    fn handle_timeout(&mut self, now: Tick) {
        self.scan.handle_timeout(now);
    }

    fn handle_send_error(&mut self, _: Tick, to: SocketAddr, error: &io::Error) {
        self.scan.handle_send_error(to, &error.to_string());
    }

    fn poll_transmit(&mut self, now: Tick, out: &mut Vec<u8>) -> Option<SocketAddr> {
        self.scan.poll_transmit(now, out)
    }

    fn poll_timeout(&self) -> Option<Tick> {
        self.scan.poll_timeout()
    }

    fn is_done(&self) -> bool {
        self.scan.is_done()
    }
}

/// Returns how the printer is called, all that it answered, and the record of it.
///
/// # Errors
/// Fails if it has no address or does not answer.
pub fn read(device: &Endpoint, plans: Plans, access: &AccessArgs) -> Result<(String, Recording, DeviceRecord)> {
    let address = address_of(&device.host, device.port.unwrap_or(SNMP_PORT))?;
    let scan = Scan::new(ScanOptions {
        task: Task::Read,
        targets: Arc::new(Targets::builder().include(target_at(address)).build()?),
        port: address.port(),
        extras: Vec::new(),
        rate: Rate::POLITE,
        reader: setup::reader_options_by(plans, access)?,
        at_once: 1,
        shard: 0,
        shards: 1,
        again: 0,
    });
    let mut engine = Tapped { scan, answers: 0, heard: RecordingBuilder::new(&address.to_string()) };
    let stop = interrupt::flag()?;
    let (mut read, mut why_silent) = (None, None);
    netio::run(&mut Sockets::open(address.is_ipv6())?, &mut engine, &Clock::start(), |engine, _| {
        while let Some(event) = engine.scan.poll_event() {
            match event {
                Event::Read { record, .. } => read = Some(record),
                Event::Refusing { record, .. } => why_silent = Some(record.problems.join("; ")),
                Event::Silent { why, .. } => why_silent = why,
                _ => {}
            }
        }
        !stop.load(Ordering::Relaxed)
    });
    match (read, why_silent) {
        (Some(record), _) => Ok((address.to_string(), engine.heard.finish(), *record)),
        (None, Some(why)) => bail!("{address} could not be asked: {why}"),
        (None, None) if stop.load(Ordering::Relaxed) => bail!("stopped before {address} was read"),
        (None, None) => {
            bail!("{address} does not answer SNMP; check the address, the port, the community or user and the printer's access list")
        }
    }
}
