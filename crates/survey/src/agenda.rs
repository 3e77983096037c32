//! What an agent does when: looking for devices, reading them, and reporting to the server.
//!
//! The [`Agenda`] says which [`Task`] to begin and is told when it has ended; the time is a
//! parameter and so is chance. It decides the same again after a restart, from what it asked to
//! be written down ([`Remembered`]).
//!
//! **When a planned report goes.** Shortly before its time everything is read. At its time, or up
//! to [`ON_TIME`] later if the host has just woken, it goes as soon as that reading has ended, and
//! after [`READ_WAIT`] with what there is. If it fails it is tried again, with growing waits, until
//! [`RETRY_WINDOW`] after its time. If the host was off or asleep at its time, or no attempt
//! succeeded, then it waits for the next planned time; with `catch_up` it goes as soon as it can,
//! once everything has been read for it.
//!
//! A clock may be set to any time at any moment, and a host may sleep, so a shell should sleep for
//! a minute at most before it calls [`Agenda::handle_timeout`], however far the next deadline is.

mod backoff;
mod memory;
mod task;
mod wish;

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use wire::rhythm::Rhythm;

pub use backoff::Backoff;
pub use memory::{LastError, Remembered, SynchronisationWindow};
pub use task::{Ask, Done, Failure, Outcome, Reason, Task};
use wish::{Waits, Wish, after, before};

/// Is how late an agent may come to a planned time that counts as kept: hosts need a while to wake.
pub const ON_TIME: Duration = Duration::from_secs(5 * 60);

/// Is how long after its planned time a report is tried.
pub const RETRY_WINDOW: Duration = Duration::from_secs(30 * 60);

/// Is how long a report waits for its reading.
pub const READ_WAIT: Duration = Duration::from_secs(10 * 60);

/// Is how long the first report waits for the first reading, before which all ranges are swept.
pub const FIRST_READ_WAIT: Duration = RETRY_WINDOW;

/// Is how long before a planned time its reading begins, so that the report goes on the minute.
pub const READ_AHEAD: Duration = Duration::from_secs(2 * 60);

/// Is how old a reading may be at a planned time to do for its report.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// Is the longest wait that a server may ask for: no mistake of its may silence an agent for ever.
const LONGEST_ASKED_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Is the shortest period of reading and of discovery.
const SHORTEST_PERIOD: Duration = Duration::from_secs(10);

/// Is what an agenda needs to know from outside.
#[derive(Clone, Debug)]
pub struct AgendaOptions {
    pub rhythm: Rhythm,
    /// The zone whose civil days count.
    pub zone: TimeZone,
    /// This agent's place in the rhythm, see [`wire::rhythm::place_of`].
    pub offset: u64,
    /// A missed planned report goes as soon as it can, instead of at the next planned time.
    pub catch_up: bool,
    /// There is a server that knows this agent.
    pub enrolled: bool,
    /// At least 10 seconds, as the next one.
    pub discover_every: Duration,
    pub read_every: Duration,
    pub backoff: Backoff,
}

impl AgendaOptions {
    /// Returns the usual: discovery once a day, a reading once an hour, nothing caught up on.
    pub fn new(rhythm: Rhythm, zone: TimeZone, offset: u64) -> Self {
        AgendaOptions {
            rhythm,
            zone,
            offset,
            catch_up: false,
            enrolled: true,
            discover_every: Duration::from_secs(24 * 60 * 60),
            read_every: Duration::from_secs(60 * 60),
            backoff: Backoff::new(offset),
        }
    }
}

/// Says what an agenda wakes up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// A report is to be sent, or to be tried again.
    Send,
    /// A planned time comes.
    PlannedTime,
    /// A report's time is over.
    GiveUp,
    Read,
    Discover,
}

/// Decides what to do when; see the module.
pub struct Agenda {
    options: AgendaOptions,
    remembered: Remembered,
    /// What was last taken to be written down.
    written: Option<Remembered>,
    now: Timestamp,
    /// The next planned time that is not done.
    next_planned: Timestamp,
    is_discovering: bool,
    is_reading: bool,
    discovery_asked: bool,
    reading_asked: bool,
    /// At most one for each reason, in their order.
    wishes: Vec<Wish>,
    /// What the report that is being sent fulfils.
    sending: Option<Vec<Wish>>,
    retry: Option<Retry>,
    tasks: VecDeque<Task>,
}

/// Is how things stand after a failure.
#[derive(Clone, Copy, Debug)]
struct Retry {
    /// Of failures in a row.
    count: u32,
    at: Timestamp,
}

impl Agenda {
    /// Goes on from what is remembered; a new agent remembers nothing ([`Remembered::default`]).
    pub fn new(mut options: AgendaOptions, remembered: Remembered, now: Timestamp) -> Self {
        options.discover_every = options.discover_every.max(SHORTEST_PERIOD);
        options.read_every = options.read_every.max(SHORTEST_PERIOD);
        let mut agenda = Agenda {
            options,
            remembered,
            written: None,
            now,
            next_planned: Timestamp::MAX,
            is_discovering: false,
            is_reading: false,
            discovery_asked: false,
            reading_asked: false,
            wishes: Vec::new(),
            sending: None,
            retry: None,
            tasks: VecDeque::new(),
        };
        agenda.remembered.decided_until.get_or_insert(now);
        agenda.remembered.not_beyond(now);
        if agenda.options.enrolled {
            agenda.wish_remembered(now);
        }
        agenda.decide(now);
        agenda
    }

    fn wish_remembered(&mut self, now: Timestamp) {
        if !self.remembered.first_done {
            self.wish_first(now);
        }
        if let Some(planned) = self.remembered.trying {
            self.wish_planned(now, planned);
        }
        if let Some(missed) = self.remembered.catching_up {
            self.wish_caught_up(now, missed);
        }
    }

    /// Takes the news that a server knows this agent, from now on or anew: it gets a first report.
    pub fn handle_enrolled(&mut self, now: Timestamp) {
        self.options.enrolled = true;
        self.remembered.first_done = false;
        self.remembered.decided_until = Some(now);
        self.remembered.not_before = None;
        self.wishes.clear();
        self.retry = None;
        self.wish_first(now);
        self.decide(now);
    }

    /// Takes another rhythm, from now on. Planned times of the old one that are still being tried
    /// are dropped, and those of the new one count from now.
    ///
    /// Nothing happens if it is the one that there is.
    pub fn set_schedule(&mut self, now: Timestamp, rhythm: Rhythm, zone: TimeZone) {
        if rhythm == self.options.rhythm && zone == self.options.zone {
            return;
        }
        self.options.rhythm = rhythm;
        self.options.zone = zone;
        self.remembered.decided_until = Some(now);
        self.wishes.retain(|wish| wish.reason != Reason::Planned);
        if let Some(sending) = &mut self.sending {
            sending.retain(|wish| wish.reason != Reason::Planned);
        }
        self.decide(now);
    }

    /// Takes somebody's wish; returns whether it can be fulfilled, which takes an enrolled agent
    /// where it is about reports.
    pub fn handle_ask(&mut self, now: Timestamp, ask: Ask) -> bool {
        if matches!(ask, Ask::Synchronise | Ask::ReadAndSynchronise) && !self.options.enrolled {
            return false;
        }
        match ask {
            Ask::Discover => self.discovery_asked = true,
            Ask::Read => self.reading_asked = true,
            Ask::Synchronise => self.wish_asked(now, None),
            Ask::ReadAndSynchronise => {
                self.reading_asked = true;
                // A reading that is under way has begun too early.
                let readings = 1 + u8::from(self.is_reading);
                self.wish_asked(now, Some(Waits { readings, until: after(now, READ_WAIT) }));
            }
        }
        self.decide(now);
        true
    }

    /// Takes the news that a task has ended; of one that was not begun it is ignored.
    pub fn handle_done(&mut self, now: Timestamp, done: Done) {
        match done {
            Done::Discover if self.is_discovering => {
                self.is_discovering = false;
                self.remembered.last_discovery = Some(now);
            }
            Done::Read { data_at } if self.is_reading => {
                self.is_reading = false;
                self.remembered.last_reading = Some(now);
                self.remembered.window.last_data_at = data_at.or(self.remembered.window.last_data_at);
                self.wishes.iter_mut().for_each(Wish::handle_reading);
            }
            Done::Synchronise(outcome) => {
                let Some(sent) = self.sending.take() else { return };
                match outcome {
                    Outcome::Accepted => self.handle_accepted(now, &sent),
                    Outcome::Failed(failure) => self.handle_failed(now, sent, &failure),
                }
            }
            Done::Discover | Done::Read { .. } => return,
        }
        self.decide(now);
    }

    /// Takes the news that a printer said something outside any task.
    pub fn handle_data(&mut self, data_at: Option<Timestamp>) {
        self.remembered.window.last_data_at = self.remembered.window.last_data_at.max(data_at);
    }

    fn handle_accepted(&mut self, now: Timestamp, sent: &[Wish]) {
        for wish in sent {
            match wish.reason {
                Reason::First => self.remembered.first_done = true,
                Reason::Planned => self.remembered.add_done(wish.at),
                Reason::Asked | Reason::CatchUp => {}
            }
        }
        self.remove(Reason::CatchUp);
        self.retry = None;
        self.remembered.not_before = None;
        self.remembered.window.last_contact_at = Some(now);
        self.remembered.window.last_success_at = Some(now);
    }

    fn handle_failed(&mut self, now: Timestamp, sent: Vec<Wish>, failure: &Failure) {
        for wish in sent {
            // What came up in the meantime is newer.
            if !self.is_wished(wish.reason) {
                self.wish(Wish { tried: true, ..wish });
            }
        }
        let asked = failure.wait.map(|wait| wait.min(LONGEST_ASKED_WAIT));
        let count = self.retry.map_or(0, |retry| retry.count);
        // Chance on top of what the server asked for: it has asked others for the same.
        let wait = self.options.backoff.wait(count, now.as_second()).saturating_add(asked.unwrap_or_default());
        self.retry = Some(Retry { count: count.saturating_add(1), at: after(now, wait) });
        self.remembered.not_before = asked.map(|_| after(now, wait));
        let window = &mut self.remembered.window;
        window.last_error = Some(LastError::new(now, &failure.reason));
        if failure.server_answered {
            window.last_contact_at = Some(now);
        }
    }

    /// Takes the time.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.decide(now);
    }

    /// Returns the next task to begin.
    pub fn poll_task(&mut self) -> Option<Task> {
        self.tasks.pop_front()
    }

    /// Returns what is to be written down, if it is not what was returned last.
    ///
    /// Written before a task begins, it survives whatever the task meets.
    pub fn poll_remembered(&mut self) -> Option<&Remembered> {
        if self.written.as_ref() == Some(&self.remembered) {
            return None;
        }
        Some(self.written.insert(self.remembered.clone()))
    }

    /// Returns when it wants to be called next, after the time it was last told, and for what.
    pub fn poll_timeout(&self) -> Option<(Timestamp, Why)> {
        let wishes = self.wishes.iter().flat_map(|wish| {
            let ends = wish.ends.map(|ends| (after(ends, Duration::from_nanos(1)), Why::GiveUp));
            let send = self.sending.is_none().then(|| (self.due(wish), Why::Send));
            ends.into_iter().chain(send)
        });
        let planned = self.options.enrolled.then_some((self.next_planned, Why::PlannedTime));
        let is_free = !self.is_reading && !self.is_discovering;
        let rounds = [(self.reading_due(), Why::Read), (self.discovery_due(), Why::Discover)];
        let rounds = rounds.into_iter().filter(|_| is_free);
        // What is due and has not begun waits for something else, which has its own time or news.
        wishes.chain(planned).chain(rounds).filter(|(when, _)| *when > self.now).min()
    }

    /// Returns what people are shown of the talk with the server.
    pub fn window(&self) -> &SynchronisationWindow {
        &self.remembered.window
    }

    pub fn remembered(&self) -> &Remembered {
        &self.remembered
    }

    pub fn is_enrolled(&self) -> bool {
        self.options.enrolled
    }

    /// Returns the next planned time, whatever else is sent before.
    pub fn next_planned_at(&self) -> Option<Timestamp> {
        self.options.enrolled.then_some(self.next_planned)
    }
}

/// Deciding: each of these looks at how things stand and takes the next step, if there is one.
impl Agenda {
    fn decide(&mut self, now: Timestamp) {
        self.now = now;
        self.not_beyond(now);
        if self.options.enrolled {
            self.note_planned_time(now);
            self.drop_wishes(now);
        }
        self.next_planned = self.next_planned_after(now);
        self.begin_discovery_or_reading(now);
        self.begin_sending(now);
        let at = |reason| self.pending(reason).map(|wish| wish.at);
        (self.remembered.trying, self.remembered.catching_up) = (at(Reason::Planned), at(Reason::CatchUp));
        self.remembered.window.next_send_at = self.next_send_at(now);
    }

    /// Brings every time back to what it can be at most, after the clock was set back.
    fn not_beyond(&mut self, now: Timestamp) {
        self.remembered.not_beyond(now);
        let longest_wait = self.longest_wait();
        self.remembered.not_before = self.remembered.not_before.map(|time| time.min(after(now, longest_wait)));
        if let Some(retry) = &mut self.retry {
            retry.at = retry.at.min(after(now, longest_wait));
        }
        // A planned time that lies ahead again comes again.
        self.wishes.retain(|wish| wish.reason != Reason::Planned || wish.at <= now);
        for wish in &mut self.wishes {
            wish.not_beyond(now, RETRY_WINDOW);
        }
    }

    fn longest_wait(&self) -> Duration {
        let asked = if self.remembered.not_before.is_some() { LONGEST_ASKED_WAIT } else { Duration::ZERO };
        self.options.backoff.longest().saturating_add(asked)
    }

    /// Looks whether a planned time has come since the last look, and whether in time.
    ///
    /// Only the latest counts: a clock that jumps ahead by a year has passed one, not hundreds.
    fn note_planned_time(&mut self, now: Timestamp) {
        let planned = self.options.rhythm.last_until(&self.options.zone, self.options.offset, now);
        if self.remembered.decided_until.is_some_and(|until| planned <= until) {
            return;
        }
        self.remembered.decided_until = Some(planned);
        if self.is_done(planned) {
            return;
        }
        if after(planned, ON_TIME) >= now {
            self.wish_planned(now, planned);
        } else {
            self.handle_missed(now, planned);
        }
    }

    /// Returns whether the report of a planned time was accepted.
    fn is_done(&self, planned: Timestamp) -> bool {
        match self.options.rhythm {
            Rhythm::Daily { .. } => self.remembered.planned_done.contains(&planned),
            // Set back by an hour, a clock may pass the beats of that hour again.
            Rhythm::Every { .. } => self.remembered.last_planned_done() == Some(planned),
        }
    }

    fn next_planned_after(&self, time: Timestamp) -> Timestamp {
        let next = |time| self.options.rhythm.next_after(&self.options.zone, self.options.offset, time);
        let mut planned = next(time);
        while self.is_done(planned) {
            planned = next(planned);
        }
        planned
    }

    fn handle_missed(&mut self, now: Timestamp, planned: Timestamp) {
        self.remove(Reason::Planned);
        let is_covered = self.remembered.window.last_success_at.is_some_and(|success| success >= planned);
        if self.options.catch_up && !is_covered {
            self.wish_caught_up(now, planned);
        }
    }

    fn wish_caught_up(&mut self, now: Timestamp, missed: Timestamp) {
        // What is caught up on is that day's reading, which is made now if it was missed as well.
        let waits = (!self.is_fresh_at(missed)).then(|| Waits { readings: 1, until: after(now, READ_WAIT) });
        self.wish(Wish { reason: Reason::CatchUp, at: missed, waits, ends: None, tried: false });
    }

    fn wish_planned(&mut self, now: Timestamp, planned: Timestamp) {
        // In a short rhythm each time follows while the last is still being tried, and the waits
        // must go on growing. Otherwise a new time is a new chance.
        if self.pending(Reason::Planned).is_none() {
            self.retry = None;
        }
        let ends = after(planned, RETRY_WINDOW);
        let waits = (!self.is_fresh_at(planned)).then(|| Waits { readings: 1, until: after(now, READ_WAIT).min(ends) });
        self.remove(Reason::CatchUp);
        self.wish(Wish { reason: Reason::Planned, at: planned, waits, ends: Some(ends), tried: false });
    }

    /// Returns whether the last reading does for the report of a planned time.
    fn is_fresh_at(&self, planned: Timestamp) -> bool {
        self.remembered.last_reading.is_some_and(|reading| reading >= before(planned, FRESH))
    }

    fn wish_first(&mut self, now: Timestamp) {
        let waits = self.remembered.last_reading.is_none().then(|| Waits { readings: 1, until: after(now, FIRST_READ_WAIT) });
        self.wish(Wish { reason: Reason::First, at: now, waits, ends: None, tried: false });
    }

    fn wish_asked(&mut self, now: Timestamp, waits: Option<Waits>) {
        self.wish(Wish { reason: Reason::Asked, at: now, waits, ends: Some(after(now, RETRY_WINDOW)), tried: false });
    }

    fn wish(&mut self, wish: Wish) {
        self.remove(wish.reason);
        self.wishes.push(wish);
        self.wishes.sort_by_key(|wish| wish.reason);
    }

    fn remove(&mut self, reason: Reason) {
        self.wishes.retain(|wish| wish.reason != reason);
    }

    fn is_wished(&self, reason: Reason) -> bool {
        self.wishes.iter().any(|wish| wish.reason == reason)
    }

    /// Returns the wish with this reason, whether it waits or is being sent.
    fn pending(&self, reason: Reason) -> Option<&Wish> {
        self.wishes.iter().chain(self.sending.iter().flatten()).find(|wish| wish.reason == reason)
    }

    /// Drops the wishes that cannot be fulfilled in their time any more.
    fn drop_wishes(&mut self, now: Timestamp) {
        self.wishes.iter_mut().for_each(|wish| wish.handle_timeout(now));
        let is_over = |wish: &Wish| wish.ends.is_some_and(|ends| ends < now || ends < self.due(wish));
        let missed = self.wishes.iter().find(|wish| wish.reason == Reason::Planned && is_over(wish)).map(|wish| wish.at);
        let kept = self.wishes.iter().filter(|wish| !is_over(wish)).copied().collect();
        self.wishes = kept;
        if let Some(planned) = missed {
            self.handle_missed(now, planned);
        }
        if self.wishes.is_empty() && self.sending.is_none() {
            self.retry = None;
        }
    }

    /// Returns when a wish can be fulfilled: at the latest, while it waits for a reading.
    fn due(&self, wish: &Wish) -> Timestamp {
        if let Some(waits) = wish.waits {
            return waits.until;
        }
        // Whoever asks wants to see what happens, so the first attempt heeds no wait.
        if wish.reason == Reason::Asked && !wish.tried {
            return wish.at;
        }
        let retry = self.retry.map(|retry| retry.at);
        [retry, self.remembered.not_before].into_iter().flatten().fold(wish.at, Timestamp::max)
    }

    fn begin_sending(&mut self, now: Timestamp) {
        if self.sending.is_some() {
            return;
        }
        let Some(reason) = self.wishes.iter().find(|wish| self.due(wish) <= now).map(|wish| wish.reason) else { return };
        // One report serves all that wait for nothing but a moment.
        let (sending, waiting) = self.wishes.iter().partition(|wish| wish.waits.is_none());
        (self.sending, self.wishes) = (Some(sending), waiting);
        self.tasks.push_back(Task::Synchronise { reason });
    }

    fn begin_discovery_or_reading(&mut self, now: Timestamp) {
        if self.is_reading || self.is_discovering {
            return;
        }
        let is_first = self.remembered.last_discovery.is_none();
        let reads = !is_first && (self.reading_asked || self.wishes.iter().any(|wish| wish.waits.is_some()) || self.reading_due() <= now);
        if reads {
            self.is_reading = true;
            self.reading_asked = false;
            self.tasks.push_back(Task::Read);
        } else if is_first || self.discovery_asked || (self.discovery_due() <= now && !self.is_planned_soon(now)) {
            self.is_discovering = true;
            self.discovery_asked = false;
            self.tasks.push_back(Task::Discover);
        }
    }

    /// Returns when to read next: in its turn, or for the next planned report.
    fn reading_due(&self) -> Timestamp {
        let Some(last) = self.remembered.last_reading else { return Timestamp::MIN };
        let in_turn = after(last, self.options.read_every);
        let does_for_report = !self.options.enrolled || last >= before(self.next_planned, FRESH);
        if does_for_report { in_turn } else { in_turn.min(before(self.next_planned, READ_AHEAD)) }
    }

    fn discovery_due(&self) -> Timestamp {
        self.remembered.last_discovery.map_or(Timestamp::MIN, |last| after(last, self.options.discover_every))
    }

    /// Returns whether a sweep that begins now could keep the reading before a daily report waiting.
    fn is_planned_soon(&self, now: Timestamp) -> bool {
        let is_daily = matches!(self.options.rhythm, Rhythm::Daily { .. });
        self.options.enrolled && is_daily && before(self.next_planned, READ_WAIT) <= now
    }

    /// Returns when the next report goes that is not being sent yet.
    fn next_send_at(&self, now: Timestamp) -> Option<Timestamp> {
        if !self.options.enrolled {
            return None;
        }
        // A planned time passes unused if the server wants to be left alone for the time around it.
        let not_before = self.remembered.not_before.unwrap_or(Timestamp::MIN);
        let hopeless = before(not_before, RETRY_WINDOW.saturating_add(Duration::from_nanos(1)));
        let planned = self.next_planned_after(now.max(hopeless)).max(not_before);
        self.wishes.iter().map(|wish| self.due(wish)).chain([planned]).min()
    }
}
