//! One record of several views: of each fact the newest word, whichever path it came by.
//!
//! Facts that mean something only together move together: the rows of a table, the state with its
//! alerts. Meters, fields of the identity and settings each stand for themselves.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::DeviceRecord;
use model::record::Path;
use wire::Facts;

use crate::view::View;

/// Is a view and the path that it came by.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    pub path: Path,
    pub view: &'a View,
}

/// Is what is current of a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Current {
    /// Its time is that of the newest fact in it.
    pub record: DeviceRecord,
    /// By unit (`meters/total`, `supplies`, `status`): the path that won, and when the unit was seen.
    pub origins: BTreeMap<String, (Path, Timestamp)>,
}

/// Is how much the word of a view counts: a right clock before a wrong one, then the newer, then the device itself.
type Weight = (bool, Timestamp, bool);

/// Makes one record of all views of a device.
pub fn merge(sources: &[Source<'_>]) -> Current {
    let mut winners: BTreeMap<&str, (Weight, usize)> = BTreeMap::new();
    for (place, source) in sources.iter().enumerate() {
        let plausible = source.view.has_plausible_clock();
        for key in source.view.facts.keys() {
            let weight = (plausible, source.view.seen(key), source.path == Path::DeviceDirect);
            let winner = winners.entry(unit(key)).or_insert((weight, place));
            if weight > winner.0 {
                *winner = (weight, place);
            }
        }
    }
    let mut facts = Facts::new();
    for (place, source) in sources.iter().enumerate() {
        let won = source.view.facts.iter().filter(|(key, _)| winners.get(unit(key)).is_some_and(|winner| winner.1 == place));
        facts.extend(won.map(|(key, value)| (key.clone(), value.clone())));
    }
    let newest = winners.values().max_by_key(|(weight, place)| (*weight, std::cmp::Reverse(*place)));
    let path = newest.map_or(Path::Agent, |(_, place)| sources[*place].path);
    let mut record = wire::facts::record(&facts, path, newest.map(|((_, seen_at, _), _)| *seen_at));
    for source in sources.iter().filter(|source| !source.view.has_plausible_clock()) {
        let name = path_name(source.path);
        record.problems.push(format!("{name}: the sender's clock is wrong, so its times are; what another path says counts more"));
    }
    let origins = winners.into_iter().map(|(unit, ((_, seen_at, _), place))| (unit.to_owned(), (sources[place].path, seen_at))).collect();
    Current { record, origins }
}

/// Returns the part of a key that names what moves together.
fn unit(key: &str) -> &str {
    let mut segments = key.split('/');
    let first = segments.next().unwrap_or(key);
    match (first, segments.next()) {
        // No alert is told by the absence of alerts beside a state that was read.
        ("alerts", _) => "status",
        ("meters" | "identity" | "configuration", Some(second)) => &key[..first.len() + 1 + second.len()],
        _ => first,
    }
}

fn path_name(path: Path) -> &'static str {
    match path {
        Path::Agent => "agent",
        Path::DeviceDirect => "device-direct",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::{Key, Reading, Value};

    fn at(hour: i8) -> Timestamp {
        jiff::civil::date(2026, 11, 25).at(hour, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp()
    }

    fn view(seen_at: Timestamp, pairs: &[(&str, Value)]) -> View {
        let facts = pairs.iter().map(|(key, value)| (Key::from(*key), value.clone())).collect();
        let mut view = View::unseen(at(20));
        view.take(&Reading::whole(1, seen_at, &facts), at(20)).unwrap();
        view
    }

    fn meter(name: &str, value: i64) -> [(String, Value); 3] {
        [
            (format!("meters/{name}/value"), value.into()),
            (format!("meters/{name}/origin"), "prtMarkerLifeCount.1.1".into()),
            (format!("meters/{name}/evidence"), "standard".into()),
        ]
    }

    fn metered(seen_at: Timestamp, meters: &[(&str, i64)]) -> View {
        let pairs: Vec<(String, Value)> = meters.iter().flat_map(|(name, value)| meter(name, *value)).collect();
        view(seen_at, &pairs.iter().map(|(key, value)| (key.as_str(), value.clone())).collect::<Vec<_>>())
    }

    fn meters(current: &Current) -> Vec<(&str, u64)> {
        current.record.meters.iter().map(|meter| (meter.name.as_str(), meter.value)).collect()
    }

    #[test]
    fn of_each_meter_the_newest_word_counts_whichever_path_it_came_by() {
        let agent = metered(at(9), &[("total", 100), ("copy", 7)]);
        let direct = metered(at(8), &[("total", 90), ("fax", 3)]);
        let both = [Source { path: Path::Agent, view: &agent }, Source { path: Path::DeviceDirect, view: &direct }];
        let current = merge(&both);
        assert_eq!(meters(&current), [("total", 100), ("copy", 7), ("fax", 3)]);
        assert_eq!(current.origins["meters/fax"], (Path::DeviceDirect, at(8)));
        assert_eq!((current.record.path, current.record.observed_at), (Path::Agent, Some(at(9))));
        let turned: Vec<_> = both.into_iter().rev().collect();
        assert_eq!(merge(&turned), current);
    }

    #[test]
    fn at_the_same_moment_the_device_itself_is_believed() {
        let (agent, direct) = (metered(at(9), &[("total", 100)]), metered(at(9), &[("total", 101)]));
        let current = merge(&[Source { path: Path::Agent, view: &agent }, Source { path: Path::DeviceDirect, view: &direct }]);
        assert_eq!(meters(&current), [("total", 101)]);
    }

    /// A clock that is wrong by years.
    #[test]
    fn a_plainly_wrong_clock_loses_and_is_told() {
        let (right, wrong) = (metered(at(9), &[("total", 100)]), metered(at(23), &[("total", 5), ("fax", 1)]));
        let current = merge(&[Source { path: Path::Agent, view: &right }, Source { path: Path::DeviceDirect, view: &wrong }]);
        assert_eq!(meters(&current), [("total", 100), ("fax", 1)]);
        assert_eq!(current.record.problems.len(), 1);
        assert_eq!(current.record.observed_at, Some(at(9)));
    }

    #[test]
    fn an_alert_is_over_when_the_newest_state_does_not_list_it() {
        let old = view(
            at(8),
            &[
                ("status/device", "warning".into()),
                ("alerts/1/severity", "critical".into()),
                ("alerts/1/origin", "prtAlertTable.1.1".into()),
            ],
        );
        let new = view(at(9), &[("status/device", "running".into())]);
        let meterless = view(at(10), &[("identity/model", "M".into())]);
        let sources = [&old, &new, &meterless].map(|view| Source { path: Path::Agent, view });
        let record = merge(&sources).record;
        assert!(record.alerts.is_empty());
        assert_eq!(record.identity.model.as_deref(), Some("M"));
        assert_eq!(merge(&sources[..1]).record.alerts.len(), 1);
    }

    #[test]
    fn a_device_nobody_has_read_says_nothing() {
        assert_eq!(merge(&[]).record, DeviceRecord::new(Path::Agent));
    }
}
