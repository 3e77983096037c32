//! Pages of both web interfaces, the server's and the agent's.
//!
//! A program fills a plain struct, such as [`server::Fleet`], and gets the text of a page; every
//! page has a function `render`. `webui` deliberately asks no store, checks no password and looks
//! at no clock: the present and the time zone stand in the [`Frame`]. The pages need no script,
//! and nothing from elsewhere: send them with [`headers::ALL`] and serve [`style::STYLE`].
//!
//! What devices say is never trusted as text: it is escaped, and whatever steers a terminal or
//! turns the direction of writing is taken out of the finished page ([`frame`]).
//!
//! Start reading at [`frame`], then [`server::fleet`].
#![forbid(unsafe_code)]

pub mod agent;
pub mod chart;
pub mod clock;
pub mod device;
pub mod frame;
pub mod headers;
pub mod login;
pub mod paging;
pub mod problem;
pub mod server;
pub mod style;
pub mod synchronisation;
pub mod words;

mod bar;
mod filters;
mod json;
mod list;
mod paths;
mod site;
mod strip;

pub use clock::Clock;
pub use frame::{Frame, Notice, Program};
pub use login::Login;
pub use paging::Paging;
pub use problem::Problem;
pub use synchronisation::{SyncError, Synchronisation};
