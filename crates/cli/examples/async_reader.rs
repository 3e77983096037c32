//! Reads printers with async-snmp, a client written by others: the other side of `cargo xtask bench v3`.
//!
//! `async_reader LIST PORT 2c|3`: each address of the list is asked by four requests: one GET of seven
//! values, and one GETBULK each of inputs, supplies and alerts. In v3 as user `service` with SHA-256 and
//! AES-128; the passwords are those of the bench. Prints how many devices answered everything.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_snmp::v3::{AuthProtocol, PrivProtocol, UsmConfig};
use async_snmp::{Auth, Client, MasterKeys, Oid, UdpTransport};
use tokio::sync::Semaphore;

/// Is how many devices are asked at once.
const AT_ONCE: usize = 64;
const WITHIN: Duration = Duration::from_secs(5);

/// sysDescr, sysName, prtGeneralSerialNumber, hrDeviceStatus, hrPrinterStatus, hrPrinterDetectedErrorState,
/// prtMarkerLifeCount.
const ALONE: [&[u32]; 7] = [
    &[1, 3, 6, 1, 2, 1, 1, 1, 0],
    &[1, 3, 6, 1, 2, 1, 1, 5, 0],
    &[1, 3, 6, 1, 2, 1, 43, 5, 1, 1, 17, 1],
    &[1, 3, 6, 1, 2, 1, 25, 3, 2, 1, 5, 1],
    &[1, 3, 6, 1, 2, 1, 25, 3, 5, 1, 1, 1],
    &[1, 3, 6, 1, 2, 1, 25, 3, 5, 1, 2, 1],
    &[1, 3, 6, 1, 2, 1, 43, 10, 2, 1, 4, 1, 1],
];
/// prtInputTable, prtMarkerSuppliesTable, prtAlertTable.
const TABLES: [&[u32]; 3] = [&[1, 3, 6, 1, 2, 1, 43, 8, 2], &[1, 3, 6, 1, 2, 1, 43, 11, 1], &[1, 3, 6, 1, 2, 1, 43, 18, 1]];

fn auth(version: &str) -> Result<Auth, Box<dyn Error>> {
    if version != "3" {
        return Ok(Auth::v2c("public"));
    }
    // Passwords are hashed once, as ours are.
    let keys = MasterKeys::new(AuthProtocol::Sha256, b"bench authentication")?.with_privacy(PrivProtocol::Aes128, b"bench privacy")?;
    Ok(Auth::from(UsmConfig::new("service").with_master_keys(keys)?))
}

async fn read(device: SocketAddr, auth: Auth, transport: &UdpTransport) -> Result<usize, Box<dyn Error + Send + Sync>> {
    let client = Client::builder(device, auth).request_timeout(WITHIN).build_with(transport).await?;
    let alone: Vec<Oid> = ALONE.iter().map(|arcs| Oid::from_slice(arcs)).collect();
    let mut values = client.get_many(&alone).await?.varbinds.len();
    for table in TABLES {
        values += client.get_bulk(&[Oid::from_slice(table)], 0, 60).await?.len();
    }
    Ok(values)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, list, port, version] = arguments.as_slice() else { return Err("expected LIST PORT 2c|3".into()) };
    let port: u16 = port.parse()?;
    let addresses: Vec<IpAddr> = std::fs::read_to_string(list)?.lines().map(str::parse).collect::<Result<_, _>>()?;
    let (auth, gate) = (auth(version)?, Arc::new(Semaphore::new(AT_ONCE)));
    let transport = Arc::new(UdpTransport::bind("0.0.0.0:0").await?);
    let tasks: Vec<_> = addresses
        .into_iter()
        .map(|address| {
            let (auth, gate, transport) = (auth.clone(), gate.clone(), transport.clone());
            tokio::spawn(async move {
                let _place = gate.acquire().await;
                read(SocketAddr::new(address, port), auth, &transport).await.map_err(|error| error.to_string())
            })
        })
        .collect();
    let (mut done, mut first_error) = (0, None);
    for task in tasks {
        match task.await? {
            Ok(_) => done += 1,
            Err(error) => _ = first_error.get_or_insert(error),
        }
    }
    println!("{done} devices");
    first_error.map_or(Ok(()), |error| Err(error.into()))
}
