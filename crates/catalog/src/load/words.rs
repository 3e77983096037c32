//! Words of closed vocabularies, identifiers and places, as they stand in a vendor file.

use toml::Spanned;
use toml::de::DeValue;

use crate::document::{Block, Document};
use crate::section::{Section, Sections};
use crate::suggest;

/// Reads a word of a closed vocabulary.
pub(super) fn word<T: Copy>(document: &mut Document, block: Block<'_>, key: &str, known: &[(&str, T)]) -> Option<T> {
    let (text, at) = document.text(block, key)?;
    let value = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    if value.is_none() {
        let hint = suggest::did_you_mean(text, known.iter().map(|(name, _)| *name));
        document.error(at, format_args!("unknown {key} \"{text}\"{hint}"));
    }
    value
}

pub(super) fn read_sections(document: &mut Document, block: Block<'_>) -> Option<Sections> {
    let mut sections = Sections::NONE;
    for (text, at) in document.texts(block, "sections")? {
        match text.parse::<Section>() {
            Ok(section) => sections = sections.with(section),
            Err(_) if text == "all" => sections = Sections::all(),
            Err(error) => document.error(at, error),
        }
    }
    Some(sections)
}

pub(super) fn read_oid(document: &mut Document, block: Block<'_>) -> Option<Vec<u32>> {
    let (text, at) = document.text(block, "oid")?;
    parse_oid(document, text, at)
}

pub(super) fn parse_oid(document: &mut Document, text: &str, at: usize) -> Option<Vec<u32>> {
    let arcs = snmp::oid::parse(text).filter(|arcs| arcs.len() >= 2);
    if arcs.is_none() {
        document.error(at, format_args!("bad identifier \"{text}\", expected numbers and dots such as 1.3.6.1.2.1.43"));
    }
    arcs
}

/// Reads an object's own number below its block's identifier: an integer, or text if it is deeper.
pub(super) fn read_place(document: &mut Document, block: Block<'_>) -> Option<Vec<u32>> {
    match block.table.get("at").map(Spanned::get_ref) {
        Some(DeValue::Integer(_)) => document.number(block, "at", 0..=u32::MAX).map(|arc| vec![arc]),
        Some(_) => {
            let (text, at) = document.text(block, "at")?;
            let arcs: Option<Vec<u32>> = text.split('.').map(|arc| arc.parse().ok()).collect();
            if arcs.is_none() {
                document.error(at, format_args!("bad number \"{text}\" in {}, expected numbers and dots such as 3.1", block.name));
            }
            arcs
        }
        None => {
            document.error(block.at, format_args!("missing at in {}: its number below the block's identifier", block.name));
            None
        }
    }
}
