//! Simulated printers inside the test itself, which see what they are asked.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use netio::serve::{Reply, Responder, serve};
use netio::{Clock, Tick};
use sim::Fleet;

use super::{READY_WITHIN, answers, free_port};

/// Is a fleet on real sockets of loopback.
pub struct Watched {
    pub port: u16,
    stop: Arc<AtomicBool>,
    asked: Arc<Mutex<Asked>>,
    thread: Option<JoinHandle<()>>,
}

/// Is what the printers were asked since they stand.
#[derive(Clone, Copy, Default)]
struct Asked {
    requests: u64,
    last: Option<Instant>,
}

struct Served {
    fleet: Fleet,
    asked: Arc<Mutex<Asked>>,
    replies: Vec<sim::Reply>,
}

impl Responder for Served {
    fn answer(&mut self, now: Tick, asked: Ipv4Addr, request: &[u8], replies: &mut Vec<Reply>) {
        self.fleet.answer(now, now / 1_000_000, asked.into(), request, &mut self.replies);
        if !self.replies.is_empty() {
            let mut asked = self.asked.lock().expect("nobody panics with the lock held");
            *asked = Asked { requests: asked.requests + 1, last: Some(Instant::now()) };
        }
        replies.extend(self.replies.drain(..).map(|reply| Reply { at: reply.at, from: asked, octets: reply.octets }));
    }
}

impl Watched {
    /// Starts `count` printers, scattered over `size` addresses from `first`.
    pub fn start(first: Ipv4Addr, size: u32, count: u32) -> Self {
        let until = Instant::now() + READY_WITHIN;
        loop {
            let port = free_port();
            let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Asked::default())));
            let fleet = Fleet::new(1).network(first, size, count);
            let Some(IpAddr::V4(one)) = fleet.addresses().first().copied() else { panic!("the network is empty") };
            let mut served = Served { fleet, asked: asked.clone(), replies: Vec::new() };
            let stopped = stop.clone();
            let thread = std::thread::spawn(move || {
                // The port may be taken meanwhile: then another is tried.
                let _ = serve(port, &mut served, &Clock::start(), || !stopped.load(Ordering::Relaxed));
            });
            while !thread.is_finished() {
                if answers((one, port).into(), "public") {
                    *asked.lock().expect("nobody panics with the lock held") = Asked::default();
                    return Watched { port, stop, asked, thread: Some(thread) };
                }
                assert!(Instant::now() < until, "nothing answers at {one}:{port}");
            }
            assert!(Instant::now() < until, "no port can be served");
        }
    }

    /// Returns how many requests the printers answered.
    pub fn requests(&self) -> u64 {
        self.asked().requests
    }

    /// Waits until the printers have been asked, and then not any more for a while: whoever asked
    /// has read those it found.
    pub fn wait_until_read(&self) {
        let until = Instant::now() + READY_WITHIN;
        while self.asked().last.is_none_or(|last| last.elapsed() <= Duration::from_millis(400)) {
            assert!(Instant::now() < until, "the printers are asked nothing, or without an end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn asked(&self) -> Asked {
        *self.asked.lock().expect("nobody panics with the lock held")
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
