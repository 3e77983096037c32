//! The agent: its real parts, run by a simulated clock, killed wherever the world likes.

use std::cell::RefCell;
use std::path::Path;

use agent::config::Mode;
use agent::gather::Round;
use agent::ledger::{Ledger, Options as LedgerOptions};
use agent::seal::Bounds;
use agent::shared::Shared;
use agent::speaker::Speaker;
use agent::store::blob::Damaged;
use agent::store::{Sighting, Store, StoreError};
use agent::story::story;
use agent::synchronise::{Desk, synchronise};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sim::Chance;
use survey::agenda::{Agenda, AgendaOptions, Ask, Backoff, Done, Failure, Outcome, Task};
use uplink::Spool;
use uplink::spool::SpoolOptions;
use wire::envelope::{Host, Site};
use wire::privacy::Privacy;
use wire::rhythm::{Rhythm, Schedule};
use wire::{Extent, Facts, Value};

use crate::diary::{Diary, Read};
use crate::kill::Lives;
use crate::line::{Line, Weather};
use crate::model::Who;
use crate::office::Office;
use crate::printers::{Piece, Printers};
use crate::tally::Tally;
use crate::time::Clock;

const AGENDA: &str = "agenda";
const SESSION_TAKES: SignedDuration = SignedDuration::from_secs(2);
const ROUND_TAKES: SignedDuration = SignedDuration::from_secs(45);
/// A shell looks at its clock at least so often, since somebody may set it.
const LOOK: SignedDuration = SignedDuration::from_mins(20);

/// Is what the world does to an agent while it acts.
pub struct Around<'a> {
    pub office: &'a Office,
    pub printers: &'a mut Printers,
    pub diary: &'a mut Diary,
    pub chance: &'a RefCell<Chance>,
    pub tally: &'a RefCell<Tally>,
    pub weather: Weather,
    /// Whether somebody reads along.
    pub tells: bool,
}

/// Is an agent on its computer; what runs of it is gone when the computer is off.
pub struct Agent {
    pub who: Who,
    pub clock: Clock,
    pub lives: Lives,
    pub zone: TimeZone,
    pub rhythm: Rhythm,
    seed: u64,
    sender: String,
    catch_up: bool,
    /// The disk has no room for a report.
    pub is_full: bool,
    running: Option<Running>,
    last_look: Timestamp,
}

struct Running {
    agenda: Agenda,
    desk: Desk,
    /// What is under way, by when it ends.
    under_way: Vec<(Timestamp, UnderWay)>,
}

enum UnderWay {
    Round(Round, Timestamp, Vec<Piece>),
    Session(Outcome),
}

impl Agent {
    pub fn new(home: &Path, who: Who, office: &Office, clock: Clock, seed: u64, rhythm: Rhythm, catch_up: bool) -> Self {
        Agent {
            who,
            lives: Lives::new(home),
            zone: zone("Europe/Amsterdam"),
            rhythm,
            seed,
            sender: office.id_of(who),
            catch_up,
            is_full: false,
            running: None,
            last_look: clock.true_now(),
            clock,
        }
    }

    /// Returns whether nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.running.as_ref().is_none_or(|running| running.under_way.is_empty())
    }

    /// Returns whether nothing is under way and nothing waits.
    pub fn has_told_everything(&self) -> bool {
        self.is_idle() && self.desk().is_some_and(|desk| desk.store.lock().unsent_count().unwrap() == 0 && desk.spool.is_empty())
    }

    /// The computer starts.
    pub fn start(&mut self) {
        let folder = self.lives.folder();
        let options = AgendaOptions {
            catch_up: self.catch_up,
            read_every: std::time::Duration::from_secs(3 * 3600),
            discover_every: std::time::Duration::from_secs(20 * 3600),
            backoff: Backoff::new(self.seed),
            ..AgendaOptions::new(self.rhythm, self.zone.clone(), self.seed % 3600)
        };
        let store = Store::open(&folder).unwrap();
        let remembered = store.recall(AGENDA).unwrap().unwrap_or_default();
        let most_octets = if self.is_full { 64 } else { SpoolOptions::default().most_octets };
        let spool = Spool::open(&folder.join("spool"), SpoolOptions { most_octets, ..SpoolOptions::default() }).unwrap();
        assert_eq!(spool.damaged(), 0, "no report is ever damaged by a kill");
        let ledger = Ledger::open(folder.join("ledger"), LedgerOptions::default()).unwrap();
        assert_eq!((ledger.repaired, ledger.broken), (None, None));
        let desk = Desk { store: Shared::new(store), spool, ledger: ledger.ledger, bounds: Bounds::default() };
        let agenda = Agenda::new(options, remembered, self.clock.now());
        self.running = Some(Running { agenda, desk, under_way: Vec::new() });
    }

    /// The power goes, or the process is killed while it waits: nothing is put in order.
    pub fn stop(&mut self) {
        if self.running.is_some() {
            self.lives.begin_next_with(&self.lives.folder());
            self.running = None;
            self.lives.tidy();
        }
    }

    /// The computer starts with an older state of its disk.
    pub fn restore(&mut self, snapshot: &Path) {
        self.running = None;
        self.lives.begin_next_with(snapshot);
        self.lives.tidy();
    }

    /// Somebody changes the zone; the rhythm is another then.
    pub fn set_zone(&mut self, name: &str) {
        self.zone = zone(name);
        if let Some(running) = &mut self.running {
            running.agenda.set_schedule(self.clock.now(), self.rhythm, self.zone.clone());
        }
    }

    /// Somebody presses the button.
    pub fn ask(&mut self) {
        let now = self.clock.now();
        if let Some(running) = &mut self.running {
            running.agenda.handle_ask(now, Ask::ReadAndSynchronise);
            // It looks at once.
            self.last_look = self.clock.true_now() - LOOK;
        }
    }

    /// Returns the true time at which there is something to do.
    pub fn next_at(&self) -> Option<Timestamp> {
        let running = self.running.as_ref()?;
        let ends = running.under_way.iter().map(|(at, _)| *at);
        let due = running.agenda.poll_timeout().map(|(at, _)| at);
        // A clock that is a year ahead has deadlines far from anything.
        let next = ends.chain(due).map(|at| self.clock.when(at)).min();
        Some(next.map_or(self.last_look + LOOK, |next| next.min(self.last_look + LOOK)))
    }

    /// Does what is due; returns false if it was killed in the middle.
    pub fn act(&mut self, around: &mut Around<'_>) -> bool {
        let Some(mut running) = self.running.take() else { return true };
        self.last_look = self.clock.true_now();
        let (agent, lives) = (&*self, &self.lives);
        let lived = lives.run(move || {
            agent.act_while_alive(&mut running, around);
            running
        });
        self.running = lived;
        self.running.is_some()
    }

    fn act_while_alive(&self, running: &mut Running, around: &mut Around<'_>) {
        let now = self.clock.now();
        self.end_what_is_over(now, running, around);
        running.agenda.handle_timeout(now);
        loop {
            if let Some(remembered) = running.agenda.poll_remembered() {
                running.desk.store.lock().remember(AGENDA, remembered).unwrap();
                self.lives.pass();
            }
            let Some(task) = running.agenda.poll_task() else { break };
            let under_way = match task {
                Task::Discover => self.begin_round(now, Round::Discover, around),
                Task::Read => self.begin_round(now, Round::Read, around),
                Task::Synchronise { .. } => self.hold_session(now, running, around),
            };
            running.under_way.push(under_way);
        }
    }

    fn end_what_is_over(&self, now: Timestamp, running: &mut Running, around: &mut Around<'_>) {
        // A clock that was set back must not keep anything from ending.
        let (over, goes_on) =
            std::mem::take(&mut running.under_way).into_iter().partition::<Vec<_>, _>(|(at, _)| *at <= now || *at > now + ROUND_TAKES * 2);
        running.under_way = goes_on;
        for (_, ended) in over {
            let done = match ended {
                UnderWay::Session(outcome) => Done::Synchronise(outcome),
                UnderWay::Round(round, began, pieces) => {
                    let data_at = pieces.iter().filter(|piece| piece.total.is_some()).map(|piece| began + piece.after).max();
                    match self.keep(running, began, &round, &pieces, around) {
                        Ok(()) => {}
                        Err(_) => around.tally.borrow_mut().count("readings that the disk did not take"),
                    }
                    if round == Round::Discover { Done::Discover } else { Done::Read { data_at } }
                }
            };
            running.agenda.handle_done(now, done);
        }
    }

    fn begin_round(&self, now: Timestamp, round: Round, around: &mut Around<'_>) -> (Timestamp, UnderWay) {
        let true_now = self.clock.true_now();
        let pieces = (0..around.printers.count()).filter_map(|number| around.printers.ask(number, true_now)).collect();
        (now + ROUND_TAKES, UnderWay::Round(round, now, pieces))
    }

    /// Keeps what a round brought, as `agent::gather` does.
    fn keep(
        &self,
        running: &Running,
        began: Timestamp,
        round: &Round,
        pieces: &[Piece],
        around: &mut Around<'_>,
    ) -> Result<(), StoreError> {
        let mut store = running.desk.store.lock();
        let kept = store.at_once(|store| {
            let mut kept = Vec::new();
            for piece in pieces {
                let at = began + piece.after;
                let device = store.see(&Sighting::of(&piece.facts), true, at)?;
                kept.push(self.keep_one(store, device, at, piece)?);
                self.lives.pass();
            }
            if *round == Round::Read {
                let seen: Vec<u32> = kept.iter().map(|read| read.told.1).collect();
                for (device, _) in store.whereabouts()?.into_iter().filter(|(device, _)| !seen.contains(device)) {
                    let at = began + ROUND_TAKES;
                    let facts = Facts::from([("presence".into(), Value::from("unreachable"))]);
                    store.keep(device, Extent::Glimpse, at, at.to_zoned(self.zone.clone()).date(), &facts)?;
                }
            }
            // Stands for any step that the disk does not take: all of them are undone in the same way.
            if self.is_full { Err(StoreError::Facts(Damaged)) } else { Ok(kept) }
        })?;
        around.tally.borrow_mut().count_many("readings kept", kept.len() as u64);
        if around.tells {
            let told: Vec<_> = kept.iter().map(|read| (read.told.1, read.total, read.is_whole)).collect();
            println!("{} kept at {began}: {told:?}", self.clock.true_now());
        }
        kept.into_iter().for_each(|read| around.diary.note(read));
        drop(store);
        self.lives.pass();
        Ok(())
    }

    fn keep_one(&self, store: &mut Store, device: u32, at: Timestamp, piece: &Piece) -> Result<Read, StoreError> {
        let day = at.to_zoned(self.zone.clone()).date();
        store.keep(device, piece.extent, at, day, &piece.facts)?;
        Ok(Read {
            told: (self.who, device),
            // The store keeps whole seconds.
            at: Timestamp::from_second(at.as_second()).unwrap(),
            day,
            total: piece.total,
            is_whole: piece.extent == Extent::Whole,
            is_owed: true,
        })
    }

    fn hold_session(&self, now: Timestamp, running: &mut Running, around: &mut Around<'_>) -> (Timestamp, UnderWay) {
        let speaker = Speaker {
            sender: self.sender.clone(),
            schedule: Schedule { rhythm: self.rhythm, time_zone: self.zone.iana_name().expect("it has a name").to_owned() },
            next_at: running.agenda.next_planned_at(),
            stopping: false,
            host: Host { proxy_id: None, host_id: "host".to_owned() },
            site: Site::default(),
            privacy: Privacy::withholding(&[], &[]),
        };
        let line = Line {
            office: around.office,
            who: self.who,
            weather: around.weather,
            chance: around.chance,
            tally: around.tally,
            lives: &self.lives,
        };
        let clock = || {
            self.lives.pass();
            self.clock.now()
        };
        let (session, result) = synchronise(&mut running.desk, &line, speaker, Mode::Normal, &clock);
        let outcome = match result {
            Ok(()) => {
                around.tally.borrow_mut().count("sessions that went well");
                if around.tells {
                    println!("{} session went well at {now}: {} reports", self.clock.true_now(), session.reports);
                }
                Outcome::Accepted
            }
            Err(error) => {
                around.tally.borrow_mut().count("sessions that failed");
                if around.tells {
                    println!("{} session failed at {now}: {}", self.clock.true_now(), story(&error));
                }
                let server_answered = error.server_answered() || session.reports > 0;
                Outcome::Failed(Failure { reason: story(&error), server_answered, wait: error.wait() })
            }
        };
        (now + SESSION_TAKES, UnderWay::Session(outcome))
    }

    /// Returns what the agent keeps for reporting, while it runs.
    pub fn desk(&self) -> Option<&Desk> {
        self.running.as_ref().map(|running| &running.desk)
    }
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect("the zone is in the bundled database")
}
