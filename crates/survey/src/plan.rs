//! What to ask a device for, worked out once for a profile and a choice of sections.

use std::sync::{Arc, Mutex, PoisonError};

use catalog::{Catalog, Instance as Stands, Moves, ObjectId, Profile, Rows, Sections, Standard, TableId};
use collect::{Answers, Instance};

/// Is a table of which at least one column is wanted.
#[derive(Clone, Debug)]
pub struct PlannedTable {
    pub id: TableId,
    pub rows: Rows,
    pub max_rows: u32,
    pub index_arcs: u8,
    /// The wanted columns; those whose values name the rows of another table stand first.
    pub columns: Vec<ObjectId>,
    /// Whether rows come and go with alerts.
    pub with_alerts: bool,
}

impl PlannedTable {
    /// Returns the column that is walked to learn the rows, if that is how they are learned.
    pub fn walked(&self) -> Option<ObjectId> {
        match self.rows {
            Rows::Walk { column } => Some(column),
            _ => None,
        }
    }
}

/// Is what a reading asks for.
#[derive(Clone, Debug)]
pub struct Plan {
    pub profile: Arc<Profile>,
    pub sections: Sections,
    /// Asked first of an unknown device.
    pub hello: Vec<ObjectId>,
    /// Values that stand alone, asked by the successor of their column, which also tells hrDeviceIndex.
    pub scalars: Vec<ObjectId>,
    /// Values named whole, asked by that name alone.
    pub exact: Vec<ObjectId>,
    pub tables: Vec<PlannedTable>,
    wanted: Vec<bool>,
    /// By object: the place of its table in `tables`.
    places: Vec<Option<u16>>,
}

/// Lists what is asked in every reading, whatever its sections: it proves a printer and guides the
/// next re-read.
const ALWAYS: [Standard; 3] = [Standard::HrPrinterStatus, Standard::PrtGeneralConfigChanges, Standard::PrtAlertAllEvents];

impl Plan {
    pub fn new(profile: Arc<Profile>, sections: Sections) -> Self {
        let mut wanted: Vec<bool> = profile.objects.iter().map(|object| object.sections.intersects(sections)).collect();
        // To tell a printer from other devices takes no counter of alerts.
        let always = if sections.is_empty() { &ALWAYS[..2] } else { &ALWAYS[..] };
        always.iter().for_each(|object| wanted[ObjectId::from(*object).index()] = true);
        let hello = profile.read.hello.clone();
        let alone = profile.objects.iter().filter(|object| object.table.is_none() && wanted[object.id.index()]);
        let (exact, scalars): (Vec<_>, Vec<_>) = alone.partition(|object| object.instance == Stands::Exact);
        let ids = |objects: Vec<&catalog::Object>| objects.into_iter().map(|object| object.id).collect::<Vec<ObjectId>>();
        let (exact, scalars) = (ids(exact), ids(scalars));
        let referred: Vec<ObjectId> = profile.tables.iter().filter_map(|table| named_by(table.rows)).collect();
        let mut tables = Vec::new();
        for table in &profile.tables {
            let mut columns: Vec<ObjectId> = table.columns.iter().copied().filter(|id| wanted[id.index()]).collect();
            if columns.is_empty() {
                continue;
            }
            columns.sort_by_key(|id| !referred.contains(id));
            if let Rows::Walk { column } = table.rows {
                wanted[column.index()] = true;
            }
            tables.push(PlannedTable {
                id: table.id,
                rows: table.rows,
                max_rows: table.max_rows.into(),
                index_arcs: table.index_arcs,
                with_alerts: columns.iter().all(|id| profile.object(*id).moves == Moves::WithAlerts),
                columns,
            });
        }
        // Rows that another object names are asked for when that object has been.
        for object in tables.iter().filter_map(|table| named_by(table.rows)).collect::<Vec<_>>() {
            wanted[object.index()] = true;
        }
        let missing: Vec<ObjectId> = tables
            .iter()
            .filter_map(|table| named_by(table.rows))
            .filter(|id| profile.object(*id).table.is_none() && !scalars.contains(id))
            .collect();
        let scalars = scalars.into_iter().chain(missing).collect();
        // What names rows is asked for early, so that those rows come along with the rest.
        tables.sort_by_key(|table| !table.columns.iter().any(|id| referred.contains(id)));
        let mut places = vec![None; profile.objects.len()];
        for (place, table) in (0..).zip(&tables) {
            table.columns.iter().for_each(|id| places[id.index()] = Some(place));
        }
        Plan { profile, sections, hello, scalars, exact, tables, wanted, places }
    }

    /// Returns the place in [`Plan::tables`] of the table that an object is a wanted column of.
    pub fn place(&self, id: ObjectId) -> Option<usize> {
        self.places[id.index()].map(usize::from)
    }

    /// Returns the instance of an object that is no column, on a device of this hrDeviceIndex.
    pub fn sole_instance(&self, id: ObjectId, device: u32) -> Instance {
        let arc = match self.profile.object(id).instance {
            Stands::Exact => return Instance::default(),
            Stands::Scalar => 0,
            Stands::Device | Stands::Row => device,
        };
        Instance::new(&[arc]).expect("one arc fits")
    }

    /// Returns whether a value is of use, whoever asked for it.
    pub fn wants(&self, id: ObjectId) -> bool {
        self.wanted[id.index()]
    }

    /// Returns how many octets a value is expected to take in an answer.
    pub fn expected_octets(&self, id: ObjectId, instance: &Instance) -> usize {
        let object = self.profile.object(id);
        let instance: usize = instance.as_slice().iter().map(|arc| 1 + usize::from(*arc > 0x7f) + usize::from(*arc > 0x3fff)).sum();
        6 + object.oid.len() + instance + usize::from(object.expected_octets)
    }
}

/// Returns the object whose value or values name a table's rows.
fn named_by(rows: Rows) -> Option<ObjectId> {
    match rows {
        Rows::Count(object) | Rows::ReferredBy(object) => Some(object),
        Rows::Walk { .. } | Rows::Probe(_) => None,
    }
}

/// Makes one plan a profile for a choice of sections, when a device first needs it, and keeps it.
#[derive(Debug)]
pub struct Plans {
    pub catalog: Arc<Catalog>,
    sections: Sections,
    /// By the standards alone: how a device is greeted of which nothing is known.
    first: Arc<Plan>,
    /// The profile that every device is read by, if somebody has named one.
    only: Option<Arc<Profile>>,
    made: Mutex<Vec<Arc<Plan>>>,
}

impl Plans {
    pub fn new(catalog: Arc<Catalog>, sections: Sections) -> Self {
        let first = Arc::new(Plan::new(catalog.standard().clone(), sections));
        Plans { catalog, sections, first, only: None, made: Mutex::new(Vec::new()) }
    }

    /// Reads every device by this profile, whatever it says of itself: to try a profile.
    #[must_use]
    pub fn only_by(mut self, profile: Arc<Profile>) -> Self {
        self.only = Some(profile);
        self
    }

    pub fn first(&self) -> &Arc<Plan> {
        &self.first
    }

    pub fn sections(&self) -> Sections {
        self.sections
    }

    /// Returns the plan for a device that has said this much, by what was asked so far.
    ///
    /// Where nothing of it would be read, the standards do: a device is not asked for what nobody wants.
    pub fn for_device(&self, so_far: &Arc<Plan>, answers: &Answers) -> Arc<Plan> {
        if self.sections.is_empty() {
            return self.first.clone();
        }
        let profile = match &self.only {
            Some(profile) => profile,
            None => collect::profile_for(&self.catalog, &so_far.profile, answers),
        };
        if Arc::ptr_eq(profile, &so_far.profile) {
            return so_far.clone();
        }
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = made.iter().find(|plan| Arc::ptr_eq(&plan.profile, profile)) {
            return plan.clone();
        }
        let plan = Arc::new(Plan::new(profile.clone(), self.sections));
        made.push(plan.clone());
        plan
    }
}
