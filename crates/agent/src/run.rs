//! The service: one loop that does what the agenda says, and sleeps in between.
//!
//! Rounds over the network and sessions with the server have a thread each while they last; they
//! tell this loop when they have ended. Everything that happens comes in as a [`Message`], so the
//! loop waits in one place and wakes for nothing else but the next deadline.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use survey::agenda::{Agenda, AgendaOptions, Ask, Done, Failure, Outcome, Reason, Remembered, Task};
use uplink::{Spool, SpoolError, SpoolOptions};
use wire::commands::{Outcome as CommandOutcome, OutcomeKind};
use wire::envelope::Host;
use wire::rhythm::{Schedule, place_of};

use crate::board::SharedBoard;
use crate::commands::{SCHEDULE, Wanted};
use crate::config::{Config, credentials, crypto, is_open_to_all};
use crate::enrolment::{Enrolment, EnrolmentError};
use crate::gather::beside::Memory;
use crate::gather::{GatherError, Gathered, Kept, Round, gather};
use crate::ledger::{Ledger, LedgerError, Options as LedgerOptions};
use crate::link::Link;
use crate::memory;
use crate::seal::Bounds;
use crate::service::notify;
use crate::shared::Shared;
use crate::site::site;
use crate::speaker::Speaker;
use crate::store::journal::Synchronisation;
use crate::store::{Store, StoreError};
use crate::story::story;
use crate::synchronise::{Desk, Session, SyncError, synchronise};
use crate::traps::{self, SharedLooks, Told};

/// Is under which name the store remembers the agenda.
pub const AGENDA: &str = "agenda";
/// Is the longest sleep: a clock can be set, and a host can sleep, at any moment.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// Is how long a last report may take when the service is stopped on purpose.
const FAREWELL: Duration = Duration::from_secs(5);
/// Is how long an unfinished session is waited for at the end; its report stays in the spool.
const LAST_SESSION: Duration = Duration::from_secs(10);
/// Rounds and sessions need little more than their buffers.
const STACK: usize = 1 << 20;

/// Is something that the loop is told.
#[derive(Debug)]
pub enum Message {
    /// Somebody wants something now.
    Ask(Ask),
    /// The agent was enrolled, or anew.
    Enrolled,
    /// A printer has sent a notice, and wants a look soon.
    Noticed,
    /// The service is to end.
    Stop,
    Gathered(Round, Result<Gathered, GatherError>),
    Synchronised(Reason, Box<Session>, Result<(), SyncError>),
}

/// Says why the service cannot run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("the agent's folder {} cannot be made or entered", .path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Spool(#[from] SpoolError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Enrolment(#[from] EnrolmentError),
}

/// Is the agent while it runs.
pub struct Agent {
    config: Arc<Config>,
    folder: PathBuf,
    store: Shared,
    desk: Arc<Mutex<Desk>>,
    board: SharedBoard,
    agenda: Agenda,
    schedule: Schedule,
    zone: TimeZone,
    enrolment: Option<Enrolment>,
    host_id: String,
    sender: Sender<Message>,
    inbox: Receiver<Message>,
    stop: Arc<AtomicBool>,
    /// Which printers do not speak IPP.
    memory: Arc<Memory>,
    /// Whether a round is under way: there is one at a time, so that no printer is asked by two at once.
    is_asking: bool,
    /// The round that the agenda wants, until it can begin.
    due: Option<Round>,
    sessions: u32,
    is_reading: bool,
    /// Which devices are to be read for what they have sent.
    looks: SharedLooks,
    /// How many of those that are read just now have sent something.
    looking_at: u64,
    /// Devices that are worth another look at once.
    again: Vec<u32>,
    /// The agent was enrolled while something was under way, which is to end first.
    is_newly_enrolled: bool,
    /// Commands that end when a reading has ended that began after them.
    reads: Vec<PendingRead>,
}

/// Is a command to read that has begun.
struct PendingRead {
    command: String,
    /// Readings that must end first.
    readings: u8,
}

/// Makes the agent's folder, which only its owner may enter.
///
/// # Errors
/// Fails if the system does not allow it.
pub fn make_folder(folder: &std::path::Path) -> Result<(), RunError> {
    let fail = |source| RunError::Folder { path: folder.to_owned(), source };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(fail)
}

/// Returns the options of the ledger.
pub fn ledger_options(config: &Config) -> LedgerOptions {
    LedgerOptions { most_octets: config.store.ledger.count(), ..LedgerOptions::default() }
}

impl Agent {
    /// Opens everything the agent keeps; nothing is asked or sent yet.
    ///
    /// # Errors
    /// Fails if something that it keeps cannot be had.
    pub fn open(config: Config, folder: PathBuf) -> Result<Self, RunError> {
        make_folder(&folder)?;
        let now = Timestamp::now();
        let mut store = Store::open(&folder)?;
        let spool = Spool::open(&folder.join("spool"), SpoolOptions::default())?;
        let opened = Ledger::open(folder.join("ledger"), ledger_options(&config))?;
        if let Some(repaired) = opened.repaired {
            tracing::warn!(entry = repaired.number, set_aside = %repaired.set_aside.display(), "the ledger ended in an unfinished entry; it was set aside");
        }
        if let Some(broken) = opened.broken {
            tracing::error!("the ledger is not as it was written: {broken}");
        }
        if let Some(file) = config.discovery.credentials.as_deref().filter(|file| is_open_to_all(file)) {
            tracing::warn!(file = %file.display(), "everybody on this computer can read the credentials; see `roundsman-agent check-config`");
        }
        let abandoned = store.end_abandoned(now)?;
        if abandoned > 0 {
            tracing::warn!(abandoned, "commands were under way when the agent stopped; they are reported as unknown and do not run again");
        }
        let enrolment = Enrolment::load(&folder)?;
        let schedule: Schedule = store.recall(SCHEDULE)?.unwrap_or_else(|| config.schedule());
        let zone = zone_of(&schedule);
        let remembered: Remembered = store.recall(AGENDA)?.unwrap_or_default();
        let agenda = Agenda::new(agenda_options(&config, &schedule, &zone, enrolment.as_ref()), remembered, now);
        let host_id = store.host_id()?;
        let (sender, inbox) = mpsc::channel();
        let board = SharedBoard::default();
        board.lock().reports_waiting = spool.len() as u64;
        let store = Shared::new(store);
        let desk = Desk { store: store.clone(), spool, ledger: opened.ledger, bounds: Bounds::default() };
        let mut agent = Agent {
            config: Arc::new(config),
            folder,
            store,
            desk: Arc::new(Mutex::new(desk)),
            board,
            agenda,
            schedule,
            zone,
            enrolment,
            host_id,
            sender,
            inbox,
            stop: Arc::new(AtomicBool::new(false)),
            memory: Arc::default(),
            is_asking: false,
            due: None,
            sessions: 0,
            is_reading: false,
            looks: SharedLooks::default(),
            looking_at: 0,
            again: Vec::new(),
            is_newly_enrolled: false,
            reads: Vec::new(),
        };
        agent.show();
        Ok(agent)
    }

    /// Returns where messages for the loop go.
    pub fn sender(&self) -> Sender<Message> {
        self.sender.clone()
    }

    pub fn store(&self) -> Shared {
        self.store.clone()
    }

    pub fn board(&self) -> SharedBoard {
        self.board.clone()
    }

    /// Listens for traps and informs where the site wants that; a port that cannot be had is told, and the agent
    /// goes on without.
    pub fn listen(&self) {
        let Some(wanted) = self.config.traps.listen else { return };
        let told = Told {
            store: self.store.clone(),
            board: self.board.clone(),
            looks: self.looks.clone(),
            sender: self.sender.clone(),
            stop: self.stop.clone(),
        };
        let listening = credentials(&self.config.discovery, Some(&self.folder))
            .map_err(|error| story(&error))
            .and_then(|credentials| traps::listen(wanted.socket_address(), crypto(), &credentials, told).map_err(|error| story(&error)));
        let mut board = self.board.lock();
        let traps = board.traps.get_or_insert_default();
        match listening {
            Ok(address) => {
                tracing::info!(%address, "traps and informs are listened to");
                traps.listen = Some(address.to_string());
            }
            Err(failure) => {
                tracing::error!("traps and informs are not heard: {failure}");
                traps.failure = Some(failure);
            }
        }
    }

    /// Runs until it is told to stop.
    pub fn run(mut self) {
        let watchdog = notify::watchdog_period();
        notify::ready("running");
        loop {
            let now = Timestamp::now();
            self.agenda.handle_timeout(now);
            self.begin_tasks();
            self.begin_round();
            self.show();
            notify::alive();
            let sleep = self.agenda.poll_timeout().map_or(LONGEST_SLEEP, |(when, _)| until(now, when));
            let sleep = sleep.min(LONGEST_SLEEP).min(watchdog.unwrap_or(LONGEST_SLEEP)).min(self.until_look());
            match self.inbox.recv_timeout(sleep) {
                Ok(Message::Stop) => break,
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => unreachable!("the loop holds a sender itself"),
            }
        }
        notify::stopping();
        self.end();
    }

    fn take(&mut self, message: Message) {
        let now = Timestamp::now();
        match message {
            Message::Ask(ask) => {
                self.agenda.handle_ask(now, ask);
            }
            Message::Enrolled => self.is_newly_enrolled = true,
            Message::Noticed => {}
            Message::Gathered(round, result) => self.take_gathered(now, round, result),
            Message::Synchronised(reason, session, result) => self.take_session(now, reason, *session, result),
            Message::Stop => {}
        }
        // The agenda begins anew then; a round under way would be unknown to it, and another begin beside it.
        if self.is_newly_enrolled && !self.is_asking && self.due.is_none() && self.sessions == 0 {
            self.is_newly_enrolled = false;
            self.take_enrolment(now);
        }
    }

    fn take_enrolment(&mut self, now: Timestamp) {
        match Enrolment::load(&self.folder) {
            Ok(Some(enrolment)) => {
                tracing::info!(server = enrolment.server, agent.id = enrolment.sender, "the agent is enrolled");
                self.enrolment = Some(enrolment);
                let options = agenda_options(&self.config, &self.schedule, &self.zone, self.enrolment.as_ref());
                // The place in the rhythm is another one with another name.
                self.agenda = Agenda::new(options, self.agenda.remembered().clone(), now);
                self.agenda.handle_enrolled(now);
            }
            Ok(None) => {}
            Err(error) => tracing::error!("the enrolment cannot be had: {}", story(&error)),
        }
    }

    fn take_gathered(&mut self, now: Timestamp, round: Round, result: Result<Gathered, GatherError>) {
        self.is_asking = false;
        self.board.lock().activity = None;
        let failure = result.as_ref().err().map(|error| story(error));
        let mut gathered = result.unwrap_or_default();
        self.again.append(&mut gathered.again);
        if gathered.progress.is_some() {
            self.board.lock().credentials = gathered.progress.take();
        }
        if gathered.refusing_strangers > 0 {
            tracing::warn!(
                refusing = gathered.refusing_strangers,
                "{} unknown devices speak SNMPv3 and let nobody in; give the agent a user that they have",
                gathered.refusing_strangers
            );
        }
        match &failure {
            None if matches!(round, Round::Look(_)) => {
                tracing::debug!(read = gathered.read, silent = gathered.silent, "read who had sent a notice");
            }
            None => tracing::info!(
                read = gathered.read,
                in_part = gathered.in_part,
                silent = gathered.silent,
                "{}: {} printers answered, {} did not",
                if round == Round::Discover { "looked for printers" } else { "read the known printers" },
                gathered.read,
                gathered.silent
            ),
            Some(failure) => tracing::error!("printers could not be asked: {failure}"),
        }
        match round {
            Round::Discover => {
                self.agenda.handle_done(now, Done::Discover);
                self.board.lock().has_discovered = true;
            }
            Round::Read => {
                self.is_reading = false;
                self.end_reads(now, failure.as_deref());
                self.agenda.handle_done(now, Done::Read { data_at: gathered.data_at });
            }
            Round::Look(_) => {
                self.agenda.handle_data(gathered.data_at);
                if let Some(traps) = &mut self.board.lock().traps {
                    traps.looks += self.looking_at;
                }
            }
        }
    }

    /// Ends the commands that wanted this reading.
    fn end_reads(&mut self, now: Timestamp, failure: Option<&str>) {
        for read in &mut self.reads {
            read.readings = read.readings.saturating_sub(1);
        }
        let (ended, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.reads).into_iter().partition(|read| read.readings == 0);
        self.reads = waiting;
        for read in ended {
            let outcome = if failure.is_some() { OutcomeKind::Failed } else { OutcomeKind::Done };
            let outcome = CommandOutcome { command: read.command, outcome, at: now, detail: failure.map(str::to_owned) };
            if let Err(error) = self.store.lock().end(&outcome) {
                tracing::error!("how a command ended cannot be written down: {}", story(&error));
            }
        }
    }

    fn take_session(&mut self, now: Timestamp, reason: Reason, session: Session, result: Result<(), SyncError>) {
        self.sessions -= 1;
        self.board.lock().activity = None;
        let failure = result.as_ref().err().map(|error| story(error));
        let note = Synchronisation {
            at: now,
            reason: word(reason).to_owned(),
            failure: failure.clone(),
            reports: session.reports,
            sent: session.sent,
            received: session.received,
        };
        if let Err(error) = self.store.lock().note(&note) {
            tracing::error!("how the session went cannot be written down: {}", story(&error));
        }
        match &failure {
            None => tracing::info!(
                reports = session.reports,
                sent_octets = session.sent,
                received_octets = session.received,
                "the server has everything; {} reports in {} octets",
                session.reports,
                session.sent
            ),
            Some(failure) => tracing::warn!(reports = session.reports, "the server could not be told everything: {failure}"),
        }
        let outcome = match &result {
            Ok(()) => Outcome::Accepted,
            Err(error) => Outcome::Failed(Failure {
                reason: failure.unwrap_or_default(),
                server_answered: error.server_answered() || session.reports > 0,
                wait: error.wait(),
            }),
        };
        self.agenda.handle_done(now, Done::Synchronise(outcome));
        for wanted in session.wanted {
            self.obey(now, wanted);
        }
        let waiting = self.desk.lock().map_or(0, |desk| desk.spool.len());
        self.board.lock().reports_waiting = waiting as u64;
    }

    fn obey(&mut self, now: Timestamp, wanted: Wanted) {
        match wanted {
            Wanted::Read { command } => {
                // A reading under way has begun before the command.
                self.reads.push(PendingRead { command, readings: 1 + u8::from(self.is_reading) });
                self.agenda.handle_ask(now, Ask::ReadAndSynchronise);
            }
            Wanted::Schedule(schedule) => {
                self.zone = zone_of(&schedule);
                self.agenda.set_schedule(now, schedule.rhythm, self.zone.clone());
                self.schedule = *schedule;
            }
        }
    }

    fn begin_tasks(&mut self) {
        self.write_down();
        while let Some(task) = self.agenda.poll_task() {
            match task {
                Task::Discover => self.due = Some(Round::Discover),
                Task::Read => self.due = Some(Round::Read),
                Task::Synchronise { reason } => self.begin_session(reason),
            }
        }
    }

    /// Begins the round that is due, unless another is under way: what the agenda wants, else a look.
    fn begin_round(&mut self) {
        if self.is_asking {
            return;
        }
        if let Some(round) = self.due.take().or_else(|| self.look()) {
            self.begin_asking(round);
        }
    }

    /// Returns a round over who has sent a notice, or may be let in by another credential; nothing if nobody has and may.
    fn look(&mut self) -> Option<Round> {
        let mut devices = self.looks.lock().take(Instant::now());
        self.looking_at = devices.len() as u64;
        devices.append(&mut self.again);
        (!devices.is_empty()).then(|| Round::Look(devices.into()))
    }

    /// Returns how long it is until somebody who has sent a notice is to be read.
    fn until_look(&self) -> Duration {
        let next = if self.is_asking { None } else { self.looks.lock().next_at() };
        next.map_or(LONGEST_SLEEP, |next| next.saturating_duration_since(Instant::now()))
    }

    /// Keeps what the agenda wants to know after a restart.
    fn write_down(&mut self) {
        if let Some(remembered) = self.agenda.poll_remembered()
            && let Err(error) = self.store.lock().remember(AGENDA, remembered)
        {
            tracing::error!("where the agenda stands cannot be written down: {}", story(&error));
        }
    }

    fn begin_asking(&mut self, round: Round) {
        self.is_asking = true;
        self.is_reading = round == Round::Read;
        let (config, store, zone) = (self.config.clone(), self.store.clone(), self.zone.clone());
        let (stop, board) = (self.stop.clone(), self.board.clone());
        let kept = Kept { folder: Some(self.folder.clone()), memory: self.memory.clone() };
        self.begin("round", move || {
            let mut told = None;
            let result = gather(round.clone(), &config, &store, &zone, &kept, &stop, |activity| {
                // Twenty times a second is more than anybody looks.
                if told.is_none_or(|told: Instant| told.elapsed() > Duration::from_millis(500)) {
                    told = Some(Instant::now());
                    board.lock().activity = Some(activity.to_owned());
                }
            });
            Message::Gathered(round, result)
        });
    }

    fn begin_session(&mut self, reason: Reason) {
        self.sessions += 1;
        let session = self.session(false);
        self.board.lock().activity = Some("talking to the server".to_owned());
        self.begin("session", move || {
            let (session, result) = session();
            Message::Synchronised(reason, Box::new(session), result)
        });
    }

    fn begin(&self, name: &str, work: impl FnOnce() -> Message + Send + 'static) {
        let sender = self.sender.clone();
        let thread = std::thread::Builder::new().name(name.to_owned()).stack_size(STACK).spawn(move || {
            let message = work();
            memory::give_back();
            // The loop may have ended; then nobody waits.
            let _ = sender.send(message);
        });
        if let Err(error) = thread {
            // Without threads nothing works; the watchdog and the manager have the next word.
            tracing::error!(%error, "the system gives no thread");
            std::process::exit(1);
        }
    }

    /// Returns a session, ready to be held on a thread of its own.
    fn session(&self, stopping: bool) -> impl FnOnce() -> (Session, Result<(), SyncError>) + Send + 'static {
        let (config, enrolment, store, desk) = (self.config.clone(), self.enrolment.clone(), self.store.clone(), self.desk.clone());
        let (folder, host_id, schedule) = (self.folder.clone(), self.host_id.clone(), self.schedule.clone());
        let next_at = if stopping { None } else { self.agenda.next_planned_at() };
        move || {
            let refuse = |reason: String| {
                let refusal = crate::synchronise::Refusal::Other { reason, server_answered: false, wait: None };
                (Session::default(), Err(SyncError::Refused(refusal)))
            };
            let Some(enrolment) = enrolment else { return refuse("the agent is not enrolled; see `roundsman-agent enroll --help`".into()) };
            let link = match Link::new(&config, &enrolment) {
                Ok(link) => link,
                Err(error) => return refuse(story(&error)),
            };
            let site = match site(&config, &store.lock(), &folder, enrolment.name.as_deref()) {
                Ok(site) => site,
                Err(error) => return (Session::default(), Err(error.into())),
            };
            let speaker = Speaker {
                sender: enrolment.sender.clone(),
                schedule,
                next_at,
                stopping,
                host: Host { proxy_id: config.proxy_id(), host_id },
                site,
                privacy: config.privacy(),
            };
            let mut desk = desk.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            synchronise(&mut desk, &link, speaker, config.commands.mode, &Timestamp::now)
        }
    }

    /// Shows how things stand.
    fn show(&mut self) {
        let mut board = self.board.lock();
        board.window = self.agenda.window().clone();
        board.schedule = Some(self.schedule.clone());
        board.has_discovered |= self.agenda.remembered().last_discovery.is_some();
        let enrolment = self.enrolment.as_ref();
        board.server = enrolment.map(|enrolment| self.config.server.address.clone().unwrap_or_else(|| enrolment.server.clone()));
        board.site_name = self.config.site.name.clone().or_else(|| enrolment.and_then(|enrolment| enrolment.name.clone()));
    }

    /// Ends in good order: what is under way is finished or given up, and what must be known is on disk.
    fn end(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.wait(LAST_SESSION);
        if self.sessions == 0 && self.enrolment.is_some() && is_stopped_on_purpose() {
            self.sessions += 1;
            let session = self.session(true);
            self.begin("farewell", move || {
                let (session, result) = session();
                Message::Synchronised(Reason::Asked, Box::new(session), result)
            });
            self.wait(FAREWELL);
        }
        self.write_down();
        tracing::info!("the agent has stopped");
    }

    /// Waits for what is under way, no longer than `most`.
    fn wait(&mut self, most: Duration) {
        let until = Instant::now() + most;
        while self.is_asking || self.sessions > 0 {
            match self.inbox.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(message) => self.take(message),
                Err(_) => return,
            }
        }
    }
}

/// Returns whether somebody has stopped the service and not the whole host: only then is silence from
/// now on no fault. A host that is switched off for a week is to be missed.
fn is_stopped_on_purpose() -> bool {
    // systemd says so to the services it starts.
    if std::env::var_os("INVOCATION_ID").is_none() || std::env::var_os("NOTIFY_SOCKET").is_none() {
        return false;
    }
    let asked = std::process::Command::new("systemctl").arg("is-system-running").output();
    asked.is_ok_and(|answer| answer.stdout.trim_ascii() != b"stopping")
}

fn agenda_options(config: &Config, schedule: &Schedule, zone: &TimeZone, enrolment: Option<&Enrolment>) -> AgendaOptions {
    let place = enrolment.map_or(0, |enrolment| place_of(&enrolment.sender));
    AgendaOptions {
        catch_up: config.report.catch_up,
        enrolled: enrolment.is_some(),
        discover_every: config.discovery.every.duration(),
        read_every: config.reading.every.duration(),
        ..AgendaOptions::new(schedule.rhythm, zone.clone(), place)
    }
}

/// Returns the zone of a schedule. Its name was checked when it was taken; should the system have
/// lost it since, UTC is as good as any.
fn zone_of(schedule: &Schedule) -> TimeZone {
    TimeZone::get(&schedule.time_zone).unwrap_or_else(|error| {
        tracing::warn!(%error, zone = schedule.time_zone, "the time zone is not known here; UTC is used");
        TimeZone::UTC
    })
}

/// Returns how long it is from one time to another; nothing if it has passed.
fn until(now: Timestamp, when: Timestamp) -> Duration {
    Duration::try_from(when.duration_since(now)).unwrap_or_default()
}

/// Returns the word for a reason in the journal.
fn word(reason: Reason) -> &'static str {
    match reason {
        Reason::Asked => "asked",
        Reason::First => "first",
        Reason::Planned => "planned",
        Reason::CatchUp => "catch-up",
    }
}
