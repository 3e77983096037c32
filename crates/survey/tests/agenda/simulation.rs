//! Four hundred days of hosts that are off or asleep and links that are cut, in zones with
//! summer time, against a reference that only looks at the list of planned times.
//!
//! `AGENDA_SEED=7 cargo nextest run -p survey --test agenda years` replays one seed.
#![allow(clippy::disallowed_methods, reason = "a seed to replay comes from outside")]

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use survey::agenda::{AgendaOptions, Ask, Backoff, ON_TIME, READ_WAIT, RETRY_WINDOW, Reason, Remembered, Task};
use wire::rhythm::{Rhythm, TimeOfDay};

use crate::harness::{HOUR, MINUTE, Story, settled, time, zone};

const DAYS: i64 = 400;
const DAY: SignedDuration = SignedDuration::from_hours(24);
const ZONES: [&str; 8] = [
    "Europe/Amsterdam",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Cairo",
    "UTC",
    "America/Sao_Paulo",
    "America/St_Johns",
];

/// The longest wait between two attempts, and a little for sending.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(610);

/// Chance from a seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % limit.unsigned_abs()).cast_signed()
    }

    /// Mostly minutes, sometimes hours, now and then two days.
    fn span(&mut self) -> SignedDuration {
        let most = [20 * 60, 40 * 60, 40 * 60, 8 * 3600, 2 * 86_400][self.below(5) as usize];
        SignedDuration::from_secs(1 + self.below(most))
    }
}

/// Is a time during which something is missing.
#[derive(Clone, Copy, Debug)]
struct Outage {
    from: Timestamp,
    to: Timestamp,
    /// The host keeps its memory.
    is_sleep: bool,
}

fn outages(chance: &mut Chance, from: Timestamp, to: Timestamp, every_hours: i64) -> Vec<Outage> {
    let mut outages = Vec::new();
    // Beside the whole seconds of planned times, so that before and after are different things.
    let mut at = from + SignedDuration::from_millis(1);
    loop {
        at += SignedDuration::from_secs(1 + chance.below(2 * every_hours * 3600));
        let ends = at + chance.span();
        if ends >= to {
            return outages;
        }
        outages.push(Outage { from: at, to: ends, is_sleep: chance.below(2) == 0 });
        at = ends;
    }
}

/// Is what the reference knows: when host and link were there.
struct Accidents {
    host: Vec<Outage>,
    link: Vec<Outage>,
}

fn is_up(outages: &[Outage], from: Timestamp, to: Timestamp) -> bool {
    !outages.iter().any(|outage| outage.from <= to && from <= outage.to)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Kept,
    Missed,
    /// It depends on the moment of an attempt.
    Open,
}

impl Accidents {
    /// Says whether a planned report must have been accepted, from nothing but its time.
    fn verdict(&self, planned: Timestamp) -> Verdict {
        let (on_time, ends) = (planned + ON_TIME, planned + RETRY_WINDOW);
        let blocks = |outage: &&Outage| outage.from <= planned && outage.to > on_time;
        if self.host.iter().any(|outage| blocks(&outage)) {
            return Verdict::Missed;
        }
        // What is being sent when a host falls asleep may arrive when it wakes.
        let sleeps = self.host.iter().any(|outage| outage.is_sleep && outage.from >= planned && outage.from <= ends + MINUTE);
        if !sleeps && self.link.iter().any(|outage| outage.from < planned && outage.to > ends + MINUTE) {
            return Verdict::Missed;
        }
        let awake = self.host.iter().filter(|outage| outage.from <= planned && outage.to >= planned).map(|outage| outage.to).max();
        let awake = awake.map_or(planned, |awake| awake + SignedDuration::from_nanos(1));
        if !is_up(&self.host, awake, ends + MINUTE) {
            return Verdict::Open;
        }
        let first_attempt_by = awake + READ_WAIT;
        let suits =
            |from: Timestamp| from >= first_attempt_by && from + LONGEST_WAIT <= ends && is_up(&self.link, from, from + LONGEST_WAIT);
        let starts = self.link.iter().map(|outage| outage.to + SignedDuration::from_nanos(1)).chain([first_attempt_by]);
        if is_up(&self.link, awake, first_attempt_by + MINUTE) || starts.into_iter().any(suits) {
            return Verdict::Kept;
        }
        Verdict::Open
    }

    /// Returns by when host and link had been there long enough for whatever was owed.
    fn settled_by(&self, from: Timestamp, to: Timestamp) -> Option<Timestamp> {
        let needed = SignedDuration::try_from(READ_WAIT).unwrap() + 2 * LONGEST_WAIT;
        let all = || self.host.iter().chain(&self.link);
        let mut starts: Vec<_> =
            all().map(|outage| outage.to + SignedDuration::from_nanos(1)).chain([from]).filter(|start| *start >= from).collect();
        starts.sort();
        let start =
            starts.into_iter().find(|start| is_up(&self.host, *start, *start + needed) && is_up(&self.link, *start, *start + needed))?;
        Some(start + needed).filter(|settled| *settled < to)
    }
}

fn options(chance: &mut Chance, seed: u64) -> AgendaOptions {
    let at = TimeOfDay::new(chance.below(24) as u8, chance.below(60) as u8).unwrap();
    let rhythm = Rhythm::Daily { at, spread_minutes: [0, 60, 600][chance.below(3) as usize] };
    let zone = zone(ZONES[chance.below(8) as usize]);
    AgendaOptions { catch_up: seed % 2 == 1, backoff: Backoff::new(seed), ..AgendaOptions::new(rhythm, zone, seed.wrapping_mul(7919)) }
}

/// Runs one seed; returns what the reference said of each day.
fn play(seed: u64) -> Vec<Verdict> {
    let mut chance = Chance(seed);
    let options = options(&mut chance, seed);
    let start = time("2005-01-01T00:00:00Z") + DAY * i32::try_from(chance.below(24 * 365)).unwrap();
    // Every fourth seed sees Samoa skip a day.
    let start = if seed.is_multiple_of(4) { time("2011-03-01T12:00:00Z") } else { start };
    let end = start + DAY * i32::try_from(DAYS).unwrap();
    let accidents = Accidents { host: outages(&mut chance, start, end, 36), link: outages(&mut chance, start, end, 36) };
    let mut story = Story::new(options.clone(), settled(start), start);
    let mut successes = Vec::new();
    let mut moments: Vec<_> = accidents.host.iter().map(|outage| (outage.from, Some(*outage))).collect();
    moments.extend(accidents.link.iter().flat_map(|outage| [(outage.from, None), (outage.to, None)]));
    moments.extend((0..DAYS / 5).map(|_| (start + SignedDuration::from_secs(chance.below(DAYS * 86_400)), None)));
    moments.push((end, None));
    moments.sort_by_key(|(at, _)| *at);
    for (at, outage) in moments {
        // Moments in an outage of the host pass unseen.
        if at >= story.now {
            run(&mut story, &mut chance, at, &mut successes);
            if chance.below(40) == 0 {
                story.ask([Ask::Discover, Ask::Read, Ask::Synchronise, Ask::ReadAndSynchronise][chance.below(4) as usize]);
            }
        }
        if let Some(outage) = outage {
            story.link_is_up = is_up(&accidents.link, outage.to, outage.to);
            story.now = outage.to;
            if outage.is_sleep { story.step() } else { story.restart(outage.to) }
        }
        story.link_is_up = is_up(&accidents.link, story.now + SignedDuration::from_nanos(1), story.now + SignedDuration::from_nanos(1));
    }
    compare(&options, &accidents, &story, &successes, (start, end))
}

/// Lets time pass, and checks at every step that what is announced is what happens.
fn run(story: &mut Story, chance: &mut Chance, until: Timestamp, successes: &mut Vec<Timestamp>) {
    while let Some(next) = story.next_moment().filter(|next| *next <= until) {
        assert!(next > story.now || !story.running.is_empty(), "it wants to be called again at once, at {next}");
        let is_sending = |(_, task): &(Timestamp, Task)| matches!(task, Task::Synchronise { .. });
        // A report waits for the end of a reading or of another report.
        let was_waiting = story.running.iter().any(|running| running.1 == Task::Read || is_sending(running));
        let (announced, begun) = (story.next_send_at(), story.log.len());
        assert!(announced >= story.now || story.running.iter().any(is_sending), "{announced} has passed at {}", story.now);
        // A sweep or a reading may take longer than a report waits.
        story.reading_takes = SignedDuration::from_secs([20, 60, 200, 900][chance.below(4) as usize]);
        story.discovery_takes = SignedDuration::from_secs([60, 600, 3000][chance.below(3) as usize]);
        story.now = story.now.max(next);
        let is_news = story.running.iter().any(|(ends, _)| *ends <= story.now) || story.agenda.next_planned_at() == Some(story.now);
        story.step();
        if !is_news && announced > story.now {
            assert_eq!(story.next_send_at(), announced, "at {} nothing happened", story.now);
        }
        let sends = |(_, task): &(Timestamp, Task)| matches!(task, Task::Synchronise { reason } if *reason != Reason::Asked);
        if story.log[begun..].iter().any(sends) && !was_waiting {
            assert_eq!(announced, story.now, "a report goes that was announced for another time");
        }
        let success = story.agenda.window().last_success_at;
        if success.is_some() && success != successes.last().copied() {
            successes.extend(success);
        }
    }
    story.now = until;
}

fn compare(
    options: &AgendaOptions,
    accidents: &Accidents,
    story: &Story,
    successes: &[Timestamp],
    (start, end): (Timestamp, Timestamp),
) -> Vec<Verdict> {
    let planned = options.rhythm.planned_between(&options.zone, options.offset, start, end - HOUR, 1000);
    assert!((DAYS - 3..=DAYS + 1).contains(&(planned.len() as i64)), "{}", planned.len());
    let mut verdicts = Vec::new();
    for planned in &planned {
        let kept: Vec<_> = story.kept.iter().filter(|(kept, _)| kept == planned).map(|(_, at)| *at).collect();
        assert!(kept.len() <= 1, "{planned} was reported {kept:?}");
        let verdict = accidents.verdict(*planned);
        verdicts.push(verdict);
        match verdict {
            Verdict::Kept => assert_eq!(kept.len(), 1, "{planned} was missed, {:?}", options.zone),
            Verdict::Missed => assert_eq!(kept.len(), 0, "{planned} was kept, {:?}", options.zone),
            Verdict::Open => {}
        }
        if options.catch_up
            && let Some(by) = accidents.settled_by(*planned, end)
        {
            let is_covered = successes.iter().any(|success| success >= planned && *success <= by);
            assert!(is_covered, "{planned} was to be caught up on by {by}");
        }
    }
    assert!(story.kept.iter().all(|(kept, _)| planned.contains(kept) || *kept > end - HOUR));
    assert_eq!(options.catch_up, story.count(Reason::CatchUp) > 0);
    verdicts
}

#[test]
fn years_of_accidents_agree_with_the_list_of_planned_times() {
    let seeds = std::env::var_os("AGENDA_SEED").and_then(|seed| seed.to_str()?.parse().ok()).map_or(0..32, |seed: u64| seed..seed + 1);
    let mut verdicts = Vec::new();
    for seed in seeds {
        let played = std::panic::catch_unwind(|| play(seed));
        verdicts.extend(played.unwrap_or_else(|_| panic!("replay with AGENDA_SEED={seed}")));
    }
    let share = |wanted| verdicts.iter().filter(|verdict| **verdict == wanted).count() * 100 / verdicts.len();
    let (missed, open) = (share(Verdict::Missed), share(Verdict::Open));
    assert!(missed >= 10 && open <= 10, "{missed} % missed, {open} % open");
}

#[test]
fn clocks_that_jump_never_repeat_a_day_and_never_silence_the_agent() {
    for seed in 0..40 {
        let mut chance = Chance(seed);
        let options = options(&mut chance, seed);
        let start = time("2026-03-01T00:00:00Z") + DAY * i32::try_from(chance.below(300)).unwrap();
        let mut story = Story::new(options.clone(), Remembered { ..settled(start) }, start);
        for _ in 0..60 {
            let away = SignedDuration::from_secs(chance.below(5 * 86_400) - 2 * 86_400);
            for shift in [away, -away] {
                let until = story.now + SignedDuration::from_secs(chance.below(86_400));
                story.run_until(until);
                let to = (story.now + shift).to_string();
                story.jump_to(&to);
            }
        }
        assert!(story.log.len() < 60 * 10 * 24, "{}", story.log.len());
        let mut kept: Vec<_> = story.kept.iter().map(|(planned, _)| options.zone.to_datetime(*planned).date()).collect();
        let count = kept.len();
        kept.sort();
        kept.dedup();
        assert_eq!(kept.len(), count, "seed {seed}: a day was reported twice");
        let until = story.now + DAY * 6;
        let before = story.kept.len();
        story.run_until(until);
        assert!(story.kept.len() > before, "seed {seed}: silent for six days");
    }
}

#[test]
fn the_same_seed_gives_the_same_days() {
    let log = |seed| {
        let mut story = Story::new(options(&mut Chance(seed), seed), settled(time("2026-03-01T00:00:00Z")), time("2026-03-01T00:00:00Z"));
        story.link_is_up = false;
        story.run_to("2026-04-01T00:00:00Z");
        story.log
    };
    assert_eq!(log(3), log(3));
    assert_ne!(log(3), log(4));
}

#[test]
fn a_zone_may_change_its_rules_under_way() {
    let utc = |minutes: i32| TimeZone::fixed(jiff::tz::Offset::from_seconds(minutes * 60).unwrap());
    let mut story = Story::settled(crate::harness::options(), "2026-11-22T18:00:00Z");
    for day in 0..50i32 {
        story.run_until(time("2026-11-22T18:00:00Z") + DAY * day);
        story.agenda.set_schedule(story.now, crate::harness::daily("02:00"), utc((day % 5 - 2) * 60));
    }
    assert_eq!(story.count(Reason::Planned), 49);
}
