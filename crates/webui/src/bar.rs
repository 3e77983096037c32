//! A supply's bar, drawn without inline styles: the pages' policy forbids them.

use askama::Template;
use askama::filters::HtmlSafe;
use model::record::Supply;
use report::html::{colour_class, need_class};
use report::supply;

/// Is a rail with the part that is left; dashed where the device told no number that means it.
#[derive(Template)]
#[template(path = "bar.html")]
pub(crate) struct Bar {
    width: Option<String>,
    colour: &'static str,
}

impl HtmlSafe for Bar {}

impl Bar {
    pub fn of(supply: &Supply) -> Self {
        Bar::new(supply.remaining, colour_class(supply))
    }

    pub fn new(remaining: Option<f64>, colour: &'static str) -> Self {
        Bar { width: remaining.map(|share| format!("{:.1}", share.clamp(0.0, 1.0) * 100.0)), colour }
    }
}

/// Is the supplies of one device in the few words of a list, marking ones first.
#[derive(Template)]
#[template(path = "supplies.html")]
pub(crate) struct Supplies {
    supplies: Vec<Row>,
}

impl HtmlSafe for Supplies {}

struct Row {
    name: String,
    description: String,
    bar: Bar,
    left: String,
    need: &'static str,
}

impl Supplies {
    pub fn of(supplies: &[Supply]) -> Self {
        Supplies { supplies: in_order(supplies).into_iter().map(Row::of).collect() }
    }
}

impl Row {
    fn of(supply: &Supply) -> Self {
        Row {
            name: supply::name(supply),
            description: supply.description.clone().unwrap_or_default(),
            bar: Bar::of(supply),
            left: left(supply),
            need: need_class(supply::need(supply)),
        }
    }
}

/// Returns the supplies in the order in which people look for them: black, cyan, magenta, yellow, the rest.
pub(crate) fn in_order(supplies: &[Supply]) -> Vec<&Supply> {
    let mut supplies: Vec<&Supply> = supplies.iter().collect();
    supplies.sort_by_key(|supply| supply::place(supply));
    supplies
}

/// Returns how much is left; on a page there is room for the word where a terminal has "?".
pub(crate) fn left(supply: &Supply) -> String {
    match supply::left(supply) {
        unknown if unknown == "?" => "unknown".to_owned(),
        left => left,
    }
}
