//! A host that only remembers.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::{Host, Ran, Service};

/// Remembers files and commands; commands succeed and say nothing unless told otherwise.
pub(crate) struct FakeHost {
    is_privileged: bool,
    pub files: RefCell<BTreeMap<PathBuf, String>>,
    pub ran: RefCell<Vec<String>>,
    said: RefCell<String>,
    /// A word, and what a command with it says when it fails.
    failing: RefCell<Option<(String, String)>>,
}

impl FakeHost {
    pub fn new(is_privileged: bool) -> Self {
        let (files, ran, said, failing) = Default::default();
        FakeHost { is_privileged, files, ran, said, failing }
    }

    /// Makes every command with this word fail.
    pub fn fails_with(&self, word: &str, said: &str) {
        self.failing.replace(Some((word.to_owned(), said.to_owned())));
    }

    pub fn says(&self, said: &str) {
        self.said.replace(said.to_owned());
    }
}

impl Host for FakeHost {
    fn is_privileged(&self) -> bool {
        self.is_privileged
    }

    fn read(&self, path: &Path) -> io::Result<Option<String>> {
        Ok(self.files.borrow().get(path).cloned())
    }

    fn write(&self, path: &Path, text: &str) -> io::Result<()> {
        self.files.borrow_mut().insert(path.to_owned(), text.to_owned());
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.files.borrow_mut().remove(path);
        Ok(())
    }

    fn run(&self, program: &str, arguments: &[&str]) -> io::Result<Ran> {
        let words = [&[program], arguments].concat();
        self.ran.borrow_mut().push(words.join(" "));
        Ok(match &*self.failing.borrow() {
            Some((word, said)) if words.contains(&word.as_str()) => Ran { succeeded: false, said: said.clone() },
            _ => Ran { succeeded: true, said: self.said.borrow().clone() },
        })
    }
}

pub(crate) fn service() -> Service {
    Service {
        program: "/usr/local/bin/roundsman-agent".into(),
        configuration: "/etc/roundsman-agent/agent.toml".into(),
        needs_low_port: false,
    }
}
