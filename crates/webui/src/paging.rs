//! Long lists, a page at a time.

use askama::Template;
use askama::filters::HtmlSafe;
use report::grouped;

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

/// Is the way through a list as HTML; nothing where the list fits its page.
#[derive(Template)]
#[template(path = "paging.html")]
pub(crate) struct Ways<'a> {
    paging: &'a Paging,
    /// Such as "51–100 of 312".
    shown: Option<String>,
}

impl HtmlSafe for Ways<'_> {}

impl<'a> Ways<'a> {
    /// Makes the way through a list of which this page shows so many rows.
    pub fn new(paging: &'a Paging, rows: usize) -> Self {
        let last = |first: u64| first + rows.saturating_sub(1) as u64;
        let shown = match (paging.first, paging.total) {
            _ if rows == 0 => None,
            (Some(first), Some(total)) => Some(format!("{}–{} of {}", grouped(first), grouped(last(first)), grouped(total))),
            (Some(first), None) => Some(format!("{}–{}", grouped(first), grouped(last(first)))),
            (None, Some(total)) => Some(format!("{} of {}", grouped(rows as u64), grouped(total))),
            (None, None) => None,
        };
        Ways { paging, shown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_where_it_stands() {
        let paging = Paging { first: Some(51), total: Some(1312), previous: Some("/?before=a".into()), next: Some("/?after=b&c=d".into()) };
        let ways = Ways::new(&paging, 50).to_string();
        assert!(ways.contains("51–100 of 1,312"), "{ways}");
        assert!(ways.contains("href=\"/?after=b&#38;c=d\""), "{ways}");
        assert_eq!(Ways::new(&Paging::default(), 3).to_string().trim(), "");
    }
}
