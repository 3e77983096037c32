//! Drives scans over real sockets: one thread, socket and engine each, or several that share nothing.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, mpsc};

use netio::{Clock, Engine, Sockets, Tick};
use survey::scan::Progress;
use survey::{Event, Scan, ScanOptions, Statistics};

/// Is a scan as the shell wants it.
struct Driven(Scan);

impl Engine for Driven {
    fn handle_input(&mut self, now: Tick, from: SocketAddr, datagram: &[u8]) {
        self.0.handle_input(now, from, datagram);
    }

    fn handle_timeout(&mut self, now: Tick) {
        self.0.handle_timeout(now);
    }

    fn handle_send_error(&mut self, _: Tick, to: SocketAddr, error: &io::Error) {
        self.0.handle_send_error(to, &error.to_string());
    }

    fn poll_transmit(&mut self, now: Tick, out: &mut Vec<u8>) -> Option<SocketAddr> {
        self.0.poll_transmit(now, out)
    }

    fn poll_timeout(&self) -> Option<Tick> {
        self.0.poll_timeout()
    }

    fn is_done(&self) -> bool {
        self.0.is_done()
    }
}

/// Is what a drive tells while it runs.
pub enum News {
    Event(Event),
    /// How far all threads together have come.
    Progress(Progress),
}

/// Is how long the progress may be old.
const PROGRESS_EVERY: Tick = 100_000;

/// Runs the scan on this thread until it is done or `stop` is set; `each` is told all news.
///
/// # Errors
/// Fails if no socket can be had.
pub fn drive(options: ScanOptions, with_v6: bool, clock: &Clock, stop: &AtomicBool, mut each: impl FnMut(News)) -> io::Result<Statistics> {
    let mut sockets = Sockets::open(with_v6)?;
    let mut engine = Driven(Scan::new(options));
    let mut told = 0;
    netio::run(&mut sockets, &mut engine, clock, |engine, now| {
        while let Some(event) = engine.0.poll_event() {
            each(News::Event(event));
        }
        if now >= told + PROGRESS_EVERY {
            told = now;
            each(News::Progress(engine.0.progress()));
        }
        !stop.load(Ordering::Relaxed)
    });
    Ok(engine.0.statistics())
}

/// Runs the scan on `threads` threads, each with its share of the targets.
///
/// # Errors
/// Fails if a thread gets no socket; the others then stop.
pub fn drive_many(
    options: &ScanOptions,
    threads: u32,
    with_v6: bool,
    clock: &Clock,
    stop: &AtomicBool,
    mut each: impl FnMut(News),
) -> io::Result<Statistics> {
    if threads <= 1 {
        return drive(options.clone(), with_v6, clock, stop, each);
    }
    let (sender, receiver) = mpsc::channel();
    let statistics = Mutex::new(Ok(Statistics::default()));
    let all_shares = Mutex::new(vec![Progress::default(); threads as usize]);
    std::thread::scope(|scope| {
        for shard in 0..threads {
            let sender = sender.clone();
            let (statistics, all_shares) = (&statistics, &all_shares);
            scope.spawn(move || {
                let mut options =
                    ScanOptions { shard, shards: threads, at_once: options.at_once.div_ceil(threads as usize), ..options.clone() };
                // Threads must not share request ids: a key of its own for each.
                options.reader.key[0] ^= u64::from(shard) << 32;
                let result = drive(options, with_v6, clock, stop, |news| {
                    let news = match news {
                        News::Progress(share) => News::Progress(sum_up(all_shares, shard, share)),
                        news => news,
                    };
                    // The receiver goes only after all senders have.
                    let _ = sender.send(news);
                });
                let mut sum = statistics.lock().expect("no thread panics with the lock held");
                match (&mut *sum, result) {
                    (Ok(sum), Ok(one)) => sum.add(&one),
                    (sum, Err(error)) => {
                        *sum = Err(error);
                        stop.store(true, Ordering::Relaxed);
                    }
                    (Err(_), Ok(_)) => {}
                }
            });
        }
        drop(sender);
        receiver.into_iter().for_each(&mut each);
    });
    statistics.into_inner().expect("no thread panics with the lock held")
}

fn sum_up(all_shares: &Mutex<Vec<Progress>>, shard: u32, share: Progress) -> Progress {
    let mut shares = all_shares.lock().expect("no thread panics with the lock held");
    shares[shard as usize] = share;
    shares.iter().fold(Progress::default(), |sum, one| Progress {
        pass: sum.pass.max(one.pass),
        asked: sum.asked + one.asked,
        of: sum.of + one.of,
        found: sum.found + one.found,
        reading: sum.reading + one.reading,
    })
}
