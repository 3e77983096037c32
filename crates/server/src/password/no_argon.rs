//! Stands for `argon` where there is none.

pub const IS_HERE: bool = false;
pub const NOBODY: &str = "";

pub fn hash(_: &str) -> Option<String> {
    None
}

pub fn fits(_: &str, _: &str) -> bool {
    false
}
