//! An agent written by others (async-snmp) plays a printer; we find it and read it.
#![cfg(not(feature = "fips"))] // It is asked with a community, and those are refused there.

mod common;

use std::sync::Arc;

use async_snmp::handler::{BoxFuture, GetNextResult, GetResult, HandlerResult, MibHandler, RequestContext};
use async_snmp::{Agent, Oid, Value, VarBind, oid};
use common::{Ran, roundsman_with};

/// Is the printer's objects in the order of their identifiers.
struct Printer(Vec<(Oid, Value)>);

impl Printer {
    fn new() -> Self {
        let text = |text: &'static str| Value::OctetString(text.into());
        let of = |text: &str| Oid::parse(text).expect("dotted text");
        let mut objects = vec![
            (of("1.3.6.1.2.1.1.1.0"), text("Example Printer")),
            (of("1.3.6.1.2.1.1.2.0"), Value::ObjectIdentifier(of("1.3.6.1.4.1.32473.1"))),
            (of("1.3.6.1.2.1.1.3.0"), Value::TimeTicks(123_456)),
            (of("1.3.6.1.2.1.1.5.0"), text("printer-7")),
            (of("1.3.6.1.2.1.25.3.2.1.2.1"), Value::ObjectIdentifier(of("1.3.6.1.2.1.25.3.1.5"))),
            (of("1.3.6.1.2.1.25.3.2.1.5.1"), Value::Integer(2)),
            (of("1.3.6.1.2.1.25.3.5.1.1.1"), Value::Integer(3)),
            // lowToner, bit 2 of RFC 2790, hrPrinterDetectedErrorState.
            (of("1.3.6.1.2.1.25.3.5.1.2.1"), Value::OctetString(vec![0x20].into())),
            (of("1.3.6.1.2.1.43.5.1.1.1.1"), Value::Counter32(9)),
            (of("1.3.6.1.2.1.43.5.1.1.17.1"), text("SN-4711")),
            (of("1.3.6.1.2.1.43.10.2.1.3.1.1"), Value::Integer(7)),
            (of("1.3.6.1.2.1.43.10.2.1.4.1.1"), Value::Counter32(4_000_000_000)),
        ];
        let supplies = [(1, "Black Toner", 3, 30), (2, "Cyan Toner", 3, -3), (3, "Magenta Toner", 3, -2), (4, "Waste Toner", 4, 80)];
        for (index, name, class, level) in supplies {
            let kind = if class == 4 { 4 } else { 3 };
            let row = [(2, Value::Integer(1)), (4, Value::Integer(class)), (5, Value::Integer(kind)), (6, text(name))];
            let numbers = [(7, Value::Integer(19)), (8, Value::Integer(100)), (9, Value::Integer(level))];
            let cells = row.into_iter().chain(numbers);
            objects.extend(cells.map(|(column, value)| (oid!(1, 3, 6, 1, 2, 1, 43, 11, 1, 1, column, 1, index), value)));
        }
        objects.sort_by(|(one, _), (other, _)| one.cmp(other));
        Printer(objects)
    }
}

impl MibHandler for Printer {
    fn get<'a>(&'a self, _: &'a RequestContext, name: &'a Oid) -> BoxFuture<'a, HandlerResult<GetResult>> {
        let found = self.0.iter().find(|(own, _)| own == name);
        Box::pin(async move { Ok(found.map_or(GetResult::NoSuchObject, |(_, value)| GetResult::Value(value.clone()))) })
    }

    fn get_next<'a>(&'a self, _: &'a RequestContext, after: &'a Oid) -> BoxFuture<'a, HandlerResult<GetNextResult>> {
        let found = self.0.iter().find(|(own, _)| own > after);
        let binding = |(name, value): &(Oid, Value)| GetNextResult::Value(VarBind::new(name.clone(), value.clone()));
        Box::pin(async move { Ok(found.map_or(GetNextResult::EndOfMibView, binding)) })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_printer_played_by_another_agent_is_read_as_it_means_it() {
    let builder = Agent::builder().bind("127.0.0.1:0").community(b"public").without_builtin_handlers();
    let builder = builder.handler(oid!(1, 3, 6, 1), Arc::new(Printer::new())).allow_all_access();
    let agent = Arc::new(builder.build().await.expect("a socket can be had"));
    let port = agent.local_addr().port();
    let running = agent.clone();
    tokio::spawn(async move { running.run().await });
    let (probed, found) = tokio::task::spawn_blocking(move || {
        let found = roundsman_with(&format!("scan 127.0.0.1 --port {port} --format addresses"));
        (roundsman_with(&format!("probe 127.0.0.1:{port} --format json")), found)
    })
    .await
    .expect("no program panics here");
    agent.cancel();

    assert_eq!(found.expect(0).out, "127.0.0.1\n");
    check(probed.expect(0));
}

fn check(probed: Ran) {
    let record = probed.json();
    let identity = &record["identity"];
    assert_eq!((&identity["system_name"], &identity["serial_number"]), (&"printer-7".into(), &"SN-4711".into()));
    assert_eq!(identity["system_object_id"], "1.3.6.1.4.1.32473.1");
    assert_eq!((&record["meters"][0]["value"], &record["meters"][0]["unit"]), (&4_000_000_000_u64.into(), &"impressions".into()));
    assert_eq!((&record["status"]["printer"], &record["status"]["errors"][0]), (&"idle".into(), &"lowToner".into()));
    assert_eq!(record["status"]["up_time"], 123_456);
    let supply = |place: usize| {
        let supply = &record["supplies"][place];
        (supply["class"].clone(), supply["level"]["kind"].clone(), supply["remaining"].clone())
    };
    let of = |class: &str, kind: &str, remaining: Option<f64>| (class.into(), kind.into(), remaining.into());
    // RFC 3805: a container tells what is left of it, a receptacle the room that is left in it.
    assert_eq!(supply(0), of("container", "measured", Some(0.3)));
    assert_eq!(supply(1), of("container", "some", None));
    assert_eq!(supply(2), of("container", "unknown", None));
    assert_eq!(supply(3), of("receptacle", "measured", Some(0.8)));
}
