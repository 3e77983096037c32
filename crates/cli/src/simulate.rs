//! `roundsman sim`: printers on real sockets of loopback, to try things on.

pub mod v3;

use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use netio::serve::{Reply, Responder, serve};
use netio::{Clock, Tick};
use sim::device::Conduct;
use sim::{Fleet, FleetOptions, ReplyFrom};
use snmp::responder::Manners;
use survey::targets::{Target, Targets};

use crate::args::SimArgs;
use crate::{interrupt, replay};

/// Is a fleet as the shell wants it.
struct Served {
    fleet: Fleet,
    started: u64,
    replies: Vec<sim::Reply>,
}

impl Responder for Served {
    fn answer(&mut self, now: Tick, asked: Ipv4Addr, request: &[u8], replies: &mut Vec<Reply>) {
        self.fleet.answer(now, self.started + now / 1_000_000, asked.into(), request, &mut self.replies);
        for reply in self.replies.drain(..) {
            // One socket serves them all, so an answer can leave from another address but not from another port.
            let from = match reply.from {
                ReplyFrom::OtherAddress(IpAddr::V4(other)) => other,
                _ => asked,
            };
            replies.push(Reply { at: reply.at, from, octets: reply.octets });
        }
    }
}

/// Runs the command until Ctrl-C.
///
/// # Errors
/// Fails if the networks are not of loopback, a recording cannot be read, or the port is taken.
pub fn run(args: &SimArgs) -> Result<ExitCode> {
    let networks = networks(&args.networks)?;
    let conduct = Conduct {
        delay: Tick::from(args.delay_ms.from) * 1000..Tick::from(args.delay_ms.to) * 1000,
        serial: args.serial,
        loss: args.loss / 100.0,
        manners: Manners {
            community: args.community.as_ref().map(|community| community.as_str().into()),
            v1: !args.v3.only_v3,
            v2c: !args.v3.only_v3,
            ..Manners::default()
        },
        ..Conduct::default()
    };
    let engines = args.v3.engines()?;
    let versions = match (&engines, args.v3.only_v3) {
        (None, _) => "v1 and v2c",
        (Some(_), false) => "v1, v2c and v3",
        (Some(_), true) => "v3",
    };
    let options = FleetOptions { conduct, speed: args.speed, engines: engines.map(Arc::new), ..FleetOptions::default() };
    let mut fleet = Fleet::new(args.seed).options(options);
    if args.recordings.is_empty() {
        for (first, last) in networks.v4_ranges() {
            let size = last - first + 1;
            let count = args.count.map_or(size, |count| u32::try_from(count).unwrap_or(size).min(size));
            fleet = fleet.network(Ipv4Addr::from_bits(*first), size, count);
        }
    } else {
        let recordings = args.recordings.iter().map(|file| replay::load(file)).collect::<Result<Vec<_>>>()?;
        if recordings.len() as u64 > networks.len() {
            bail!("{} recordings need as many addresses; name a larger --network", recordings.len());
        }
        fleet = fleet.recordings(networks.iter().zip(recordings).collect());
    }
    let stands: Vec<IpAddr> = fleet.addresses();
    let (Some(first), Some(last)) = (stands.first(), stands.last()) else { bail!("no printer is left in {}", args.networks.join(", ")) };
    println!("{} printers from {first} to {last} answer SNMP {versions} on port {}", stands.len(), args.port);
    println!("try: roundsman scan --port {}{} {}", args.port, args.v3.user.as_typed(), args.networks.join(" "));
    println!("Ctrl-C ends it");
    let started = u64::try_from(Timestamp::now().as_second()).unwrap_or(0);
    let mut served = Served { fleet, started, replies: Vec::new() };
    let stop = interrupt::flag()?;
    serve(args.port, &mut served, &Clock::start(), || !stop.load(Ordering::Relaxed))
        .with_context(|| format!("cannot answer on port {}; is something else using it?", args.port))?;
    Ok(ExitCode::SUCCESS)
}

/// Reads networks, all of which must be of loopback.
fn networks(words: &[String]) -> Result<Targets> {
    let mut builder = Targets::builder();
    for word in words {
        let target = Target::parse(word)?;
        builder = builder.include(target);
    }
    let targets = builder.build()?;
    let is_loopback = |(first, last): &(u32, u32)| first >> 24 == 127 && last >> 24 == 127;
    if !targets.v4_ranges().iter().all(is_loopback) || targets.is_empty() {
        bail!("{}: simulated printers live in 127.0.0.0/8 only, for example 127.0.1.0/28", words.join(", "));
    }
    Ok(targets)
}
