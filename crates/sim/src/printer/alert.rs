//! The alert table: rows that come and go with what is wrong.

use snmp::oid::{encode, push_arc};
use snmp::{OidRef, Value};

use crate::printer::condition::{Condition, Notice};

/// Is one row of prtAlertTable.
#[derive(Clone, Debug)]
pub struct Alert {
    /// prtAlertIndex.
    pub index: u32,
    pub condition: Condition,
    pub notice: Notice,
    /// prtAlertTime: sysUpTime in hundredths of a second.
    pub time: u32,
}

/// Is prtAlertTable with its two counters.
#[derive(Clone, Debug, Default)]
pub struct AlertTable {
    alerts: Vec<Alert>,
    /// The readable columns of every alert, in the order of their identifiers.
    rows: Vec<Row>,
    rows_are_old: bool,
    last_index: u32,
    /// prtAlertCriticalEvents.
    pub critical_events: u32,
    /// prtAlertAllEvents.
    pub all_events: u32,
}

#[derive(Clone, Debug)]
struct Row {
    name: Box<[u8]>,
    column: u32,
    place: usize,
}

/// Is prtAlertEntry.
const ENTRY: [u32; 10] = [1, 3, 6, 1, 2, 1, 43, 18, 1, 1];
/// prtAlertIndex is for notifications only.
const COLUMNS: std::ops::RangeInclusive<u32> = 2..=9;

impl AlertTable {
    /// Makes the table of a printer that has seen so many events since it was switched on.
    pub fn after_events(all_events: u32, critical_events: u32) -> Self {
        AlertTable { last_index: all_events, all_events, critical_events, ..AlertTable::default() }
    }

    pub fn alerts(&self) -> &[Alert] {
        &self.alerts
    }

    pub fn raise(&mut self, condition: Condition, notice: Notice, time: u32) {
        self.last_index = if self.last_index >= i32::MAX as u32 { 1 } else { self.last_index + 1 };
        self.all_events = self.all_events.wrapping_add(1);
        self.critical_events = self.critical_events.wrapping_add(u32::from(notice.severity == 3));
        self.alerts.push(Alert { index: self.last_index, condition, notice, time });
        self.rows_are_old = true;
    }

    pub fn remove(&mut self, condition: Condition) {
        self.alerts.retain(|alert| alert.condition != condition);
        self.rows_are_old = true;
    }

    /// Rebuilds the rows if alerts have come or gone.
    pub fn settle(&mut self, device_index: u32) {
        if !std::mem::take(&mut self.rows_are_old) {
            return;
        }
        let entry = encode(&ENTRY);
        let mut in_order: Vec<usize> = (0..self.alerts.len()).collect();
        in_order.sort_by_key(|place| self.alerts[*place].index);
        self.rows.clear();
        for column in COLUMNS {
            self.rows.extend(in_order.iter().map(|place| {
                let mut name = entry.clone();
                [column, device_index, self.alerts[*place].index].iter().for_each(|arc| push_arc(&mut name, *arc));
                Row { name: name.into(), column, place: *place }
            }));
        }
    }

    pub fn get(&self, name: OidRef<'_>) -> Option<Value<'_>> {
        let place = self.rows.binary_search_by(|row| OidRef::new(&row.name).cmp_arcs(&name)).ok()?;
        Some(self.value(&self.rows[place]))
    }

    pub fn next(&self, after: OidRef<'_>) -> Option<(OidRef<'_>, Value<'_>)> {
        let place = self.rows.partition_point(|row| OidRef::new(&row.name).cmp_arcs(&after).is_le());
        self.rows.get(place).map(|row| (OidRef::new(&row.name), self.value(row)))
    }

    fn value(&self, row: &Row) -> Value<'_> {
        let Alert { notice, time, .. } = &self.alerts[row.place];
        match row.column {
            2 => Value::Integer(notice.severity),
            3 => Value::Integer(notice.training),
            4 => Value::Integer(notice.group),
            5 => Value::Integer(notice.group_index),
            // The place inside the part is not known.
            6 => Value::Integer(-2),
            7 => Value::Integer(notice.code),
            8 => Value::OctetString(notice.description.as_bytes()),
            _ => Value::TimeTicks(*time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::spec::ModelSpec;

    #[test]
    fn rows_come_and_go_and_the_counters_only_rise() {
        let spec = ModelSpec::color_mfp();
        let mut table = AlertTable::after_events(130, 7);
        for condition in [Condition::Jam, Condition::SupplyLow(0)] {
            table.raise(condition, condition.notice(&spec), 4_711);
        }
        table.settle(1);
        let names: Vec<String> =
            std::iter::successors(table.next(OidRef::new(&[])), |(name, _)| table.next(*name)).map(|(name, _)| name.to_string()).collect();
        assert_eq!(names.len(), 16);
        assert_eq!(names[..3], ["1.3.6.1.2.1.43.18.1.1.2.1.131", "1.3.6.1.2.1.43.18.1.1.2.1.132", "1.3.6.1.2.1.43.18.1.1.3.1.131"]);
        assert_eq!((table.all_events, table.critical_events), (132, 8));
        table.remove(Condition::Jam);
        table.settle(1);
        assert_eq!(
            table.next(OidRef::new(&[])).map(|(name, value)| (name.to_string(), value)),
            Some((names[1].clone(), Value::Integer(5)))
        );
        assert_eq!((table.all_events, table.alerts().len()), (132, 1));
    }
}
