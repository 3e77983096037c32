//! Sweeps and readings over a simulated network, with seeds: time jumps, so weeks take seconds.

mod common;

use std::net::Ipv4Addr;

use common::{SECOND, SimReader, SimScan, address, options, quiet_printer, scan_options};
use model::record::Presence;
use sim::device::Conduct;
use sim::{Fleet, FleetOptions, ModelSpec, NetOptions, SimDevice, SimNet, SimPrinter};
use snmp::responder::Manners;
use survey::scan::Task;
use survey::{Event, Rate, Tick};

const HOUR: Tick = 3600 * SECOND;

fn fleet(seed: u64, count: u32) -> Fleet {
    Fleet::new(seed).network(Ipv4Addr::new(10, 0, 0, 0), 1024, count).began_at(sim::time::MONDAY)
}

#[test]
fn a_sweep_finds_every_printer_and_reads_each_with_one_request_open() {
    let mut net = SimNet::with_fleet(fleet(1, 60), 1, NetOptions::default());
    let scan = SimScan::new(scan_options(Task::FindAndRead, &["10.0.0.0/22"], Rate::UNLIMITED)).run(&mut net, 600 * SECOND);
    assert_eq!(scan.records().len(), 60);
    assert_eq!(net.most_open(), 1);
    for record in scan.records() {
        let ip = record.address.as_ref().and_then(|text| text.parse().ok()).expect("an address");
        let printer = net.printer(ip).expect("a living printer");
        assert_eq!(record.identity.serial_number.as_deref(), Some(printer.identity().serial.as_str()));
        let total = record.meters.iter().find(|meter| meter.name == "total").expect("a total");
        assert!(printer.life_count() - total.value <= 200, "{} {}", printer.life_count(), total.value);
        assert_eq!(record.problems, Vec::<String>::new());
    }
}

#[test]
fn with_loss_both_ways_a_sweep_still_finds_all_but_a_stray() {
    let lossy = NetOptions { request_loss: 0.05, answer_loss: 0.02, duplicates: 0.02, reordered: 0.05, ..NetOptions::default() };
    let found: usize = (0..20)
        .map(|seed| {
            let mut net = SimNet::with_fleet(fleet(seed, 50), seed, lossy.clone());
            let scan = SimScan::new(scan_options(Task::Identify, &["10.0.0.0/22"], Rate::UNLIMITED)).run(&mut net, 600 * SECOND);
            scan.events.iter().filter(|event| matches!(event, Event::Found(_))).count()
        })
        .sum();
    assert!((998..=1000).contains(&found), "{found} of 1000");
}

#[test]
fn a_sweep_ends_when_a_whole_pass_finds_nobody_new_and_never_before_the_second() {
    let mut empty = SimNet::new(1, NetOptions::default());
    let scan = SimScan::new(scan_options(Task::FindAndRead, &["10.0.0.0/24"], Rate::UNLIMITED)).run(&mut empty, 60 * SECOND);
    let passes: Vec<u64> =
        scan.events.iter().filter_map(|e| if let Event::PassEnded { newly_found, .. } = e { Some(*newly_found) } else { None }).collect();
    assert_eq!(passes, [0, 0]);
    assert_eq!(scan.sent.len(), 512);
}

#[test]
fn politely_no_subnet_gets_more_than_its_share() {
    let mut net = SimNet::with_fleet(fleet(3, 200), 3, NetOptions::default());
    let scan = SimScan::new(scan_options(Task::FindAndRead, &["10.0.0.0/22"], Rate::POLITE)).run(&mut net, 600 * SECOND);
    assert_eq!(scan.records().len(), 200);
    for subnet in 0..4 {
        let times: Vec<Tick> = scan
            .sent
            .iter()
            .filter(|(_, to)| matches!(to.ip(), std::net::IpAddr::V4(ip) if ip.octets()[2] == subnet))
            .map(|(at, _)| *at)
            .collect();
        let busiest = times.iter().map(|start| times.iter().filter(|at| (*start..*start + SECOND).contains(at)).count()).max();
        // 256 a second, and what a fiftieth of a second may send at once.
        assert!(busiest <= Some(256 + 6), "{busiest:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let lossy = NetOptions { request_loss: 0.1, answer_loss: 0.1, ..NetOptions::default() };
        let mut net = SimNet::with_fleet(fleet(seed, 30), seed, lossy);
        SimScan::new(scan_options(Task::FindAndRead, &["10.0.0.0/22"], Rate::POLITE)).run(&mut net, 600 * SECOND);
        net.trace()
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}

#[test]
fn each_device_is_read_with_the_community_it_answers_to() {
    let mut net = SimNet::new(1, NetOptions::default());
    for (last, community) in [(7, "public"), (8, "second"), (9, "elsewhere")] {
        let manners = Manners { community: Some(community.into()), ..Manners::default() };
        let conduct = Conduct { manners, ..Conduct::default() };
        let device = SimDevice::living(quiet_printer(last, ModelSpec::mono_printer()), last).with_conduct(conduct);
        net.add(Ipv4Addr::new(10, 0, 0, last as u8).into(), device);
    }
    let mut scan = scan_options(Task::FindAndRead, &["10.0.0.0/28"], Rate::UNLIMITED);
    scan.reader = options("identity", &["public", "second"]);
    let found = SimScan::new(scan.clone()).run(&mut net, 60 * SECOND);
    assert_eq!(found.records().len(), 2);
    scan.task = Task::Read;
    scan.targets = common::targets(&["10.0.0.8", "10.0.0.9"]);
    let read = SimScan::new(scan).run(&mut net, 600 * SECOND);
    assert_eq!(read.records().len(), 1);
    assert!(read.events.iter().any(|event| matches!(event, Event::Silent { address, .. } if *address == common::address("10.0.0.9"))));
}

#[test]
fn a_held_scan_finds_and_begins_no_reading() {
    let mut net = SimNet::new(1, NetOptions::default());
    for last in 7..10 {
        net.add(
            Ipv4Addr::new(10, 0, 0, last).into(),
            SimDevice::living(quiet_printer(last.into(), ModelSpec::mono_printer()), last.into()),
        );
    }
    let mut scan = SimScan::new(scan_options(Task::FindAndRead, &["10.0.0.0/28"], Rate::UNLIMITED));
    scan.scan.hold(true);
    let take = |scan: &mut SimScan, _: Tick| scan.events.extend(std::iter::from_fn(|| scan.scan.poll_event()));
    net.run(&mut scan, 60 * SECOND, take);
    let found = scan.events.iter().filter(|event| matches!(event, Event::Found(_))).count();
    assert_eq!((found, scan.records().len(), scan.scan.is_done()), (3, 0, false));
    scan.scan.hold(false);
    assert_eq!(scan.run(&mut net, 120 * SECOND).records().len(), 3);
}

#[test]
fn what_has_not_moved_costs_one_packet_each_way() {
    let at = address("10.0.0.7");
    let mut net = SimNet::new(1, NetOptions::default());
    net.add(at.ip(), SimDevice::living(quiet_printer(7, ModelSpec::color_mfp()), 7));
    let mut reader = SimReader::new(options("identity,meters,supplies,inputs,alerts,status", &["public"]));
    let (first, _, known) = reader.read(&mut net, at);
    let before = net.traffic(at.ip()).expect("asked").clone();
    let Event::Unchanged { known, .. } = reader.read_again(&mut net, at, known) else { panic!("something moved") };
    let after = net.traffic(at.ip()).expect("asked").clone();
    assert_eq!((after.requests - before.requests, after.answers - before.answers), (1, 1));

    // Meters and levels move: still one packet.
    net.printer(at.ip()).expect("living").print(20, 0.5);
    let Event::Read { record, requests, known, .. } = reader.read_again(&mut net, at, known) else { panic!("nothing moved") };
    assert_eq!(requests, 1);
    assert_eq!(record.meters[0].value, first.meters[0].value + 20);
    assert!(record.supplies[0].remaining < first.supplies[0].remaining);
    assert_eq!(record.identity, first.identity);

    // An alert comes: the alert table is gone through once more, the rest is not.
    net.printer(at.ip()).expect("living").jam();
    let Event::Read { record, requests, known, .. } = reader.read_again(&mut net, at, known) else { panic!("nothing moved") };
    assert!(record.alerts.iter().any(|alert| alert.code.is_some_and(|code| code.to_string() == "jam")), "{:?}", record.alerts);
    assert!(requests <= 3, "{requests}");
    net.printer(at.ip()).expect("living").clear();
    let Event::Read { record, known, .. } = reader.read_again(&mut net, at, known) else { panic!("nothing moved") };
    assert!(!record.alerts.iter().any(|alert| alert.code.is_some_and(|code| code.to_string() == "jam")), "{:?}", record.alerts);

    // A tray is added: everything is read afresh.
    let tray = ModelSpec::color_mfp().trays[0];
    net.printer(at.ip()).expect("living").add_tray(tray);
    let Event::Read { record: with_tray, known, .. } = reader.read_again(&mut net, at, known) else { panic!("nothing moved") };
    assert_eq!(with_tray.inputs.len(), record.inputs.len() + 1);

    // The record of a re-read is the record that a first reading would have given.
    let Event::Unchanged { .. } = reader.read_again(&mut net, at, known) else { panic!("something moved") };
    let (mut fresh, _, _) = reader.read(&mut net, at);
    fresh.observed_at = with_tray.observed_at;
    fresh.status.up_time = with_tray.status.up_time;
    assert_eq!(fresh, with_tray);
}

/// D-07, S-19: a smaller sysUpTime, from a restart or a wrap, only means that everything is read afresh.
#[test]
fn a_restart_with_lost_counters_is_read_as_it_is() {
    let at = address("10.0.0.7");
    let mut net = SimNet::new(1, NetOptions::default());
    net.add(at.ip(), SimDevice::living(quiet_printer(7, ModelSpec::mono_printer()), 7));
    let mut reader = SimReader::new(options("all", &["public"]));
    net.printer(at.ip()).expect("living").print(1000, 0.0);
    let (_, _, known) = reader.read(&mut net, at);
    net.printer(at.ip()).expect("living").restart(false);
    let soon = net.now() + 600 * SECOND;
    net.run(&mut reader, soon, |_, _| {});
    let Event::Read { record, .. } = reader.read_again(&mut net, at, known) else { panic!("nothing moved") };
    let life = net.printer(at.ip()).expect("living").life_count();
    assert_eq!(record.meters.iter().find(|meter| meter.name == "total").map(|meter| meter.value), Some(life));
}

/// Four weeks of a small office, read every hour: no reading is ever wrong, and silence is told.
#[test]
fn weeks_of_an_office_are_read_true_to_life() {
    let mut net = SimNet::with_fleet(
        Fleet::new(9)
            .options(FleetOptions { off_at_night: 0.3, ..FleetOptions::default() })
            .network(Ipv4Addr::new(10, 0, 0, 0), 16, 12)
            .began_at(sim::time::MONDAY),
        9,
        NetOptions { request_loss: 0.01, answer_loss: 0.01, ..NetOptions::default() },
    );
    let addresses: Vec<_> = net.fleet().addresses();
    let mut reader = SimReader::new(options("meters,supplies,alerts,status", &["public"]));
    let mut known = vec![None; addresses.len()];
    let mut readings = 0u32;
    let mut silent = 0u32;
    for hour in 0..4 * 7 * 24 {
        for (place, ip) in addresses.iter().enumerate() {
            let at = std::net::SocketAddr::new(*ip, 161);
            match known[place].take() {
                Some(known) => reader.reader.read_again(at, known),
                None => reader.reader.read(at, false),
            }
            match reader.run(&mut net) {
                Event::Read { record, known: memory, .. } => {
                    if record.presence != Presence::Unreachable && !record.meters.is_empty() {
                        let printer: &SimPrinter = net.printer(*ip).expect("living");
                        let total = record.meters.iter().find(|meter| meter.name == "total").expect("a total").value;
                        // It goes on printing while it is asked, and is never behind what we read.
                        assert!(
                            total <= printer.life_count() && printer.life_count() - total < 400,
                            "hour {hour}: {total} {}",
                            printer.life_count()
                        );
                        for supply in &record.supplies {
                            assert!(supply.remaining.is_none_or(|share| (0.0..=1.0).contains(&share)), "{supply:?}");
                        }
                        readings += 1;
                    }
                    known[place] = (record.problems.is_empty()).then(|| *memory.expect("told to remember"));
                }
                Event::Unchanged { known: memory, .. } => {
                    readings += 1;
                    known[place] = memory.map(|memory| *memory);
                }
                Event::Silent { .. } => {
                    silent += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        let next = u64::from(hour as u32 + 1) * HOUR;
        net.run(&mut reader, next, |_, _| {});
    }
    assert!(readings > 6000, "{readings} readings");
    assert!(silent > 100, "printers that are off at night are silent: {silent}");
    assert_eq!(net.most_open(), 1);
}
