//! The test over every statement and every key: each names its tenant first, so that the database can
//! be spread over machines by tenant, and no tenant's question can meet another tenant's rows.

use super::link::Link;
use super::sql::{Reach, Sql};
use super::tls::Tls;
use super::{Options, PostgresStore, TABLES};
use crate::conformance::cluster::Cluster;

/// Lists the tables that are looked up before a tenant is known; on a spread database they lie on every machine.
const DOOR: [&str; 5] = ["signposts", "api_tokens", "users", "web_sessions", "pulse"];

/// Lists the statements that are for all tenants at once: each is a decision.
const FOR_THE_HOUSE: [&str; 2] = ["store::postgres::registry::TENANTS", "store::postgres::fleet::COUNTS"];

/// What the database is never asked for, because what speaks like PostgreSQL may not have it.
const NEVER: [&str; 9] = ["LISTEN", "NOTIFY", "ADVISORY", "TRIGGER", "SERIAL", "IDENTITY", "NEXTVAL", "EXTENSION", "REFERENCES"];

fn all() -> Vec<&'static Sql> {
    [
        super::ALL,
        super::desk::ALL,
        super::enrol::ALL,
        super::fleet::ALL,
        super::flush::ALL,
        super::joining::ALL,
        super::load::ALL,
        super::months::ALL,
        super::people::ALL,
        super::registry::ALL,
        super::schema::ALL,
        super::upkeep::ALL,
        super::upkeep::tenant::ALL,
    ]
    .concat()
}

/// Is a table in a statement, and the name under which it stands there.
struct Use<'a> {
    table: &'a str,
    alias: Option<&'a str>,
}

/// Finds the tables of a statement.
fn uses(text: &str) -> Vec<Use<'_>> {
    let words: Vec<&str> = text.split(|sign: char| sign.is_whitespace() || ",();".contains(sign)).filter(|word| !word.is_empty()).collect();
    let mut found = Vec::new();
    for (place, pair) in words.windows(2).enumerate() {
        if !["FROM", "JOIN", "INTO", "UPDATE"].contains(&pair[0]) || !TABLES.contains(&pair[1]) {
            continue;
        }
        let alias = words.get(place + 2).filter(|word| word.chars().all(|sign| sign.is_ascii_lowercase()) && !TABLES.contains(word));
        found.push(Use { table: pair[1], alias: alias.copied().filter(|alias| text.contains(&format!("{alias}."))) });
    }
    found
}

/// Says what is wrong with a tenant's statement.
fn fault(text: &str) -> Option<String> {
    for conflict in text.match_indices("ON CONFLICT") {
        if !text[conflict.0..].starts_with("ON CONFLICT (tenant_id,") {
            return Some("the conflict is not by tenant".to_owned());
        }
    }
    for Use { table, alias } in uses(text) {
        if DOOR.contains(&table) {
            return Some(format!("{table} is at the door"));
        }
        let is_inserted = text.starts_with(&format!("INSERT INTO {table} (tenant_id, "))
            && (text.contains("VALUES ($1, ") || text.contains("SELECT $1, "));
        let is_bound = match alias {
            Some(alias) => {
                let own = format!("{alias}.tenant_id");
                let equals = |other: &str| text.contains(&format!("{own} = {other}"));
                let others = || uses(text).into_iter().filter_map(|other| other.alias).filter(|other| *other != alias).collect::<Vec<_>>();
                equals("$1")
                    || others()
                        .iter()
                        .any(|other| equals(&format!("{other}.tenant_id")) || text.contains(&format!("{other}.tenant_id = {own}")))
            }
            None => text.contains(" tenant_id = $1"),
        };
        if !is_inserted && !is_bound {
            return Some(format!("{table} {} is not bound to the tenant", alias.unwrap_or_default()));
        }
    }
    (!text.contains("tenant_id = $1") && !text.starts_with("INSERT INTO")).then(|| "the tenant is not the first parameter".to_owned())
}

#[test]
fn every_statement_names_its_tenant_first() {
    for sql in all() {
        match sql.reach {
            Reach::Tenant => assert_eq!(fault(sql.text), None, "{}: {}", sql.name, sql.text),
            Reach::Door => {
                let strange: Vec<&str> = uses(sql.text).iter().map(|used| used.table).filter(|table| !DOOR.contains(table)).collect();
                assert!(strange.is_empty(), "{} reaches past the door: {strange:?}", sql.name);
            }
            Reach::House => assert!(FOR_THE_HOUSE.contains(&sql.name), "{} is for all tenants", sql.name),
            Reach::Schema => {
                let strange: Vec<&str> = uses(sql.text).iter().map(|used| used.table).filter(|table| *table != "schema_steps").collect();
                assert!(strange.is_empty(), "{} reads rows: {strange:?}", sql.name);
            }
        }
    }
    let mut names: Vec<&str> = all().iter().map(|sql| sql.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "a statement is prepared under its name");
}

#[test]
fn the_test_finds_what_it_looks_for() {
    for text in [
        "SELECT 1 FROM views WHERE sender_id = $1",
        "SELECT 1 FROM views v JOIN marks m ON m.device_id = v.device_id WHERE v.tenant_id = $1",
        "INSERT INTO views (sender_id, tenant_id) VALUES ($1, $2)",
        "INSERT INTO views (tenant_id, number) VALUES ($1, $2) ON CONFLICT (number) DO NOTHING",
        "DELETE FROM users WHERE tenant_id = $1",
    ] {
        assert!(fault(text).is_some(), "{text}");
    }
}

#[test]
fn nothing_is_asked_for_that_others_do_not_have() {
    let migrations = super::schema::MIGRATIONS.iter().map(|text| {
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        code.join("\n")
    });
    for text in all().iter().map(|sql| sql.text.to_owned()).chain(migrations) {
        let upper = text.to_uppercase();
        let words: Vec<&str> = upper.split(|sign: char| !sign.is_ascii_alphanumeric()).collect();
        assert!(!NEVER.iter().any(|word| words.contains(word)), "{text}");
        // The word alone names a column.
        assert!(!words.windows(2).any(|pair| pair == ["CREATE", "SEQUENCE"]), "{text}");
    }
}

#[test]
fn the_guide_to_many_machines_names_every_table() {
    let guide = include_str!("../../../../docs/operations/scale-out.md");
    let (everywhere, by_tenant) = guide.split_once("-- Everything else lies where its tenant lies").expect("two lists");
    let names = |text: &str, table: &str| text.contains(&format!("'{table}'"));
    for table in TABLES {
        let is_everywhere = DOOR.contains(&table) || table == "schema_steps";
        assert_eq!((names(everywhere, table), names(by_tenant, table)), (is_everywhere, !is_everywhere), "{table}");
    }
}

#[tokio::test]
async fn every_statement_can_be_prepared_and_every_key_begins_with_the_tenant() {
    let cluster = Cluster::start().await;
    let database = cluster.database().await;
    let address = cluster.address(&database);
    drop(PostgresStore::open(&address, &Options::default()).unwrap());
    let link = Link::open(&address, &Tls::of(address.security()).unwrap()).await.unwrap();
    for sql in all() {
        link.prepared(sql).await.unwrap_or_else(|fault| panic!("{}: {fault:?}", sql.name));
    }
    let keys = cluster
        .sql(
            &database,
            "SELECT t.relname, i.relname, (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = x.indkey[0]) \
             FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid \
             JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = 'public' ORDER BY 1, 2",
        )
        .await;
    let mut tables = std::collections::BTreeSet::new();
    for key in &keys {
        let [table, index, first] = [0, 1, 2].map(|column| key[column].as_deref().unwrap_or_default());
        if !DOOR.contains(&table) && table != "schema_steps" {
            assert_eq!(first, "tenant_id", "{table}: {index}");
        }
        tables.insert(table.to_owned());
    }
    assert!(TABLES.iter().all(|table| tables.contains(*table)), "every table has a key: {tables:?}");
    let foreign = cluster.sql(&database, "SELECT count(*) FROM pg_constraint WHERE contype = 'f'").await;
    assert_eq!(foreign, [[Some("0".to_owned())]]);
}
