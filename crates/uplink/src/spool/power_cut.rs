//! The spool on a disk that fails at every step in turn: what was put is there, and nothing else.

use std::collections::BTreeMap;
use std::path::Path;

use uuid::Uuid;

use super::model::{Fault, ModelDisk};
use super::{Spool, SpoolError, SpoolOptions};

/// Is what the caller of a spool may rely on.
#[derive(Default)]
struct Expected {
    /// Reports whose put has returned, and whose removal has not been asked for.
    there: BTreeMap<Uuid, Vec<u8>>,
    /// The report whose put or removal did not return: it may be there or not, but never in part.
    doubtful: Option<(Uuid, Vec<u8>)>,
}

#[derive(Clone, Copy)]
enum Deed {
    Put(u128),
    Remove(u128),
}

const STORY: [Deed; 8] =
    [Deed::Put(1), Deed::Put(2), Deed::Remove(1), Deed::Put(3), Deed::Remove(3), Deed::Put(4), Deed::Remove(2), Deed::Put(5)];

fn payload(number: u128) -> Vec<u8> {
    (0..40 * number).map(|place| (place * 7 + number) as u8).collect()
}

fn open(disk: &ModelDisk) -> Result<Spool<ModelDisk>, SpoolError> {
    Spool::open_on(disk.clone(), Path::new("/spool"), SpoolOptions::default())
}

/// Does the story until something fails.
fn live(disk: &ModelDisk, expected: &mut Expected) -> Result<(), SpoolError> {
    let mut spool = open(disk)?;
    for deed in STORY {
        match deed {
            Deed::Put(number) => {
                let (id, payload) = (Uuid::from_u128(number), payload(number));
                expected.doubtful = Some((id, payload.clone()));
                spool.put(id, &payload)?;
                expected.there.insert(id, payload);
            }
            Deed::Remove(number) => {
                let id = Uuid::from_u128(number);
                expected.doubtful = expected.there.remove_entry(&id);
                assert!(spool.remove(id)?);
            }
        }
        expected.doubtful = None;
    }
    Ok(())
}

fn content(disk: &ModelDisk) -> (BTreeMap<Uuid, Vec<u8>>, u64) {
    let spool = open(disk).expect("a healthy disk");
    let read = |entry: &super::Entry| (entry.id, spool.read(&spool.directory.join(entry.name())).ok().expect("whole"));
    (spool.entries().map(read).collect(), spool.damaged())
}

fn check(disk: &ModelDisk, expected: &Expected, context: &str) {
    let (mut found, damaged) = content(disk);
    assert_eq!(damaged, 0, "{context}");
    if let Some((id, payload)) = &expected.doubtful
        && let Some(found) = found.remove(id)
    {
        assert_eq!(&found, payload, "{context}");
    }
    assert_eq!(found, expected.there, "{context}");
}

fn splitmix(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Runs the story with `fault` at every step; returns how many steps it has.
fn at_every_step(fault: Fault, mut then: impl FnMut(&ModelDisk, &mut Expected, u64)) -> u64 {
    for step in 0.. {
        let (disk, mut expected) = (ModelDisk::default(), Expected::default());
        disk.fail(step, fault);
        let lived = live(&disk, &mut expected);
        if !disk.has_failed() {
            lived.expect("nothing failed");
            return step;
        }
        then(&disk, &mut expected, step);
    }
    unreachable!("the story ends")
}

#[test]
fn after_a_power_cut_exactly_the_completed_puts_are_there() {
    for seed in 0..40 {
        let steps = at_every_step(Fault::PowerCut, |disk, expected, step| {
            let mut chance = splitmix(seed << 32 | step);
            disk.reboot(&mut chance);
            // The power may go once more while the spool is being opened.
            disk.fail(chance() % 4, Fault::PowerCut);
            let _ = open(disk);
            disk.reboot(&mut chance);
            check(disk, expected, &format!("seed {seed}, cut at step {step}"));
        });
        assert!(steps > 30, "the story has only {steps} steps");
    }
}

#[test]
fn a_disk_that_is_full_for_a_moment_takes_no_half_report() {
    at_every_step(Fault::Full, |disk, expected, step| check(disk, expected, &format!("full at step {step}")));
}

#[test]
fn a_put_that_finds_no_room_says_so_and_succeeds_when_there_is_room() {
    let disk = ModelDisk::default();
    let mut spool = open(&disk).unwrap();
    spool.put(Uuid::from_u128(1), b"first").unwrap();
    // Making, two times writing, syncing, moving and syncing the directory.
    for step in 0..6 {
        disk.fail(step, Fault::Full);
        let error = spool.put(Uuid::from_u128(2), b"second").unwrap_err();
        assert!(error.is_disk_full(), "{error}");
        assert_eq!((spool.len(), content(&disk).0.len()), (1, 1), "step {step}");
    }
    disk.heal();
    spool.put(Uuid::from_u128(2), b"second").unwrap();
    assert_eq!(content(&disk).0.len(), 2);
}

#[test]
fn a_disk_that_becomes_read_only_loses_nothing() {
    at_every_step(Fault::ReadOnly, |disk, expected, step| {
        disk.heal();
        check(disk, expected, &format!("read-only from step {step}"));
    });
}
