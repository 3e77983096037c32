//! What templates may do with a value.

/// Writes a number with its thousands apart.
#[askama::filter_fn]
pub fn grouped(number: &u64, _: &dyn askama::Values) -> askama::Result<String> {
    Ok(report::grouped(*number))
}
