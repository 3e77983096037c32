//! The file that tells which communities to try where.
//!
//! ```toml
//! [[credentials]]
//! targets = ["10.0.0.0/8", "printer-7.example"]
//! communities = ["a", "b"]
//! ```

use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};
use survey::targets::{Target, Targets};
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::args::Community;
use crate::usage::WrongUsage;
use crate::whereabouts;

/// Is one `[[credentials]]`: communities for some addresses.
pub struct Entry {
    /// Never empty.
    pub targets: Targets,
    /// In the order to try them; never empty.
    pub communities: Vec<Community>,
}

/// Reads a file, in order; warns if others can read it.
///
/// # Errors
/// Fails if the file cannot be read or understood, with its line, or if a name in it is not found.
pub fn load(path: &Path) -> Result<Vec<Entry>> {
    let text = fs::read_to_string(path).map_err(|error| WrongUsage(format!("cannot read {}: {error}", path.display())))?;
    warn_if_open(path).with_context(|| path.display().to_string())?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let written = parse(&text).map_err(|fault| WrongUsage(fault.at(&name, &text)))?;
    written.into_iter().map(|entry| Ok(Entry { targets: resolved(entry.targets)?, communities: entry.communities })).collect()
}

fn resolved(targets: Vec<Target>) -> Result<Targets> {
    let mut builder = Targets::builder();
    for target in targets {
        builder = builder.include(match target {
            Target::Name(name) => Target::Address(whereabouts::address_of(&name, 0)?.ip()),
            target => target,
        });
    }
    Ok(builder.build()?)
}

#[cfg(unix)]
fn warn_if_open(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        let path = path.display();
        eprintln!("roundsman: others can read {path} (mode {:04o}); `chmod 600 {path}` keeps it to you", mode & 0o7777);
    }
    Ok(())
}

#[cfg(not(unix))]
fn warn_if_open(_: &Path) -> Result<()> {
    Ok(())
}

/// Is one entry as written. It has no `Debug`: it is secret.
struct Written {
    targets: Vec<Target>,
    communities: Vec<Community>,
}

/// Is what is wrong with a file, and where.
struct Fault {
    message: String,
    span: Range<usize>,
}

impl Fault {
    fn new(message: impl fmt::Display, span: Range<usize>) -> Self {
        Fault { message: message.to_string(), span }
    }

    fn at(&self, name: &str, text: &str) -> String {
        let before = &text.as_bytes()[..self.span.start.min(text.len())];
        let line = 1 + before.iter().filter(|octet| **octet == b'\n').count();
        format!("{name}:{line}: {}", self.message)
    }
}

fn parse(text: &str) -> Result<Vec<Written>, Fault> {
    let document = DeTable::parse(text).map_err(|error| Fault::new(error.message(), error.span().unwrap_or(0..0)))?;
    only_keys(document.get_ref(), &["credentials"])?;
    let Some(list) = document.get_ref().get("credentials") else {
        return Err(Fault::new("nothing in it; expected [[credentials]] with targets and communities", 0..0));
    };
    let entries = array(list, "expected [[credentials]], in double brackets")?;
    entries.iter().map(entry).collect()
}

fn entry(value: &Spanned<DeValue<'_>>) -> Result<Written, Fault> {
    let DeValue::Table(table) = value.get_ref() else {
        return Err(Fault::new("expected [[credentials]] with targets and communities", value.span()));
    };
    only_keys(table, &["targets", "communities"])?;
    let target = |(text, span): (&str, Range<usize>)| Target::parse(text).map_err(|error| Fault::new(error, span));
    let wanted = |key| match table.get(key) {
        Some(list) => texts(list, key),
        None => Err(Fault::new(format!("no {key}; expected {key} = [\"…\"]"), value.span())),
    };
    let targets = wanted("targets")?.into_iter().map(target).collect::<Result<_, _>>()?;
    let communities = wanted("communities")?.into_iter().map(|(text, _)| Community::from(text)).collect();
    Ok(Written { targets, communities })
}

/// Returns the texts of a list that is not empty.
fn texts<'a>(list: &'a Spanned<DeValue<'_>>, key: &str) -> Result<Vec<(&'a str, Range<usize>)>, Fault> {
    let expected = format!("expected texts in brackets, as in {key} = [\"…\"]");
    let items = array(list, &expected)?;
    if items.is_empty() {
        return Err(Fault::new(format!("{key} is empty; {expected}, or leave the entry out"), list.span()));
    }
    let text = |item: &'a Spanned<DeValue<'_>>| match item.get_ref() {
        DeValue::String(text) => Ok((&**text, item.span())),
        _ => Err(Fault::new(&expected, item.span())),
    };
    items.iter().map(text).collect()
}

fn array<'a, 'i>(value: &'a Spanned<DeValue<'i>>, expected: &str) -> Result<&'a DeArray<'i>, Fault> {
    match value.get_ref() {
        DeValue::Array(items) => Ok(items),
        _ => Err(Fault::new(expected, value.span())),
    }
}

fn only_keys(table: &DeTable<'_>, known: &[&str]) -> Result<(), Fault> {
    let unknown = table.keys().filter(|key| !known.contains(&&**key.get_ref())).min_by_key(|key| key.span().start);
    match unknown {
        Some(key) => Err(Fault::new(format!("unknown key {:?}; {}", key.get_ref(), hint(key.get_ref(), known)), key.span())),
        None => Ok(()),
    }
}

/// Returns the known key that shares most of its beginning and end with a mistyped one, or all of them.
fn hint(key: &str, known: &[&str]) -> String {
    let shared = |known: &&&str| {
        let same = |(a, b): &(char, char)| a == b;
        key.chars().zip(known.chars()).take_while(same).count() + key.chars().rev().zip(known.chars().rev()).take_while(same).count()
    };
    match known.iter().max_by_key(shared) {
        Some(nearest) if 2 * shared(&nearest) >= nearest.len() => format!("did you mean {nearest:?}?"),
        _ => format!("expected {}", known.join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        parse(text).err().expect("is refused").at("credentials.toml", text)
    }

    #[test]
    fn entries_are_read_in_order() {
        let text = "[[credentials]]\ntargets = ['10.0.0.0/8', 'printer-7']\ncommunities = ['a', 'b']\n\n\
                    [[credentials]]\ntargets = ['0.0.0.0/0']\ncommunities = ['c']\n";
        let entries = parse(text).unwrap_or_else(|fault| panic!("{}", fault.message));
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].targets.len(), 2);
        let communities: Vec<&str> = entries[0].communities.iter().map(Community::as_str).collect();
        assert_eq!(communities, ["a", "b"]);
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        assert_eq!(
            fault("[[credentials]]\ntargets = ['10.0.0.0/8']\ncomunities = ['a']\n"),
            "credentials.toml:3: unknown key \"comunities\"; did you mean \"communities\"?"
        );
        assert_eq!(fault("\n[[passwords]]\n"), "credentials.toml:2: unknown key \"passwords\"; expected credentials");
        assert_eq!(
            fault("[[credentials]]\ntargets = [\n  '10.0.0.1',\n  '10.0.0.300',\n]\ncommunities = ['a']\n"),
            "credentials.toml:4: \"10.0.0.300\" is no address, CIDR, range or host name"
        );
        assert!(
            fault("[[credentials]]\ntargets = ['10.0.0.1']\ncommunities = 'a'\n")
                .starts_with("credentials.toml:3: expected texts in brackets")
        );
        assert!(
            fault("[[credentials]]\ntargets = ['10.0.0.1']\ncommunities = [1]\n")
                .starts_with("credentials.toml:3: expected texts in brackets")
        );
        assert!(fault("[[credentials]]\ntargets = []\ncommunities = ['a']\n").starts_with("credentials.toml:2: targets is empty"));
        assert!(fault("[[credentials]]\ntargets = ['10.0.0.1']\n").starts_with("credentials.toml:1: no communities"));
        assert!(fault("[[credentials]]\ncommunities = ['a']\n").starts_with("credentials.toml:1: no targets"));
        assert!(fault("[credentials]\ncommunities = ['a']\n").contains("in double brackets"));
        assert!(fault("").starts_with("credentials.toml:1: nothing in it"));
        assert!(fault("[[credentials]]\ncommunities = ['a\n").starts_with("credentials.toml:2: "));
    }

    #[test]
    fn a_mistake_does_not_spill_the_secrets() {
        assert!(!fault("[[credentials]]\ntargets = ['10.0.0.1']\ncommunities = ['secret', 3]\n").contains("secret"));
        assert!(!fault("[[credentials]]\ncommunities = [\"secret]\n").contains("secret"));
    }
}
