//! When a sender plans to report.
