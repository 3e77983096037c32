//! What leaves the site, and what the site keeps to itself.

use wire::privacy::Group;

/// Is the page of what may leave.
#[derive(Clone, Debug)]
pub struct Privacy {
    /// What the site has switched off.
    pub withheld: Vec<Group>,
    /// The file in which it is switched off and on.
    pub configuration_file: Option<String>,
}
