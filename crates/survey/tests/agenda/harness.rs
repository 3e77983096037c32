//! A day of an agent, played: tasks take their time, clocks jump, hosts stop and come back.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use survey::agenda::{Agenda, AgendaOptions, Ask, Backoff, Done, Failure, Outcome, Reason, Remembered, Task};
use wire::rhythm::Rhythm;

pub const MINUTE: SignedDuration = SignedDuration::from_mins(1);
pub const HOUR: SignedDuration = SignedDuration::from_hours(1);

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect("the zone is in the bundled database")
}

pub fn daily(at: &str) -> Rhythm {
    Rhythm::Daily { at: at.parse().unwrap(), spread_minutes: 0 }
}

/// Reports at 02:00 UTC.
pub fn options() -> AgendaOptions {
    AgendaOptions { backoff: Backoff::new(1), ..AgendaOptions::new(daily("02:00"), TimeZone::UTC, 0) }
}

/// Is what an agent remembers that has reported, read and looked around lately.
pub fn settled(now: Timestamp) -> Remembered {
    let mut remembered = Remembered {
        first_done: true,
        last_discovery: Some(now - HOUR),
        last_reading: Some(now - 10 * MINUTE),
        decided_until: Some(now),
        ..Remembered::default()
    };
    remembered.window.last_success_at = Some(now - 10 * HOUR);
    remembered
}

pub struct Story {
    pub options: AgendaOptions,
    pub agenda: Agenda,
    pub now: Timestamp,
    /// What began when, in order.
    pub log: Vec<(Timestamp, Task)>,
    pub running: Vec<(Timestamp, Task)>,
    /// The planned times whose report was accepted, and when.
    pub kept: Vec<(Timestamp, Timestamp)>,
    pub discovery_takes: SignedDuration,
    pub reading_takes: SignedDuration,
    pub sending_takes: SignedDuration,
    /// The link to the server.
    pub link_is_up: bool,
    /// What the server asks for when it refuses, while the link is down.
    pub asked_wait: Option<Duration>,
}

impl Story {
    pub fn new(options: AgendaOptions, remembered: Remembered, now: Timestamp) -> Self {
        let mut story = Story {
            agenda: Agenda::new(options.clone(), remembered, now),
            options,
            now,
            log: Vec::new(),
            running: Vec::new(),
            kept: Vec::new(),
            discovery_takes: 3 * MINUTE,
            reading_takes: MINUTE,
            sending_takes: SignedDuration::from_secs(2),
            link_is_up: true,
            asked_wait: None,
        };
        story.take_tasks();
        story
    }

    /// An agent that goes on an ordinary day.
    pub fn settled(options: AgendaOptions, now: &str) -> Self {
        Story::new(options, settled(time(now)), time(now))
    }

    /// Lets the clock run, calling the agenda exactly when it wants to be called.
    pub fn run_until(&mut self, until: Timestamp) -> &mut Self {
        while let Some(next) = self.next_moment().filter(|next| *next <= until) {
            self.now = self.now.max(next);
            self.step();
        }
        self.now = until;
        self
    }

    pub fn run_to(&mut self, until: &str) -> &mut Self {
        self.run_until(time(until))
    }

    pub fn next_moment(&self) -> Option<Timestamp> {
        let wakes = self.agenda.poll_timeout().map(|(when, _)| when);
        self.running.iter().map(|(ends, _)| *ends).chain(wakes).min()
    }

    /// Ends what has to end now, and tells the agenda the time.
    pub fn step(&mut self) {
        let now = self.now;
        let (ended, running) = self.running.drain(..).partition(|(ends, _)| *ends <= now);
        self.running = running;
        for (_, task) in ended {
            let done = self.done(task);
            let (is_accepted, trying) = (done == Done::Synchronise(Outcome::Accepted), self.agenda.remembered().trying);
            self.agenda.handle_done(now, done);
            if is_accepted && trying != self.agenda.remembered().trying {
                self.kept.extend(trying.map(|planned| (planned, now)));
            }
            self.take_tasks();
        }
        self.agenda.handle_timeout(now);
        self.take_tasks();
    }

    fn done(&self, task: Task) -> Done {
        match task {
            Task::Discover => Done::Discover,
            Task::Read => Done::Read { data_at: Some(self.now) },
            Task::Synchronise { .. } if self.link_is_up => Done::Synchronise(Outcome::Accepted),
            Task::Synchronise { .. } => Done::Synchronise(Outcome::Failed(Failure {
                reason: "server.example: no route to host".to_owned(),
                server_answered: self.asked_wait.is_some(),
                wait: self.asked_wait,
            })),
        }
    }

    pub fn take_tasks(&mut self) {
        while let Some(task) = self.agenda.poll_task() {
            let takes = match task {
                Task::Discover => self.discovery_takes,
                Task::Read => self.reading_takes,
                Task::Synchronise { .. } => self.sending_takes,
            };
            self.check_overlap(task);
            self.log.push((self.now, task));
            self.running.push((self.now + takes, task));
        }
    }

    /// One task of a kind at a time; never a reading during a sweep.
    fn check_overlap(&self, task: Task) {
        let is_round = |task: &Task| matches!(task, Task::Discover | Task::Read);
        let overlaps = self.running.iter().find(|(_, other)| is_round(other) == is_round(&task));
        assert_eq!(overlaps, None, "{task:?} begins at {}", self.now);
    }

    /// The clock is set, or the host wakes: nothing was called in between.
    pub fn jump_to(&mut self, now: &str) -> &mut Self {
        let shift = time(now).duration_since(self.now);
        if shift.is_negative() {
            // What runs goes on running, by a clock that shows less.
            self.running.iter_mut().for_each(|(ends, _)| *ends += shift);
        }
        self.now = time(now);
        self.step();
        self
    }

    /// The host stops now and starts then, with what was written down.
    pub fn restart_at(&mut self, now: &str) -> &mut Self {
        self.restart(time(now));
        self
    }

    pub fn restart(&mut self, now: Timestamp) {
        let text = serde_json::to_string(self.agenda.remembered()).unwrap();
        self.now = now;
        self.running.clear();
        self.agenda = Agenda::new(self.options.clone(), serde_json::from_str(&text).unwrap(), now);
        self.take_tasks();
    }

    pub fn ask(&mut self, ask: Ask) -> &mut Self {
        assert!(self.agenda.handle_ask(self.now, ask));
        self.take_tasks();
        self
    }

    pub fn next_send_at(&self) -> Timestamp {
        self.agenda.window().next_send_at.expect("enrolled")
    }

    /// Returns what was sent, as "day hour:minute:second reason".
    pub fn sent(&self) -> Vec<String> {
        self.began(|task| match task {
            Task::Synchronise { reason } => Some(format!("{reason:?}")),
            _ => None,
        })
    }

    pub fn read(&self) -> Vec<String> {
        self.began(|task| (task == Task::Read).then(|| "Read".to_owned()))
    }

    pub fn discovered(&self) -> Vec<String> {
        self.began(|task| (task == Task::Discover).then(|| "Discover".to_owned()))
    }

    fn began(&self, name: impl Fn(Task) -> Option<String>) -> Vec<String> {
        let line = |(at, task): &(Timestamp, Task)| Some(format!("{} {}", at.strftime("%d %H:%M:%S"), name(*task)?));
        self.log.iter().filter_map(line).collect()
    }

    pub fn count(&self, wanted: Reason) -> usize {
        self.log.iter().filter(|(_, task)| *task == Task::Synchronise { reason: wanted }).count()
    }
}
