//! Trying to be let in: credentials and versions in turn, ever more slowly.

use snmp::usm::{Refused, Remote};
use snmp::{Patience, Tick, Version};

use crate::access::{Door, Turned};
use crate::credentials::Credentials;
use crate::plan::Plan;
use crate::reading::{Reading, patience};

/// Is how often each way is tried before a device counts as silent.
const ROUNDS: usize = 3;
/// Is how long the first attempt waits, in microseconds: nobody knows yet how slow the device is.
pub(crate) const FIRST_WAIT: Tick = 1_000_000;
/// The same for a device that has just answered the sweep.
pub(crate) const FIRST_WAIT_OF_THE_LIVING: Tick = 400_000;

/// Is one way to ask: a credential by its number, and a version.
pub(crate) type Way = (u16, Version);

/// Is how far the attempts to be let in have come.
pub(crate) struct Greeting {
    /// Those that have not been refused.
    ways: Vec<Way>,
    at: usize,
    first_wait: Tick,
    /// How often all ways have been tried.
    round: usize,
    /// The device answered in v1; v2c is tried once more before v1 is believed to be all it speaks.
    pub(crate) in_v1: Option<Reading>,
    refused: Vec<(u16, Refused)>,
    /// Whether the device has said anything, even that it does not take what is said.
    pub(crate) has_answered: bool,
}

impl Greeting {
    /// Begins with these ways; `None` if there are none.
    pub(crate) fn new(ways: Vec<Way>, first_wait: Tick, has_answered: bool) -> Option<Self> {
        (!ways.is_empty()).then_some(Greeting { ways, at: 0, first_wait, round: 0, in_v1: None, refused: Vec::new(), has_answered })
    }

    /// Returns the way to ask now.
    pub(crate) fn way(&self) -> Way {
        self.ways[self.at]
    }

    /// One attempt a round; the rounds get slower.
    pub(crate) fn patience(&self, plan: &Plan) -> Patience {
        Patience { timeout: self.first_wait << self.round, attempts: 1, ..patience(&plan.profile.read) }
    }

    /// Goes on after silence; returns whether there is anything left to try. Of a device that does not
    /// even say which engine it is no other user is tried in the same round.
    pub(crate) fn take_silence(&mut self, engine: Option<&Remote>, is_unsent: bool) -> bool {
        let was_v3 = self.way().1 == Version::V3;
        self.step();
        while was_v3 && engine.is_none() && self.at > 0 && self.way().1 == Version::V3 {
            self.step();
        }
        // Where the system itself knows no way, each way is tried once and no more.
        self.round < if is_unsent { 1 } else { ROUNDS }
    }

    fn step(&mut self) {
        self.at += 1;
        if self.at >= self.ways.len() {
            self.at = 0;
            self.round += 1;
        }
    }

    /// Goes on after a refusal: what was refused is not tried again. Returns whether anything is left.
    pub(crate) fn take_refusal(&mut self, why: Refused) -> bool {
        self.has_answered = true;
        let (credential, _) = self.ways.remove(self.at);
        self.refused.push((credential, why));
        if self.at >= self.ways.len() {
            self.at = 0;
            self.round += 1;
        }
        !self.ways.is_empty() && self.round < ROUNDS
    }

    /// Tells what became of every credential that was tried before `served`, or in vain.
    pub(crate) fn turned(&self, served: Option<u16>) -> Vec<(u16, Turned)> {
        let mut turned: Vec<(u16, Turned)> = self.refused.iter().map(|(number, why)| (*number, Turned::Refused(*why))).collect();
        // Silence says something of a credential only where the device is known to be there.
        if served.is_some() || self.has_answered {
            let tried = if self.round > 0 { self.ways.len() } else { self.at };
            for (number, _) in &self.ways[..tried] {
                if served != Some(*number) && !turned.iter().any(|(known, _)| known == number) {
                    turned.push((*number, Turned::Unanswered));
                }
            }
        }
        turned
    }

    pub(crate) fn refusals(&self) -> &[(u16, Refused)] {
        &self.refused
    }
}

/// Returns the ways to ask a device, in order; what is shut is left out.
pub(crate) fn ways(credentials: &Credentials, numbers: &[u16], door: Option<&Door>) -> Vec<Way> {
    let open = numbers.iter().copied().filter(|number| door.is_none_or(|door| !door.shut.contains(number)));
    open.flat_map(|number| credentials.credential(number).versions().iter().map(move |version| (number, *version))).collect()
}
