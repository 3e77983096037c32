//! What every request and every timer shares.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use policy::noise::{Allowance, Hearing, Noise};
use store::{SenderId, Store};
use tokio::sync::Semaphore;

use crate::config::{Checked, Settings};
use crate::credential::ServerKey;
use crate::figures::Figures;
use crate::health::Health;
use crate::net::{Rate, RetryAfter, Throttle};

/// Tells the time. Programs give the real one, tests one of their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Is whom a new sender is told to call and to trust.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Introduction {
    /// Name and port; `None` if nobody has said what the server is called.
    pub server: Option<String>,
    /// SHA-256 of the authority's certificate; all zero if the operating system's trust store decides.
    pub authority_sha256: [u8; 32],
}

/// Is what every request and every timer shares.
pub struct App {
    pub store: Arc<dyn Store>,
    pub key: ServerKey,
    pub clock: Clock,
    pub settings: Settings,
    pub checked: Checked,
    pub introduction: Introduction,
    /// Failures of senders and tokens, by address.
    pub failures: Failures,
    /// Attempts to log in, by account.
    pub logins: Mutex<Throttle<String>>,
    /// How many passwords are checked at once: each check takes 19 MiB.
    pub password_checks: Semaphore,
    pub noise: Hearings,
    /// How many reports are under way.
    pub reports: Semaphore,
    /// How many octets, in units of [`MEMORY_UNIT`], reports under way may take.
    pub memory: Arc<Semaphore>,
    pub figures: Figures,
    pub health: Health,
}

/// Is the unit in which the memory of reports is counted.
pub const MEMORY_UNIT: usize = 64 * 1024;

impl App {
    /// Makes the state of a server.
    pub fn new(
        store: Arc<dyn Store>,
        key: ServerKey,
        clock: Clock,
        settings: Settings,
        checked: Checked,
        introduction: Introduction,
    ) -> Self {
        let limits = &settings.limits;
        App {
            failures: Failures::new(limits.failed_logins),
            logins: Mutex::new(Throttle::new(Rate { burst: limits.failed_logins, every: Duration::from_secs(60) }, 10_000)),
            password_checks: Semaphore::new(2),
            noise: Hearings::default(),
            reports: Semaphore::new(limits.reports_under_way as usize),
            memory: Arc::new(Semaphore::new(limits.unpacked_under_way.count() as usize / MEMORY_UNIT)),
            figures: Figures::default(),
            health: Health::default(),
            store,
            key,
            clock,
            settings,
            checked,
            introduction,
        }
    }

    /// Returns the present.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

/// Counts failures by address, and closes the door for a while after too many.
pub struct Failures {
    throttle: Mutex<Throttle<IpAddr>>,
    since: Instant,
}

impl Failures {
    fn new(burst: u32) -> Self {
        let rate = Rate { burst, every: Duration::from_secs(30) };
        Failures { throttle: Mutex::new(Throttle::new(rate, 100_000)), since: Instant::now() }
    }

    /// Counts one failure.
    ///
    /// # Errors
    /// Fails if there have been too many, with the time to wait.
    pub fn count(&self, address: IpAddr) -> Result<(), RetryAfter> {
        locked(&self.throttle).take(client(address), self.since.elapsed())
    }

    /// Returns how long the counting has gone on, for throttles that share its clock.
    pub fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }
}

/// Returns what counts as one client: an IPv4 address, or a /64 network, which one host has for itself.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        v4 => v4,
    }
}

/// Remembers how much each sender has said since the server has started.
#[derive(Default)]
pub struct Hearings(Mutex<BTreeMap<SenderId, Noise>>);

impl Hearings {
    /// Counts one report of a sender and says whether to take it. Only senders that are known may
    /// be counted, so the memory is bounded by them.
    pub fn hear(&self, sender: SenderId, now: Timestamp) -> Hearing {
        let allowance = Allowance::default();
        locked(&self.0).entry(sender).or_insert_with(|| Noise::new(&allowance, now)).hear(&allowance, now)
    }

    /// Forgets what a sender has said, once somebody has admitted it again.
    pub fn forget(&self, sender: SenderId) {
        locked(&self.0).remove(&sender);
    }
}

/// Locks; what is under these locks is whole after every statement, so a panic elsewhere leaves it usable.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
