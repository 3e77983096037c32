//! Tables, and how their rows are learned.

use crate::object::{ObjectId, Rule};

/// Names a table within a profile: its place in [`Profile::tables`](crate::Profile::tables).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TableId(pub u16);

impl TableId {
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Is a table whose columns are objects of the profile.
#[derive(Clone, Debug)]
pub struct Table {
    pub id: TableId,
    pub name: &'static str,
    /// In the order of their identifiers.
    pub columns: Vec<ObjectId>,
    pub rows: Rows,
    /// A device that claims more rows is not followed further.
    pub max_rows: u16,
    /// The arcs of the instance: 1 (ifIndex), or 2 (hrDeviceIndex, then the row).
    pub index_arcs: u8,
    pub rule: Rule,
}

/// Is how the rows of a table are learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// By walking this column.
    Walk { column: ObjectId },
    /// Rows 1 to the value of this object.
    Count(ObjectId),
    /// The rows that the values of this object name; 0 names none.
    ReferredBy(ObjectId),
    /// Rows 1 to n, asked for without knowing.
    Probe(u16),
}
