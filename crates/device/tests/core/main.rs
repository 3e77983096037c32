//! The core on a simulated machine: a clock that is told, flash that tears, and a server in memory.

mod days;
mod flash;
mod machine;
mod orders;
mod power_cut;
mod printers;
