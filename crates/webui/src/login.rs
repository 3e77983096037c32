//! The page that asks who is there.

use std::fmt;

/// Is the login page of either program.
///
/// It posts the fields `csrf`, `user` (the server only), `password` and `next` to `/login`.
#[derive(Clone)]
pub struct Login {
    /// A token against forged requests from before there is a session.
    pub csrf: String,
    /// Where to go afterwards, as a path of this site.
    pub next: String,
    /// The user name that was tried, so that it need not be typed again.
    pub user: String,
    /// Why the last attempt failed, and what to do.
    pub error: Option<String>,
    /// Where the password is to be found, for somebody who has never seen this page.
    pub hint: Option<String>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("next", &self.next).field("user", &self.user).field("error", &self.error).finish_non_exhaustive()
    }
}
