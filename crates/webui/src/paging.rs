//! Long lists, a page at a time.

/// Is where a page stands in a list, and the ways on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paging {
    /// The place of the first row shown, from 1; `None` where the list is walked without counting.
    pub first: Option<u64>,
    /// How many rows the whole list has, where that is known.
    pub total: Option<u64>,
    /// The address of the page before, such as `/devices?before=…`.
    pub previous: Option<String>,
    /// The address of the page after.
    pub next: Option<String>,
}
