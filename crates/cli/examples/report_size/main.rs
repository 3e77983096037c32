//! How large a day's report of a fleet is on the wire, TLS and HTTP included.
//!
//! `cargo xtask bench report` runs it. A real server answers on loopback; what is counted is every
//! octet that the client's TCP connection carries in either direction, handshake and hello included.

mod fleet;

use std::time::{Duration, Instant};

use fleet::Times;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use server::config::{Listen, Settings};
use server::credential::{Purpose, new_secret};
use server::serve::Ready;
use store::{Applicant, Enrolment, SecretHash};
use uplink::{Client, Credentials, Options, Server, Trust};
use wire::envelope::{Host, Report, Sender, SenderKind, Site, Software};
use wire::privacy::{Group, Privacy};
use wire::{Facts, Reading, json};

/// The first day of the measured fleet, in seconds since 1970.
const DAY_0: i64 = 1_767_225_600;

fn main() {
    let devices: u32 = std::env::args().nth(1).map_or(2000, |count| count.parse().expect("a number of devices"));
    let folder = std::env::temp_dir().join(format!("roundsman-report-size-{}", std::process::id()));
    let measured = measure(&folder, devices);
    std::fs::remove_dir_all(&folder).expect("the folder is ours");
    println!("| A day's report of {devices} devices | values | JSON | zstd | on the wire, TLS and HTTP included | a device |");
    println!("|---|---:|---:|---:|---:|---:|");
    for row in measured {
        let each = row.wire as f64 / f64::from(devices);
        println!("| {} | {} | {} | {} | {} | {each:.1} |", row.name, row.values, row.json, row.zstd, row.wire);
    }
}

struct Row {
    name: String,
    values: usize,
    json: usize,
    zstd: usize,
    wire: u64,
}

fn measure(folder: &std::path::Path, devices: u32) -> Vec<Row> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let settings = Settings {
        data: folder.to_owned(),
        listen: vec![Listen { address: "127.0.0.1:0".parse().expect("an address"), ..Listen::default() }],
        ..Settings::default()
    };
    let (tell, ready) = std::sync::mpsc::channel();
    let mut options = server::Options::new(settings);
    options.on_ready = Some(Box::new(move |ready: Ready| drop(tell.send(ready))));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = runtime.spawn(server::serve_with(options, async move { drop(stopped.await) }));
    let ready = ready.recv_timeout(Duration::from_secs(30)).expect("the server starts");
    let authority = ready.authority_file.as_ref().expect("the server makes its own");
    let trust = Trust::Authorities(vec![CertificateDer::from_pem_file(authority).expect("a certificate")]);
    let client = Client::new(Options::new(Server::new("127.0.0.1", ready.addresses[0].port()), trust)).expect("settings that fit");

    const EVERYTHING: &[Group] = &[Group::Identity, Group::Meters, Group::Supplies, Group::Status, Group::Media, Group::Configuration];
    let kinds: [(&str, Kept); 6] = [
        ("everything", |facts| keep(facts, EVERYTHING)),
        ("meters, supplies, alerts and state", |facts| keep(facts, &[Group::Meters, Group::Supplies, Group::Status])),
        ("billing meters (total, color), supplies, alerts and state", billing),
        ("meters", |facts| keep(facts, &[Group::Meters])),
        ("supplies", |facts| keep(facts, &[Group::Supplies])),
        ("alerts and state", |facts| keep(facts, &[Group::Status])),
    ];
    let mut rows = Vec::new();
    for times in [Times::OneRound, Times::Scattered] {
        let days = [0, 1].map(|day| fleet::Day::of(devices, day, times));
        let (kinds, scattered) = match times {
            Times::OneRound => (&kinds[..], ""),
            Times::Scattered => (&kinds[..3], ", each read at a time of its own"),
        };
        for (name, kept) in kinds {
            // A sender of its own for each row, so that each begins without a base.
            let credentials = enrol(&runtime, &ready);
            let mut sending = Sending { client: &client, credentials, devices, rows: &mut rows, last: None, sequence: 0 };
            sending.send(
                &format!("{name}, whole{scattered}"),
                days[0].readings.iter().map(|(at, facts)| (*at, Facts::new(), kept(facts))).collect(),
            );
            let changed = days[0].readings.iter().zip(&days[1].readings).map(|((_, before), (at, facts))| (*at, kept(before), kept(facts)));
            sending.send(&format!("{name}, changes of a day{scattered}"), changed.collect());
        }
    }
    drop(stop);
    runtime.block_on(serving).expect("the server's task").expect("the server ends in order");
    rows
}

/// Takes from a device's facts what a report tells.
type Kept = fn(&Facts) -> Facts;

fn keep(facts: &Facts, of: &[Group]) -> Facts {
    let mut kept = facts.clone();
    // As a site that sends the panel's text too: it is among the values that move.
    Privacy::withholding(&[], &[Group::Console]).apply(&mut kept);
    if !of.contains(&Group::Identity) {
        kept.retain(|key, _| wire::privacy::group_of(key).is_some_and(|group| of.contains(&group)));
    }
    kept
}

fn billing(facts: &Facts) -> Facts {
    let mut kept = keep(facts, &[Group::Meters, Group::Supplies, Group::Status]);
    kept.retain(|key, _| !key.starts_with("meters/") || key.starts_with("meters/total/") || key.starts_with("meters/color/"));
    kept
}

fn enrol(runtime: &tokio::runtime::Runtime, ready: &Ready) -> Credentials {
    let (store, key, now) = (&ready.app.store, &ready.app.key, Timestamp::now());
    let (secret, token) = (new_secret(), new_secret());
    let hash = |purpose, text: &str| SecretHash(key.hash(purpose, text));
    runtime.block_on(async {
        let tenant = store.create_tenant(&new_secret(), now).await.expect("a tenant");
        store.create_tenant_token(tenant.id, hash(Purpose::TenantToken, &token), "bench", "bench", None, now).await.expect("a token");
        let applicant = Applicant {
            secret: hash(Purpose::TenantToken, &token),
            kind: SenderKind::Agent,
            name: None,
            software: Software::default(),
            credential: hash(Purpose::Sender, &secret),
        };
        match store.enrol(applicant, now).await.expect("an answer") {
            Enrolment::Enrolled(sender) => Credentials::new(sender.id.to_string(), secret),
            other => panic!("not enrolled: {other:?}"),
        }
    })
}

struct Sending<'a> {
    client: &'a Client,
    credentials: Credentials,
    devices: u32,
    rows: &'a mut Vec<Row>,
    last: Option<String>,
    sequence: u64,
}

impl Sending<'_> {
    /// Sends one report of readings: when each was made, what was known, and what was read.
    fn send(&mut self, name: &str, readings: Vec<(Timestamp, Facts, Facts)>) {
        let base = self.last.clone();
        let readings: Vec<Reading> = (1..)
            .zip(&readings)
            .map(|(device, (at, before, now))| match base {
                Some(_) => Reading::since(before, device, *at, now),
                None => Reading::whole(device, *at, now),
            })
            .collect();
        let values = readings.iter().map(|reading| reading.changes.len()).sum();
        self.sequence += 1;
        let report = report(&self.credentials.sender, self.sequence, base, readings, self.devices);
        let (id, octets) = (report.id.clone(), json::encode(&report));
        let packed = uplink::compress(&octets);
        let started = Instant::now();
        let mut session = self.client.session(&self.credentials).expect("the server knows the sender");
        let reply = session.send(&packed).expect("the server takes the report");
        let sent = session.octets();
        eprintln!("{name}: {:.0} ms", started.elapsed().as_secs_f64() * 1000.0);
        assert_eq!(reply.report, id);
        self.last = Some(id);
        self.rows.push(Row { name: name.to_owned(), values, json: octets.len(), zstd: packed.len(), wire: sent.sent + sent.received });
    }
}

/// Makes a report with everything that an agent says of itself.
fn report(sender: &str, sequence: u64, base: Option<String>, readings: Vec<Reading>, devices: u32) -> Report {
    let text = |text: &str| Some(text.to_owned());
    Report {
        sender: Sender { kind: SenderKind::Agent, id: sender.to_owned() },
        id: uuid::Uuid::now_v7().to_string(),
        sequence,
        created_at: Timestamp::from_second(DAY_0 + 2 * 86_400).expect("a time"),
        base,
        software: Software { name: "roundsman-agent".into(), version: env!("CARGO_PKG_VERSION").into(), profiles: text("1") },
        schedule: None,
        next_at: None,
        stopping: false,
        host: Some(Host { proxy_id: text("proxy.example:3128"), host_id: new_secret() }),
        site: Some(Site {
            dns_name: text("print-server.example"),
            agent_database_octets: Some(33_554_432),
            agent_build_version: text(env!("CARGO_PKG_VERSION")),
            ip_address: text("10.0.0.10"),
            operating_system_name: text("Debian GNU/Linux 12 (bookworm)"),
            processor: text("AMD EPYC"),
            discovery_database_octets: Some(8_388_608),
            disk: Some(wire::envelope::Room { size: 250_000_000_000, free: 80_000_000_000 }),
            operating_system_type: text("64-bit"),
            time_zone: text("Europe/Amsterdam"),
            devices_discovered: Some(u64::from(devices) + 12),
            memory: Some(wire::envelope::Room { size: 8_000_000_000, free: 4_000_000_000 }),
            site_name: text("Head office"),
            printers_in_scope: Some(devices.into()),
            discovery_version: text("1"),
            printers_out_of_scope: Some(12),
        }),
        withheld: Vec::new(),
        outcomes: Vec::new(),
        readings,
    }
}
