//! The network cut after every octet, in both directions: of the handshake, the request and the reply.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sim::Chance;

use crate::reporter::Reporter;
use crate::site::Site;
use crate::verdict::verdict;
use crate::{passed, runs, seed};

/// Lets everything through.
const ALL: u64 = u64::MAX;

/// Stands between sender and server, and cuts every connection after so many octets.
struct Cutter {
    port: u16,
    to_server: Arc<Wire>,
    to_sender: Arc<Wire>,
}

/// Is one direction: how much it lets through, and how much has gone in the last connection.
struct Wire {
    most: AtomicU64,
    gone: AtomicU64,
}

impl Cutter {
    fn before(server_port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = || Arc::new(Wire { most: AtomicU64::new(ALL), gone: AtomicU64::new(0) });
        let (to_server, to_sender) = (wire(), wire());
        let (there, back) = (to_server.clone(), to_sender.clone());
        std::thread::spawn(move || {
            for sender in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server_port)) else { continue };
                let (from, to) = (sender.try_clone().unwrap(), server.try_clone().unwrap());
                let (there, back) = (there.clone(), back.clone());
                std::thread::spawn(move || there.carry(from, to));
                std::thread::spawn(move || back.carry(server, sender));
            }
        });
        Cutter { port, to_server, to_sender }
    }
}

impl Wire {
    /// Carries octets until one side ends or the limit is reached; then both sides are cut.
    fn carry(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut left = self.most.load(Ordering::SeqCst);
        self.gone.store(0, Ordering::SeqCst);
        let mut part = [0; 4096];
        while left > 0 {
            let Ok(count @ 1..) = from.read(&mut part) else { break };
            let goes = (count as u64).min(left);
            left -= goes;
            self.gone.fetch_add(goes, Ordering::SeqCst);
            if to.write_all(&part[..goes as usize]).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}

#[test]
fn a_network_cut_after_any_octet_loses_and_doubles_nothing() {
    let (count, mut chance) = (runs(60), Chance::new(seed()));
    let site = Site::new();
    let cutter = Cutter::before(site.port);
    site.configure(cutter.port, "");
    let mut server = Some(site.start_server());
    let mut reporter = Reporter::open(&site);
    reporter.read();
    reporter.report().expect("nothing is cut yet");
    let mut broken = 0;
    for run in 0..count {
        reporter.read();
        let wire = if run % 2 == 0 { &cutter.to_server } else { &cutter.to_sender };
        // Every part of the connection in turn, at a place in it that chance decides.
        let (length, parts) = (wire.gone.load(Ordering::SeqCst).max(2000) + 64, count.div_ceil(2));
        let most = length * (run / 2) / parts + chance.below(length.div_ceil(parts) + 1);
        wire.most.store(most, Ordering::SeqCst);
        broken += u64::from(reporter.report().is_err());
        wire.most.store(ALL, Ordering::SeqCst);
        reporter.report().expect("the line is mended");
        if run % 20 == 19 {
            // The server slows down whoever reports as often as this; a new one does not remember.
            server.take().expect("it runs").kill();
            server = Some(site.start_server());
        }
    }
    assert!(broken * 2 > count, "most cuts are felt: {broken} of {count}");
    let promises = reporter.close();
    drop(server);
    println!("{}, {broken} of {count} sessions broken", verdict(&site, &promises));
    passed("network.cut", count);
}
