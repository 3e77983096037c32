//! The cells that one device said in one reading, kept as the octets they came in.

use std::cmp::Ordering;

use catalog::ObjectId;
use snmp::Value;

/// Is the instance part of an object's identifier: none for an object that is named whole, one or
/// two arcs in every standard table that is read, three in some vendors'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instance {
    arcs: [u32; 3],
    length: u8,
}

impl Instance {
    /// Returns `None` for more than three arcs, and for three whose last two are no numbers of 16 bits.
    pub fn new(arcs: &[u32]) -> Option<Self> {
        Self::from_arcs(arcs.iter().copied())
    }

    /// As [`Instance::new`], from the arcs as they come out of a message.
    pub fn from_arcs(arcs: impl Iterator<Item = u32>) -> Option<Self> {
        let mut instance = Instance::default();
        for arc in arcs {
            *instance.arcs.get_mut(usize::from(instance.length))? = arc;
            instance.length += 1;
        }
        let [_, second, third] = instance.arcs;
        (instance.length < 3 || second.max(third) <= u32::from(u16::MAX)).then_some(instance)
    }

    /// Packs the arcs into two numbers that are ordered as the arcs are, among instances of one length.
    fn packed(&self) -> [u32; 2] {
        let [first, second, third] = self.arcs;
        [first, if self.length < 3 { second } else { second << 16 | third }]
    }

    fn unpacked([first, rest]: [u32; 2], length: u8) -> Self {
        let arcs = if length < 3 { [first, rest, 0] } else { [first, rest >> 16, rest & 0xffff] };
        Instance { arcs, length }
    }

    pub fn as_slice(&self) -> &[u32] {
        &self.arcs[..usize::from(self.length)]
    }

    /// Returns the last arc: the row of a table, or 0 for a scalar.
    pub fn row(&self) -> u32 {
        self.as_slice().last().copied().unwrap_or(0)
    }

    /// Returns the first arc: hrDeviceIndex in the Printer MIB.
    pub fn device(&self) -> u32 {
        self.as_slice().first().copied().unwrap_or(0)
    }
}

/// Is one cell: whose it is, and where its contents lie in the arena. Thousands of devices hold a
/// hundred and fifty of these each, so they are packed into 16 octets.
#[derive(Clone, Copy, Debug)]
struct Cell {
    arcs: [u32; 2],
    /// The tag in the upper 8 bits, the start in the arena in the lower 24.
    tag_and_start: u32,
    /// The number of arcs in the upper 2 bits, the object in the lower 14.
    length_and_object: u16,
    size: u16,
}

const OBJECT: u16 = (1 << 14) - 1;
const START: u32 = (1 << 24) - 1;

impl Cell {
    /// Returns `None` where one of the parts is too large to be packed.
    fn new(object: ObjectId, instance: Instance, tag: u8, size: usize, start: usize) -> Option<Self> {
        let start = u32::try_from(start).ok().filter(|start| *start <= START)?;
        let object = Some(object.0).filter(|object| *object <= OBJECT)?;
        Some(Cell {
            arcs: instance.packed(),
            tag_and_start: u32::from(tag) << 24 | start,
            length_and_object: u16::from(instance.length) << 14 | object,
            size: u16::try_from(size).ok()?,
        })
    }

    fn object(&self) -> ObjectId {
        ObjectId(self.length_and_object & OBJECT)
    }

    fn instance(&self) -> Instance {
        Instance::unpacked(self.arcs, (self.length_and_object >> 14) as u8)
    }

    fn tag(&self) -> u8 {
        (self.tag_and_start >> 24) as u8
    }

    fn start(&self) -> usize {
        (self.tag_and_start & START) as usize
    }

    fn order(&self, object: ObjectId, instance: &Instance) -> Ordering {
        self.key().cmp(&key(object, instance))
    }

    fn key(&self) -> u128 {
        packed_key(self.object(), self.arcs, (self.length_and_object >> 14) as u8)
    }
}

fn key(object: ObjectId, instance: &Instance) -> u128 {
    packed_key(object, instance.packed(), instance.length)
}

/// Packs what cells are ordered by into one number, so that a comparison has no branches.
fn packed_key(object: ObjectId, [first, rest]: [u32; 2], length: u8) -> u128 {
    u128::from(object.0) << 72 | u128::from(first) << 40 | u128::from(rest) << 8 | u128::from(length)
}

/// Holds what a device said, cell by cell: an arena of octets and a table of 16 octets a cell.
///
/// Call [`Answers::sort`] once all cells are in; look-ups need it. A cell that came twice keeps
/// its last value.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    octets: Vec<u8>,
    cells: Vec<Cell>,
}

impl Answers {
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes room for what a usual printer says, so that it need not grow on the way.
    pub fn for_a_printer() -> Self {
        Answers { octets: Vec::with_capacity(1152), cells: Vec::with_capacity(100) }
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.octets.clear();
        self.cells.clear();
    }

    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Keeps a cell as it came in the message: tag and contents of the value's element.
    ///
    /// Exceptions are no values and are left out, as is a value of 64 KiB or more, and all beyond 16 MiB.
    pub fn put_element(&mut self, object: ObjectId, instance: Instance, tag: u8, contents: &[u8]) {
        let exception = (snmp::ber::tag::NO_SUCH_OBJECT..=snmp::ber::tag::END_OF_MIB_VIEW).contains(&tag);
        let cell = Cell::new(object, instance, tag, contents.len(), self.octets.len());
        let (Some(cell), false) = (cell, exception) else { return };
        // Thousands of these are held at once, so they grow by little rather than by doubling.
        if self.cells.len() == self.cells.capacity() {
            self.cells.reserve_exact((self.cells.len() / 4).max(44));
        }
        if self.octets.len() + contents.len() > self.octets.capacity() {
            self.octets.reserve_exact((self.octets.len() / 4).max(512).max(contents.len()));
        }
        self.octets.extend_from_slice(contents);
        self.cells.push(cell);
    }

    /// Keeps a cell given as a value; for tests and sources other than messages.
    pub fn put(&mut self, object: impl Into<ObjectId>, instance: &[u32], value: Value<'_>) {
        let Some(instance) = Instance::new(instance) else { return };
        let mut element = Vec::new();
        value.push(&mut element);
        if let Ok((tag, contents)) = snmp::ber::Reader::new(&element).element() {
            self.put_element(object.into(), instance, tag, contents);
        }
    }

    /// Orders the cells by object and instance. Stable, so that the last of two equals stays last.
    pub fn sort(&mut self) {
        self.cells.sort_by_key(Cell::key);
    }

    /// Returns one cell's value; `None` if it was not said or does not decode.
    pub fn get(&self, object: impl Into<ObjectId>, instance: &[u32]) -> Option<Value<'_>> {
        let (object, instance) = (object.into(), Instance::new(instance)?);
        let end = self.cells.partition_point(|cell| cell.order(object, &instance).is_le());
        let cell = self.cells[..end].last().filter(|cell| cell.order(object, &instance).is_eq())?;
        self.value(cell)
    }

    /// Returns the cells of one column, ordered by instance.
    pub fn column(&self, object: impl Into<ObjectId>) -> impl Iterator<Item = (Instance, Value<'_>)> {
        let object = object.into();
        let start = self.cells.partition_point(|cell| cell.object() < object);
        let column = self.cells[start..].iter().take_while(move |cell| cell.object() == object);
        let mut column = column.peekable();
        std::iter::from_fn(move || {
            loop {
                let cell = column.next()?;
                let again = column.peek().is_some_and(|next| next.instance() == cell.instance());
                match self.value(cell) {
                    Some(value) if !again => return Some((cell.instance(), value)),
                    _ => {}
                }
            }
        })
    }

    /// Returns the first cell of a column.
    pub fn first(&self, object: impl Into<ObjectId>) -> Option<(Instance, Value<'_>)> {
        self.column(object).next()
    }

    /// Returns whether this very cell is here.
    pub fn has(&self, object: ObjectId, instance: &Instance) -> bool {
        self.cells.binary_search_by(|cell| cell.order(object, instance)).is_ok()
    }

    /// Forgets the cells of some objects. The others stay in order.
    pub fn remove(&mut self, mut which: impl FnMut(ObjectId) -> bool) {
        self.cells.retain(|cell| !which(cell.object()));
    }

    /// Takes over the cells of a newer reading; where both have one, the newer stands. Sorts.
    pub fn merge(&mut self, newer: &Answers) {
        let mut merged = Answers { octets: Vec::with_capacity(self.octets.len()), cells: Vec::with_capacity(self.cells.len()) };
        for (answers, is_old) in [(&*self, true), (newer, false)] {
            for cell in &answers.cells {
                if !is_old || !newer.has(cell.object(), &cell.instance()) {
                    merged.put_element(cell.object(), cell.instance(), cell.tag(), answers.contents(cell));
                }
            }
        }
        merged.sort();
        *self = merged;
    }

    /// Takes over a newer reading that says the same as this one, but for the value of `clock`.
    /// Returns `false`, and changes nothing, if anything else differs. Both must be sorted.
    pub fn update_if_same(&mut self, newer: &Answers, clock: ObjectId) -> bool {
        let mut clock_cell = None;
        for cell in &newer.cells {
            let Ok(place) = self.cells.binary_search_by(|ours| ours.order(cell.object(), &cell.instance())) else { return false };
            let ours = &self.cells[place];
            if cell.object() == clock {
                clock_cell = Some((place, *cell));
            } else if ours.tag() != cell.tag() || self.contents(ours) != newer.contents(cell) {
                return false;
            }
        }
        if let Some((place, cell)) = clock_cell {
            self.replace(place, cell.tag(), newer.contents(&cell));
        }
        true
    }

    /// Gives one cell another value; the room of the old one is used again where it suffices.
    fn replace(&mut self, place: usize, tag: u8, contents: &[u8]) {
        let cell = self.cells[place];
        let start = if contents.len() <= usize::from(cell.size) { cell.start() } else { self.octets.len() };
        let Some(replaced) = Cell::new(cell.object(), cell.instance(), tag, contents.len(), start) else { return };
        if start == self.octets.len() {
            self.octets.extend_from_slice(contents);
        } else {
            self.octets[start..start + contents.len()].copy_from_slice(contents);
        }
        self.cells[place] = replaced;
    }

    fn contents(&self, cell: &Cell) -> &[u8] {
        &self.octets[cell.start()..][..usize::from(cell.size)]
    }

    fn value(&self, cell: &Cell) -> Option<Value<'_>> {
        let contents = self.contents(cell);
        match Value::from_element(cell.tag(), contents) {
            Ok(value) => Some(value),
            Err(_) => Some(Value::Unknown { tag: cell.tag(), contents }),
        }
    }
}
