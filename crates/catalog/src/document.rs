//! A TOML file with its lines: typed access that collects every fault instead of stopping at the first.

use std::fmt::Display;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{CatalogError, CatalogErrors};
use crate::object::Rule;
use crate::suggest;

/// Collects the faults of one file and knows on which line each octet stands.
pub(crate) struct Document {
    pub file: &'static str,
    line_starts: Vec<usize>,
    errors: Vec<CatalogError>,
}

/// Is one table of the file, under the name that messages call it by.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    pub table: &'a DeTable<'a>,
    pub name: &'a str,
    pub at: usize,
}

impl Document {
    pub fn new(file: &'static str, text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, octet)| *octet == b'\n').map(|(at, _)| at + 1);
        Document { file, line_starts: std::iter::once(0).chain(ends).collect(), errors: Vec::new() }
    }

    /// Parses the text; faults of the syntax are collected, and what could be read is given back.
    pub fn parse<'t>(&mut self, text: &'t str) -> Spanned<DeTable<'t>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            self.error(at, error.message());
        }
        table
    }

    pub fn rule(&self, at: usize) -> Rule {
        Rule { file: self.file, line: self.line_starts.partition_point(|start| *start <= at) as u32 }
    }

    /// Returns where a line begins.
    pub fn offset_of(&self, line: u32) -> usize {
        self.line_starts.get(line as usize - 1).copied().unwrap_or(0)
    }

    pub fn error(&mut self, at: usize, message: impl Display) {
        let rule = self.rule(at);
        self.errors.push(CatalogError { rule, message: message.to_string() });
    }

    /// Ends the reading: fails if anything was wrong.
    pub fn finish(self) -> Result<(), CatalogErrors> {
        if self.errors.is_empty() { Ok(()) } else { Err(self.faults()) }
    }

    /// Gives the faults, by line.
    pub fn faults(mut self) -> CatalogErrors {
        self.errors.sort_by_key(|error| error.rule.line);
        CatalogErrors(self.errors)
    }

    /// Tells every key that is not allowed here.
    pub fn check_keys(&mut self, block: Block<'_>, allowed: &[&str]) {
        for key in block.table.keys().filter(|key| !allowed.contains(&key.get_ref().as_ref())) {
            let hint = suggest::did_you_mean(key.get_ref(), allowed.iter().copied());
            self.error(key.span().start, format_args!("unknown key \"{}\" in {}{hint}", key.get_ref(), block.name));
        }
    }

    /// Tells a block that neither carries `source` or `why` nor stands in one that does.
    pub fn check_witness(&mut self, block: Block<'_>) {
        if !block.table.contains_key("source") && !block.table.contains_key("why") {
            self.error(block.at, format_args!("{} has neither source nor why; say which document or which device it rests on", block.name));
        }
        for key in ["source", "why"] {
            if let Some((text, at)) = self.text(block, key)
                && text.trim().is_empty()
            {
                self.error(at, format_args!("empty {key} in {}", block.name));
            }
        }
    }

    fn mistyped(&mut self, block: Block<'_>, key: &str, expected: &str, found: &Spanned<DeValue<'_>>) {
        let found_type = found.get_ref().type_str();
        self.error(found.span().start, format_args!("{key} in {} is of type {found_type}, expected {expected}", block.name));
    }

    pub fn text<'a>(&mut self, block: Block<'a>, key: &str) -> Option<(&'a str, usize)> {
        let value = block.table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some((text, value.span().start)),
            _ => {
                self.mistyped(block, key, "string", value);
                None
            }
        }
    }

    pub fn boolean(&mut self, block: Block<'_>, key: &str) -> Option<bool> {
        let value = block.table.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(value) => Some(*value),
            _ => {
                self.mistyped(block, key, "boolean", value);
                None
            }
        }
    }

    /// Reads a whole number within a range.
    pub fn number(&mut self, block: Block<'_>, key: &str, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
        let value = block.table.get(key)?;
        let DeValue::Integer(integer) = value.get_ref() else {
            self.mistyped(block, key, "integer", value);
            return None;
        };
        let number = u32::from_str_radix(integer.as_str(), integer.radix()).ok().filter(|number| range.contains(number));
        if number.is_none() {
            let (from, to) = range.into_inner();
            self.error(value.span().start, format_args!("{key} in {} is {}, expected {from} to {to}", block.name, integer.as_str()));
        }
        number
    }

    /// Reads a whole number that may be negative.
    pub fn integer(&mut self, block: Block<'_>, key: &str) -> Option<i64> {
        let value = block.table.get(key)?;
        let DeValue::Integer(integer) = value.get_ref() else {
            self.mistyped(block, key, "integer", value);
            return None;
        };
        let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
        if number.is_none() {
            self.error(value.span().start, format_args!("{key} in {} is {}, which is too large", block.name, integer.as_str()));
        }
        number
    }

    /// Reads an array of whole numbers.
    pub fn integers(&mut self, block: Block<'_>, key: &str) -> Option<Vec<i64>> {
        let items = self.array(block, key)?;
        let mut numbers = Vec::with_capacity(items.len());
        for item in items {
            match item.get_ref() {
                DeValue::Integer(integer) => numbers.extend(i64::from_str_radix(integer.as_str(), integer.radix()).ok()),
                _ => self.mistyped(block, key, "array of integers", item),
            }
        }
        Some(numbers)
    }

    /// Reads a table whose values are strings: key → (value, where it stands), in the order of the file.
    pub fn map<'a>(&mut self, block: Block<'a>, key: &'a str) -> Vec<(&'a str, &'a str, usize)> {
        let Some(map) = self.block(block, key, key) else { return Vec::new() };
        let mut entries = Vec::with_capacity(map.table.len());
        for (name, value) in map.table {
            match value.get_ref() {
                DeValue::String(text) => entries.push((name.get_ref().as_ref(), text.as_ref(), value.span().start)),
                _ => self.mistyped(map, name.get_ref(), "string", value),
            }
        }
        entries.sort_by_key(|(_, _, at)| *at);
        entries
    }

    pub fn array<'a>(&mut self, block: Block<'a>, key: &str) -> Option<&'a [Spanned<DeValue<'a>>]> {
        let value = block.table.get(key)?;
        match value.get_ref() {
            DeValue::Array(items) => Some(&items[..]),
            _ => {
                self.mistyped(block, key, "array", value);
                None
            }
        }
    }

    /// Reads an array of strings.
    pub fn texts<'a>(&mut self, block: Block<'a>, key: &str) -> Option<Vec<(&'a str, usize)>> {
        let items = self.array(block, key)?;
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item.get_ref() {
                DeValue::String(text) => texts.push((text.as_ref(), item.span().start)),
                _ => self.mistyped(block, key, "array of strings", item),
            }
        }
        Some(texts)
    }

    /// Reads a table that stands under a key.
    pub fn block<'a>(&mut self, parent: Block<'a>, key: &str, name: &'a str) -> Option<Block<'a>> {
        let value = parent.table.get(key)?;
        self.as_block(value, name)
    }

    pub fn as_block<'a>(&mut self, value: &'a Spanned<DeValue<'a>>, name: &'a str) -> Option<Block<'a>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(Block { table, name, at: value.span().start }),
            other => {
                self.error(value.span().start, format_args!("{name} is of type {}, expected table", other.type_str()));
                None
            }
        }
    }

    /// Reads the tables under a key that each have a name of their own, in the order of the file.
    pub fn named_blocks<'a>(&mut self, parent: Block<'a>, key: &str, names: &'a [String]) -> Vec<(&'a str, Block<'a>)> {
        let Some(all) = self.block(parent, key, "") else { return Vec::new() };
        let mut blocks: Vec<_> = all.table.iter().collect();
        blocks.sort_by_key(|(key, _)| key.span().start);
        let mut found = Vec::with_capacity(blocks.len());
        for ((key, value), name) in blocks.into_iter().zip(names) {
            found.extend(self.as_block(value, name).map(|block| (key.get_ref().as_ref(), Block { at: key.span().start, ..block })));
        }
        found
    }
}

/// Returns how messages call the tables under a key, in the order of the file.
pub(crate) fn block_names(root: &DeTable<'_>, key: &str) -> Vec<String> {
    let Some(DeValue::Table(all)) = root.get(key).map(Spanned::get_ref) else { return Vec::new() };
    let mut keys: Vec<_> = all.keys().collect();
    keys.sort_by_key(|key| key.span().start);
    keys.into_iter().map(|name| format!("[{key}.{}]", name.get_ref())).collect()
}
