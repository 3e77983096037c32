//! The agent: its real parts, run by a simulated clock instead of a loop with threads.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use agent::config::Mode;
use agent::gather::Round;
use agent::ledger::{Ledger, Options as LedgerOptions, Verdict, What};
use agent::seal::Bounds;
use agent::shared::Shared;
use agent::speaker::Speaker;
use agent::store::{Device, Store};
use agent::story::story;
use agent::synchronise::{Desk, synchronise};
use jiff::{SignedDuration, Timestamp};
use survey::agenda::{Agenda, AgendaOptions, Backoff, Done, Failure, Outcome, Task};
use uplink::Spool;
use uplink::spool::SpoolOptions;
use wire::Extent;
use wire::envelope::{Host, Site as SiteInformation};
use wire::privacy::{Group, Privacy};
use wire::rhythm::place_of;

use crate::calendar::{Calendar, ZONE};
use crate::office::{Line, Office};
use crate::site::{Gathered, Piece, Site};

const AGENDA: &str = "agenda";
/// Is how long a session with the server takes.
const SESSION_TAKES: SignedDuration = SignedDuration::from_secs(2);
/// Once a day is enough here, and each report asks for a reading of its own.
const READ_EVERY: std::time::Duration = std::time::Duration::from_secs(48 * 3600);
const DISCOVER_EVERY: std::time::Duration = std::time::Duration::from_secs(400 * 24 * 3600);

/// Is a reading as the agent has kept it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub is_whole: bool,
    pub total: Option<i64>,
}

/// Is all that was ever read: by the device's number and the moment.
pub type Truth = BTreeMap<u32, BTreeMap<Timestamp, Seen>>;

/// Is the agent on its computer's disk; what runs of it is gone when the computer is off.
pub struct Agent {
    folder: PathBuf,
    sender: String,
    options: AgendaOptions,
    running: Option<Running>,
    pub truth: Truth,
    /// Sessions that failed, with the reason.
    pub failures: Vec<(Timestamp, String)>,
    /// Sessions in which the server has taken everything.
    pub successes: Vec<Timestamp>,
}

struct Running {
    agenda: Agenda,
    desk: Desk,
    /// What is under way, by when it ends.
    under_way: Vec<(Timestamp, UnderWay)>,
}

enum UnderWay {
    Round(Round, Gathered),
    Session(Outcome),
}

impl Agent {
    pub fn new(folder: &Path, sender: &str, seed: u64, catch_up: bool, calendar: &Calendar) -> Self {
        let options = AgendaOptions {
            catch_up,
            read_every: READ_EVERY,
            discover_every: DISCOVER_EVERY,
            // By itself it would follow from the id, which is another one in every run.
            backoff: Backoff::new(seed),
            ..AgendaOptions::new(Calendar::schedule().rhythm, calendar.zone.clone(), place_of(sender))
        };
        Agent {
            folder: folder.to_owned(),
            sender: sender.to_owned(),
            options,
            running: None,
            truth: Truth::new(),
            failures: Vec::new(),
            successes: Vec::new(),
        }
    }

    pub fn is_on(&self) -> bool {
        self.running.is_some()
    }

    /// The computer starts.
    pub fn start(&mut self, now: Timestamp) {
        let store = Store::open(&self.folder).unwrap();
        let remembered = store.recall(AGENDA).unwrap().unwrap_or_default();
        let spool = Spool::open(&self.folder.join("spool"), SpoolOptions::default()).unwrap();
        let ledger = Ledger::open(self.folder.join("ledger"), LedgerOptions::default()).unwrap();
        assert_eq!((ledger.repaired, ledger.broken), (None, None));
        let desk = Desk { store: Shared::new(store), spool, ledger: ledger.ledger, bounds: Bounds::default() };
        let agenda = Agenda::new(self.options.clone(), remembered, now);
        self.running = Some(Running { agenda, desk, under_way: Vec::new() });
    }

    /// The power goes: nothing is put in order.
    pub fn cut_power(&mut self) {
        self.running = None;
    }

    /// Returns when something is to be done next.
    pub fn next_at(&self) -> Option<Timestamp> {
        let running = self.running.as_ref()?;
        let ends = running.under_way.iter().map(|(at, _)| *at).min();
        ends.into_iter().chain(running.agenda.poll_timeout().map(|(at, _)| at)).min()
    }

    /// Does what is due.
    pub fn act(&mut self, now: Timestamp, site: &mut Site, office: &Office, calendar: &Calendar) {
        let Some(mut running) = self.running.take() else { return };
        self.end_what_is_over(now, &mut running, calendar);
        running.agenda.handle_timeout(now);
        loop {
            if let Some(remembered) = running.agenda.poll_remembered() {
                running.desk.store.lock().remember(AGENDA, remembered).unwrap();
            }
            let Some(task) = running.agenda.poll_task() else { break };
            let ends = match task {
                Task::Discover => self.begin_round(now, &running, Round::Discover, site, calendar),
                Task::Read => self.begin_round(now, &running, Round::Read, site, calendar),
                Task::Synchronise { .. } => self.hold_session(now, &mut running, office),
            };
            running.under_way.push(ends);
        }
        self.running = Some(running);
    }

    fn end_what_is_over(&mut self, now: Timestamp, running: &mut Running, calendar: &Calendar) {
        let (over, goes_on) = std::mem::take(&mut running.under_way).into_iter().partition(|(at, _)| *at <= now);
        running.under_way = goes_on;
        let mut over: Vec<(Timestamp, UnderWay)> = over;
        over.sort_by_key(|(at, _)| *at);
        for (_, ended) in over {
            let done = match ended {
                UnderWay::Session(outcome) => Done::Synchronise(outcome),
                UnderWay::Round(round, gathered) => {
                    let data_at = gathered.data_at();
                    self.keep(&running.desk.store, gathered.pieces, calendar);
                    if round == Round::Discover { Done::Discover } else { Done::Read { data_at } }
                }
            };
            running.agenda.handle_done(now, done);
        }
    }

    fn begin_round(&self, now: Timestamp, running: &Running, round: Round, site: &mut Site, calendar: &Calendar) -> (Timestamp, UnderWay) {
        let known: BTreeMap<IpAddr, u32> = running
            .desk
            .store
            .lock()
            .whereabouts()
            .unwrap()
            .into_iter()
            .filter_map(|(number, address)| Some((address?.parse().ok()?, number)))
            .collect();
        let gathered = site.gather(&round, now, calendar, &known);
        (gathered.ended_at, UnderWay::Round(round, gathered))
    }

    /// Keeps what a round brought, as `agent::gather` does.
    fn keep(&mut self, store: &Shared, pieces: Vec<Piece>, calendar: &Calendar) {
        let truth = &mut self.truth;
        let kept = store.lock().at_once(|store| {
            for piece in &pieces {
                let device = match &piece.sighting {
                    Some(sighting) => store.see(sighting, true, piece.observed_at)?,
                    None => piece.device,
                };
                store.keep(device, piece.extent, piece.observed_at, calendar.date_of(piece.observed_at), &piece.facts)?;
                // The store keeps whole seconds.
                let second = Timestamp::from_second(piece.observed_at.as_second()).unwrap();
                let total = match piece.facts.get("meters/total/value") {
                    Some(wire::Value::Integer(total)) => Some(*total),
                    _ => None,
                };
                truth.entry(device).or_default().insert(second, Seen { is_whole: piece.extent == Extent::Whole, total });
            }
            Ok(())
        });
        kept.unwrap();
    }

    fn hold_session(&mut self, now: Timestamp, running: &mut Running, office: &Office) -> (Timestamp, UnderWay) {
        let speaker = Speaker {
            sender: self.sender.clone(),
            schedule: Calendar::schedule(),
            next_at: running.agenda.next_planned_at(),
            stopping: false,
            host: Host { proxy_id: None, host_id: "host".to_owned() },
            site: SiteInformation { time_zone: Some(ZONE.to_owned()), ..SiteInformation::default() },
            privacy: privacy(),
        };
        let (session, result) = synchronise(&mut running.desk, &Line(office), speaker, Mode::Normal, &|| now);
        assert!(session.wanted.is_empty());
        let outcome = match result {
            Ok(()) => {
                self.successes.push(now);
                Outcome::Accepted
            }
            Err(error) => {
                self.failures.push((now, story(&error)));
                let server_answered = error.server_answered() || session.reports > 0;
                Outcome::Failed(Failure { reason: story(&error), server_answered, wait: error.wait() })
            }
        };
        (now + SESSION_TAKES, UnderWay::Session(outcome))
    }

    fn desk(&self) -> &Desk {
        &self.running.as_ref().expect("the month ends with the computer on").desk
    }

    /// Returns all devices, ordered by number.
    pub fn devices(&self) -> Vec<Device> {
        let store = self.desk().store.lock();
        let next = |after: &u32| store.device_after(*after).unwrap();
        std::iter::successors(next(&0), |device| next(&device.number)).collect()
    }

    /// Returns how many readings and reports wait to be sent.
    pub fn waiting(&self) -> (u64, usize) {
        (self.desk().store.lock().unsent_count().unwrap(), self.desk().spool.len())
    }

    pub fn verdict(&self) -> Verdict {
        self.desk().ledger.reader().verify().unwrap()
    }

    /// Counts the entries of a kind in the agent's ledger.
    pub fn entries(&self, what: What) -> usize {
        let page = self.desk().ledger.reader().entries(None, 10_000).unwrap();
        page.entries.iter().filter(|entry| entry.what == what).count()
    }
}

/// What this site withholds, beside what nobody sends by default.
pub fn privacy() -> Privacy {
    Privacy::withholding(&[Group::Addresses], &[])
}
