//! What the server decides: which word is current, who is silent and why, whom to believe.
//!
//! Every function takes values and the time and returns a decision with its reasons. `policy`
//! deliberately keeps nothing and asks nobody: `store` remembers, `server` listens.
//!
//! Start reading at [`view::View`], what one sender says of one device, then [`current`], which
//! makes one record of several views.
#![forbid(unsafe_code)]

pub mod current;
pub mod expectation;
pub mod history;
pub mod identity;
pub mod intake;
pub mod lifecycle;
pub mod noise;
pub mod overdue;
pub mod view;

pub use view::View;
