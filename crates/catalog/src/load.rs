//! Vendor files to profiles and makers.
//!
//! Each file is read to its end: a person who mends one fault wants to see the others too.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Spanned;
use toml::de::DeValue;

use crate::document::{Block, Document, block_names};
use crate::error::CatalogErrors;
use crate::intern::interned;
use crate::object::{Instance, Moves, Object, ObjectId, Syntax};
use crate::profile::{Match, Profile, ReadRules};
use crate::recogniser::{Branch, DeviceKind, Maker};
use crate::section::{Section, Sections};
use crate::standard::Standard;
use crate::suggest;
use crate::table::{Rows, Table, TableId};

/// Names the profile that all others inherit from.
pub(crate) const STANDARD_PROFILE: &str = "printer-mib";

const SYNTAXES: [(&str, Syntax); 10] = [
    ("integer", Syntax::Integer),
    ("counter", Syntax::Counter),
    ("gauge", Syntax::Gauge),
    ("time-ticks", Syntax::TimeTicks),
    ("text", Syntax::Text),
    ("console-text", Syntax::ConsoleText),
    ("octets", Syntax::Octets),
    ("oid", Syntax::Oid),
    ("bits", Syntax::Bits),
    ("mac-address", Syntax::MacAddress),
];

const MOVES: [(&str, Moves); 4] = [
    ("never", Moves::Never),
    ("always", Moves::Always),
    ("with-alerts", Moves::WithAlerts),
    ("with-configuration", Moves::WithConfiguration),
];

const KINDS: [(&str, DeviceKind); 3] =
    [("printer", DeviceKind::Printer), ("not-a-printer", DeviceKind::NotPrinter), ("undecided", DeviceKind::Undecided)];

const INSTANCES: [(&str, Instance); 2] = [("scalar", Instance::Scalar), ("device", Instance::Device)];

/// Reads one profile; `base` finds the profile that it inherits from, or says why it cannot.
pub(crate) fn profile(
    file: &'static str,
    name: &str,
    text: &str,
    base: impl FnOnce(&str) -> Result<Arc<Profile>, BaseError>,
) -> Result<Profile, CatalogErrors> {
    let mut document = Document::new(file, text);
    let root = document.parse(text);
    let groups = block_names(root.get_ref(), "group");
    let tables = block_names(root.get_ref(), "table");
    let objects = block_names(root.get_ref(), "object");
    let root = Block { table: root.get_ref(), name: "the file", at: 0 };
    document.check_keys(root, &["profile", "read", "group", "table", "object", "match"]);

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
    let matches = read_matches(&mut document, root);
    draft.check_standard(&mut document, header.map_or(0, |header| header.at));
    draft.check_identifiers(&mut document);

    // Only a sound draft has an object at every place.
    document.finish()?;
    let (objects, tables) = draft.finish();
    let inherits = inherits.map(|(inherits, _)| inherits.to_string());
    Ok(Profile::new(name.to_string(), inherits, objects, tables, read, matches))
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
    document.check_keys(header, &["inherits", "models", "source", "why"]);
    document.check_witness(header);
    document.texts(header, "models");
    let inherits = document.text(header, "inherits");
    if inherits.is_none() && name != STANDARD_PROFILE && !header.table.contains_key("inherits") {
        document.error(header.at, format_args!("[profile] inherits from nothing; add inherits = \"{STANDARD_PROFILE}\""));
    }
    inherits
}

/// Is a profile while it is being put together.
struct Draft {
    objects: Vec<Option<Object>>,
    tables: Vec<Table>,
    /// Whether this is the standard profile, whose objects have places of their own.
    standard: bool,
    names: BTreeMap<&'static str, ObjectId>,
    /// Where the search for the next standard object begins: the file is in the order of the enum.
    next: usize,
}

impl Draft {
    fn new(parent: Option<&Profile>) -> Self {
        match parent {
            Some(parent) => Draft {
                objects: parent.objects.iter().cloned().map(Some).collect(),
                tables: parent.tables.clone(),
                standard: false,
                names: parent.objects.iter().map(|object| (object.name, object.id)).collect(),
                next: 0,
            },
            None => Draft { objects: vec![None; Standard::COUNT], tables: Vec::new(), standard: true, names: BTreeMap::new(), next: 0 },
        }
    }

    fn get(&self, id: ObjectId) -> &Object {
        self.objects[id.index()].as_ref().expect("only placed objects are named")
    }

    fn find(&self, name: &str) -> Option<ObjectId> {
        self.names.get(name).copied()
    }

    /// Finds an object or tells the fault.
    fn object(&self, document: &mut Document, name: &str, at: usize) -> Option<ObjectId> {
        let id = self.find(name);
        if id.is_none() {
            let hint = suggest::did_you_mean(name, self.names.keys().copied());
            document.error(at, format_args!("unknown object \"{name}\"{hint}"));
        }
        id
    }

    /// Returns the place of a new object, or tells why there is none.
    fn place(&mut self, document: &mut Document, name: &str, at: usize) -> Option<(ObjectId, &'static str)> {
        if let Some(id) = self.find(name) {
            let rule = self.get(id).rule;
            document.error(at, format_args!("object \"{name}\" exists already ({rule}); change it with [object.{name}]"));
            return None;
        }
        if !self.standard {
            return Some((ObjectId(u16::try_from(self.objects.len()).ok()?), interned(name)));
        }
        let (before, after) = Standard::ALL.split_at(self.next);
        let Some(object) = after.iter().chain(before).find(|object| object.name() == name) else {
            let hint = suggest::did_you_mean(name, Standard::ALL.iter().map(|object| object.name()));
            document.error(at, format_args!("unknown standard object \"{name}\"{hint}"));
            return None;
        };
        self.next = *object as usize + 1;
        Some((ObjectId::from(*object), object.name()))
    }

    fn put(&mut self, object: Object) {
        self.names.insert(object.name, object.id);
        let place = object.id.index();
        if place == self.objects.len() {
            self.objects.push(None);
        }
        self.objects[place] = Some(object);
    }

    fn check_standard(&self, document: &mut Document, at: usize) {
        for (object, standard) in self.objects.iter().zip(Standard::ALL) {
            if object.is_none() {
                document.error(at, format_args!("missing standard object \"{}\"", standard.name()));
            }
        }
    }

    /// Tells identifiers that are the same or lie within one another: a value could belong to both.
    fn check_identifiers(&self, document: &mut Document) {
        let mut objects: Vec<&Object> = self.objects.iter().flatten().collect();
        objects.sort_by(|a, b| a.oid.cmp(&b.oid));
        for pair in objects.windows(2) {
            let (outer, inner) = (pair[0], pair[1]);
            if inner.oid.starts_with(&outer.oid) {
                let (here, there) = if inner.rule.file == document.file { (inner, outer) } else { (outer, inner) };
                let at = document.offset_of(here.rule.line);
                document.error(
                    at,
                    format_args!("the identifier of \"{}\" is or lies within that of \"{}\" ({})", here.name, there.name, there.rule),
                );
            }
        }
    }

    fn finish(self) -> (Vec<Object>, Vec<Table>) {
        let mut tables = self.tables;
        let objects: Vec<Object> = self.objects.into_iter().flatten().collect();
        for table in &mut tables {
            table.columns = objects.iter().filter(|object| object.table == Some(table.id)).map(|object| object.id).collect();
            table.columns.sort_by(|a, b| objects[a.index()].arcs.cmp(&objects[b.index()].arcs));
        }
        (objects, tables)
    }
}

/// Is what the objects of a block have in common.
struct Common {
    arcs: Vec<u32>,
    sections: Option<Sections>,
    moves: Option<Moves>,
    instance: Instance,
    table: Option<TableId>,
    witness: bool,
}

fn read_group(document: &mut Document, draft: &mut Draft, _name: &str, block: Block<'_>) {
    document.check_keys(block, &["oid", "instance", "sections", "moves", "objects", "source", "why"]);
    document.check_witness(block);
    let instance = word(document, block, "instance", &INSTANCES).unwrap_or_else(|| {
        if !block.table.contains_key("instance") {
            document.error(block.at, format_args!("missing instance in {}; expected \"scalar\" or \"device\"", block.name));
        }
        Instance::Scalar
    });
    read_objects(document, draft, block, instance, None);
}

fn read_table(document: &mut Document, draft: &mut Draft, name: &str, block: Block<'_>) {
    document.check_keys(block, &["oid", "rows", "max-rows", "index-arcs", "sections", "moves", "objects", "source", "why"]);
    document.check_witness(block);
    let max_rows = document.number(block, "max-rows", 1..=10_000).map(|rows| rows as u16);
    let index_arcs = document.number(block, "index-arcs", 1..=3).map(|arcs| arcs as u8);
    let id = match draft.tables.iter_mut().find(|table| table.name == name) {
        Some(table) => {
            table.max_rows = max_rows.unwrap_or(table.max_rows);
            table.rule = document.rule(block.at);
            table.id
        }
        None => {
            let id = TableId(draft.tables.len() as u16);
            if !block.table.contains_key("rows") {
                document.error(block.at, format_args!("missing rows in {}; say how its rows are learned", block.name));
            }
            draft.tables.push(Table {
                id,
                name: interned(name),
                columns: Vec::new(),
                rows: Rows::Probe(1),
                max_rows: max_rows.unwrap_or(64),
                index_arcs: index_arcs.unwrap_or(2),
                rule: document.rule(block.at),
            });
            id
        }
    };
    read_objects(document, draft, block, Instance::Row, Some(id));
}

fn read_objects(document: &mut Document, draft: &mut Draft, block: Block<'_>, instance: Instance, table: Option<TableId>) {
    let common = Common {
        arcs: read_oid(document, block).unwrap_or_default(),
        sections: read_sections(document, block),
        moves: word(document, block, "moves", &MOVES),
        instance,
        table,
        witness: block.table.contains_key("source") || block.table.contains_key("why"),
    };
    let objects = document.array(block, "objects").unwrap_or_default();
    if !objects.is_empty() && !block.table.contains_key("oid") {
        document.error(block.at, format_args!("missing oid in {}; the objects' own numbers stand below it", block.name));
    }
    for object in objects {
        read_object(document, draft, block, object, &common);
    }
}

fn read_object<'a>(document: &mut Document, draft: &mut Draft, parent: Block<'_>, value: &'a Spanned<DeValue<'a>>, common: &Common) {
    let Some(block) = document.as_block(value, "the object") else { return };
    let Some((name, name_at)) = document.text(block, "name") else {
        if !block.table.contains_key("name") {
            document.error(block.at, format_args!("an object in {} has no name", parent.name));
        }
        return;
    };
    let block = Block { name: &format!("object \"{name}\""), ..block };
    document.check_keys(block, &["at", "name", "syntax", "octets", "sections", "moves", "source", "why"]);
    if !common.witness {
        document.check_witness(block);
    }
    let mut arcs = common.arcs.clone();
    arcs.extend(read_place(document, block).unwrap_or_default());
    let syntax = word(document, block, "syntax", &SYNTAXES).unwrap_or(Syntax::Integer);
    let sections = read_sections(document, block).or(common.sections);
    let moves = word(document, block, "moves", &MOVES).or(common.moves);
    let octets = document.number(block, "octets", 0..=255);
    for (key, missing) in [("sections", sections.is_none()), ("moves", moves.is_none())] {
        if missing && !block.table.contains_key(key) && !parent.table.contains_key(key) {
            document.error(block.at, format_args!("missing {key} in {}, and in {}", block.name, parent.name));
        }
    }
    let Some((id, name)) = draft.place(document, name, name_at) else { return };
    draft.put(Object {
        id,
        name,
        oid: snmp::oid::encode(&arcs).into(),
        arcs: arcs.into(),
        syntax,
        sections: sections.unwrap_or_default(),
        instance: common.instance,
        table: common.table,
        moves: moves.unwrap_or(Moves::Always),
        expected_octets: octets.map_or(syntax.usual_octets(), |octets| octets as u8),
        rule: document.rule(block.at),
    });
}

/// Changes single fields of an inherited object.
fn read_override(document: &mut Document, draft: &mut Draft, name: &str, block: Block<'_>) {
    document.check_keys(block, &["oid", "syntax", "octets", "sections", "moves", "source", "why"]);
    document.check_witness(block);
    let Some(id) = draft.object(document, name, block.at) else { return };
    let mut object = draft.get(id).clone();
    if object.rule.file == document.file {
        document.error(block.at, format_args!("object \"{name}\" is of this file ({}); change it there", object.rule));
        return;
    }
    if let Some(arcs) = read_oid(document, block) {
        object.oid = snmp::oid::encode(&arcs).into();
        object.arcs = arcs.into();
    }
    if let Some(syntax) = word(document, block, "syntax", &SYNTAXES) {
        object.syntax = syntax;
    }
    object.expected_octets = document.number(block, "octets", 0..=255).map_or(object.expected_octets, |octets| octets as u8);
    object.sections = read_sections(document, block).unwrap_or(object.sections);
    object.moves = word(document, block, "moves", &MOVES).unwrap_or(object.moves);
    object.rule = document.rule(block.at);
    draft.put(object);
}

/// Reads how a table's rows are learned, once all objects are known.
fn read_rows(document: &mut Document, draft: &mut Draft, name: &str, block: Block<'_>) {
    let Some(rows) = document.block(block, "rows", "rows") else { return };
    document.check_keys(rows, &["walk", "count", "referred-by", "probe"]);
    if rows.table.len() != 1 {
        document.error(rows.at, "rows takes exactly one of walk, count, referred-by, probe");
        return;
    }
    let mut named = |key: &str| document.text(rows, key).and_then(|(object, at)| draft.object(document, object, at));
    let learned = named("walk")
        .map(|column| Rows::Walk { column })
        .or_else(|| named("count").map(Rows::Count))
        .or_else(|| named("referred-by").map(Rows::ReferredBy))
        .or_else(|| document.number(rows, "probe", 1..=1000).map(|rows| Rows::Probe(rows as u16)));
    let Some(table) = draft.tables.iter().position(|table| table.name == name) else { return };
    if let Some(Rows::Walk { column }) = learned
        && draft.get(column).table != Some(draft.tables[table].id)
    {
        let column = draft.get(column).name;
        document.error(rows.at, format_args!("rows walks \"{column}\", which is no column of {}", block.name));
    }
    if let Some(learned) = learned {
        draft.tables[table].rows = learned;
    }
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
    document.check_keys(block, &[&KEYS[..], &["source", "why"]].concat());
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
    if let Some(hello) = document.texts(block, "hello") {
        rules.hello = hello.into_iter().filter_map(|(name, at)| draft.object(document, name, at)).collect();
    }
    rules
}

fn read_matches(document: &mut Document, root: Block<'_>) -> Vec<Match> {
    let mut matches = Vec::new();
    for item in document.array(root, "match").unwrap_or_default() {
        let Some(block) = document.as_block(item, "[[match]]") else { continue };
        document.check_keys(block, &["sys-object-id", "sys-descr", "source", "why"]);
        document.check_witness(block);
        let sys_object_id = document.text(block, "sys-object-id").and_then(|(text, at)| parse_oid(document, text, at)).map(Vec::into);
        let sys_descr = document.text(block, "sys-descr").map(|(text, _)| text.into());
        if sys_object_id.is_none() && sys_descr.is_none() {
            document.error(block.at, "[[match]] names neither sys-object-id nor sys-descr");
        }
        matches.push(Match { sys_object_id, sys_descr, rule: document.rule(block.at) });
    }
    matches
}

/// Reads the list of makers.
pub(crate) fn makers(file: &'static str, text: &str) -> Result<(Vec<Maker>, Vec<Branch>), CatalogErrors> {
    let mut document = Document::new(file, text);
    let root = document.parse(text);
    let root = Block { table: root.get_ref(), name: "the file", at: 0 };
    document.check_keys(root, &["maker"]);
    let (mut makers, mut branches) = (Vec::new(), Vec::new());
    for item in document.array(root, "maker").unwrap_or_default() {
        let Some(block) = document.as_block(item, "[[maker]]") else { continue };
        document.check_keys(block, &["name", "branches", "words", "products", "models", "boards", "profiles", "source", "why"]);
        document.check_witness(block);
        let mut list = |key| document.texts(block, key).unwrap_or_default().into_iter().map(|(text, _)| text.into()).collect();
        let (words, products, models, boards) = (list("words"), list("products"), list("models"), list("boards"));
        let profiles = list("profiles");
        for branch in document.array(block, "branches").unwrap_or_default() {
            branches.extend(read_branch(&mut document, branch, makers.len()));
        }
        let name = document.text(block, "name").map(|(name, _)| name.into());
        makers.push(Maker { name, words, products, models, boards, profiles, rule: document.rule(block.at) });
    }
    check_branches(&mut document, &branches);
    document.finish()?;
    Ok((makers, branches))
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

/// Reads a word of a closed vocabulary.
fn word<T: Copy>(document: &mut Document, block: Block<'_>, key: &str, known: &[(&str, T)]) -> Option<T> {
    let (text, at) = document.text(block, key)?;
    let value = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    if value.is_none() {
        let hint = suggest::did_you_mean(text, known.iter().map(|(name, _)| *name));
        document.error(at, format_args!("unknown {key} \"{text}\"{hint}"));
    }
    value
}

fn read_sections(document: &mut Document, block: Block<'_>) -> Option<Sections> {
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

fn read_oid(document: &mut Document, block: Block<'_>) -> Option<Vec<u32>> {
    let (text, at) = document.text(block, "oid")?;
    parse_oid(document, text, at)
}

fn parse_oid(document: &mut Document, text: &str, at: usize) -> Option<Vec<u32>> {
    let arcs = snmp::oid::parse(text).filter(|arcs| arcs.len() >= 2);
    if arcs.is_none() {
        document.error(at, format_args!("bad identifier \"{text}\", expected numbers and dots such as 1.3.6.1.2.1.43"));
    }
    arcs
}

/// Reads an object's own number below its block's identifier: an integer, or text if it is deeper.
fn read_place(document: &mut Document, block: Block<'_>) -> Option<Vec<u32>> {
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
