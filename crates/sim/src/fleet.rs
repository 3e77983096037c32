//! Many devices by address, each made when it is first asked.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use crate::chance::{Permutation, derive, mix};
use crate::device::{Conduct, Reply, SimDevice};
use crate::engine::Engines;
use crate::printer::{Identity, Model, ModelSpec, SimPrinter};
use crate::recording::Recording;
use crate::time::{SECOND, Tick};
use crate::vice::Vices;

/// Is what the devices of a fleet have in common.
#[derive(Clone, Debug)]
pub struct FleetOptions {
    /// How the devices behave on the network.
    pub conduct: Conduct,
    /// Shares of the living printers, from 0.0 to 1.0, that have these vices instead of those of
    /// `conduct`; which ones, the seed decides.
    pub crooked: Vec<(f64, Vices)>,
    /// Simulated seconds a second that the printers live.
    pub speed: f64,
    /// The models of the living printers; which has which, the seed decides.
    pub models: Vec<ModelSpec>,
    /// The share of the living printers that is switched off out of office hours.
    pub off_at_night: f64,
    /// What makes each device an engine of SNMP v3; without it none is one.
    pub engines: Option<Arc<Engines>>,
}

impl Default for FleetOptions {
    fn default() -> Self {
        let (conduct, models) = (Conduct::default(), ModelSpec::all());
        FleetOptions { conduct, crooked: Vec::new(), speed: 1.0, models, off_at_night: 0.0, engines: None }
    }
}

/// Is a fleet of living printers and recordings.
///
/// What answers where follows from the seed alone. A device that nobody has asked takes no
/// memory.
///
/// ```
/// use std::net::Ipv4Addr;
/// let fleet = sim::Fleet::new(7).network(Ipv4Addr::new(127, 16, 0, 0), 65_536, 2_000);
/// assert_eq!(fleet.addresses().len(), 2_000);
/// ```
#[derive(Clone, Debug)]
pub struct Fleet {
    seed: u64,
    speed: f64,
    off_at_night: f64,
    engines: Option<Arc<Engines>>,
    conducts: Vec<(f64, Arc<Conduct>)>,
    models: Vec<Arc<Model>>,
    networks: Vec<Network>,
    devices: BTreeMap<IpAddr, SimDevice>,
    /// Seconds since 1970 at tick 0; learnt from the first request.
    began: Option<u64>,
}

/// Is a range of addresses of which some are printers.
#[derive(Clone, Debug)]
struct Network {
    first: u32,
    size: u32,
    count: u32,
    /// How many printers stand in the networks before this one.
    before: u32,
    order: Permutation,
}

impl Fleet {
    /// Makes a fleet without devices.
    pub fn new(seed: u64) -> Self {
        let fleet = Fleet {
            seed,
            speed: 1.0,
            off_at_night: 0.0,
            engines: None,
            conducts: Vec::new(),
            models: Vec::new(),
            networks: Vec::new(),
            devices: BTreeMap::new(),
            began: None,
        };
        fleet.options(FleetOptions::default())
    }

    /// Sets the options. Call it before [`Fleet::recordings`] and before the first request: devices that exist keep theirs.
    pub fn options(mut self, options: FleetOptions) -> Self {
        let crooked = options.crooked.into_iter().map(|(share, vices)| (share, Conduct { vices, ..options.conduct.clone() }));
        self.conducts = crooked.map(|(share, conduct)| (share, Arc::new(conduct))).collect();
        self.conducts.push((1.0, Arc::new(options.conduct)));
        self.models = options.models.into_iter().map(|spec| Arc::new(Model::new(spec))).collect();
        self.speed = options.speed;
        self.off_at_night = options.off_at_night;
        self.engines = options.engines;
        self
    }

    /// Adds `count` living printers among the `size` addresses from `first` on.
    ///
    /// The first and the last address never answer, for a network of that size keeps them for
    /// itself; where only those are left, `count` is cut.
    pub fn network(mut self, first: Ipv4Addr, size: u32, count: u32) -> Self {
        let usable = size.saturating_sub(2);
        let before = self.networks.iter().map(|network| network.count).sum();
        let order = Permutation::new(derive(self.seed, 0x6e65_7400 + self.networks.len() as u64), usable);
        self.networks.push(Network { first: first.into(), size, count: count.min(usable), before, order });
        self
    }

    /// Adds devices that repeat recordings.
    pub fn recordings(mut self, recordings: Vec<(IpAddr, Recording)>) -> Self {
        for (number, (address, recording)) in (1..).zip(recordings) {
            let device = SimDevice::recorded(recording, derive(self.seed, number << 32)).with_conduct(Arc::clone(self.usual_conduct()));
            let device = self.with_engine(device, address.to_string().as_bytes());
            self.devices.insert(address, device);
        }
        self
    }

    /// Sets the moment of tick 0 in seconds since 1970, which the first request sets otherwise.
    pub fn began_at(mut self, seconds_since_1970: u64) -> Self {
        self.began = Some(seconds_since_1970);
        self
    }

    /// Puts a device at an address; one that stood there goes.
    pub fn insert(&mut self, address: IpAddr, device: SimDevice) {
        self.devices.insert(address, device);
    }

    /// Returns the addresses of all devices, in their order.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let mut addresses: Vec<IpAddr> = self.devices.keys().copied().collect();
        for network in &self.networks {
            addresses.extend(
                (0..network.size)
                    .map(|place| IpAddr::from(Ipv4Addr::from(network.first.wrapping_add(place))))
                    .filter(|a| network.number(*a).is_some()),
            );
        }
        addresses.sort_unstable();
        addresses.dedup();
        addresses
    }

    /// Returns how many devices have been made, because they were asked or put there.
    pub fn awake(&self) -> usize {
        self.devices.len()
    }

    /// Returns whether something may answer at an address.
    pub fn stands_at(&self, address: IpAddr) -> bool {
        self.devices.contains_key(&address) || self.networks.iter().any(|network| network.number(address).is_some())
    }

    /// Returns the device at an address, making it if nobody has asked it yet.
    pub fn device(&mut self, address: IpAddr) -> Option<&mut SimDevice> {
        if !self.devices.contains_key(&address) {
            let made = self.make(address)?;
            self.devices.insert(address, made);
        }
        self.devices.get_mut(&address)
    }

    /// Returns the living printer at an address, making it if nobody has asked it yet.
    pub fn printer(&mut self, address: IpAddr) -> Option<&mut SimPrinter> {
        self.device(address)?.printer_mut()
    }

    /// Appends what the device at the address `asked` answers; nothing where there is none.
    ///
    /// `wall_clock_secs` is now in seconds since 1970: from it the printers know office hours
    /// and the date. Only the first one counts, for time goes on with `now`.
    pub fn answer(&mut self, now: Tick, wall_clock_secs: u64, asked: IpAddr, request: &[u8], replies: &mut Vec<Reply>) {
        self.began.get_or_insert(wall_clock_secs.saturating_sub(now / SECOND));
        let lived = self.lived(now);
        if let Some(device) = self.device(asked) {
            device.answer(now, lived, request, replies);
        }
    }

    /// Returns the printers' time at a moment of the network's time.
    pub fn lived(&self, now: Tick) -> Tick {
        if self.speed == 1.0 { now } else { (now as f64 * self.speed) as Tick }
    }

    fn usual_conduct(&self) -> &Arc<Conduct> {
        &self.conducts.last().expect("options() ends the list with the usual conduct").1
    }

    fn make(&self, address: IpAddr) -> Option<SimDevice> {
        let number = self.networks.iter().find_map(|network| network.number(address))?;
        let seed = derive(self.seed, number.into());
        let model = self.models.get(mix(seed ^ 1) as usize % self.models.len().max(1))?;
        let mut printer = SimPrinter::of_model(seed, Arc::clone(model), Identity::numbered(number));
        if let Some(began) = self.began {
            printer.set_epoch(began);
        }
        if share(seed ^ 2) < self.off_at_night {
            printer.set_off_at_night(true);
        }
        let serial = printer.identity().serial.clone();
        let device = SimDevice::living(printer, mix(seed ^ 3)).with_conduct(Arc::clone(self.conduct_of(seed)));
        Some(self.with_engine(device, serial.as_bytes()))
    }

    fn with_engine(&self, device: SimDevice, of: &[u8]) -> SimDevice {
        match &self.engines {
            Some(engines) => device.with_engine(Arc::clone(engines), of),
            None => device,
        }
    }

    fn conduct_of(&self, seed: u64) -> &Arc<Conduct> {
        let mut drawn = share(seed ^ 4);
        for (share, conduct) in &self.conducts {
            if drawn < *share {
                return conduct;
            }
            drawn -= share;
        }
        self.usual_conduct()
    }
}

/// Turns a seed into a number from 0.0 to 1.0.
fn share(seed: u64) -> f64 {
    (mix(seed) >> 11) as f64 / (1u64 << 53) as f64
}

impl Network {
    /// Returns the number of the printer at an address, counted over the whole fleet.
    fn number(&self, address: IpAddr) -> Option<u32> {
        let IpAddr::V4(address) = address else { return None };
        let place = u32::from(address).checked_sub(self.first).filter(|place| (1..self.size.saturating_sub(1)).contains(place))?;
        let number = self.order.place(place - 1);
        (number < self.count).then_some(self.before + number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snmp::message::{Head, push_message, push_name};
    use snmp::{Message, PduType, Version, oid};
    use std::collections::BTreeSet;

    fn fleet(seed: u64) -> Fleet {
        Fleet::new(seed).network(Ipv4Addr::new(127, 16, 0, 0), 4_096, 200)
    }

    fn get_sys_name() -> Vec<u8> {
        let mut out = Vec::new();
        let head = Head { version: Version::V2c, community: b"public", kind: PduType::Get, request_id: 1, first: 0, second: 0 };
        push_message(&mut out, &head, |out| push_name(out, &oid::encode(&[1, 3, 6, 1, 2, 1, 1, 5]), &[0]));
        out
    }

    fn answered(fleet: &mut Fleet, address: IpAddr) -> usize {
        let mut replies = Vec::new();
        fleet.answer(0, crate::time::MONDAY, address, &get_sys_name(), &mut replies);
        assert!(replies.iter().all(|reply| Message::parse(&reply.octets).is_ok()));
        replies.len()
    }

    #[test]
    fn as_many_addresses_answer_as_there_are_printers() {
        let mut fleet = fleet(1);
        let expected = fleet.addresses();
        assert_eq!((expected.len(), fleet.awake()), (200, 0));
        let found: Vec<IpAddr> = (0..4_096u32)
            .map(|place| IpAddr::from(Ipv4Addr::from(0x7f10_0000 + place)))
            .filter(|address| answered(&mut fleet, *address) == 1)
            .collect();
        assert_eq!(found, expected);
        assert_eq!(fleet.awake(), 200);
    }

    #[test]
    fn another_seed_places_the_printers_elsewhere() {
        assert_eq!(fleet(1).addresses(), fleet(1).addresses());
        assert_ne!(fleet(1).addresses(), fleet(2).addresses());
    }

    #[test]
    fn no_two_printers_of_a_fleet_share_a_serial_or_a_mac() {
        let mut fleet = fleet(1).network(Ipv4Addr::new(10, 0, 0, 0), 1_024, 1_000);
        let addresses = fleet.addresses();
        let serials: BTreeSet<String> = addresses.iter().map(|a| fleet.printer(*a).unwrap().identity().serial.clone()).collect();
        let macs: BTreeSet<[u8; 6]> = addresses.iter().map(|a| fleet.printer(*a).unwrap().identity().mac).collect();
        assert_eq!((addresses.len(), serials.len(), macs.len()), (1_200, 1_200, 1_200));
    }

    #[test]
    fn recordings_stand_beside_living_printers() {
        let address: IpAddr = "::1".parse().unwrap();
        let recording = Recording::parse("x", "1.3.6.1.2.1.1.5.0|4|PRN").unwrap();
        let mut fleet = fleet(1).recordings(vec![(address, recording)]);
        assert_eq!(answered(&mut fleet, address), 1);
        assert!(fleet.printer(address).is_none() && fleet.stands_at(address));
        assert_eq!(fleet.addresses().len(), 201);
    }

    #[test]
    fn a_share_of_the_printers_is_crooked() {
        let silent = Vices { v1_only: true, ..Vices::default() };
        let options = FleetOptions { crooked: vec![(0.25, silent)], ..FleetOptions::default() };
        let mut fleet = fleet(1).options(options);
        let answering = fleet.addresses().into_iter().filter(|address| answered(&mut fleet, *address) == 1).count();
        assert!((130..170).contains(&answering), "{answering}");
    }

    #[test]
    fn printers_live_as_fast_as_they_are_told() {
        let mut fleet = fleet(1).options(FleetOptions { speed: 3_600.0, ..FleetOptions::default() });
        let address = fleet.addresses()[0];
        let mut replies = Vec::new();
        fleet.answer(0, crate::time::MONDAY, address, &get_sys_name(), &mut replies);
        let before = fleet.printer(address).unwrap().total_impressions();
        fleet.answer(36 * SECOND, crate::time::MONDAY + 36, address, &get_sys_name(), &mut replies);
        assert_ne!(fleet.printer(address).unwrap().total_impressions(), before);
    }
}
