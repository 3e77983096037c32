//! The days of an agent: the rules one by one, then years of accidents against a plain reference.

mod harness;
mod rules;
mod simulation;
