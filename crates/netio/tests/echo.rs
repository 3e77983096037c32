//! The loop on real sockets of loopback, with an engine that only counts echoes.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use netio::{Clock, Engine, Outcome, Sockets, Tick, run};

/// Is a peer that sends every datagram back.
struct Echo {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Echo {
    /// Answers with what `answer` makes of a datagram.
    fn start(address: SocketAddr, answer: impl Fn(&[u8]) -> Vec<u8> + Send + 'static) -> Self {
        let socket = UdpSocket::bind(address).expect("loopback has a free port");
        socket.set_read_timeout(Some(Duration::from_millis(50))).expect("the time is not zero");
        let address = socket.local_addr().expect("a bound socket has an address");
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut datagram = vec![0; 65_536];
            while !stopped.load(Ordering::Relaxed) {
                if let Ok((length, from)) = socket.recv_from(&mut datagram) {
                    socket.send_to(&answer(&datagram[..length]), from).expect("loopback takes it");
                }
            }
        });
        Echo { address, stop, thread: Some(thread) }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Sends numbered datagrams in turn to its peers, a few at a time, each again until it is echoed.
struct Caller {
    peers: Vec<SocketAddr>,
    echoed: Vec<bool>,
    /// Whose echo is waited for, and until when.
    open: Vec<(usize, Tick)>,
    to_send: Vec<usize>,
    received: Vec<(SocketAddr, Vec<u8>)>,
    unsent: Vec<(SocketAddr, io::ErrorKind)>,
}

/// Is the most that are open at any time: more than one batch.
const WINDOW: usize = 100;
const TIMEOUT: Tick = 500_000;

impl Caller {
    fn new(peers: Vec<SocketAddr>, count: usize) -> Self {
        let to_send = (0..count).rev().collect();
        Caller { peers, echoed: vec![false; count], open: Vec::new(), to_send, received: Vec::new(), unsent: Vec::new() }
    }

    fn settle(&mut self, number: usize) {
        self.echoed[number] = true;
        self.open.retain(|(open, _)| *open != number);
    }
}

impl Engine for Caller {
    fn handle_input(&mut self, _: Tick, from: SocketAddr, datagram: &[u8]) {
        let number = u32::from_be_bytes(datagram[..4].try_into().expect("it begins with a number")) as usize;
        if !self.echoed[number] {
            self.settle(number);
            self.received.push((from, datagram.to_vec()));
        }
    }

    fn handle_timeout(&mut self, now: Tick) {
        let late: Vec<usize> = self.open.iter().filter(|(_, due)| *due <= now).map(|(number, _)| *number).collect();
        self.open.retain(|(_, due)| *due > now);
        self.to_send.extend(late);
    }

    fn handle_send_error(&mut self, _: Tick, to: SocketAddr, error: &io::Error) {
        self.unsent.push((to, error.kind()));
        let hers: Vec<usize> = (0..self.echoed.len()).filter(|number| self.peers[number % self.peers.len()] == to).collect();
        self.to_send.retain(|number| !hers.contains(number));
        hers.into_iter().for_each(|number| self.settle(number));
    }

    fn poll_transmit(&mut self, now: Tick, out: &mut Vec<u8>) -> Option<SocketAddr> {
        assert!(out.is_empty(), "the buffer comes empty");
        if self.open.len() >= WINDOW {
            return None;
        }
        let number = self.to_send.pop()?;
        self.open.push((number, now + TIMEOUT));
        out.extend_from_slice(&u32::try_from(number).expect("is small").to_be_bytes());
        Some(self.peers[number % self.peers.len()])
    }

    fn poll_timeout(&self) -> Option<Tick> {
        self.open.iter().map(|(_, due)| *due).min()
    }

    fn is_done(&self) -> bool {
        self.echoed.iter().all(|echoed| *echoed)
    }
}

/// Is the time after which a run counts as hanging.
const HANGS: Tick = 20_000_000;

fn drive(caller: &mut Caller, with_v6: bool) {
    let mut sockets = Sockets::open(with_v6).expect("a socket can be had");
    let outcome = run(&mut sockets, caller, &Clock::start(), |_, now| now < HANGS);
    assert_eq!(outcome, Outcome::Done, "{} are still open", caller.open.len());
}

const V4: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const V6: SocketAddr = SocketAddr::new(std::net::IpAddr::V6(Ipv6Addr::LOCALHOST), 0);

#[test]
fn thousands_of_datagrams_come_back_over_ipv4() {
    let echo = Echo::start(V4, <[u8]>::to_vec);
    let mut caller = Caller::new(vec![echo.address], 5000);
    drive(&mut caller, false);
    assert_eq!(caller.received.len(), 5000);
    assert!(caller.received.iter().all(|(from, _)| *from == echo.address));
}

#[test]
fn ipv6_stands_beside_ipv4_in_one_run() {
    let (four, six) = (Echo::start(V4, <[u8]>::to_vec), Echo::start(V6, <[u8]>::to_vec));
    let mut caller = Caller::new(vec![four.address, six.address], 1001);
    drive(&mut caller, true);
    let from = |address: SocketAddr| caller.received.iter().filter(|(from, _)| *from == address).count();
    assert_eq!((from(four.address), from(six.address)), (501, 500));
}

#[test]
fn the_largest_answers_arrive_whole() {
    // 65,507 octets: all that fits behind the headers of IPv4 and UDP.
    let large = |number: &[u8]| {
        let filling = (4..65_507_u32).map(|place| (place % 251) as u8);
        number.iter().copied().chain(filling).collect()
    };
    let echo = Echo::start(V4, large);
    let mut caller = Caller::new(vec![echo.address], 200);
    drive(&mut caller, false);
    for (_, datagram) in &caller.received {
        assert_eq!(*datagram, large(&datagram[..4]));
    }
}

#[test]
fn what_cannot_be_sent_is_told_and_keeps_nothing_else_from_going() {
    let echo = Echo::start(V4, <[u8]>::to_vec);
    // Nothing can be sent to port 0, nor over IPv6 where no such socket was asked for.
    let nowhere: Vec<SocketAddr> = ["127.0.0.1:0", "[::1]:9"].iter().map(|text| text.parse().expect("an address")).collect();
    let mut caller = Caller::new(vec![echo.address, nowhere[0], nowhere[1]], 300);
    drive(&mut caller, false);
    assert_eq!(caller.received.len(), 100);
    let told = |address: &SocketAddr| caller.unsent.iter().any(|(to, _)| to == address);
    assert!(nowhere.iter().all(told), "{:?}", caller.unsent);
    assert!(!told(&echo.address));
}

#[test]
fn a_run_ends_when_the_caller_wants_no_more() {
    let silent = UdpSocket::bind(V4).expect("loopback has a free port");
    let mut caller = Caller::new(vec![silent.local_addr().expect("a bound socket has an address")], 1);
    let mut sockets = Sockets::open(false).expect("a socket can be had");
    let mut asked = 0;
    let outcome = run(&mut sockets, &mut caller, &Clock::start(), |_, _| {
        asked += 1;
        asked < 10
    });
    assert_eq!((outcome, asked), (Outcome::Stopped, 10));
}
