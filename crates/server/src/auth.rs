//! Who calls: senders by name and password, programs by token, people by session.

mod basic;
mod sender;
mod token;

pub use sender::{Authenticated, reporter, sender};
pub use token::{Operator, Viewer};
