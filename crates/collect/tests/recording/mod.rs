//! Reading recordings: lines of `OID|TAG|VALUE`, in the folder that `ROUNDSMAN_CORPUS` names.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::PathBuf;

use catalog::Profile;
use collect::{Answers, Instance};

pub fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("ROUNDSMAN_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        println!("the recordings are absent: set ROUNDSMAN_CORPUS to their folder");
    }
    folder
}

/// Reads the lines `OID|TAG|VALUE`; a trailing x of the tag means that the value is in hex.
pub fn answers(profile: &Profile, text: &str) -> Answers {
    let mut answers = Answers::new();
    for line in text.lines() {
        let mut fields = line.splitn(3, '|');
        let (Some(oid), Some(tag), Some(value)) = (fields.next(), fields.next(), fields.next()) else { panic!("odd line {line}") };
        let oid = snmp::oid::encode(&snmp::oid::parse(oid).expect("a dotted identifier"));
        let Some((object, instance)) = profile.locate(&oid) else { continue };
        let Some(instance) = Instance::from_arcs(snmp::oid::tail_arcs(instance)) else { continue };
        let (tag, contents) = element(tag, value);
        answers.put_element(object, instance, tag, &contents);
    }
    answers.sort();
    answers
}

fn element(tag: &str, value: &str) -> (u8, Vec<u8>) {
    let number = tag.trim_end_matches('x').parse().expect("a tag");
    let octets: Vec<u8> = match number {
        _ if tag.ends_with('x') => {
            (0..value.len() / 2).map(|place| u8::from_str_radix(&value[2 * place..2 * place + 2], 16).expect("hex")).collect()
        }
        2 => value.parse::<i64>().expect("a number").to_be_bytes().to_vec(),
        65..=67 | 70 => [&[0][..], &value.parse::<u64>().expect("a count").to_be_bytes()].concat(),
        6 => snmp::oid::encode(&snmp::oid::parse(value).expect("a dotted identifier")),
        64 => value.split('.').map(|part| part.parse().expect("an octet")).collect(),
        _ => value.as_bytes().to_vec(),
    };
    (number, shortest(number, octets))
}

/// Takes off the leading octets of a number that say nothing.
fn shortest(tag: u8, mut octets: Vec<u8>) -> Vec<u8> {
    if matches!(tag, 2 | 65..=67 | 70) {
        while octets.len() > 1 && (octets[0] == 0 && octets[1] < 0x80 || octets[0] == 0xff && octets[1] >= 0x80) {
            octets.remove(0);
        }
    }
    octets
}
