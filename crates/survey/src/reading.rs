//! One reading of one device, step by step: hello, shape, cells.
//!
//! *Hello* is one small GET that any device bears. *Shape* learns which rows the tables have, by
//! GETBULK or, where that is not to be had, by GETNEXT. *Cells* gets every wanted value that is
//! still missing, in GETs packed to one datagram of answer. A device whose shape is [`Known`] is
//! asked only for the cells that move.

mod again;
mod shape;

use std::sync::Arc;

use catalog::{Instance as Stands, ObjectId, ReadRules, Rows, Standard};
use collect::{Answers, Instance};
use snmp::message::{PduType, PlainPdu, Version, push_name};
use snmp::oid::tail_arcs;
use snmp::usm::Talk;
use snmp::{Refusal, Value, Varbind};

use self::shape::TableWalk;
use crate::plan::{Plan, PlannedTable};

/// Is what is remembered of a device, so that the next reading asks only for what can have moved.
#[derive(Clone, Debug)]
pub struct Known {
    pub version: Version,
    /// What the device is asked by.
    pub plan: Arc<Plan>,
    /// The number of the credential that lets us in.
    pub credential: u16,
    /// The talk with its engine, in v3.
    pub talk: Option<Box<Talk>>,
    manners: Manners,
    rows: Vec<Option<Vec<Instance>>>,
    /// What a re-read asks for first, once that has been worked out.
    moving: Vec<Ask>,
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
/// Is what v3 takes besides: an engine and a user named twice, the digest and the salt.
const AROUND_MORE: usize = 120;
/// Is the most values asked for in one GET: some agents stop at 64.
const MOST_CELLS: usize = 64;
/// Is the most requests of one reading; a device that leads us further is lying about its end.
const MOST_REQUESTS: u16 = 400;

/// Is the most problems that a record tells of.
const MOST_PROBLEMS: usize = 200;

/// Is where a reading stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Hello,
    /// The hello was answered: whoever drives the reading chooses the plan and goes on with it.
    Greeted,
    Shape,
    Cells,
    Done,
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
    /// Whether what is named whole has been asked for.
    exact_asked: bool,
    /// Whether the hello was said in this reading.
    greeted: bool,
    /// hrDeviceIndex of the printer.
    device: Option<u32>,
    answers: Answers,
    /// Answers of the reading before, when this one asks only for what moves.
    before: Option<Answers>,
    /// What was asked for and not told.
    untold: Vec<Ask>,
    requests: u16,
    /// Times that silence was met by asking for less.
    eased: u8,
    /// Whether the device fell silent, or led on without end, before all was asked.
    cut_short: bool,
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
    /// Whether the device fell silent, or led on without end, before all was asked: what is missing was not seen.
    pub cut_short: bool,
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

    /// Returns what has been said so far.
    pub fn answers(&mut self) -> &Answers {
        self.answers.sort();
        &self.answers
    }

    /// Goes on after the hello, by the plan that it led to.
    pub fn go_on(&mut self, plan: &Plan) {
        if self.version != Version::V1 {
            self.manners.bulk &= plan.profile.read.bulk;
        }
        self.manners.answer_octets = self.manners.answer_octets.min(plan.profile.read.response_octets.into());
        self.rows = vec![None; plan.tables.len()];
        self.queued = vec![false; plan.tables.len()];
        self.begin_shape(plan);
    }

    /// Goes on by another plan, when what was read shows that the device is of another kind than its
    /// first words told: asks for what that plan's profile has beyond the standards.
    pub fn change_plan(&mut self, before: &Plan, plan: &Plan) {
        self.answers.remove(|id| id.index() >= Standard::COUNT);
        let old_rows = std::mem::take(&mut self.rows);
        let of_standard = |table: &PlannedTable| plan.profile.table(table.id).columns.iter().any(|id| id.index() < Standard::COUNT);
        self.rows = plan
            .tables
            .iter()
            .map(|table| {
                let place = before.tables.iter().position(|old| old.id == table.id).filter(|_| of_standard(table))?;
                old_rows.get(place).cloned().flatten()
            })
            .collect();
        self.queued = self.rows.iter().map(Option::is_some).collect();
        self.manners.bulk &= plan.profile.read.bulk;
        self.untold.clear();
        self.exact_asked = false;
        self.begin_shape(plan);
    }

    fn start(plan: &Plan, version: Version, step: Step) -> Self {
        let rules = &plan.profile.read;
        let manners = Manners { bulk: rules.bulk, answer_octets: usize::from(rules.response_octets), width: MOST_CELLS };
        let mut reading = Reading {
            step,
            version,
            manners,
            queue: Vec::new(),
            at: 0,
            scalars: Vec::new(),
            walks: Vec::new(),
            asked: (0, 0),
            rows: vec![None; plan.tables.len()],
            queued: vec![false; plan.tables.len()],
            exact_asked: false,
            greeted: step == Step::Hello,
            device: None,
            answers: Answers::new(),
            before: None,
            untold: Vec::new(),
            requests: 0,
            eased: 0,
            cut_short: false,
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

    /// Says hello in another version. v1 knows no exceptions, so it is asked only for what every
    /// agent has: the scalars of the hello.
    pub fn greet_in(&mut self, plan: &Plan, version: Version) {
        self.version = version;
        self.queue.clear();
        let all = plan.hello.iter().copied();
        let asked: Vec<ObjectId> = all.filter(|id| version != Version::V1 || plan.profile.object(*id).instance == Stands::Scalar).collect();
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

    /// Notes a problem; a device that makes them without end is not listened to for ever.
    fn note(&mut self, problem: String) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// Counts a request that is about to be sent for the first time.
    pub fn count_request(&mut self) {
        self.requests += 1;
    }

    /// Writes the names that the next request asks for, and says what kind of request it is.
    ///
    /// The same request comes out until an answer or a silence is taken.
    pub fn request(&mut self, plan: &Plan, names: &mut Vec<u8>) -> Request {
        if self.step == Step::Shape {
            return self.shape_request(plan, names);
        }
        self.asked = (self.push_fitting(plan, names), 0);
        Request { kind: PduType::Get, first: 0, second: 0 }
    }

    /// Writes the names of as many queued cells as fit into one answer, at least one; returns how many.
    fn push_fitting(&self, plan: &Plan, names: &mut Vec<u8>) -> usize {
        let mut room = self.room();
        let mut count = 0;
        for ask in self.queue[self.at..].iter().take(self.manners.width) {
            let instance = self.instance(plan, ask);
            let octets = plan.expected_octets(ask.object, &instance);
            if octets > room && count > 0 {
                break;
            }
            room = room.saturating_sub(octets);
            push_name(names, &plan.profile.object(ask.object).oid, instance.as_slice());
            count += 1;
        }
        count
    }

    /// Returns how many octets of bindings fit into one answer.
    fn room(&self) -> usize {
        let around = if self.version == Version::V3 { AROUND + AROUND_MORE } else { AROUND };
        self.manners.answer_octets.saturating_sub(around)
    }

    /// Takes the response to the open request.
    pub fn take_response(&mut self, plan: &Plan, pdu: &PlainPdu<'_>) {
        match self.step {
            Step::Hello | Step::Cells => self.take_cells(plan, pdu),
            Step::Shape => self.take_shape(plan, pdu),
            Step::Greeted | Step::Done => {}
        }
        if self.requests >= MOST_REQUESTS && self.step != Step::Done {
            self.note(format!("gave up after {MOST_REQUESTS} requests; the device leads on without end"));
            self.cut_short = true;
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
        self.note(format!("no answer when asked for {asked}; what was read before is kept"));
        self.cut_short = true;
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
                self.note(format!("an answer of {taken} values ends in octets that do not decode"));
                break;
            };
            let expected = self.queue[self.at..].get(taken).filter(|_| taken < asked);
            let Some(ask) = expected else { break };
            let (object, instance) = (plan.profile.object(ask.object), self.instance(plan, ask));
            let fits = |rest: &[u8]| tail_arcs(rest).eq(instance.as_slice().iter().copied());
            if binding.name.as_octets().strip_prefix(&*object.oid).is_some_and(fits) {
                self.answers.put_element(ask.object, instance, binding.tag, binding.contents);
                if binding.is_exception() {
                    self.untold.push(*ask);
                }
            } else if self.take_elsewhere(plan, &binding).is_none() {
                self.note(format!("asked for {}, was told {}", object.name, binding.name));
            }
            taken += 1;
        }
        taken
    }

    /// Takes a value that stands in another place than expected, if it is wanted.
    fn take_elsewhere(&mut self, plan: &Plan, binding: &Varbind<'_>) -> Option<(ObjectId, Instance)> {
        let (id, rest) = plan.profile.locate(binding.name.as_octets())?;
        let is_whole = plan.profile.object(id).instance == Stands::Exact;
        if rest.is_empty() != is_whole || binding.name.check().is_err() || !plan.wants(id) {
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
        self.untold.push(ask);
        if why != "noSuchName" {
            let object = plan.profile.object(ask.object);
            self.note(format!("{}: {why}", model::Origin::new(object.name, self.instance(plan, &ask).as_slice())));
        }
    }

    fn next_step(&mut self, plan: &Plan) {
        match self.step {
            Step::Hello => self.step = Step::Greeted,
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
            Step::Greeted | Step::Shape | Step::Done => {}
        }
    }

    fn begin_cells(&mut self, plan: &Plan) {
        self.step = Step::Cells;
        self.at = 0;
        self.queue.clear();
        (self.walks, self.scalars) = (Vec::new(), Vec::new());
        self.answers.sort();
        self.add_rows_told_in_passing(plan);
        // v1 refuses a whole request for one name that is missing; there they were asked for by GETNEXT.
        if self.version != Version::V1 {
            let unasked = |id: &&ObjectId| !self.exact_asked && self.answers.first(**id).is_none();
            let missing = plan.exact.iter().filter(unasked);
            self.queue.extend(missing.map(|object| Ask { object: *object, row: 0 }));
        }
        self.exact_asked = true;
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
                for (told, _) in self.answers.column(column) {
                    let arcs = usize::from(table.index_arcs);
                    let fits = (arcs == 0 || told.as_slice().len() == arcs) && rows.len() < table.max_rows as usize;
                    if let (true, Err(place)) = (fits, rows.binary_search(&told)) {
                        rows.insert(place, told);
                    }
                }
            }
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

    /// Goes on in another SNMP context: goes through the tables that were empty in the one before.
    pub fn turn_to_context(&mut self, plan: &Plan) {
        for (rows, queued) in self.rows.iter_mut().zip(&mut self.queued) {
            if rows.as_ref().is_none_or(Vec::is_empty) {
                (*rows, *queued) = (None, false);
            }
        }
        self.begin_shape(plan);
        // What stands alone has been asked for.
        self.scalars.clear();
        if self.walks.is_empty() && self.step == Step::Shape {
            self.begin_cells(plan);
        }
    }

    /// Takes the news that the device lets us in no longer, after it did: what was read is kept.
    pub fn take_lockout(&mut self, why: &str) {
        self.note(format!("no longer lets us in: {why}; what was read before is kept"));
        self.cut_short = true;
        self.step = Step::Done;
    }

    /// Ends a context that nobody answers in: what was read before is whole without it.
    pub fn leave_context(&mut self) {
        self.step = Step::Done;
    }

    /// Returns whether everything was read, and not only what moves.
    pub fn is_whole(&self) -> bool {
        self.before.is_none() && !self.cut_short
    }

    /// Ends the reading that went by this plan, as whom, and in which talk.
    pub fn finish(mut self, plan: Arc<Plan>, credential: u16, talk: Option<Box<Talk>>) -> Finished {
        self.answers.sort();
        let (mut unchanged, mut moving) = (false, Vec::new());
        if let Some(mut before) = self.before.take() {
            moving = std::mem::take(&mut self.queue);
            unchanged = self.problems.is_empty() && before.update_if_same(&self.answers, Standard::SysUpTime.into());
            if !unchanged {
                before.merge(&self.answers);
            }
            self.answers = before;
        }
        let known = Box::new(Known {
            version: self.version,
            plan,
            credential,
            talk,
            manners: self.manners,
            rows: self.rows,
            moving,
            answers: self.answers,
        });
        Finished { known, unchanged, requests: self.requests, cut_short: self.cut_short, problems: self.problems }
    }
}

/// Returns how long one request of a profile waits, and how often it is sent.
pub fn patience(rules: &ReadRules) -> snmp::Patience {
    snmp::Patience { timeout: u64::from(rules.timeout_ms) * 1000, attempts: rules.attempts.max(1), other_source: rules.other_source }
}
