//! Reading printers in SNMPv3, beside the same in v2c and beside async-snmp.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use super::Bench;
use super::fleet::{Fleet, Printers};
use super::series::{self, Contender, Series, Tells};
use super::table::{Bound, Budget, Row, Table};
use super::works::{NETWORK, OURS, reading, with_budgets, write_list};
use crate::{paths, process};

/// The user that all printers of the fleet let in; `async_reader` says the same words.
const USER: &[&str] = &["--user", "service", "--auth", "SHA-256", "--privacy", "AES-128"];
/// The user's passwords, as the simulator takes them from its environment.
pub const PASSWORDS: [(&str, &str); 2] = [("ROUNDSMAN_AUTH_PASSWORD", AUTH), ("ROUNDSMAN_PRIVACY_PASSWORD", PRIVACY)];
const AUTH: &str = "bench authentication";
const PRIVACY: &str = "bench privacy";
/// How often devices are read again, as in `reread`.
const AGAIN: u32 = 20;
/// How many times as much as v2c may v3 take.
const TIMES: f64 = 2.5;
/// Cold, each device is asked for its engine, and perhaps for its clock.
const MORE_REQUESTS: f64 = 2.0;

/// Reading all printers in v2c and in v3, once and again.
pub fn v3(bench: &Bench) -> Result<Vec<Table>> {
    process::run(&mut process::cargo("build --quiet --release -p cli --example async_reader")?)?;
    let fleet = Fleet::start(&bench.program, &bench.folder, Printers { network: NETWORK, count: bench.devices, manners: USER })?;
    let list = write_list(bench, &fleet, bench.devices)?;
    let file = write_credentials(&bench.folder)?;
    let as_user = |mut contender: Contender| {
        contender.arguments.extend(["--credentials".to_string(), file.clone()]);
        contender
    };
    let contenders = [
        reading(bench, &fleet, format!("{OURS}, v2c"), &list, 0),
        as_user(reading(bench, &fleet, format!("{OURS}, v3, engines unknown"), &list, 0)),
        reading(bench, &fleet, format!("v2c and {AGAIN} times again"), &list, AGAIN),
        as_user(reading(bench, &fleet, format!("v3 and {AGAIN} times again"), &list, AGAIN)),
        peer(&fleet, &list, "2c")?,
        peer(&fleet, &list, "3")?,
    ];
    let all = series::in_turn(bench, &fleet, &contenders)?;
    let [plain, cold, plain_again, warm_again, ..] = all.as_slice() else { bail!("each contender gives a series") };
    let devices = f64::from(bench.devices);
    let mut rows: Vec<Row> = all.iter().map(|series| Row::of(series, Some(devices))).collect();
    let ratio = |more: f64, less: f64| Some(more / less).filter(|ratio| ratio.is_finite());
    let requests = |series: &Series| series.told(|summary| summary.requests);
    with_budgets(bench, &mut rows[1], |_| {
        let more = requests(cold).zip(requests(plain)).map(|(cold, plain)| (cold - plain) / devices);
        vec![
            Budget::new("times v2c", Bound::AtMost(TIMES), ratio(cold.cpu(), plain.cpu())),
            Budget::new("more requests a device", Bound::AtMost(MORE_REQUESTS), more),
        ]
    });
    with_budgets(bench, &mut rows[3], |_| {
        let (warm, plain) = (warm_again.cpu() - cold.cpu(), plain_again.cpu() - plain.cpu());
        vec![Budget::new("times v2c, re-reads alone", Bound::AtMost(TIMES), ratio(warm, plain))]
    });
    let title = format!("v3: {} printers of a list, as a user with SHA-256 and AES-128", bench.devices);
    let notes = vec!["async-snmp asks each device four times for about the same values, one GET and three GETBULKs.".to_string()];
    Ok(vec![Table { title, unit: "device", rows, notes }])
}

fn peer(fleet: &Fleet, list: &Path, version: &str) -> Result<Contender> {
    let program = paths::target_dir()?.join("release").join("examples").join("async_reader");
    let arguments = vec![list.display().to_string(), fleet.port.to_string(), version.to_string()];
    Ok(Contender { name: format!("async-snmp, v{version}"), program, arguments, tells: Tells::Nothing })
}

fn write_credentials(folder: &Path) -> Result<String> {
    let path = folder.join("credentials.toml");
    let text = format!(
        "[[credentials]]\ntargets = [\"{NETWORK}\"]\n[[credentials.users]]\nname = \"service\"\nauthentication = \"SHA-256\"\n\
         authentication_password = \"{AUTH}\"\nprivacy = \"AES-128\"\nprivacy_password = \"{PRIVACY}\"\n"
    );
    fs::write(&path, text)?;
    Ok(path.display().to_string())
}
