//! What the server asks for: each command is on flash before it begins, and runs at most once.

use alloc::string::{String, ToString};

use jiff::Timestamp;
use wire::commands::{Action, Command, Outcome, OutcomeKind};
use wire::json::LONGEST_ID;

use crate::module::Mode;
use crate::platform::{Platform, Verdict};
use crate::state::{Order, Stage, State};
use crate::wait::after;

/// Is the most commands that are remembered, ended ones among them.
const MOST: usize = 32;
/// An ended command is remembered so long beyond its time: a server that lost its memory may repeat it.
const MEMORY: i64 = 7 * 24 * 60 * 60;

/// Takes in a command; returns whether it is new. Nothing runs before the state is saved.
pub fn take(state: &mut State, command: &Command, mode: Mode, now: Timestamp) -> bool {
    let is_id = !command.id.is_empty() && command.id.len() <= LONGEST_ID && command.id.bytes().all(|octet| octet.is_ascii_graphic());
    if !is_id || state.orders.iter().any(|order| order.command.id == command.id) {
        return false;
    }
    make_room(state, now);
    if state.orders.len() >= MOST {
        // All of them are open: the server repeats this one when some have ended.
        return false;
    }
    let stage = match &command.action {
        _ if mode == Mode::Locked => ended(command, OutcomeKind::Refused, now, Some("the site takes no commands")),
        _ if command.expires_at <= now => ended(command, OutcomeKind::Expired, now, None),
        Action::Unknown => ended(command, OutcomeKind::Refused, now, Some("this module does not know the command")),
        _ if mode == Mode::Approve => Stage::Waiting,
        _ => Stage::Begun,
    };
    state.orders.push(Order { command: command.clone(), stage });
    true
}

/// Asks the site about the commands that wait for its word; returns whether anything has changed.
pub fn ask(state: &mut State, platform: &mut impl Platform) -> bool {
    let now = platform.now();
    let mut is_news = false;
    for order in state.orders.iter_mut().filter(|order| order.stage == Stage::Waiting) {
        order.stage = match platform.verdict(&order.command) {
            _ if order.command.expires_at <= now => {
                ended(&order.command, OutcomeKind::Expired, now, Some("nobody at the site decided in time"))
            }
            Verdict::Allowed => Stage::Begun,
            Verdict::Refused => ended(&order.command, OutcomeKind::Refused, now, Some("somebody at the site refused it")),
            Verdict::Open => continue,
        };
        is_news = true;
    }
    is_news
}

/// Runs what has begun; what is on flash says so already. Returns whether the printer is to be read.
pub fn run(state: &mut State, platform: &mut impl Platform) -> bool {
    let mut reads = false;
    for place in 0..state.orders.len() {
        if state.orders[place].stage != Stage::Begun {
            continue;
        }
        let command = state.orders[place].command.clone();
        let now = platform.now();
        let stage = match &command.action {
            Action::ReadNow => {
                reads = true;
                ended(&command, OutcomeKind::Done, platform.now(), None)
            }
            Action::SetSchedule { schedule } => match platform.zone(&schedule.time_zone) {
                Some(_) => {
                    state.schedule = Some(schedule.clone());
                    ended(&command, OutcomeKind::Done, now, None)
                }
                None => {
                    let zone: String = schedule.time_zone.chars().take(60).collect();
                    ended(&command, OutcomeKind::Failed, now, Some(&alloc::format!("unknown time zone {zone}")))
                }
            },
            Action::SendFullReport => {
                state.forget_base();
                ended(&command, OutcomeKind::Done, now, None)
            }
            _ => ended(&command, OutcomeKind::Refused, now, Some("this module does not know the command")),
        };
        state.orders[place].stage = stage;
    }
    reads
}

/// Lets go of what could not be written to flash; the server repeats it.
pub fn postpone(state: &mut State) {
    state.orders.retain(|order| order.stage != Stage::Begun);
}

/// After a restart nobody knows what became of a command that was running.
pub fn recover(state: &mut State, now: Timestamp) {
    for order in state.orders.iter_mut().filter(|order| order.stage == Stage::Begun) {
        order.stage = ended(&order.command, OutcomeKind::Unknown, now, Some("the module stopped while it ran"));
    }
}

/// Returns whether there is an end that the server has not heard of.
pub fn has_news(state: &State) -> bool {
    state.orders.iter().any(|order| matches!(order.stage, Stage::Ended(_)))
}

fn make_room(state: &mut State, now: Timestamp) {
    let is_over = |order: &Order| order.stage == Stage::Told && after(order.command.expires_at, MEMORY) < now;
    state.orders.retain(|order| !is_over(order));
    while state.orders.len() >= MOST {
        let Some(oldest) = state.orders.iter().position(|order| order.stage == Stage::Told) else { return };
        state.orders.remove(oldest);
    }
}

fn ended(command: &Command, outcome: OutcomeKind, at: Timestamp, detail: Option<&str>) -> Stage {
    let at = Timestamp::from_second(at.as_second()).unwrap_or(at);
    Stage::Ended(Outcome { command: command.id.clone(), outcome, at, detail: detail.map(ToString::to_string) })
}
