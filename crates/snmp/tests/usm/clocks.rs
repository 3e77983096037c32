//! Clocks that jump, boots that go back, and boots that are used up.

use snmp::usm::clock::{LATCHED, WINDOW};
use snmp::usm::talk::{Oddity, Refused};
use snmp::usm::{Report, Talk};

use crate::common::*;

const HOUR: u64 = 3600 * SECOND;

fn restarted(boots: u32) -> Device {
    Device { time: 0, ..Device::new(boots, &[service()]) }
}

fn boots(talk: &Talk) -> u32 {
    talk.remote().unwrap().boots
}

#[test]
fn a_device_that_restarts_as_it_should_costs_one_request_more_and_is_not_odd() {
    let (mut talk, _) = acquainted(&service());
    assert_eq!(converse(&mut talk, &mut restarted(8), HOUR), (Said::name(), 2));
    assert_eq!((talk.take_oddities(), boots(&talk)), (vec![], 8));
}

#[test]
fn boots_that_go_back_are_told_and_followed_once_and_refused_the_second_time() {
    let (mut talk, _) = acquainted(&service());
    assert_eq!(converse(&mut talk, &mut restarted(0), HOUR), (Said::name(), 2));
    assert_eq!((talk.take_oddities(), boots(&talk)), (vec![Oddity::BootsWentBack { before: 7, now: 0 }], 0));
    assert_eq!(converse(&mut talk, &mut restarted(3), HOUR), (Said::name(), 2));
    assert_eq!(converse(&mut talk, &mut restarted(1), 2 * HOUR), (Said::Refused(Refused::ClockWentBack), 1));
}

#[test]
fn boots_that_stay_0_over_a_restart_show_in_the_time() {
    let user = service();
    let (mut talk, mut device) = (talk(&user, None), restarted(0));
    assert_eq!(converse(&mut talk, &mut device, HOUR).0, Said::name());
    // At 2 h of our time its engine shows 5 s, and we expect 7,200.
    device.began(2 * HOUR - 5 * SECOND);
    let said = converse(&mut talk, &mut device, 2 * HOUR);
    assert_eq!(said, (Said::name(), 2));
    assert_eq!(talk.take_oddities(), [Oddity::TimeWentBack { before: 7200, now: 5 }]);
}

#[test]
fn a_device_that_reports_its_forgotten_boots_in_the_clear_is_found_out_all_the_same() {
    let (mut talk, _) = acquainted(&service());
    let mut device = restarted(0);
    // The hint is not proved; the answer to the request that follows it is.
    let request = request(&talk, HOUR, 50);
    let hint = in_the_clear(&device.answer(HOUR, &request).unwrap());
    assert_eq!(take(&mut talk, HOUR, &hint), Said::AskAgain);
    assert_eq!(talk.take_oddities(), []);
    assert_eq!(converse(&mut talk, &mut device, HOUR).0, Said::name());
    assert_eq!(talk.take_oddities(), [Oddity::BootsWentBack { before: 7, now: 0 }]);
}

/// Takes the proof off a report.
fn in_the_clear(report: &[u8]) -> Vec<u8> {
    use snmp::usm::Level;
    use snmp::v3::{Envelope, Head, push_message};
    let envelope = Envelope::parse(report).unwrap();
    let Envelope { id, engine_id, boots, time, user, data, .. } = envelope;
    let head = Head { id, level: Level::NoAuthNoPriv, is_reportable: false, engine_id, boots, time, user, mac_octets: 0, salt: &[] };
    let mut out = Vec::new();
    push_message(&mut out, &head, |out| out.extend_from_slice(data));
    out
}

#[test]
fn an_engine_with_its_boots_used_up_is_called_so() {
    let user = service();
    let mut talk = talk(&user, None);
    let mut device = Device::new(LATCHED, &[user]);
    assert_eq!(converse(&mut talk, &mut device, 0), (Said::Refused(Refused::Latched), 2));
    assert_eq!(device.authority.count(Report::NotInTimeWindow), 1);
    // Also when it was known before.
    let (mut talk, _) = acquainted(&service());
    assert_eq!(converse(&mut talk, &mut device, 0), (Said::Refused(Refused::Latched), 1));
}

#[test]
fn the_last_boots_but_one_are_like_any_other() {
    let user = service();
    let (mut talk, mut device) = (talk(&user, None), Device::new(LATCHED - 1, &[user]));
    assert_eq!(converse(&mut talk, &mut device, 0).0, Said::name());
}

#[test]
fn our_clock_may_stand_still_or_run_ahead_within_the_window() {
    let (mut talk, mut device) = acquainted(&service());
    device.time += WINDOW;
    assert_eq!(converse(&mut talk, &mut device, 0), (Said::name(), 1));
    device.time -= WINDOW;
    assert_eq!(converse(&mut talk, &mut device, 0), (Said::name(), 1));
    assert_eq!(talk.take_oddities(), []);
}

#[test]
fn the_devices_clock_jumps_ahead_and_is_followed() {
    let (mut talk, mut device) = acquainted(&service());
    device.time += 7 * 24 * 3600;
    assert_eq!(converse(&mut talk, &mut device, 0), (Said::name(), 2));
    assert_eq!(talk.take_oddities(), []);
}

/// A computer that wakes from sleep may count hours that the device did not.
#[test]
fn our_clock_jumps_ahead_and_the_devices_is_followed_back_once() {
    let (mut talk, mut device) = acquainted(&service());
    device.time -= 900;
    assert_eq!(converse(&mut talk, &mut device, 0), (Said::name(), 2));
    assert_eq!(talk.take_oddities(), [Oddity::TimeWentBack { before: 1000, now: 100 }]);
    device.time -= 90;
    assert_eq!(converse(&mut talk, &mut device, 0), (Said::name(), 1));
}

#[test]
fn a_clock_at_its_end_stays_there() {
    let user = service();
    let mut device = Device::new(7, std::slice::from_ref(&user));
    device.time = i32::MAX as u32;
    let mut talk = talk(&user, None);
    assert_eq!(converse(&mut talk, &mut device, 0).0, Said::name());
    let request = request(&talk, HOUR, 9);
    let envelope = snmp::v3::Envelope::parse(&request).unwrap();
    assert_eq!(envelope.time, i32::MAX as u32);
}
