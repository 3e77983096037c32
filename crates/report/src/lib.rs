//! Device records as people and spreadsheets read them: tables, pages, rows and lines.
//!
//! Every function takes records and returns text. `report` deliberately decides nothing about a
//! device and looks at no terminal, clock or file: width, colours and times are parameters. What a
//! device said is shown with its controls stripped, its markup escaped, its formulas disarmed.
//!
//! Start reading at [`attention`], which says what comes first, then [`table`]; [`words`] says what is
//! wrong in English or Dutch.
#![forbid(unsafe_code)]

pub mod attention;
pub mod csv;
pub mod detail;
pub mod html;
pub mod json;
pub mod supply;
pub mod table;
pub mod text;
pub mod words;

mod grid;
mod paint;

pub use grid::aligned;
pub use paint::Style;
pub use text::{grouped, safe_text};
pub use words::Language;
