//! How far a rotation is: which credential serves how many devices, and who still waits for a newer one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use survey::Credentials;
use survey::credentials::Credential;

use super::ip;
use crate::store::access::Fingerprint;
use crate::store::{Store, StoreError};

/// Is how the devices that are looked after stand with the credentials; names only, no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// In the order of the configuration.
    pub credentials: Vec<Line>,
    /// Devices that were let in by a credential that is no longer there.
    pub by_former: u64,
    /// Devices that let nobody in, whatever was tried.
    pub refusing: u64,
    /// Devices that have not been asked yet since credentials are remembered.
    pub not_asked: u64,
}

/// Is one credential.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Line {
    /// Such as "user service (SHA-256, AES-128)"; of a community only its place.
    pub name: String,
    /// How many devices it serves.
    pub devices: u64,
    /// How many of these wait for the first credential of their range.
    pub waiting: u64,
    /// How many devices did not take it.
    pub turned_away: u64,
    /// The reason that most of them gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Progress {
    /// Returns whether some device depends on what is to go, or lets nobody in.
    pub fn is_complete(&self) -> bool {
        self.by_former + self.refusing + self.not_asked == 0 && self.credentials.iter().all(|line| line.waiting == 0)
    }
}

/// Returns how the devices stand with today's credentials.
///
/// # Errors
/// Fails if the store does not read.
pub fn progress(store: &Store, credentials: &Credentials, fingerprints: &[Fingerprint]) -> Result<Progress, StoreError> {
    let numbers: BTreeMap<Fingerprint, usize> = fingerprints.iter().copied().zip(0..).collect();
    let mut progress = Progress { credentials: names(credentials), ..Progress::default() };
    let (within, _) = store.counts()?;
    let turned = store.turned_away()?;
    let refused: BTreeSet<_> = turned.iter().map(|of| (of.device, of.what.credential)).collect();
    let mut asked = BTreeSet::new();
    for of in store.served()?.into_iter().filter(|of| of.in_scope) {
        asked.insert(of.device);
        if refused.contains(&(of.device, of.what.credential)) {
            progress.refusing += 1;
            continue;
        }
        let Some(number) = numbers.get(&of.what.credential).copied() else {
            progress.by_former += 1;
            continue;
        };
        let line = &mut progress.credentials[number];
        line.devices += 1;
        let first = ip(&of.address).and_then(|address| credentials.of(address).first().copied());
        line.waiting += u64::from(first.is_some_and(|first| !is_same(credentials, usize::from(first), number)));
    }
    let mut reasons: BTreeMap<(usize, &str), u64> = BTreeMap::new();
    for of in turned.iter().filter(|of| of.in_scope) {
        progress.refusing += u64::from(asked.insert(of.device));
        if let Some(number) = numbers.get(&of.what.credential) {
            progress.credentials[*number].turned_away += 1;
            *reasons.entry((*number, &of.what.why)).or_default() += 1;
        }
    }
    for (number, line) in progress.credentials.iter_mut().enumerate() {
        let own = reasons.iter().filter(|((of, _), _)| *of == number);
        line.why = own.max_by_key(|(_, count)| **count).map(|((_, why), _)| (*why).to_owned());
    }
    progress.not_asked = within.saturating_sub(asked.len() as u64);
    Ok(progress)
}

/// Returns a line for each credential, without counts.
pub fn names(credentials: &Credentials) -> Vec<Line> {
    let numbers = (0..credentials.len()).filter_map(|number| u16::try_from(number).ok());
    let name = |number: u16| match credentials.credential(number) {
        Credential::Community(_) => format!("community, {} in order", ordinal(usize::from(number) + 1)),
        user => user.to_string(),
    };
    numbers.map(|number| Line { name: name(number), ..Line::default() }).collect()
}

fn ordinal(number: usize) -> String {
    let end = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{end}")
}

/// Returns whether two are one user whose key is made longer in two ways, or the same.
fn is_same(credentials: &Credentials, one: usize, other: usize) -> bool {
    let of = |number: usize| u16::try_from(number).ok().map(|number| credentials.credential(number));
    match (of(one), of(other)) {
        (Some(Credential::User(one_user)), Some(Credential::User(other_user))) => {
            one == other || other_user.extension().is_some_and(|extension| one_user.extended_by(extension) == **other_user)
        }
        _ => one == other,
    }
}
