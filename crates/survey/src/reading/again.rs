//! A reading of a device that is known: what moves is asked first, and more only if the device
//! says that more has moved.

use catalog::{Instance as Stands, Moves, ObjectId, Standard};
use snmp::Value;

use super::shape::table_walk;
use super::{Ask, Known, Reading, Step};
use crate::plan::Plan;

/// Lists what a device says of itself as a whole, which moves when an alert comes.
const STATES: [Standard; 3] = [Standard::HrDeviceStatus, Standard::HrPrinterStatus, Standard::HrPrinterDetectedErrorState];

impl Reading {
    /// Starts to read again what can have moved.
    pub fn again(plan: &Plan, known: Known) -> Self {
        let mut reading = Self::start(plan, known.version, Step::Cells);
        reading.manners = known.manners;
        reading.rows = known.rows;
        reading.queue = known.moving;
        reading.device = known.answers.first(Standard::PrtGeneralConfigChanges).map(|(instance, _)| instance.device());
        reading.before = Some(known.answers);
        reading.exact_asked = true;
        if reading.queue.is_empty() {
            reading.queue_what_moves(plan);
        }
        reading
    }

    /// Queues what can have moved since the reading before, and the counters that say whether more has.
    pub(super) fn queue_what_moves(&mut self, plan: &Plan) {
        let before = self.before.as_ref().expect("only a re-read asks for what moves");
        let moves = |id: &ObjectId| plan.profile.object(*id).moves == Moves::Always;
        let alone = plan.scalars.iter().chain(&plan.exact).filter(|id| moves(id));
        for (object, instance) in alone.filter_map(|id| Some((*id, before.first(*id)?.0))) {
            if plan.profile.object(object).instance == Stands::Device {
                self.device.get_or_insert(instance.device());
            }
            self.queue.push(Ask { object, row: 0 });
        }
        for (table, rows) in plan.tables.iter().zip(&self.rows) {
            // A row that goes is seen by its first column's silence: going is no event that devices count.
            let presence = table.walked().filter(|_| table.with_alerts);
            for object in table.columns.iter().filter(|id| moves(id) || presence == Some(**id)) {
                let rows = (0..).zip(rows.iter().flatten()).filter(|(_, row)| before.has(*object, row));
                self.queue.extend(rows.map(|(row, _)| Ask { object: *object, row }));
            }
        }
        if self.queue.is_empty() {
            self.queue_alone(&plan.hello);
        }
        // In the order of the answers kept, so that new ones come in that order too.
        let mut queue = std::mem::take(&mut self.queue);
        queue.sort_by_key(|ask| (ask.object, self.instance(plan, ask)));
        self.queue = queue;
    }

    /// Looks whether the device says that more has moved than was asked for, and asks for that too;
    /// returns whether there is more to ask.
    pub(super) fn widen(&mut self, plan: &Plan) -> bool {
        self.answers.sort();
        let Some(before) = self.before.take() else { return false };
        let differs = |object: Standard| match (before.first(object), self.answers.first(object)) {
            (Some((_, then)), Some((_, now))) => then != now,
            _ => false,
        };
        let restarted = match (before.first(Standard::SysUpTime), self.answers.first(Standard::SysUpTime)) {
            (Some((_, Value::TimeTicks(then))), Some((_, Value::TimeTicks(now)))) => now < then,
            _ => false,
        };
        let gone = std::mem::take(&mut self.untold);
        let of_alerts = |ask: &Ask| plan.place(ask.object).is_some_and(|place| plan.tables[place].with_alerts);
        if restarted || differs(Standard::PrtGeneralConfigChanges) || !gone.iter().all(of_alerts) {
            // Rows may have come and gone: everything is read afresh.
            self.rows.iter_mut().for_each(|rows| *rows = None);
            self.exact_asked = false;
            self.begin_shape(plan);
            return self.step != Step::Done;
        }
        // Some agents count no alerts, whatever their table holds: then what they say of themselves must do.
        let counts = self.answers.first(Standard::PrtAlertAllEvents).is_some_and(|(_, value)| value != Value::Counter32(0));
        let speaks = || before.first(Standard::PrtAlertSeverityLevel).is_some() || STATES.iter().any(|object| differs(*object));
        let alerts = differs(Standard::PrtAlertAllEvents) || !gone.is_empty() || !counts && speaks();
        self.before = Some(before);
        if !alerts {
            return false;
        }
        self.read_alerts_again(plan);
        self.step != Step::Done
    }

    /// Asks again for all that moves with alerts, and goes through the tables whose rows come and
    /// go with them; everything else stays as it was.
    pub(super) fn read_alerts_again(&mut self, plan: &Plan) {
        let Some(mut merged) = self.before.take() else { return };
        merged.merge(&self.answers);
        let moves = |id: &ObjectId| plan.profile.object(*id).moves == Moves::WithAlerts;
        merged.remove(|id| moves(&id));
        self.answers = merged;
        self.step = Step::Shape;
        self.scalars = plan.scalars.iter().copied().filter(moves).collect();
        self.exact_asked = !plan.exact.iter().any(moves);
        for (place, table) in plan.tables.iter().enumerate() {
            self.queued[place] = !table.columns.iter().any(moves);
            if table.with_alerts {
                self.rows[place] = None;
                self.walks.extend(table_walk(plan, place, table.rows, table.max_rows));
            }
        }
        if self.scalars.is_empty() && self.walks.is_empty() {
            self.begin_cells(plan);
        }
    }
}
