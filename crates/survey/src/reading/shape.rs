//! The second step of a reading: which rows the tables have.

use catalog::{Instance as Stands, Object, ObjectId, Rows};
use collect::Instance;
use snmp::message::{PduType, PlainPdu, Version, push_name};
use snmp::oid::tail_arcs;
use snmp::{Refusal, Varbind, Walk, WalkEnd};

use super::{Reading, Request, Step};
use crate::plan::Plan;

/// Is the walk of one table.
#[derive(Clone, Debug)]
pub(super) struct TableWalk {
    /// The place in the plan's tables.
    pub(super) table: usize,
    pub(super) column: ObjectId,
    pub(super) walk: Walk,
}

impl Reading {
    pub(super) fn begin_shape(&mut self, plan: &Plan) {
        self.step = Step::Shape;
        self.at = 0;
        self.queue.clear();
        self.answers.sort();
        let said = |id: &ObjectId| self.answers.first(*id).is_some();
        let exact = plan.exact.iter().filter(|_| self.version == Version::V1);
        let scalars = plan.scalars.iter().filter(|id| !self.is_absent_scalar(plan, id)).chain(exact);
        self.scalars = scalars.copied().filter(|id| !said(id)).collect();
        let tables = plan.tables.iter().enumerate().filter(|(place, _)| self.rows[*place].is_none());
        self.walks = tables.filter_map(|(place, table)| table_walk(plan, place, table.rows, table.max_rows)).collect();
        if self.scalars.is_empty() && self.walks.is_empty() {
            self.begin_cells(plan);
        }
    }

    /// A scalar of the hello that was asked for in v2c and not told is absent: its instance is 0.
    pub(super) fn is_absent_scalar(&self, plan: &Plan, id: &ObjectId) -> bool {
        let asked = self.greeted && plan.hello.contains(id);
        asked && self.version != Version::V1 && plan.profile.object(*id).instance == Stands::Scalar
    }

    pub(super) fn shape_request(&mut self, plan: &Plan, names: &mut Vec<u8>) -> Request {
        let scalars = self.scalars.len().min(self.manners.width);
        let walks = self.walks.len().min((self.manners.width - scalars).max(usize::from(scalars == 0)));
        self.asked = (scalars, walks);
        self.scalars[..scalars].iter().for_each(|id| push_predecessor(names, plan.profile.object(*id)));
        self.walks[..walks].iter().for_each(|walk| push_name(names, walk.walk.position().as_octets(), &[]));
        if !self.manners.bulk || self.version == Version::V1 {
            return Request { kind: PduType::GetNext, first: 0, second: 0 };
        }
        Request { kind: PduType::GetBulk, first: scalars as u32, second: self.repetitions(plan, scalars, walks) }
    }

    /// Returns how many rows to ask for at once, so that the answer fills one datagram. An answer
    /// that would not fit comes back shorter, so a row too many does no harm.
    pub(super) fn repetitions(&self, plan: &Plan, scalars: usize, walks: usize) -> u32 {
        const USUAL_CELL: usize = 23;
        let room = self.room().saturating_sub(scalars * USUAL_CELL);
        let rows = room.div_ceil(USUAL_CELL * walks.max(1));
        (rows as u32).clamp(1, plan.profile.read.repetitions.into())
    }

    pub(super) fn take_shape(&mut self, plan: &Plan, pdu: &PlainPdu<'_>) {
        let (scalars, walks) = self.asked;
        match Refusal::of(pdu, scalars + walks) {
            Some(Refusal::Fewer) => self.manners.width = ((scalars + walks) / 2).max(1),
            Some(Refusal::Without(place)) => self.end_shape_of(place),
            Some(Refusal::All) => self.end_shape_of(0),
            None => self.take_rows(plan, pdu),
        }
        self.close_walks();
        if self.scalars.is_empty() && self.walks.is_empty() {
            self.begin_cells(plan);
        }
    }

    /// Ends what stood at one place of the request: v1 says so at the end of the MIB.
    pub(super) fn end_shape_of(&mut self, place: usize) {
        let (scalars, _) = self.asked;
        if place < scalars {
            self.scalars.remove(place);
        } else if let Some(walk) = self.walks.get_mut(place - scalars) {
            walk.walk.finish(WalkEnd::EndOfMib);
        }
    }

    pub(super) fn take_rows(&mut self, plan: &Plan, pdu: &PlainPdu<'_>) {
        let (scalars, walks) = self.asked;
        let mut count = 0;
        for binding in pdu.varbinds {
            let Ok(binding) = binding else { break };
            if count < scalars {
                self.take_scalar(plan, self.scalars[count], &binding);
            } else if walks > 0 {
                self.take_row(plan, (count - scalars) % walks, &binding);
            }
            count += 1;
        }
        self.scalars.drain(..scalars.min(count));
        if count <= scalars && scalars + walks > 0 && count == 0 {
            // An empty answer leads nowhere: take it as the end of everything asked.
            self.walks.iter_mut().take(walks).for_each(|walk| walk.walk.finish(WalkEnd::EndOfMib));
            self.scalars.clear();
        }
    }

    pub(super) fn take_scalar(&mut self, plan: &Plan, asked: ObjectId, binding: &Varbind<'_>) {
        let Some((id, instance)) = self.take_elsewhere(plan, binding) else { return };
        if id == asked && plan.profile.object(id).instance == Stands::Device && !binding.is_exception() {
            self.device.get_or_insert(instance.device());
        }
    }

    pub(super) fn take_row(&mut self, plan: &Plan, place: usize, binding: &Varbind<'_>) {
        let walk = &mut self.walks[place];
        let was_empty = walk.walk.taken() == 0 && walk.walk.end().is_none();
        let mut inside = walk.walk.take(binding);
        let located = plan.profile.locate(binding.name.as_octets());
        if was_empty
            && !inside
            && let Some((column, _)) = located
        {
            // The column is missing; where the next one of the same table is not, its rows do as well.
            let table = &plan.tables[walk.table];
            if plan.profile.object(column).table == Some(table.id) && binding.name.check().is_ok() && !binding.is_exception() {
                walk.column = column;
                walk.walk = Walk::new(&plan.profile.object(column).oid, table.max_rows);
                inside = walk.walk.take(binding);
            }
        }
        let table = walk.table;
        self.take_elsewhere(plan, binding);
        if inside && let Some(instance) = located.and_then(|(_, rest)| Instance::from_arcs(tail_arcs(rest))) {
            self.rows[table].get_or_insert_default().push(instance);
        }
    }

    /// Removes the walks that have ended, and says so where the device was at fault.
    pub(super) fn close_walks(&mut self) {
        let problems = &mut self.problems;
        let rows = &mut self.rows;
        self.walks.retain(|walk| {
            let Some(end) = walk.walk.end() else { return true };
            rows[walk.table].get_or_insert_default();
            match end {
                WalkEnd::LeftSubtree | WalkEnd::EndOfMib => {}
                WalkEnd::NotIncreasing => {
                    problems.push(format!("the table at {} goes round or back; read up to there", walk.walk.position()))
                }
                WalkEnd::Limit => problems.push(format!("the table at {} has more rows than are read", walk.walk.position())),
                WalkEnd::Malformed => problems.push(format!("behind {} stands a malformed object identifier", walk.walk.position())),
            }
            false
        });
    }
}

/// Writes a name whose successor is the object's first instance, or the object that is named whole.
fn push_predecessor(names: &mut Vec<u8>, object: &Object) {
    match (object.instance, &*object.arcs) {
        (Stands::Exact, [above @ .., last]) if *last > 0 => push_name(names, &snmp::oid::encode(above), &[last - 1, u32::MAX]),
        (Stands::Exact, [above @ .., _]) => push_name(names, &snmp::oid::encode(above), &[]),
        _ => push_name(names, &object.oid, &[]),
    }
}

/// Starts the walk of a table, if its rows are learned by one.
pub(super) fn table_walk(plan: &Plan, table: usize, rows: Rows, max_rows: u32) -> Option<TableWalk> {
    let Rows::Walk { column } = rows else { return None };
    Some(TableWalk { table, column, walk: Walk::new(&plan.profile.object(column).oid, max_rows) })
}
