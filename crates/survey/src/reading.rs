//! One reading of one device, step by step: hello, shape, cells.
//!
//! *Hello* is one small GET that any device bears. *Shape* learns which rows the tables have, by
//! GETBULK or, where that is not to be had, by GETNEXT. *Cells* gets every wanted value that is
//! still missing, in GETs packed to one datagram of answer. A device whose shape is [`Known`] is
//! asked only for the cells that move.

use catalog::{Instance as Stands, Moves, ObjectId, ReadRules, Rows, Standard};
use collect::{Answers, Instance};
use snmp::message::{PduType, PlainPdu, Version, push_name};
use snmp::oid::tail_arcs;
use snmp::{Refusal, Value, Varbind, Walk, WalkEnd};

use crate::plan::Plan;

/// Is what is remembered of a device, so that the next reading asks only for what can have moved.
#[derive(Clone, Debug)]
pub struct Known {
    pub version: Version,
    /// The number of the community that the device answers to.
    pub community: u16,
    manners: Manners,
    rows: Vec<Option<Vec<Instance>>>,
    answers: Answers,
}

impl Known {
    /// Returns the values as last read.
    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Gives up all but the values.
    pub fn into_answers(self) -> Answers {
        self.answers
    }
}

/// Is how a device bears to be asked; learned from its refusals.
#[derive(Clone, Copy, Debug)]
struct Manners {
    bulk: bool,
    /// The size of answer that a request may lead to.
    answer_octets: usize,
    /// The most bindings of a GETBULK or GETNEXT.
    width: usize,
}

/// Is the size of answer that every SNMP agent can give (RFC 3417 §3.2).
const SMALLEST_ANSWER: usize = 484;
/// Is what a message takes around its bindings, with a community of usual length.
const AROUND: usize = 60;
/// Is the most values asked for in one GET: some agents stop at 64.
const MOST_CELLS: usize = 64;
/// Is the most requests of one reading; a device that leads us further is lying about its end.
const MOST_REQUESTS: u16 = 400;

/// Is where a reading stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Hello,
    Shape,
    Cells,
    Done,
}

/// Is the walk of one table.
#[derive(Clone, Debug)]
struct TableWalk {
    /// The place in the plan's tables.
    table: usize,
    column: ObjectId,
    walk: Walk,
}

/// Is one value to ask for. Thousands of devices hold a hundred of these each, so they are small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ask {
    object: ObjectId,
    /// The place of the row in the reading's rows of the object's table; of no meaning for an
    /// object that is no column.
    row: u16,
}

/// Is what a request's two numbers before the bindings are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    pub kind: PduType,
    pub first: u32,
    pub second: u32,
}

/// Is one reading under way.
#[derive(Clone, Debug)]
pub struct Reading {
    step: Step,
    version: Version,
    manners: Manners,
    /// Values to ask for in this step, in order; those before `at` have been.
    queue: Vec<Ask>,
    at: usize,
    /// Values that stand alone and have not been asked for.
    scalars: Vec<ObjectId>,
    walks: Vec<TableWalk>,
    /// What the open request asks for: scalars and walks of the shape, or queued cells and none.
    asked: (usize, usize),
    /// By place in the plan's tables; `None` until the rows are known.
    rows: Vec<Option<Vec<Instance>>>,
    /// Tables whose cells have been queued.
    queued: Vec<bool>,
    /// Whether the hello was said in this reading.
    greeted: bool,
    /// hrDeviceIndex of the printer.
    device: Option<u32>,
    answers: Answers,
    /// Answers of the reading before, when this one asks only for what moves.
    before: Option<Answers>,
    requests: u16,
    /// Times that silence was met by asking for less.
    eased: u8,
    problems: Vec<String>,
}

/// Is what a finished reading brings.
#[derive(Debug)]
pub struct Finished {
    /// What the device has said, and how to ask it again.
    pub known: Box<Known>,
    /// Whether nothing but the device's clock differs from the reading before.
    pub unchanged: bool,
    pub requests: u16,
    pub problems: Vec<String>,
}

impl Reading {
    /// Starts to read a device of which nothing is known; `room` is emptied and used.
    pub fn first(plan: &Plan, mut room: Answers) -> Self {
        room.clear();
        Reading { answers: room, ..Self::start(plan, Version::V2c, Step::Hello) }
    }

    /// Starts to read a device whose hello came with the sweep.
    pub fn greeted(plan: &Plan, answers: Answers) -> Self {
        let mut reading = Self::start(plan, Version::V2c, Step::Hello);
        reading.answers = answers;
        reading.queue.clear();
        reading.begin_shape(plan);
        reading
    }

    /// Starts to read again what can have moved.
    pub fn again(plan: &Plan, known: Known) -> Self {
        let mut reading = Self::start(plan, known.version, Step::Cells);
        reading.manners = known.manners;
        reading.rows = known.rows;
        reading.before = Some(known.answers);
        reading.queue_what_moves(plan);
        reading
    }

    fn start(plan: &Plan, version: Version, step: Step) -> Self {
        let rules = &plan.profile.read;
        let manners = Manners { bulk: rules.bulk, answer_octets: usize::from(rules.response_octets), width: MOST_CELLS };
        let mut reading = Reading {
            step,
            version,
            manners,
            queue: Vec::with_capacity(112),
            at: 0,
            scalars: Vec::new(),
            walks: Vec::new(),
            asked: (0, 0),
            rows: vec![None; plan.tables.len()],
            queued: vec![false; plan.tables.len()],
            greeted: step == Step::Hello,
            device: None,
            answers: Answers::new(),
            before: None,
            requests: 0,
            eased: 0,
            problems: Vec::new(),
        };
        if step == Step::Hello {
            reading.queue_alone(&plan.hello);
        }
        reading
    }

    pub fn step(&self) -> Step {
        self.step
    }

    pub fn version(&self) -> Version {
        self.version
    }

    /// Returns how often this reading has asked, retransmissions apart.
    pub fn requests(&self) -> u16 {
        self.requests
    }

    /// Says hello in another version. v1 knows no exceptions, so it is asked only for what every
    /// agent has: the scalars of the hello.
    pub fn greet_in(&mut self, plan: &Plan, version: Version) {
        self.version = version;
        self.queue.clear();
        let all = plan.hello.iter().copied();
        let asked: Vec<ObjectId> =
            all.filter(|id| version == Version::V2c || plan.profile.object(*id).instance == Stands::Scalar).collect();
        self.queue_alone(&asked);
        self.at = 0;
    }

    fn queue_alone(&mut self, objects: &[ObjectId]) {
        self.queue.extend(objects.iter().map(|object| Ask { object: *object, row: 0 }));
    }

    /// Returns the instance that an ask is for.
    fn instance(&self, plan: &Plan, ask: &Ask) -> Instance {
        let row = plan.place(ask.object).and_then(|place| self.rows[place].as_ref()?.get(usize::from(ask.row)).copied());
        row.unwrap_or_else(|| plan.sole_instance(ask.object, self.device.unwrap_or(1)))
    }

    /// Counts a request that is about to be sent for the first time.
    pub fn count_request(&mut self) {
        self.requests += 1;
    }

    /// Says what the next request is, before its bindings are written.
    ///
    /// The same request comes out until an answer or a silence is taken.
    pub fn request(&mut self, plan: &Plan) -> Request {
        if self.step != Step::Shape {
            self.asked = (self.fitting(plan), 0);
            return Request { kind: PduType::Get, first: 0, second: 0 };
        }
        let scalars = self.scalars.len().min(self.manners.width);
        let walks = self.walks.len().min((self.manners.width - scalars).max(usize::from(scalars == 0)));
        self.asked = (scalars, walks);
        if !self.manners.bulk || self.version == Version::V1 {
            return Request { kind: PduType::GetNext, first: 0, second: 0 };
        }
        Request { kind: PduType::GetBulk, first: scalars as u32, second: self.repetitions(plan, scalars, walks) }
    }

    /// Returns how many rows to ask for at once, so that the answer fills one datagram. An answer
    /// that would not fit comes back shorter, so a row too many does no harm.
    fn repetitions(&self, plan: &Plan, scalars: usize, walks: usize) -> u32 {
        const USUAL_CELL: usize = 23;
        let room = self.manners.answer_octets.saturating_sub(AROUND + scalars * USUAL_CELL);
        let rows = room.div_ceil(USUAL_CELL * walks.max(1));
        (rows as u32).clamp(1, plan.profile.read.repetitions.into())
    }

    /// Writes the names that the request asks for.
    pub fn push_names(&self, plan: &Plan, out: &mut Vec<u8>) {
        if self.step == Step::Shape {
            let (scalars, walks) = self.asked;
            self.scalars[..scalars].iter().for_each(|id| push_name(out, &plan.profile.object(*id).oid, &[]));
            self.walks[..walks].iter().for_each(|walk| push_name(out, walk.walk.position().as_octets(), &[]));
            return;
        }
        for ask in &self.queue[self.at..self.at + self.asked.0] {
            push_name(out, &plan.profile.object(ask.object).oid, self.instance(plan, ask).as_slice());
        }
    }

    /// Returns how many of the queued cells fit into one answer.
    fn fitting(&self, plan: &Plan) -> usize {
        let mut room = self.manners.answer_octets.saturating_sub(AROUND);
        let rest = self.queue[self.at..].iter().take(self.manners.width);
        let count = rest.take_while(|ask| {
            let octets = plan.expected_octets(ask.object, &self.instance(plan, ask));
            let fits = octets <= room;
            room = room.saturating_sub(octets);
            fits
        });
        count.count().max(1).min(self.queue.len() - self.at)
    }

    /// Takes the response to the open request.
    pub fn take_response(&mut self, plan: &Plan, pdu: &PlainPdu<'_>) {
        match self.step {
            Step::Hello | Step::Cells => self.take_cells(plan, pdu),
            Step::Shape => self.take_shape(plan, pdu),
            Step::Done => {}
        }
        if self.requests >= MOST_REQUESTS && self.step != Step::Done {
            self.problems.push(format!("gave up after {MOST_REQUESTS} requests; the device leads on without end"));
            self.step = Step::Done;
        }
    }

    /// Takes the news that the open request was never answered, after something else was.
    ///
    /// First less is asked at a time, without GETBULK: some agents drop what they cannot do. If
    /// that does not help, what was read so far is kept.
    pub fn take_silence(&mut self, plan: &Plan) {
        let asked = match self.step {
            Step::Shape => self.walks.first().map_or("", |walk| plan.profile.object(walk.column).name),
            _ => self.queue.get(self.at).map_or("", |ask| plan.profile.object(ask.object).name),
        };
        self.eased += 1;
        if self.eased <= 2 && self.step != Step::Hello {
            self.manners.bulk = false;
            self.manners.answer_octets = SMALLEST_ANSWER;
            self.manners.width = (self.manners.width / 4).clamp(1, 8);
            return;
        }
        self.problems.push(format!("no answer when asked for {asked}; what was read before is kept"));
        self.step = Step::Done;
    }

    fn take_cells(&mut self, plan: &Plan, pdu: &PlainPdu<'_>) {
        let (asked, _) = self.asked;
        if let Some(refusal) = Refusal::of(pdu, asked) {
            self.take_refusal(plan, pdu, refusal, asked);
        } else {
            let taken = self.take_values(plan, pdu, asked);
            if taken == 0 {
                self.leave_out(plan, 0, "answered without it");
            }
            self.at += taken;
        }
        if self.at >= self.queue.len() {
            self.next_step(plan);
        } else if self.step == Step::Cells && self.before.is_none() && self.can_learn_rows(plan) {
            self.queue_cells(plan);
        }
    }

    /// Takes the values of an answer in the order they were asked for; returns how many cells are settled.
    fn take_values(&mut self, plan: &Plan, pdu: &PlainPdu<'_>, asked: usize) -> usize {
        let mut taken = 0;
        for binding in pdu.varbinds {
            let Ok(binding) = binding else {
                self.problems.push(format!("an answer of {taken} values ends in octets that do not decode"));
                break;
            };
            let expected = self.queue[self.at..].get(taken).filter(|_| taken < asked);
            let Some(ask) = expected else { break };
            let (object, instance) = (plan.profile.object(ask.object), self.instance(plan, ask));
            let fits = |rest: &[u8]| tail_arcs(rest).eq(instance.as_slice().iter().copied());
            if binding.name.as_octets().strip_prefix(&*object.oid).is_some_and(fits) {
                self.answers.put_element(ask.object, instance, binding.tag, binding.contents);
            } else if self.take_elsewhere(plan, &binding).is_none() {
                self.problems.push(format!("asked for {}, was told {}", object.name, binding.name));
            }
            taken += 1;
        }
        taken
    }

    /// Takes a value that stands in another place than expected, if it is wanted.
    fn take_elsewhere(&mut self, plan: &Plan, binding: &Varbind<'_>) -> Option<(ObjectId, Instance)> {
        let (id, rest) = plan.profile.locate(binding.name.as_octets())?;
        if rest.is_empty() || binding.name.check().is_err() || !plan.wants(id) {
            return None;
        }
        let instance = Instance::from_arcs(tail_arcs(rest))?;
        self.answers.put_element(id, instance, binding.tag, binding.contents);
        Some((id, instance))
    }

    fn take_refusal(&mut self, plan: &Plan, pdu: &PlainPdu<'_>, refusal: Refusal, asked: usize) {
        match refusal {
            Refusal::Fewer if self.manners.answer_octets > SMALLEST_ANSWER => {
                self.manners.answer_octets = (self.manners.answer_octets / 2).max(SMALLEST_ANSWER);
            }
            Refusal::Fewer => self.manners.width = (asked / 2).max(1),
            // noSuchName is how v1 says that a value is absent: no problem.
            Refusal::Without(place) => self.leave_out(plan, place, pdu.error_status().name()),
            Refusal::All => self.leave_out(plan, 0, pdu.error_status().name()),
        }
    }

    fn leave_out(&mut self, plan: &Plan, place: usize, why: &str) {
        let ask = self.queue.remove(self.at + place);
        if why != "noSuchName" {
            let object = plan.profile.object(ask.object);
            self.problems.push(format!("{}: {why}", model::Origin::new(object.name, self.instance(plan, &ask).as_slice())));
        }
    }

    fn take_shape(&mut self, plan: &Plan, pdu: &PlainPdu<'_>) {
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
    fn end_shape_of(&mut self, place: usize) {
        let (scalars, _) = self.asked;
        if place < scalars {
            self.scalars.remove(place);
        } else if let Some(walk) = self.walks.get_mut(place - scalars) {
            walk.walk.finish(WalkEnd::EndOfMib);
        }
    }

    fn take_rows(&mut self, plan: &Plan, pdu: &PlainPdu<'_>) {
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

    fn take_scalar(&mut self, plan: &Plan, asked: ObjectId, binding: &Varbind<'_>) {
        let Some((id, instance)) = self.take_elsewhere(plan, binding) else { return };
        if id == asked && plan.profile.object(id).instance == Stands::Device && !binding.is_exception() {
            self.device.get_or_insert(instance.device());
        }
    }

    fn take_row(&mut self, plan: &Plan, place: usize, binding: &Varbind<'_>) {
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
    fn close_walks(&mut self) {
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

    fn next_step(&mut self, plan: &Plan) {
        match self.step {
            Step::Hello => self.begin_shape(plan),
            Step::Cells if self.before.is_some() => {
                if !self.widen(plan) {
                    self.step = Step::Done;
                }
            }
            Step::Cells => {
                self.queue_cells(plan);
                if self.queue.is_empty() {
                    self.step = Step::Done;
                }
            }
            Step::Shape | Step::Done => {}
        }
    }

    fn begin_shape(&mut self, plan: &Plan) {
        self.step = Step::Shape;
        self.at = 0;
        self.queue.clear();
        self.answers.sort();
        let said = |id: &ObjectId| self.answers.first(*id).is_some();
        self.scalars = plan.scalars.iter().copied().filter(|id| !said(id) && !self.is_absent_scalar(plan, id)).collect();
        self.walks =
            plan.tables.iter().enumerate().filter_map(|(place, table)| table_walk(plan, place, table.rows, table.max_rows)).collect();
        if self.scalars.is_empty() && self.walks.is_empty() {
            self.begin_cells(plan);
        }
    }

    /// A scalar of the hello that was asked for in v2c and not told is absent: its instance is 0.
    fn is_absent_scalar(&self, plan: &Plan, id: &ObjectId) -> bool {
        let asked = self.greeted && plan.hello.contains(id);
        asked && self.version == Version::V2c && plan.profile.object(*id).instance == Stands::Scalar
    }

    fn begin_cells(&mut self, plan: &Plan) {
        self.step = Step::Cells;
        self.at = 0;
        self.queue.clear();
        self.answers.sort();
        self.add_rows_told_in_passing(plan);
        self.queue_cells(plan);
        if self.queue.is_empty() {
            self.step = Step::Done;
        }
    }

    /// Adds the rows that showed up anywhere in a table: an agent may lack cells of the column that is
    /// walked, or mix up the order of its answer.
    fn add_rows_told_in_passing(&mut self, plan: &Plan) {
        for (table, rows) in plan.tables.iter().zip(&mut self.rows) {
            let (Some(rows), Some(walked)) = (rows, table.walked()) else { continue };
            for column in table.columns.iter().copied().chain([walked]) {
                let told = self.answers.column(column).map(|(instance, _)| instance);
                rows.extend(told.filter(|told| told.as_slice().len() == usize::from(table.index_arcs)));
            }
            rows.sort_unstable();
            rows.dedup();
            rows.truncate(table.max_rows as usize);
        }
    }

    /// Queues the cells of every table whose rows have become known.
    fn queue_cells(&mut self, plan: &Plan) {
        self.answers.sort();
        for (place, table) in plan.tables.iter().enumerate() {
            if self.queued[place] || !self.learn_rows(plan, place) {
                continue;
            }
            self.queued[place] = true;
            let rows = self.rows[place].as_deref().unwrap_or(&[]);
            for object in &table.columns {
                // Of most columns nothing is there yet, and then no row need be looked up.
                let is_untold = self.answers.first(*object).is_none();
                let missing = (0..).zip(rows).filter(|(_, row)| is_untold || !self.answers.has(*object, row));
                self.queue.extend(missing.map(|(row, _)| Ask { object: *object, row }));
            }
        }
        self.queue.drain(..self.at);
        self.at = 0;
    }

    /// Returns whether a table waits for rows whose names have all been told.
    fn can_learn_rows(&self, plan: &Plan) -> bool {
        plan.tables.iter().zip(&self.queued).any(|(table, queued)| match table.rows {
            Rows::ReferredBy(object) if !queued => !self.is_to_be_asked(object),
            _ => false,
        })
    }

    fn is_to_be_asked(&self, object: ObjectId) -> bool {
        self.queue[self.at..].iter().any(|ask| ask.object == object)
    }

    /// Returns whether the rows of a table are known, after looking where they are named.
    fn learn_rows(&mut self, plan: &Plan, place: usize) -> bool {
        if self.rows[place].is_some() {
            return true;
        }
        let table = &plan.tables[place];
        let device = self.device.or_else(|| Some(self.answers.first(Standard::PrtGeneralConfigChanges)?.0.device())).unwrap_or(1);
        let rows: Vec<u32> = match table.rows {
            Rows::Walk { .. } => return false,
            Rows::Probe(count) => (1..=u32::from(count)).collect(),
            Rows::Count(object) => (1..=self.values(object).max().unwrap_or(0)).collect(),
            Rows::ReferredBy(object) => {
                if self.is_to_be_asked(object) {
                    return false;
                }
                let mut rows: Vec<u32> = self.values(object).filter(|row| *row > 0).collect();
                rows.sort_unstable();
                rows.dedup();
                rows
            }
        };
        let instances = rows.into_iter().take(table.max_rows as usize).filter_map(|row| match table.index_arcs {
            1 => Instance::new(&[row]),
            _ => Instance::new(&[device, row]),
        });
        self.rows[place] = Some(instances.collect());
        true
    }

    /// Returns the numbers that an object says, over all its instances.
    fn values(&self, object: ObjectId) -> impl Iterator<Item = u32> {
        self.answers.column(object).filter_map(|(_, value)| match value {
            Value::Integer(number) => u32::try_from(number).ok().filter(|number| *number <= 65_535),
            Value::Gauge32(number) | Value::Counter32(number) => Some(number).filter(|number| *number <= 65_535),
            _ => None,
        })
    }

    /// Queues what can have moved since the reading before, and the counters that say whether more has.
    fn queue_what_moves(&mut self, plan: &Plan) {
        let before = self.before.as_ref().expect("only a re-read asks for what moves");
        let moves = |id: &ObjectId| plan.profile.object(*id).moves == Moves::Always;
        let alone = plan.scalars.iter().filter(|id| moves(id));
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
    }

    /// Looks whether the device says that more has moved than was asked for, and asks for that too;
    /// returns whether there is more to ask.
    fn widen(&mut self, plan: &Plan) -> bool {
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
        let gone = |ask: &&Ask| !self.answers.has(ask.object, &self.instance(plan, ask));
        let gone: Vec<Ask> = self.queue.iter().filter(gone).copied().collect();
        let of_alerts = |ask: &Ask| plan.place(ask.object).is_some_and(|place| plan.tables[place].with_alerts);
        if restarted || differs(Standard::PrtGeneralConfigChanges) || !gone.iter().all(of_alerts) {
            // Rows may have come and gone: everything is read afresh.
            self.rows.iter_mut().for_each(|rows| *rows = None);
            self.begin_shape(plan);
            return self.step != Step::Done;
        }
        let alerts = differs(Standard::PrtAlertAllEvents) || !gone.is_empty();
        self.before = Some(before);
        if !alerts {
            return false;
        }
        self.read_alerts_again(plan);
        self.step != Step::Done
    }

    /// Asks again for all that moves with alerts, and goes through the tables whose rows come and
    /// go with them; everything else stays as it was.
    fn read_alerts_again(&mut self, plan: &Plan) {
        let Some(mut merged) = self.before.take() else { return };
        merged.merge(&self.answers);
        let moves = |id: &ObjectId| plan.profile.object(*id).moves == Moves::WithAlerts;
        merged.remove(|id| moves(&id));
        self.answers = merged;
        self.step = Step::Shape;
        self.scalars = plan.scalars.iter().copied().filter(moves).collect();
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

    /// Ends the reading.
    pub fn finish(mut self, community: u16) -> Finished {
        self.answers.sort();
        let mut unchanged = false;
        if let Some(mut before) = self.before.take() {
            unchanged = self.problems.is_empty() && before.update_if_same(&self.answers, Standard::SysUpTime.into());
            if !unchanged {
                before.merge(&self.answers);
            }
            self.answers = before;
        }
        let known = Box::new(Known { version: self.version, community, manners: self.manners, rows: self.rows, answers: self.answers });
        Finished { known, unchanged, requests: self.requests, problems: self.problems }
    }
}

/// Starts the walk of a table, if its rows are learned by one.
fn table_walk(plan: &Plan, table: usize, rows: Rows, max_rows: u32) -> Option<TableWalk> {
    let Rows::Walk { column } = rows else { return None };
    Some(TableWalk { table, column, walk: Walk::new(&plan.profile.object(column).oid, max_rows) })
}

/// Returns how long one request of a profile waits, and how often it is sent.
pub fn patience(rules: &ReadRules) -> snmp::Patience {
    snmp::Patience { timeout: u64::from(rules.timeout_ms) * 1000, attempts: rules.attempts.max(1), other_source: rules.other_source }
}
