//! A profile: which objects a kind of device is asked for, and how it is to be treated.

use crate::meaning::Meanings;
use crate::object::{Instance, Object, ObjectId, Rule};
use crate::table::{Table, TableId};

/// Is everything known about reading one kind of device.
#[derive(Clone, Debug)]
pub struct Profile {
    pub name: String,
    pub inherits: Option<String>,
    /// By [`ObjectId`].
    pub objects: Vec<Object>,
    /// By [`TableId`].
    pub tables: Vec<Table>,
    pub meanings: Meanings,
    pub read: ReadRules,
    prefixes: Vec<Prefix>,
}

/// Is how a kind of device is to be asked.
#[derive(Clone, Debug)]
pub struct ReadRules {
    /// Whether the device may be sent a GETBULK.
    pub bulk: bool,
    /// The most rows that one GETBULK asks for.
    pub repetitions: u8,
    pub timeout_ms: u32,
    /// How often one request is sent in all before the device counts as silent.
    pub attempts: u8,
    pub max_request_octets: u16,
    /// The size of answer that requests aim for.
    pub response_octets: u16,
    /// Whether answers may come from another address than the one asked.
    pub other_source: bool,
    /// SNMP contexts to try where supplies are missing in the default one.
    pub contexts: Vec<Box<str>>,
    /// Asked first of an unknown device: scalars at instance 0, the device's row at instance 1.
    pub hello: Vec<ObjectId>,
    pub rule: Rule,
}

/// Is what a device must show for a profile to be used; all that is given must hold.
#[derive(Clone, Debug)]
pub struct Match {
    /// sysObjectID begins so.
    pub sys_object_id: Option<Box<[u32]>>,
    /// sysDescr begins so, without regard to case.
    pub sys_descr: Option<Box<str>>,
    /// hrDeviceDescr, or maker and model of the IEEE 1284 device ID, begins with one of these, with or
    /// without the maker's name in front and without regard to case; none: whatever it says.
    pub device: Vec<Box<str>>,
    pub rule: Rule,
}

/// Is what a device says of itself before anybody knows how to read it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signs<'a> {
    pub sys_object_id: Option<&'a [u32]>,
    pub sys_descr: Option<&'a str>,
    /// hrDeviceDescr, or maker and model of the IEEE 1284 device ID.
    pub device: Option<&'a str>,
}

impl Match {
    /// Returns how much of the device the rule speaks of; `None` if it does not fit. `model` is the device's
    /// text without the maker's name.
    pub(crate) fn fits(&self, signs: &Signs<'_>, model: Option<&str>) -> Option<usize> {
        let begins = |prefix: &str, said: Option<&str>| said.is_some_and(|text| begins_with(text, prefix)).then_some(prefix.len());
        let text = match &self.sys_descr {
            None => 0,
            Some(prefix) => begins(prefix, signs.sys_descr)?,
        };
        let device = match &self.device[..] {
            [] => 0,
            prefixes => prefixes.iter().filter_map(|prefix| begins(prefix, signs.device).or(begins(prefix, model))).max()?,
        };
        let oid = match &self.sys_object_id {
            None => 0,
            Some(prefix) => signs.sys_object_id.is_some_and(|oid| oid.starts_with(prefix)).then_some(4 * prefix.len())?,
        };
        Some(text + device + oid)
    }
}

/// Returns whether a text begins with a prefix, without regard to the case of ASCII letters.
pub(crate) fn begins_with(text: &str, prefix: &str) -> bool {
    text.len() >= prefix.len() && text.as_bytes()[..prefix.len()].eq_ignore_ascii_case(prefix.as_bytes())
}

/// Is one object's identifier, ready for a binary search without following a pointer.
#[derive(Clone, Debug)]
struct Prefix {
    /// The first sixteen octets, padded with zeros.
    head: u128,
    id: ObjectId,
}

fn head(octets: &[u8]) -> u128 {
    let mut head = [0; 16];
    let length = octets.len().min(16);
    head[..length].copy_from_slice(&octets[..length]);
    u128::from_be_bytes(head)
}

impl Profile {
    /// Puts a profile together; no object's identifier may begin another's.
    pub(crate) fn new(
        name: String,
        inherits: Option<String>,
        objects: Vec<Object>,
        tables: Vec<Table>,
        meanings: Meanings,
        read: ReadRules,
    ) -> Self {
        let mut prefixes: Vec<Prefix> = objects.iter().map(|object| Prefix { head: head(&object.oid), id: object.id }).collect();
        prefixes.sort_by(|a, b| objects[a.id.index()].oid.cmp(&objects[b.id.index()].oid));
        Profile { name, inherits, objects, tables, meanings, read, prefixes }
    }

    pub fn object(&self, id: impl Into<ObjectId>) -> &Object {
        &self.objects[id.into().index()]
    }

    pub fn table(&self, id: TableId) -> &Table {
        &self.tables[id.index()]
    }

    /// Returns the object of that name.
    pub fn find(&self, name: &str) -> Option<ObjectId> {
        self.objects.iter().find(|object| object.name == name).map(|object| object.id)
    }

    /// Finds the object that an identifier from the network belongs to, and its instance, both as
    /// BER contents.
    ///
    /// ```
    /// # use catalog::{Catalog, Standard};
    /// let catalog = Catalog::embedded().unwrap();
    /// let level = snmp::oid::encode(&[1, 3, 6, 1, 2, 1, 43, 11, 1, 1, 9, 1, 3]);
    /// let (id, instance) = catalog.standard().locate(&level).unwrap();
    /// assert_eq!((id, instance), (Standard::PrtMarkerSuppliesLevel.into(), &[1, 3][..]));
    /// ```
    #[inline]
    pub fn locate<'a>(&self, oid_contents: &'a [u8]) -> Option<(ObjectId, &'a [u8])> {
        let sought = head(oid_contents);
        // Identifiers with the same sixteen octets are told apart by the rest, which is rare.
        let mut above = self.prefixes.partition_point(|prefix| prefix.head <= sought);
        while above > 0 {
            let prefix = &self.prefixes[above - 1];
            let object = &self.objects[prefix.id.index()];
            if let Some(instance) = oid_contents.strip_prefix(&*object.oid) {
                return Some((prefix.id, instance));
            }
            if prefix.head != sought {
                return None;
            }
            above -= 1;
        }
        None
    }

    /// Returns whether the object's instance is hrDeviceIndex alone (prtGeneral*, hrDevice*, hrPrinter*).
    pub fn instance_is_device(&self, id: impl Into<ObjectId>) -> bool {
        self.object(id).instance == Instance::Device
    }
}
