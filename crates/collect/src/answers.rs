//! The cells that one device said in one reading, kept as the octets they came in.

use std::cmp::Ordering;

use catalog::ObjectId;
use snmp::Value;

/// Is the instance part of an object's identifier: at most three arcs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instance {
    arcs: [u32; 3],
    length: u8,
}

impl Instance {
    /// Returns `None` for more than three arcs: no table of the standards has so deep an index.
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
        Some(instance)
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

/// Is one cell: whose it is, and where its contents lie in the arena.
#[derive(Clone, Copy, Debug)]
struct Cell {
    object: ObjectId,
    instance: Instance,
    tag: u8,
    size: u16,
    start: u32,
}

impl Cell {
    fn order(&self, object: ObjectId, instance: &Instance) -> Ordering {
        self.object.cmp(&object).then_with(|| self.instance.cmp(instance))
    }
}

/// Holds what a device said, cell by cell: an arena of octets and a table of 24 octets a cell.
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
    /// Exceptions are no values and are left out, as is a value of 64 KiB or more.
    pub fn put_element(&mut self, object: ObjectId, instance: Instance, tag: u8, contents: &[u8]) {
        let exception = (snmp::ber::tag::NO_SUCH_OBJECT..=snmp::ber::tag::END_OF_MIB_VIEW).contains(&tag);
        let (Ok(size), Ok(start), false) = (u16::try_from(contents.len()), u32::try_from(self.octets.len()), exception) else { return };
        self.octets.extend_from_slice(contents);
        self.cells.push(Cell { object, instance, tag, size, start });
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
        self.cells.sort_by(|a, b| a.order(b.object, &b.instance));
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
        let start = self.cells.partition_point(|cell| cell.object < object);
        let column = self.cells[start..].iter().take_while(move |cell| cell.object == object);
        let mut column = column.peekable();
        std::iter::from_fn(move || {
            loop {
                let cell = column.next()?;
                let again = column.peek().is_some_and(|next| next.instance == cell.instance);
                match self.value(cell) {
                    Some(value) if !again => return Some((cell.instance, value)),
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

    fn value(&self, cell: &Cell) -> Option<Value<'_>> {
        let start = cell.start as usize;
        let contents = &self.octets[start..start + usize::from(cell.size)];
        match Value::from_element(cell.tag, contents) {
            Ok(value) => Some(value),
            Err(_) => Some(Value::Unknown { tag: cell.tag, contents }),
        }
    }
}
