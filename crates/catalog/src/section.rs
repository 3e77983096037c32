//! The parts of a device record that can be asked for separately.

use std::fmt;
use std::str::FromStr;

use crate::suggest;

/// Is a part of the device record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    Identity,
    Meters,
    Supplies,
    Inputs,
    Outputs,
    Alerts,
    Status,
    Configuration,
}

impl Section {
    /// Every section, in the order of the record.
    pub const ALL: [Section; 8] = [
        Section::Identity,
        Section::Meters,
        Section::Supplies,
        Section::Inputs,
        Section::Outputs,
        Section::Alerts,
        Section::Status,
        Section::Configuration,
    ];

    /// Returns the word for it on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Section::Identity => "identity",
            Section::Meters => "meters",
            Section::Supplies => "supplies",
            Section::Inputs => "inputs",
            Section::Outputs => "outputs",
            Section::Alerts => "alerts",
            Section::Status => "status",
            Section::Configuration => "configuration",
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Is a word that names no section.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown section \"{word}\"{hint}")]
pub struct UnknownSection {
    pub word: String,
    hint: String,
}

impl FromStr for Section {
    type Err = UnknownSection;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Section::ALL.into_iter().find(|section| section.name() == word).ok_or_else(|| UnknownSection {
            word: word.to_string(),
            hint: suggest::did_you_mean(word, Section::ALL.iter().map(|section| section.name())),
        })
    }
}

/// Is a set of sections.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Sections(u16);

impl Sections {
    pub const NONE: Sections = Sections(0);

    /// Returns the set of all sections.
    pub const fn all() -> Self {
        Sections((1 << Section::ALL.len()) - 1)
    }

    pub const fn contains(self, section: Section) -> bool {
        self.0 & (1 << section as u16) != 0
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns whether the two sets share a section.
    pub const fn intersects(self, other: Sections) -> bool {
        self.0 & other.0 != 0
    }

    #[must_use]
    pub const fn with(self, section: Section) -> Self {
        Sections(self.0 | 1 << section as u16)
    }

    /// Reads a list such as `identity,meters`; `all` stands for every section.
    pub fn parse(list: &str) -> Result<Self, UnknownSection> {
        list.split(',').map(str::trim).filter(|word| !word.is_empty()).try_fold(Sections::NONE, |set, word| match word {
            "all" => Ok(Sections::all()),
            word => Ok(set.with(word.parse()?)),
        })
    }

    pub fn iter(self) -> impl Iterator<Item = Section> {
        Section::ALL.into_iter().filter(move |section| self.contains(*section))
    }
}

impl FromIterator<Section> for Sections {
    fn from_iter<I: IntoIterator<Item = Section>>(sections: I) -> Self {
        sections.into_iter().fold(Sections::NONE, Sections::with)
    }
}

impl FromStr for Sections {
    type Err = UnknownSection;

    fn from_str(list: &str) -> Result<Self, Self::Err> {
        Sections::parse(list)
    }
}

impl fmt::Display for Sections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, section) in self.iter().enumerate() {
            write!(f, "{}{section}", if place == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Sections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sections({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_sections_reads_back() {
        let set = Sections::parse("meters, identity").unwrap();
        assert_eq!(set.to_string(), "identity,meters");
        assert!(set.contains(Section::Meters) && !set.contains(Section::Alerts));
        assert_eq!(Sections::parse("all"), Ok(Sections::all()));
    }

    #[test]
    fn a_mistyped_section_is_told_with_the_nearest() {
        let error = Sections::parse("identity,supplys").unwrap_err();
        assert_eq!(error.to_string(), "unknown section \"supplys\"; did you mean \"supplies\"?");
        assert_eq!(Sections::parse("quux").unwrap_err().to_string(), "unknown section \"quux\"");
    }
}
