//! Vendor files to profiles and makers.
//!
//! Each file is read to its end: a person who mends one fault wants to see the others too.

mod meanings;
mod objects;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Spanned;
use toml::de::DeValue;

use self::objects::{Draft, read_group, read_override, read_rows, read_table};
use self::words::{parse_oid, read_oid, word};
use crate::document::{Block, Document, block_names};
use crate::error::{CatalogError, CatalogErrors};
use crate::profile::{Match, Profile, ReadRules};
use crate::recogniser::{Branch, DeviceKind, Maker};

/// Names the profile that all others inherit from.
pub(crate) const STANDARD_PROFILE: &str = "printer-mib";

const KINDS: [(&str, DeviceKind); 3] =
    [("printer", DeviceKind::Printer), ("not-a-printer", DeviceKind::NotPrinter), ("undecided", DeviceKind::Undecided)];

/// Reads one profile; `base` finds the profile that it inherits from, or says why it cannot.
pub(crate) fn profile(
    file: &'static str,
    name: &str,
    text: &str,
    base: impl FnOnce(&str) -> Result<Arc<Profile>, BaseError>,
) -> Result<Profile, CatalogErrors> {
    let mut document = Document::new(file, text);
    let root = document.parse(text);
    // The head has been read before, and its faults told.
    let groups = block_names(root.get_ref(), "group");
    let tables = block_names(root.get_ref(), "table");
    let objects = block_names(root.get_ref(), "object");
    let root = Block { table: root.get_ref(), name: "the file", at: 0 };
    document.check_keys(root, &[&["profile", "read", "group", "table", "object", "match", "maker"][..], &meanings::BLOCKS].concat());

    let header = document.block(root, "profile", "[profile]");
    if header.is_none() {
        document.error(0, "missing [profile]");
    }
    let inherits = header.and_then(|header| read_header(&mut document, header, name));
    let parent = inherits.and_then(|(inherits, at)| match base(inherits) {
        Ok(parent) => Some(parent),
        Err(BaseError::Unknown(hint)) => {
            document.error(at, format_args!("unknown profile \"{inherits}\"{hint}"));
            None
        }
        Err(BaseError::Cycle(chain)) => {
            document.error(at, format_args!("profiles inherit in a circle: {chain}"));
            None
        }
        Err(BaseError::Faulty) => {
            document.error(at, format_args!("profile \"{inherits}\" has faults of its own"));
            None
        }
    });
    if name != STANDARD_PROFILE && parent.is_none() {
        // Without its parent, most of what follows would be told as faults that are none.
        return Err(document.faults());
    }

    let mut draft = Draft::new(parent.as_deref());
    for (group, block) in document.named_blocks(root, "group", &groups) {
        read_group(&mut document, &mut draft, group, block);
    }
    let tables = document.named_blocks(root, "table", &tables);
    for (table, block) in &tables {
        read_table(&mut document, &mut draft, table, *block);
    }
    for (object, block) in document.named_blocks(root, "object", &objects) {
        read_override(&mut document, &mut draft, object, block);
    }
    for (table, block) in &tables {
        read_rows(&mut document, &mut draft, table, *block);
    }
    let read = document.block(root, "read", "[read]");
    let read = read_rules(&mut document, &draft, header.or(Some(root)), read, parent.as_deref());
    meanings::read(&mut document, &mut draft, root);
    draft.check_standard(&mut document, header.map_or(0, |header| header.at));
    draft.check_identifiers(&mut document);

    // Only a sound draft has an object at every place.
    document.finish()?;
    let (objects, tables, meanings) = draft.finish();
    let inherits = inherits.map(|(inherits, _)| inherits.to_string());
    Ok(Profile::new(name.to_string(), inherits, objects, tables, meanings, read))
}

/// Is why the profile to inherit from cannot be had.
pub(crate) enum BaseError {
    /// There is none of that name; with the nearest.
    Unknown(String),
    /// It inherits from the asking one, by this way.
    Cycle(String),
    /// It has faults of its own.
    Faulty,
}

fn read_header<'a>(document: &mut Document, header: Block<'a>, name: &str) -> Option<(&'a str, usize)> {
    document.check_keys(header, &["inherits", "maker", "models", "source", "why"]);
    document.check_witness(header);
    document.texts(header, "models");
    let inherits = document.text(header, "inherits");
    if inherits.is_none() && name != STANDARD_PROFILE && !header.table.contains_key("inherits") {
        document.error(header.at, format_args!("[profile] inherits from nothing; add inherits = \"{STANDARD_PROFILE}\""));
    }
    inherits
}

fn no_rules(rule: crate::Rule) -> ReadRules {
    ReadRules {
        bulk: false,
        repetitions: 1,
        timeout_ms: 1000,
        attempts: 1,
        max_request_octets: 484,
        response_octets: 484,
        other_source: false,
        contexts: Vec::new(),
        hello: Vec::new(),
        rule,
    }
}

fn read_rules(
    document: &mut Document,
    draft: &Draft,
    header: Option<Block<'_>>,
    block: Option<Block<'_>>,
    parent: Option<&Profile>,
) -> ReadRules {
    const KEYS: [&str; 8] =
        ["bulk", "repetitions", "timeout-ms", "attempts", "max-request-octets", "response-octets", "other-source", "hello"];
    let mut rules = parent.map_or_else(|| no_rules(document.rule(header.map_or(0, |header| header.at))), |parent| parent.read.clone());
    let Some(block) = block else {
        if parent.is_none() {
            document.error(header.map_or(0, |header| header.at), "missing [read]");
        }
        return rules;
    };
    document.check_keys(block, &[&KEYS[..], &["contexts", "source", "why"]].concat());
    document.check_witness(block);
    if parent.is_none() {
        for key in KEYS.iter().filter(|key| !block.table.contains_key(**key)) {
            document.error(block.at, format_args!("missing {key} in [read]"));
        }
    }
    rules.rule = document.rule(block.at);
    rules.bulk = document.boolean(block, "bulk").unwrap_or(rules.bulk);
    rules.other_source = document.boolean(block, "other-source").unwrap_or(rules.other_source);
    rules.repetitions = document.number(block, "repetitions", 1..=100).map_or(rules.repetitions, |number| number as u8);
    rules.timeout_ms = document.number(block, "timeout-ms", 10..=120_000).unwrap_or(rules.timeout_ms);
    rules.attempts = document.number(block, "attempts", 1..=10).map_or(rules.attempts, |number| number as u8);
    // RFC 3417 §3.2: every agent takes messages of 484 octets.
    let size = |document: &mut Document, key, before| document.number(block, key, 200..=65_000).map_or(before, |number| number as u16);
    rules.max_request_octets = size(document, "max-request-octets", rules.max_request_octets);
    rules.response_octets = size(document, "response-octets", rules.response_octets);
    if let Some(contexts) = document.texts(block, "contexts") {
        rules.contexts = contexts.into_iter().map(|(name, _)| name.into()).collect();
    }
    if let Some(hello) = document.texts(block, "hello") {
        rules.hello = hello.into_iter().filter_map(|(name, at)| draft.object(document, name, at)).collect();
    }
    rules
}

fn read_matches(document: &mut Document, root: Block<'_>) -> Vec<Match> {
    let mut matches = Vec::new();
    for item in document.array(root, "match").unwrap_or_default() {
        let Some(block) = document.as_block(item, "[[match]]") else { continue };
        document.check_keys(block, &["sys-object-id", "sys-descr", "device", "source", "why"]);
        document.check_witness(block);
        let sys_object_id = document.text(block, "sys-object-id").and_then(|(text, at)| parse_oid(document, text, at)).map(Vec::into);
        let sys_descr = document.text(block, "sys-descr").map(|(text, _)| text.into());
        let device: Vec<Box<str>> = one_or_more(document, block, "device").into_iter().map(|(text, _)| text).collect();
        if sys_object_id.is_none() && sys_descr.is_none() && device.is_empty() {
            document.error(block.at, "[[match]] names none of sys-object-id, sys-descr, device");
        }
        matches.push(Match { sys_object_id, sys_descr, device, rule: document.rule(block.at) });
    }
    matches
}

/// Is what must be known of every file from the start: who is recognised, and by what.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub makers: Vec<Maker>,
    /// With the place of their maker in `makers`.
    pub branches: Vec<Branch>,
    /// Whose profile the file is, beside the makers that stand in it.
    pub of_makers: Vec<(Box<str>, crate::Rule)>,
    pub inherits: Option<Box<str>>,
    pub matches: Vec<Match>,
    pub models: Vec<Box<str>>,
}

/// Reads a name, or an array of names, with where each stands.
fn one_or_more(document: &mut Document, block: Block<'_>, key: &str) -> Vec<(Box<str>, crate::Rule)> {
    let is_array = matches!(block.table.get(key).map(Spanned::get_ref), Some(DeValue::Array(_)));
    let names = if is_array { document.texts(block, key).unwrap_or_default() } else { document.text(block, key).into_iter().collect() };
    names.into_iter().map(|(name, at)| (name.into(), document.rule(at))).collect()
}

/// Reads the head of a file, and tells its faults; `is_profile` unless it holds makers alone.
pub(crate) fn head(file: &'static str, text: &str, is_profile: bool) -> (Head, Vec<CatalogError>) {
    let mut document = Document::new(file, text);
    let root = document.parse(text);
    let root = Block { table: root.get_ref(), name: "the file", at: 0 };
    let mut head = Head::default();
    if is_profile {
        head.matches = read_matches(&mut document, root);
        if let Some(header) = root.table.get("profile").and_then(|_| document.block(root, "profile", "[profile]")) {
            head.of_makers = one_or_more(&mut document, header, "maker");
            // What is no text is told when the body is read.
            head.inherits = header.table.get("inherits").and_then(|name| name.get_ref().as_str()).map(Box::from);
            head.models = document.texts(header, "models").unwrap_or_default().into_iter().map(|(text, _)| text.into()).collect();
        }
    } else {
        document.check_keys(root, &["maker"]);
    }
    for item in document.array(root, "maker").unwrap_or_default() {
        let Some(block) = document.as_block(item, "[[maker]]") else { continue };
        document.check_keys(block, &["name", "branches", "words", "products", "models", "boards", "source", "why"]);
        document.check_witness(block);
        let mut list = |key| document.texts(block, key).unwrap_or_default().into_iter().map(|(text, _)| text.into()).collect();
        let (words, products, models, boards) = (list("words"), list("products"), list("models"), list("boards"));
        for branch in document.array(block, "branches").unwrap_or_default() {
            head.branches.extend(read_branch(&mut document, branch, head.makers.len()));
        }
        let name = document.text(block, "name").map(|(name, _)| name.into());
        head.makers.push(Maker { name, words, products, models, boards, rule: document.rule(block.at) });
    }
    check_branches(&mut document, &head.branches);
    (head, document.faults().0)
}

fn read_branch<'a>(document: &mut Document, value: &'a Spanned<DeValue<'a>>, maker: usize) -> Option<Branch> {
    let block = document.as_block(value, "the branch")?;
    document.check_keys(block, &["oid", "kind", "source", "why"]);
    let kind = word(document, block, "kind", &KINDS).unwrap_or(DeviceKind::Undecided);
    if !block.table.contains_key("oid") {
        document.error(block.at, "missing oid in the branch");
    }
    let arcs = read_oid(document, block)?;
    Some(Branch { arcs: arcs.into(), kind, maker, rule: document.rule(block.at) })
}

fn check_branches(document: &mut Document, branches: &[Branch]) {
    let mut seen: BTreeMap<&[u32], u32> = BTreeMap::new();
    for branch in branches {
        if let Some(line) = seen.insert(&branch.arcs, branch.rule.line) {
            let at = document.offset_of(branch.rule.line);
            document.error(at, format_args!("this branch stands already on line {line}"));
        }
    }
}
