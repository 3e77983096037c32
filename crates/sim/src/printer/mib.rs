//! The objects of a model: which rows and columns there are, and where each value comes from.
//!
//! Source: RFC 3805 (Printer MIB v2), RFC 2790 (Host Resources MIB), RFC 1213 (MIB-II).

use snmp::oid::encode;
use snmp::{OidRef, Value};

use crate::printer::cell::{Cell, Light, Meter};
use crate::printer::spec::{LevelBehaviour, ModelSpec};

/// Holds the objects that all printers of a model have, in the order of their identifiers.
///
/// The alert table is not among them: its rows come and go.
#[derive(Clone, Debug)]
pub struct Layout {
    rows: Vec<(Box<[u8]>, Cell)>,
}

impl Layout {
    pub fn of(spec: &ModelSpec) -> Self {
        let mut rows = Rows { spec, device: spec.device_index, rows: Vec::with_capacity(640) };
        rows.system();
        rows.interfaces();
        rows.protocols();
        rows.host_resources();
        rows.general();
        rows.inputs();
        rows.outputs();
        rows.markers();
        rows.media_paths();
        rows.channels();
        rows.interpreters();
        rows.console();
        rows.private();
        let mut rows = rows.rows;
        rows.sort_by(|(a, _), (b, _)| OidRef::new(a).cmp_arcs(&OidRef::new(b)));
        debug_assert!(rows.windows(2).all(|pair| pair[0].0 != pair[1].0), "an object stands twice");
        Layout { rows }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn get(&self, name: OidRef<'_>) -> Option<&Cell> {
        let place = self.rows.binary_search_by(|(row, _)| OidRef::new(row).cmp_arcs(&name)).ok()?;
        Some(&self.rows[place].1)
    }

    pub fn next(&self, after: OidRef<'_>) -> Option<(OidRef<'_>, &Cell)> {
        let place = self.rows.partition_point(|(row, _)| OidRef::new(row).cmp_arcs(&after).is_le());
        self.rows.get(place).map(|(name, cell)| (OidRef::new(name), cell))
    }
}

/// Is 1.3.6.1.2.1, under which all standard objects stand.
const MIB_2: [u32; 6] = [1, 3, 6, 1, 2, 1];
/// Is the enterprise that RFC 5612 keeps for documentation.
const ENTERPRISE: [u32; 7] = [1, 3, 6, 1, 4, 1, 32_473];

fn fixed(value: Value<'_>) -> Cell {
    let mut element = Vec::new();
    value.push(&mut element);
    Cell::Fixed(element.into())
}

fn int(value: i64) -> Cell {
    fixed(Value::Integer(value))
}

fn text(value: &str) -> Cell {
    fixed(Value::OctetString(value.as_bytes()))
}

fn identifier(arcs: &[u32]) -> Cell {
    fixed(Value::ObjectIdentifier(OidRef::new(&encode(arcs))))
}

struct Rows<'a> {
    spec: &'a ModelSpec,
    /// hrDeviceIndex.
    device: u32,
    rows: Vec<(Box<[u8]>, Cell)>,
}

impl Rows<'_> {
    /// Adds the object at `column` under MIB-II with this instance.
    fn put(&mut self, column: &[u32], instance: &[u32], cell: Cell) {
        let arcs: Vec<u32> = MIB_2.iter().chain(column).chain(instance).copied().collect();
        self.rows.push((encode(&arcs).into(), cell));
    }

    /// Adds a row of a table of the Printer MIB, from column 2 on: the first column is the index, which cannot be read.
    fn row(&mut self, entry: &[u32], row: u32, cells: impl IntoIterator<Item = Cell>) {
        for (column, cell) in (2..).zip(cells) {
            let column: Vec<u32> = entry.iter().copied().chain([column]).collect();
            self.put(&column, &[self.device, row], cell);
        }
    }

    fn system(&mut self) {
        let spec = self.spec;
        let cells = [
            text(spec.description),
            identifier(&[&ENTERPRISE[..], &[1, spec.product]].concat()),
            Cell::UpTime,
            text("helpdesk@example.com"),
            Cell::Name,
            Cell::Location,
            int(72),
        ];
        for (column, cell) in (1..).zip(cells) {
            self.put(&[1, column], &[0], cell);
        }
    }

    /// The network board and the loopback; RFC 1213, ifTable.
    fn interfaces(&mut self) {
        self.put(&[2, 1], &[0], int(2));
        for (row, name, kind, mtu, mac) in [(1u32, "eth0", 6, 1_500, Cell::Mac), (2, "lo", 24, 65_536, text(""))] {
            let traffic = |column: u32, a_second| Cell::Traffic { seed: u64::from(column << 4 | row), a_second };
            let cells = [
                int(row.into()),
                text(name),
                int(kind),
                int(mtu),
                fixed(Value::Gauge32(if row == 1 { 1_000_000_000 } else { 10_000_000 })),
                mac,
                int(1),
                int(1),
                fixed(Value::TimeTicks(1_234)),
                traffic(10, 900),
                traffic(11, 2),
                traffic(12, 5),
                fixed(Value::Counter32(0)),
                fixed(Value::Counter32(0)),
                fixed(Value::Counter32(0)),
                traffic(16, 400),
                traffic(17, 2),
                traffic(18, 1),
                fixed(Value::Counter32(0)),
                fixed(Value::Counter32(0)),
                fixed(Value::Gauge32(0)),
                identifier(&[0, 0]),
            ];
            for (column, cell) in (1..).zip(cells) {
                self.put(&[2, 2, 1, column], &[row], cell);
            }
        }
    }

    /// The scalar counters of IP, ICMP, TCP, UDP and SNMP, for walks have to pass them.
    fn protocols(&mut self) {
        for (group, columns) in [(4u32, 3..=19u32), (5, 1..=26), (6, 5..=12), (7, 1..=4), (11, 1..=30)] {
            for column in columns.filter(|column| group != 11 || ![7, 23].contains(column)) {
                let cell = Cell::Traffic { seed: u64::from(group << 8 | column), a_second: u64::from(column % 3) };
                self.put(&[group, column], &[0], cell);
            }
        }
        self.put(&[4, 1], &[0], int(2));
        self.put(&[4, 2], &[0], int(64));
    }

    fn host_resources(&mut self) {
        let (spec, printer) = (self.spec, self.device);
        self.put(&[25, 1, 1], &[0], Cell::UpTime);
        self.put(&[25, 1, 2], &[0], Cell::Date);
        self.put(&[25, 2, 2], &[0], int(2_097_152));
        for (row, name, kind, size) in [(1u32, "RAM", 2, 2_097_152i64), (2, "Flash", 9, 8_388_608)] {
            let cells = [
                int(row.into()),
                identifier(&[1, 3, 6, 1, 2, 1, 25, 2, 1, kind]),
                text(name),
                int(1_024),
                int(size),
                int(size / 3),
                fixed(Value::Counter32(0)),
            ];
            for (column, cell) in (1..).zip(cells) {
                self.put(&[25, 2, 3, 1, column], &[row], cell);
            }
        }
        let [processor, network] = [printer + 1, printer + 2];
        let devices =
            [(printer, 5u32, spec.name, Cell::DeviceStatus), (processor, 3, "Processor", int(2)), (network, 4, "Ethernet", int(2))];
        for (row, kind, name, status) in devices {
            let product = identifier(&[&ENTERPRISE[..], &[1, spec.product]].concat());
            let errors = if row == printer { Cell::DeviceErrors } else { fixed(Value::Counter32(0)) };
            let cells = [int(row.into()), identifier(&[1, 3, 6, 1, 2, 1, 25, 3, 1, kind]), text(name), product, status, errors];
            for (column, cell) in (1..).zip(cells) {
                self.put(&[25, 3, 2, 1, column], &[row], cell);
            }
        }
        self.put(&[25, 3, 3, 1, 2], &[processor], int(7));
        self.put(&[25, 3, 4, 1, 1], &[network], int(1));
        self.put(&[25, 3, 5, 1, 1], &[printer], Cell::PrinterStatus);
        self.put(&[25, 3, 5, 1, 2], &[printer], Cell::ErrorState);
    }

    /// prtGeneralTable, prtCoverTable, prtLocalizationTable.
    fn general(&mut self) {
        let default_tray = self.spec.trays.iter().position(|tray| tray.feeds_jobs).unwrap_or(0) as i64 + 1;
        let cells = [
            Cell::ConfigChanges,
            int(1),
            int(3),
            text(""),
            text("Service desk, tel:+1-555-0100"),
            int(default_tray),
            int(1),
            int(1),
            int(1),
            int(1),
            int(4),
            int(40),
            int(3),
            int(4),
            int(4),
            Cell::Name,
            Cell::Serial,
            Cell::CriticalEvents,
            Cell::AllEvents,
        ];
        for (column, cell) in (1..).zip(cells) {
            self.put(&[43, 5, 1, 1, column], &[self.device], cell);
        }
        for (place, name) in self.spec.covers.iter().enumerate() {
            self.row(&[43, 6, 1, 1], place as u32 + 1, [text(name), Cell::CoverStatus(place)]);
        }
        for (row, language, country) in [(1, "en", "US"), (2, "nl", "NL"), (3, "de", "DE")] {
            self.row(&[43, 7, 1, 1], row, [text(language), text(country), int(106)]);
        }
    }

    fn inputs(&mut self) {
        for (place, tray) in self.spec.trays.iter().enumerate() {
            let (row, name) = (place as u32 + 1, tray.name);
            let cells = [
                int(if tray.feeds_jobs { 3 } else { 5 }),
                int(4),
                int(297_000),
                int(210_000),
                int(297_000),
                int(210_000),
                int(8),
                int(tray.capacity.into()),
                Cell::TrayLevel(place),
                Cell::TrayStatus(place),
                text("iso_a4_210x297mm"),
                text(name),
                text(""),
                text(""),
                text(""),
                text(""),
                text(&format!("{name}, {} sheets", tray.capacity)),
                int(5),
                int(80),
                text("stationery"),
                text("white"),
                int(1),
                int(-1),
                int(if tray.feeds_jobs { -2 } else { 0 }),
            ];
            self.row(&[43, 8, 2, 1], row, cells);
        }
    }

    fn outputs(&mut self) {
        for (place, bin) in self.spec.bins.iter().enumerate() {
            let told = if bin.room == LevelBehaviour::Unknown { -2 } else { i64::from(bin.capacity) };
            let cells = [
                int(4),
                int(8),
                int(told),
                Cell::BinRoom(place),
                Cell::PartStatus,
                text(bin.name),
                text(""),
                text(""),
                text(""),
                text(""),
                text("Face-down bin"),
                int(5),
                int(4),
                int(432_000),
                int(297_000),
                int(148_000),
                int(98_000),
                int(3),
                int(4),
                int(5),
                int(5),
                int(3),
                int(5),
            ];
            self.row(&[43, 9, 2, 1], place as u32 + 1, cells);
        }
    }

    /// prtMarkerTable, prtMarkerSuppliesTable, prtMarkerColorantTable.
    fn markers(&mut self) {
        let spec = self.spec;
        let marker = [
            int(4),
            int(spec.counter_unit),
            Cell::LifeCount,
            Cell::PowerOnCount,
            int(spec.colorants.len() as i64),
            int(0),
            int(3),
            int(1_200),
            int(1_200),
            int(4_233),
            int(4_233),
            int(4_233),
            int(4_233),
            Cell::PartStatus,
        ];
        self.row(&[43, 10, 2, 1], 1, marker);
        for (place, supply) in spec.supplies.iter().enumerate() {
            let cells = [
                int(1),
                int(supply.kind.colorant().into()),
                int(if supply.kind.is_receptacle() { 4 } else { 3 }),
                int(supply.kind.type_number()),
                Cell::SupplyDescription(place),
                int(supply.unit),
                int(if supply.tells_capacity { supply.capacity.into() } else { -2 }),
                Cell::SupplyLevel(place),
            ];
            self.row(&[43, 11, 1, 1], supply.row, cells);
        }
        for (row, name) in (1..).zip(&spec.colorants) {
            self.row(&[43, 12, 1, 1], row, [int(1), int(3), text(name), int(2)]);
        }
    }

    fn media_paths(&mut self) {
        let an_hour = i64::from(self.spec.impressions_per_minute) * 60;
        for (row, kind, name) in [(1, 5, "Simplex path"), (2, 3, "Duplex path")] {
            let cells = [
                int(7),
                int(4),
                int(an_hour),
                int(432_000),
                int(297_000),
                int(148_000),
                int(98_000),
                int(kind),
                text(name),
                Cell::PartStatus,
            ];
            self.row(&[43, 13, 4, 1], row, cells);
        }
    }

    fn channels(&mut self) {
        let channels =
            [(1, 11, "1.0", "Port=9100\n"), (2, 8, "1.0", "Queue=print\n"), (3, 44, "2.0", "URI=ipp/print\n"), (4, 37, "1.0", "")];
        for (row, kind, version, information) in channels {
            let cells = [int(kind), text(version), int(1), int(1), int(3), int(1), int(0), text(information)];
            self.row(&[43, 14, 1, 1], row, cells);
        }
    }

    fn interpreters(&mut self) {
        let firmware = self.spec.firmware;
        for (row, family, level, name) in [(1, 5, "", "PJL"), (2, 3, "6", "PCL"), (3, 6, "3", "PostScript"), (4, 54, "1.7", "PDF")] {
            let cells = [
                int(family),
                text(level),
                text(""),
                text(name),
                text(firmware),
                int(3),
                int(1_200),
                int(1_200),
                int(106),
                int(106),
                int(3),
            ];
            self.row(&[43, 15, 1, 1], row, cells);
        }
    }

    fn console(&mut self) {
        for line in 0..4 {
            self.row(&[43, 16, 5, 1], line as u32 + 1, [Cell::ConsoleLine(line)]);
        }
        for (row, light, color, name) in [(1, Light::Ready, 5, "Ready"), (2, Light::Attention, 10, "Attention")] {
            self.row(&[43, 17, 6, 1], row, [Cell::LightOnTime(light), Cell::LightOffTime(light), int(color), text(name)]);
        }
    }

    /// The maker's own tree: 2.1.N.0 are the meters in the order of [`Meter::ALL`], 2.2 the identity.
    fn private(&mut self) {
        let spec = self.spec;
        let meters = (1..).zip(Meter::ALL).filter(|(_, meter)| match meter {
            Meter::Copy | Meter::Fax | Meter::Scan | Meter::Large => spec.is_multifunction,
            Meter::Color => spec.colorants.len() > 1,
            _ => true,
        });
        let identity = [(1, text(spec.name)), (2, Cell::Serial), (3, text(spec.firmware)), (4, int(spec.product.into()))];
        let cells = meters.map(|(row, meter)| ([2, 1, row], Cell::Meter(meter))).chain(identity.map(|(row, cell)| ([2, 2, row], cell)));
        for (arcs, cell) in cells {
            self.rows.push((encode(&[&ENTERPRISE[..], &arcs, &[0]].concat()).into(), cell));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_has_the_mandatory_groups_and_no_object_twice() {
        for spec in ModelSpec::all() {
            let layout = Layout::of(&spec);
            assert!(layout.len() > 300, "{} has {} objects", spec.name, layout.len());
            for entry in [[5, 1], [8, 2], [9, 2], [10, 2], [13, 4], [14, 1], [15, 1], [16, 5], [17, 6]] {
                let entry = encode(&[&MIB_2[..], &[43], &entry, &[1]].concat());
                let (next, _) = layout.next(OidRef::new(&entry)).unwrap();
                assert!(next.as_octets().starts_with(&entry), "{} lacks {}", spec.name, OidRef::new(&entry));
            }
        }
    }

    #[test]
    fn the_first_index_is_that_of_the_printer() {
        let layout = Layout::of(&ModelSpec { device_index: 5, ..ModelSpec::mono_printer() });
        let at = |text: &str| layout.get(OidRef::new(&encode(&snmp::oid::parse(text).unwrap()))).is_some();
        assert!(at("1.3.6.1.2.1.43.11.1.1.9.5.1") && at("1.3.6.1.2.1.25.3.5.1.1.5") && at("1.3.6.1.2.1.43.5.1.1.17.5"));
        assert!(!at("1.3.6.1.2.1.43.11.1.1.9.1.1"));
    }
}
