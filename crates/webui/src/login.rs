//! The page that asks who is there.

use std::fmt;

use askama::Template;

use crate::frame::{Csrf, Notice, Program, Shell, finish};

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

#[derive(Template)]
#[template(path = "login.html")]
struct Page<'a> {
    shell: Shell<'a>,
    login: &'a Login,
    next: &'a str,
    asks_user: bool,
}

impl Login {
    /// Returns the page; the agent has one password and asks for no user.
    pub fn render(&self, program: Program) -> String {
        let shell = Shell { csrf: Csrf { token: &self.csrf }, ..Shell::bare(program, "Log in") };
        finish(&Page { shell, login: self, next: local_path(&self.next), asks_user: program == Program::Server })
    }
}

/// Returns the path if it leads to a page of this site, otherwise the first page.
///
/// Two slashes, or a backslash that browsers take for one, would lead to another host.
pub fn local_path(path: &str) -> &str {
    let is_local = path.starts_with('/') && !path[1..].starts_with(['/', '\\']) && !path.contains(|c: char| c.is_control());
    if is_local { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(local_path("/devices?show=all"), "/devices?show=all");
        for elsewhere in ["https://example.com/", "//example.com", "/\\example.com", "", "devices", "/\t/example.com"] {
            assert_eq!(local_path(elsewhere), "/", "{elsewhere}");
        }
    }

    #[test]
    fn the_agent_asks_for_no_user() {
        let login = Login { csrf: "t".into(), next: "//evil".into(), user: "ada".into(), error: None, hint: None };
        let (server, agent) = (login.render(Program::Server), login.render(Program::Agent));
        assert!(server.contains("name=\"user\"") && !agent.contains("name=\"user\""));
        assert!(agent.contains("name=\"next\" value=\"/\""));
    }
}
