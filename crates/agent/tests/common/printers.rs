//! Simulated printers on real sockets of loopback.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use netio::serve::{Reply, Responder, serve};
use netio::{Clock, Tick};
use sim::{Fleet, FleetOptions};
use snmp::message::{Head, PduHead, PduType, Version, push_message, push_name};
use snmp::usm::{Talk, User, Words};

const READY_WITHIN: Duration = Duration::from_secs(20);

/// Is a fleet that answers until it is dropped.
pub struct Printers {
    pub port: u16,
    pub addresses: Vec<IpAddr>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

struct Served {
    fleet: Fleet,
    began: u64,
    replies: Vec<sim::Reply>,
}

impl Responder for Served {
    fn answer(&mut self, now: Tick, asked: Ipv4Addr, request: &[u8], replies: &mut Vec<Reply>) {
        self.fleet.answer(now, self.began + now / 1_000_000, asked.into(), request, &mut self.replies);
        replies.extend(self.replies.drain(..).map(|reply| Reply { at: reply.at, from: asked, octets: reply.octets }));
    }
}

impl Printers {
    /// Starts `count` printers, scattered over `size` addresses from `first`, on a port of the system's choice.
    pub fn start(first: Ipv4Addr, size: u32, count: u32) -> Self {
        Self::start_with(first, size, count, &FleetOptions::default())
    }

    /// Starts them with these options.
    pub fn start_with(first: Ipv4Addr, size: u32, count: u32, options: &FleetOptions) -> Self {
        let until = Instant::now() + READY_WITHIN;
        loop {
            let port = free_port();
            if let Some(printers) = Self::try_start(first, size, count, port, options) {
                return printers;
            }
            assert!(Instant::now() < until, "no port can be served");
        }
    }

    /// Starts them on a given port; `None` if it is taken.
    pub fn try_start(first: Ipv4Addr, size: u32, count: u32, port: u16, options: &FleetOptions) -> Option<Self> {
        let fleet = Fleet::new(1).options(options.clone()).network(first, size, count);
        let community = options.conduct.manners.community.clone().unwrap_or_else(|| b"public".to_vec());
        let addresses = fleet.addresses();
        let Some(IpAddr::V4(one)) = addresses.first().copied() else { panic!("the network is empty") };
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let began = u64::try_from(jiff::Timestamp::now().as_second()).unwrap();
        let thread = std::thread::spawn(move || {
            let mut served = Served { fleet, began, replies: Vec::new() };
            // The port may be taken meanwhile: then another is tried.
            let _ = serve(port, &mut served, &Clock::start(), || !stopped.load(Ordering::Relaxed));
        });
        while !thread.is_finished() {
            if answers(one, port, &community) {
                return Some(Printers { port, addresses, stop, thread: Some(thread) });
            }
        }
        None
    }
}

impl Drop for Printers {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn free_port() -> u16 {
    UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap().local_addr().unwrap().port()
}

/// Asks a device once, in v2c and which engine of v3 it is, and returns whether anything came back within a tenth
/// of a second.
fn answers(address: Ipv4Addr, port: u16, community: &[u8]) -> bool {
    const SYS_DESCR: [u8; 7] = [0x2b, 6, 1, 2, 1, 1, 1];
    let head = Head { version: Version::V2c, community, kind: PduType::Get, request_id: 1, first: 0, second: 0 };
    let (mut request, mut question) = (Vec::new(), Vec::new());
    push_message(&mut request, &head, |out| push_name(out, &SYS_DESCR, &[0]));
    let nobody = Words { name: "nobody", authentication: None, privacy: None, extension: snmp::usm::KeyExtension::Blumenthal, context: "" };
    let nobody = User::new(&cryptography::Module, &nobody).unwrap();
    let head = PduHead { kind: PduType::Get, request_id: 1, first: 0, second: 0 };
    Talk::new(&cryptography::Module, Arc::new(nobody), None).push_request(&mut question, &cryptography::Module, 0, &head, b"", 0, |_| {});
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let asked = socket.send_to(&request, (address, port)).and_then(|_| socket.send_to(&question, (address, port)));
    asked.and_then(|_| socket.recv_from(&mut [0; 2048])).is_ok()
}
