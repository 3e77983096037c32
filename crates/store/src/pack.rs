//! How views, days of history and payloads are kept.
//!
//! Views and history are small rows that are much alike, and millions of them: they are written
//! with numbers in place of the usual names ([`names`]). The first octet of what is kept says the
//! form; one that was used once is never changed, a better one becomes another number.

mod facts;
mod names;
mod octets;
mod payload;
mod samples;
mod view;

use policy::View;
use policy::history::{Day, Sample};

use crate::error::{Result, StoreError};

pub use payload::{pack_payload, unpack_frame, unpack_payload};

/// Is the form of rows that are written with `names-2.txt`.
const FORM: u8 = 2;

/// Writes a view for keeping.
pub fn pack_view(view: &View) -> Vec<u8> {
    view::write(view)
}

/// Reads a view back.
pub fn unpack_view(kept: &[u8]) -> Result<View> {
    let unreadable = StoreError::Unreadable { table: "views" };
    match kept.split_first() {
        Some((&FORM, octets)) => view::read(octets).ok_or(unreadable),
        Some((&payload::OLD_FORM, frame)) => {
            payload::unpack_old(frame).and_then(|json| serde_json::from_slice(&json).ok()).ok_or(unreadable)
        }
        _ => Err(unreadable),
    }
}

/// Writes a day of history for keeping.
pub fn pack_day(day: &Day) -> Vec<u8> {
    samples::write(day.samples())
}

/// Reads a day of history back.
pub fn unpack_day(kept: &[u8]) -> Result<Day> {
    let mut day = Day::default();
    for sample in unpack_samples(kept)? {
        day.add(sample);
    }
    Ok(day)
}

/// Writes samples of any time for keeping, the oldest first.
pub fn pack_samples<'a>(samples: impl DoubleEndedIterator<Item = &'a Sample>) -> Vec<u8> {
    samples::write(samples)
}

/// Reads samples back, the oldest first.
pub fn unpack_samples(kept: &[u8]) -> Result<Vec<Sample>> {
    let unreadable = StoreError::Unreadable { table: "history" };
    match kept.split_first() {
        Some((&FORM, octets)) => samples::read(octets).ok_or(unreadable),
        Some((&payload::OLD_FORM, frame)) => {
            let day = payload::unpack_old(frame).and_then(|json| Day::unpack(&json).ok()).ok_or(unreadable)?;
            Ok(day.samples().cloned().collect())
        }
        _ => Err(unreadable),
    }
}

/// Puts a sample before those that are kept, without reading more than the newest of them; `None`
/// if it is not of a later hour, or if what is kept is of an older form: all have then to be read.
///
/// # Errors
/// Fails on what cannot be read.
pub fn put_newest(kept: &[u8], sample: &Sample) -> Result<Option<Vec<u8>>> {
    let Some((&FORM, octets)) = kept.split_first() else { return Ok(None) };
    match samples::put_newest(octets, sample) {
        Some(samples::Put::Before(kept)) => Ok(Some(kept)),
        Some(samples::Put::NotNewest) => Ok(None),
        None => Err(StoreError::Unreadable { table: "history" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use policy::history::Sample;
    use wire::{Facts, Key, Value};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_572_000 + second).unwrap()
    }

    /// Is what a colour multi-function device says that history keeps: 11 meters, 6 supplies, and whether it is there.
    fn colour_device(turn: i64) -> Facts {
        let mut facts = Facts::from([(Key::from("presence"), Value::from("ready"))]);
        let meters = ["total", "monochrome", "color", "print", "copy", "fax", "scan", "large", "duplex", "copy.color", "print.color"];
        for (place, name) in meters.iter().enumerate() {
            facts.insert(format!("meters/{name}/value").into(), (48_213 * (place as i64 + 3) % 97_001 + turn * 7).into());
        }
        for index in 1..=6 {
            facts.insert(format!("supplies/{index}/level/kind").into(), "measured".into());
            facts.insert(format!("supplies/{index}/level/value").into(), (index * 1713 % 9001 - turn).into());
        }
        facts
    }

    #[test]
    fn what_is_packed_reads_back() {
        let mut view = View::unseen(at(0));
        view.facts = colour_device(0);
        view.facts.insert("supplies/1/remaining".into(), Value::Decimal(0.25));
        view.facts.insert("status/errors".into(), Value::List(vec!["lowToner".into(), "ärger".into()]));
        view.apart.insert("presence".into(), at(60));
        assert_eq!(unpack_view(&pack_view(&view)).unwrap(), view);
        let mut day = Day::default();
        assert!((0..24).all(|hour| day.add(Sample::of(at(hour * 3600), &colour_device(hour)))));
        assert_eq!(unpack_day(&pack_day(&day)).unwrap(), day);
        assert_eq!(unpack_payload(&pack_payload(b"report")).unwrap(), b"report");
        assert_eq!(unpack_frame(&zstd::bulk::compress(b"report", 1).unwrap()).unwrap(), b"report");
    }

    #[test]
    fn rows_of_the_first_form_are_read() {
        let mut view = View::unseen(at(0));
        view.facts = colour_device(0);
        assert_eq!(unpack_view(&payload::pack_old(&serde_json::to_vec(&view).unwrap())).unwrap(), view);
        let mut day = Day::default();
        day.add(Sample::of(at(0), &view.facts));
        let old = payload::pack_old(&day.pack());
        assert_eq!(unpack_day(&old).unwrap(), day);
        assert_eq!(put_newest(&old, &Sample::of(at(86_400), &view.facts)).unwrap(), None);
    }

    #[test]
    fn the_newest_sample_is_put_before_the_others_as_if_all_had_been_written_anew() {
        let samples: Vec<Sample> = (0..20).map(|day| Sample::of(at(day * 86_400), &colour_device(day))).collect();
        let mut kept = pack_samples(samples[..1].iter());
        for (place, sample) in samples.iter().enumerate().skip(1) {
            assert_eq!(put_newest(&kept, &samples[place - 1]).unwrap(), None, "of an hour that is there");
            kept = put_newest(&kept, sample).unwrap().unwrap();
            assert_eq!(kept, pack_samples(samples[..=place].iter()));
        }
        assert_eq!(unpack_samples(&kept).unwrap(), samples);
    }

    #[test]
    fn a_day_takes_little_room() {
        let mut day = Day::default();
        day.add(Sample::of(at(0), &colour_device(0)));
        let one = pack_day(&day).len();
        assert!(one <= 100, "{one} octets for the first report of 24 values");
        assert!((1..24).all(|hour| day.add(Sample::of(at(hour * 3600), &colour_device(hour)))));
        let each = pack_day(&day).len() / 24;
        assert!(each <= 50, "{each} octets for each report of many");
    }

    #[test]
    fn what_was_not_packed_here_is_told_and_harms_nobody() {
        let good = pack_day(&Day::default());
        for length in 0..good.len() {
            // What is cut may still be fewer samples; it never is others.
            drop(unpack_day(&good[..length]));
        }
        let view = pack_view(&View { facts: colour_device(0), ..View::unseen(at(0)) });
        for place in 0..view.len() {
            assert!(unpack_view(&view[..place]).is_err());
            let mut damaged = view.clone();
            damaged[place] ^= 0x55;
            drop(unpack_view(&damaged));
        }
        let mut other = good.clone();
        other[0] = 3;
        assert!(matches!(unpack_day(&other), Err(StoreError::Unreadable { table: "history" })));
        assert!(unpack_view(b"\x01no frame").is_err());
        // A head that promises a terabyte.
        assert!(unpack_view(b"\x01\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\x01\0\0").is_err());
        assert!(unpack_payload(b"").is_err());
    }
}
