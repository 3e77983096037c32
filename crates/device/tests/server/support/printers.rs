//! Simulated printers on real sockets of loopback.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use netio::serve::{Reply, Responder, serve};
use netio::{Clock, Tick};
use sim::Fleet;
use snmp::message::{Head, PduType, Version, push_message, push_name};

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
        let until = Instant::now() + READY_WITHIN;
        loop {
            let port = free_port();
            if let Some(printers) = Self::try_start(first, size, count, port) {
                return printers;
            }
            assert!(Instant::now() < until, "no port can be served");
        }
    }

    /// Starts them on a given port; `None` if it is taken.
    pub fn try_start(first: Ipv4Addr, size: u32, count: u32, port: u16) -> Option<Self> {
        let fleet = Fleet::new(1).network(first, size, count);
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
            if answers(one, port) {
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

/// Asks a device once and returns whether anything came back within a tenth of a second.
fn answers(address: Ipv4Addr, port: u16) -> bool {
    const SYS_DESCR: [u8; 7] = [0x2b, 6, 1, 2, 1, 1, 1];
    let head = Head { version: Version::V2c, community: b"public", kind: PduType::Get, request_id: 1, first: 0, second: 0 };
    let mut request = Vec::new();
    push_message(&mut request, &head, |out| push_name(out, &SYS_DESCR, &[0]));
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let asked = socket.send_to(&request, (address, port));
    asked.and_then(|_| socket.recv_from(&mut [0; 2048])).is_ok()
}
