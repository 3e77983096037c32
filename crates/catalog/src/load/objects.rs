//! Objects and tables of one profile: what it inherits, adds and changes.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeValue;

use super::meanings::{MEANING_KEYS, read_meaning};
use super::words::{read_oid, read_place, read_sections, word};
use crate::document::{Block, Document};
use crate::intern::interned;
use crate::meaning::Meanings;
use crate::object::{Instance, Moves, Object, ObjectId, Syntax};
use crate::profile::Profile;
use crate::section::Sections;
use crate::standard::Standard;
use crate::suggest;
use crate::table::{Rows, Table, TableId};

const INSTANCES: [(&str, Instance); 3] = [("scalar", Instance::Scalar), ("device", Instance::Device), ("exact", Instance::Exact)];

/// Is a profile while it is being put together.
pub(super) struct Draft {
    objects: Vec<Option<Object>>,
    pub tables: Vec<Table>,
    pub meanings: Meanings,
    /// Whether this is the standard profile, whose objects have places of their own.
    standard: bool,
    names: BTreeMap<&'static str, ObjectId>,
    /// Where the search for the next standard object begins: the file is in the order of the enum.
    next: usize,
}

impl Draft {
    pub fn new(parent: Option<&Profile>) -> Self {
        match parent {
            Some(parent) => Draft {
                objects: parent.objects.iter().cloned().map(Some).collect(),
                tables: parent.tables.clone(),
                meanings: parent.meanings.clone(),
                standard: false,
                names: parent.objects.iter().map(|object| (object.name, object.id)).collect(),
                next: 0,
            },
            None => Draft {
                objects: vec![None; Standard::COUNT],
                tables: Vec::new(),
                meanings: Meanings::default(),
                standard: true,
                names: BTreeMap::new(),
                next: 0,
            },
        }
    }

    pub fn get(&self, id: ObjectId) -> &Object {
        self.objects[id.index()].as_ref().expect("only placed objects are named")
    }

    fn find(&self, name: &str) -> Option<ObjectId> {
        self.names.get(name).copied()
    }

    /// Finds an object or tells the fault.
    pub fn object(&self, document: &mut Document, name: &str, at: usize) -> Option<ObjectId> {
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
            let Ok(place) = u16::try_from(self.objects.len()) else {
                document
                    .error(at, format_args!("object \"{name}\" is one too many: a profile holds {} at most", usize::from(u16::MAX) + 1));
                return None;
            };
            return Some((ObjectId(place), interned(name)));
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

    pub fn check_standard(&self, document: &mut Document, at: usize) {
        for (object, standard) in self.objects.iter().zip(Standard::ALL) {
            if object.is_none() {
                document.error(at, format_args!("missing standard object \"{}\"", standard.name()));
            }
        }
    }

    /// Tells identifiers that are the same or lie within one another: a value could belong to both.
    pub fn check_identifiers(&self, document: &mut Document) {
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

    pub fn finish(self) -> (Vec<Object>, Vec<Table>, Meanings) {
        let mut tables = self.tables;
        let objects: Vec<Object> = self.objects.into_iter().flatten().collect();
        for table in &mut tables {
            table.columns = objects.iter().filter(|object| object.table == Some(table.id)).map(|object| object.id).collect();
            table.columns.sort_by(|a, b| objects[a.index()].arcs.cmp(&objects[b.index()].arcs));
        }
        (objects, tables, self.meanings)
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

pub(super) fn read_group(document: &mut Document, draft: &mut Draft, _name: &str, block: Block<'_>) {
    document.check_keys(block, &["oid", "instance", "sections", "moves", "objects", "source", "why"]);
    document.check_witness(block);
    let instance = word(document, block, "instance", &INSTANCES).unwrap_or_else(|| {
        if !block.table.contains_key("instance") {
            document.error(block.at, format_args!("missing instance in {}; expected \"scalar\", \"device\" or \"exact\"", block.name));
        }
        Instance::Scalar
    });
    read_objects(document, draft, block, instance, None);
}

pub(super) fn read_table(document: &mut Document, draft: &mut Draft, name: &str, block: Block<'_>) {
    document.check_keys(block, &["oid", "rows", "max-rows", "index-arcs", "sections", "moves", "objects", "source", "why"]);
    document.check_witness(block);
    let max_rows = document.number(block, "max-rows", 1..=10_000).map(|rows| rows as u16);
    let index_arcs = document.number(block, "index-arcs", 0..=3).map(|arcs| arcs as u8);
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
        moves: word(document, block, "moves", &Moves::WORDS),
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
    document.check_keys(block, &[&["at", "name", "syntax", "octets", "sections", "moves", "source", "why"][..], &MEANING_KEYS].concat());
    if !common.witness {
        document.check_witness(block);
    }
    let mut arcs = common.arcs.clone();
    arcs.extend(read_place(document, block).unwrap_or_default());
    let syntax = word(document, block, "syntax", &Syntax::WORDS).unwrap_or(Syntax::Integer);
    let sections = read_sections(document, block).or(common.sections);
    let moves = word(document, block, "moves", &Moves::WORDS).or(common.moves);
    let octets = document.number(block, "octets", 0..=255);
    for (key, missing) in [("sections", sections.is_none()), ("moves", moves.is_none())] {
        if missing && !block.table.contains_key(key) && !parent.table.contains_key(key) {
            document.error(block.at, format_args!("missing {key} in {}, and in {}", block.name, parent.name));
        }
    }
    let Some((id, name)) = draft.place(document, name, name_at) else { return };
    read_meaning(document, &mut draft.meanings, block, id);
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
pub(super) fn read_override(document: &mut Document, draft: &mut Draft, name: &str, block: Block<'_>) {
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
    if let Some(syntax) = word(document, block, "syntax", &Syntax::WORDS) {
        object.syntax = syntax;
    }
    object.expected_octets = document.number(block, "octets", 0..=255).map_or(object.expected_octets, |octets| octets as u8);
    object.sections = read_sections(document, block).unwrap_or(object.sections);
    object.moves = word(document, block, "moves", &Moves::WORDS).unwrap_or(object.moves);
    object.rule = document.rule(block.at);
    draft.put(object);
}

/// Reads how a table's rows are learned, once all objects are known.
pub(super) fn read_rows(document: &mut Document, draft: &mut Draft, name: &str, block: Block<'_>) {
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
