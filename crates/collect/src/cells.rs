//! Typed access to cells: each takes what devices really send, and tells what cannot be.

use std::borrow::Cow;

use catalog::{Catalog, ObjectId, Profile, Standard};
use model::standard::{Charset, SubUnitStatus};
use model::{Level, Origin};
use snmp::Value;

use crate::Context;
use crate::answers::{Answers, Instance};
use crate::text;

/// Is what all tables are read from, and where their problems are told.
pub(crate) struct Source<'a> {
    pub profile: &'a Profile,
    pub catalog: &'a Catalog,
    pub answers: &'a Answers,
    pub context: &'a Context,
    /// hrDeviceIndex of the printer.
    pub device: u32,
    /// The charset of localised text.
    pub charset: Option<Charset>,
    /// The charset of the panel's text.
    pub console_charset: Option<Charset>,
    pub problems: Vec<String>,
}

/// Is one place of a table: which object and instance, and what was said there.
#[derive(Clone, Copy)]
pub(crate) struct Cell<'a> {
    /// The object's name.
    pub name: &'static str,
    pub instance: Instance,
    pub value: Option<Value<'a>>,
}

impl<'a> Cell<'a> {
    pub fn of(object: Standard, instance: Instance, value: Option<Value<'a>>) -> Self {
        Cell { name: object.name(), instance, value }
    }

    pub fn origin(&self) -> Origin {
        Origin::new(self.name, self.instance.as_slice())
    }
}

impl<'a> Source<'a> {
    /// Returns the cell of a scalar.
    pub fn scalar(&self, object: Standard) -> Cell<'a> {
        self.cell(object, &[0])
    }

    /// Returns the cell of an object of the printer's own row.
    pub fn of_device(&self, object: Standard) -> Cell<'a> {
        self.cell(object, &[self.device])
    }

    fn cell(&self, object: Standard, instance: &[u32]) -> Cell<'a> {
        Cell::of(object, Instance::new(instance).unwrap_or_default(), self.answers.get(object, instance))
    }

    /// Returns the cell of an object that stands alone, wherever it stands.
    pub fn alone(&self, object: ObjectId) -> Cell<'a> {
        let name = self.profile.object(object).name;
        match self.answers.first(object) {
            Some((instance, value)) => Cell { name, instance, value: Some(value) },
            None => Cell { name, instance: Instance::default(), value: None },
        }
    }

    /// Returns the cell of a column.
    pub fn at(&self, object: ObjectId, instance: &Instance) -> Cell<'a> {
        let value = self.answers.get(object, instance.as_slice());
        Cell { name: self.profile.object(object).name, instance: *instance, value }
    }

    /// Returns the text of a cell in the charset of localised text.
    pub fn text(&mut self, cell: Cell<'a>) -> Option<String> {
        self.words(cell).map(Cow::into_owned)
    }

    /// As [`Source::text`], without a copy where none is needed.
    pub fn words(&mut self, cell: Cell<'a>) -> Option<Cow<'a, str>> {
        let charset = self.charset;
        self.octets(cell).and_then(|octets| text::said(octets, charset))
    }

    /// Returns what a cell that names its row says: a number, or a text in lower case.
    pub fn key(&self, cell: Cell<'a>) -> Option<String> {
        match cell.value? {
            Value::OctetString(octets) => text::said(octets, self.charset).map(|text| text.to_lowercase()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Counter32(number) | Value::Gauge32(number) | Value::TimeTicks(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub fn octets(&mut self, cell: Cell<'a>) -> Option<&'a [u8]> {
        match cell.value? {
            Value::OctetString(octets) | Value::Opaque(octets) => Some(octets),
            _ => {
                self.mistyped(cell, "OCTET STRING");
                None
            }
        }
    }

    /// Returns a number; devices mix INTEGER, Gauge32 and the counters freely.
    pub fn integer(&mut self, cell: Cell<'a>) -> Option<i64> {
        self.whole(cell, "INTEGER")
    }

    /// Returns a count; a negative one is a problem and no count.
    pub fn counter(&mut self, cell: Cell<'a>) -> Option<u64> {
        if let Some(Value::Counter64(count)) = cell.value {
            return Some(count);
        }
        let count = self.whole(cell, "Counter32")?;
        u64::try_from(count).map_err(|_| self.out_of_range(cell, count, "0 or more")).ok()
    }

    fn whole(&mut self, cell: Cell<'a>, expected: &str) -> Option<i64> {
        match cell.value? {
            Value::Integer(number) => Some(number),
            Value::Counter32(number) | Value::Gauge32(number) | Value::TimeTicks(number) => Some(number.into()),
            Value::Counter64(number) => i64::try_from(number).ok(),
            _ => {
                self.mistyped(cell, expected);
                None
            }
        }
    }

    /// Returns a value of a closed list; the numbers of no list are kept by the type itself.
    pub fn word<T>(&mut self, cell: Cell<'a>, from_number: fn(u32) -> T) -> Option<T> {
        let number = self.integer(cell)?;
        u32::try_from(number).map_err(|_| self.out_of_range(cell, number, "an enumeration")).ok().map(from_number)
    }

    /// Returns an index; 0 and negative values refer to nothing.
    pub fn index(&mut self, cell: Cell<'a>) -> Option<u32> {
        let number = self.integer(cell)?;
        u32::try_from(number).ok().filter(|index| *index > 0)
    }

    pub fn sub_unit_status(&mut self, cell: Cell<'a>) -> Option<SubUnitStatus> {
        let number = self.integer(cell)?;
        let status = u32::try_from(number).ok().and_then(SubUnitStatus::from_number);
        if status.is_none() {
            self.out_of_range(cell, number, "0 to 126");
        }
        status
    }

    /// Returns a capacity that is known and above 0.
    pub fn capacity(&mut self, cell: Cell<'a>) -> Option<u32> {
        match self.integer(cell)? {
            -2..=0 => None,
            number => match positive(number) {
                Some(capacity) => Some(capacity),
                None => {
                    self.out_of_range(cell, number, "-2 or more");
                    None
                }
            },
        }
    }

    /// Returns a typed level: unknown if nothing was said, invalid if what was said cannot be, or
    /// lies above the capacity.
    pub fn level(&mut self, cell: Cell<'a>, capacity: Option<u32>) -> Level {
        if cell.value.is_none() {
            return Level::Unknown;
        }
        let Some(number) = self.integer(cell) else { return Level::Invalid };
        match (Level::from_raw(number), capacity) {
            (Level::Measured { value, .. }, Some(capacity)) if value > capacity => {
                self.problem(cell, format_args!("level {value} above capacity {capacity}"));
                Level::Invalid
            }
            // -3 as an unsigned number is none of the standard's words.
            (Level::Measured { .. }, _) if positive(number.max(1)).is_none() => self.invalid(cell, number),
            (Level::Invalid, _) => self.invalid(cell, number),
            (level, _) => level,
        }
    }

    fn invalid(&mut self, cell: Cell<'a>, number: i64) -> Level {
        self.out_of_range(cell, number, "-3 or more");
        Level::Invalid
    }

    #[cold]
    fn mistyped(&mut self, cell: Cell<'a>, expected: &str) {
        let found = cell.value.map_or("nothing", |value| value.type_name());
        self.problem(cell, format_args!("type {found}, expected {expected}"));
    }

    #[cold]
    fn out_of_range(&mut self, cell: Cell<'a>, number: i64, expected: &str) {
        self.problem(cell, format_args!("value {number}, expected {expected}"));
    }

    #[cold]
    pub fn problem(&mut self, cell: Cell<'a>, what: std::fmt::Arguments<'_>) {
        self.problems.push(format!("{}: {what}", cell.origin()));
    }
}

/// Returns a number of an SMI INTEGER above 0.
fn positive(number: i64) -> Option<u32> {
    i32::try_from(number).ok().and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0)
}

/// Is a table with its rows, ordered by instance: rows × columns.
pub(crate) struct Grid<'a, const N: usize> {
    columns: [Standard; N],
    rows: Vec<(Instance, [Option<Value<'a>>; N])>,
}

impl<'a, const N: usize> Grid<'a, N> {
    /// Gathers the rows that any of the columns has.
    ///
    /// Where several devices stand in one table, only the printer's rows are taken.
    pub fn read(source: &Source<'a>, columns: [Standard; N]) -> Self {
        let mut grid = Self::read_all(source, columns);
        let device = source.device;
        if grid.rows.iter().any(|(row, _)| row.device() == device) {
            grid.rows.retain(|(row, _)| row.device() == device);
        }
        grid
    }

    /// As [`Grid::read`], for tables whose first index is not hrDeviceIndex.
    pub fn read_all(source: &Source<'a>, columns: [Standard; N]) -> Self {
        let mut rows: Vec<(Instance, [Option<Value<'a>>; N])> = Vec::with_capacity(8);
        for (place, column) in columns.iter().enumerate() {
            let mut at = 0;
            for (instance, value) in source.answers.column(*column) {
                while rows.get(at).is_some_and(|(row, _)| *row < instance) {
                    at += 1;
                }
                if rows.get(at).is_none_or(|(row, _)| *row != instance) {
                    rows.insert(at, (instance, [None; N]));
                }
                rows[at].1[place] = Some(value);
                at += 1;
            }
        }
        Grid { columns, rows }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Iterates the rows as their cells, in the order of the columns.
    pub fn rows(&self) -> impl Iterator<Item = (Instance, [Cell<'a>; N])> {
        self.rows.iter().map(|(instance, values)| {
            let cell = |place: usize| Cell::of(self.columns[place], *instance, values[place]);
            (*instance, std::array::from_fn(cell))
        })
    }
}
