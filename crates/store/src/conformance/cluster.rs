//! A PostgreSQL of a test's own: made, started, stopped and started again, and gone with the test.
//!
//! It needs the programs of PostgreSQL 14 or newer (Debian: `postgresql`), and as root
//! `setpriv` (`util-linux`) and the user `postgres`, because PostgreSQL refuses to run as root.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::postgres::Address;

/// Is how long the database may take to come up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Is a PostgreSQL that listens on a socket in a folder of its own and nowhere else.
pub struct Cluster {
    folder: PathBuf,
    process: Option<Child>,
    settings: Vec<String>,
    port: Option<u16>,
    names: AtomicU32,
}

impl Cluster {
    /// Makes and starts one that does not care for power cuts, which is faster.
    ///
    /// # Panics
    /// Panics if the programs are missing, saying what to install.
    pub async fn start() -> Self {
        Self::start_with(&["fsync=off", "full_page_writes=off", "max_wal_size=1GB"]).await
    }

    /// Makes and starts one that also answers on a port of this computer, and there only under TLS and
    /// to whoever has a password. Certificate and key are in PEM.
    ///
    /// # Panics
    /// Panics if the programs are missing, saying what to install.
    pub async fn start_with_tls(certificate: &str, key: &str) -> (Self, u16) {
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
        let mut cluster = Self::make(&["fsync=off", "ssl=on", "listen_addresses=127.0.0.1", &format!("port={}", free.port())]);
        for (name, text) in
            [("server.crt", certificate), ("server.key", key), ("pg_hba.conf", "local all all trust\nhostssl all all all scram-sha-256\n")]
        {
            let path = cluster.data().join(name);
            std::fs::write(&path, text).expect("a file for the database");
            done(Command::new("chmod").arg("600").arg(&path), "chmod");
            if is_root() {
                done(Command::new("chown").arg("postgres").arg(&path), "chown");
            }
        }
        cluster.port = Some(free.port());
        cluster.start_again().await;
        (cluster, free.port())
    }

    /// Makes and starts one with these settings, such as `shared_buffers=1GB`.
    ///
    /// # Panics
    /// Panics if the programs are missing, saying what to install.
    pub async fn start_with(settings: &[&str]) -> Self {
        let mut cluster = Self::make(settings);
        cluster.start_again().await;
        cluster
    }

    fn make(settings: &[&str]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("roundsman-pg-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder for the database");
        if is_root() {
            done(Command::new("chown").arg("postgres").arg(&folder), "chown");
        }
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let cluster = Cluster { folder, process: None, settings, port: None, names: AtomicU32::new(0) };
        let mut initdb = cluster.program("initdb");
        initdb.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "-D"]);
        done(initdb.arg(cluster.data()), "initdb");
        cluster
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Starts it where it was stopped.
    ///
    /// # Panics
    /// Panics if it does not come up.
    pub async fn start_again(&mut self) {
        let mut postgres = self.program("postgres");
        postgres.arg("-D").arg(self.data()).args(["-c", "listen_addresses=", "-k"]).arg(&self.folder);
        for setting in &self.settings {
            postgres.args(["-c", setting]);
        }
        let log = std::fs::File::options().create(true).append(true).open(self.folder.join("log")).expect("a log");
        postgres.stdout(Stdio::null()).stderr(log);
        self.process = Some(postgres.spawn().expect("PostgreSQL starts"));
        let began = Instant::now();
        while self.try_sql("postgres", "SELECT 1").await.is_err() {
            assert!(began.elapsed() < PATIENCE, "PostgreSQL does not come up: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Stops it as a power cut would, but for what the operating system has already taken over.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // SIGQUIT is its immediate shutdown; its children go with it.
            drop(Command::new("kill").args(["-QUIT", &process.id().to_string()]).status());
            drop(process.wait());
        }
    }

    /// Returns the process of the database.
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Returns where a database is, as an address that can be parsed.
    pub fn url(&self, database: &str) -> String {
        self.url_as("postgres", database)
    }

    /// Returns where a database is, for another role.
    pub fn url_as(&self, role: &str, database: &str) -> String {
        let port = self.port.map_or(String::new(), |port| format!("&port={port}"));
        format!("postgres://{role}@/{database}?host={}{port}", self.folder.display())
    }

    /// Returns where a database is.
    pub fn address(&self, database: &str) -> Address {
        self.url(database).parse().expect("a good address")
    }

    /// Makes an empty database and returns its name.
    pub async fn database(&self) -> String {
        let name = format!("fleet_{}", self.names.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}")).await;
        name
    }

    /// Runs statements.
    ///
    /// # Panics
    /// Panics if one fails.
    pub async fn sql(&self, database: &str, sql: &str) -> Vec<Vec<Option<String>>> {
        self.try_sql(database, sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }

    /// Runs statements; returns the rows of all as texts.
    ///
    /// # Errors
    /// Fails if one fails, or if the database does not answer.
    pub async fn try_sql(&self, database: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>, tokio_postgres::Error> {
        let config = self.address(database).config().clone();
        let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
        let driver = tokio::spawn(connection);
        let messages = client.simple_query(sql).await;
        drop(client);
        drop(driver.await);
        let rows = messages?.into_iter().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect()),
            _ => None,
        });
        Ok(rows.collect())
    }

    fn program(&self, name: &str) -> Command {
        let path = programs().join(name);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            // A test that is killed takes its database with it.
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=QUIT", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

fn is_root() -> bool {
    std::env::var_os("USER").is_some_and(|user| user == "root")
        || std::fs::metadata("/proc/self").is_ok_and(|process| {
            #[cfg(unix)]
            return std::os::unix::fs::MetadataExt::uid(&process) == 0;
            #[cfg(not(unix))]
            return false;
        })
}

/// Finds the newest PostgreSQL.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, path): &(u32, PathBuf)| path.join("postgres").exists())
        .collect();
    found.sort();
    match found.pop() {
        Some((_, path)) => path,
        None => panic!("PostgreSQL is missing; run `sudo apt-get install -y postgresql`, then this again"),
    }
}

fn done(command: &mut Command, name: &str) {
    let output = command.output().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
    assert!(output.status.success(), "{name} failed: {}", String::from_utf8_lossy(&output.stderr));
}

/// Returns the processor time that processes of these ids and all their children have used, in seconds.
///
/// Linux tells; elsewhere it is 0.
pub fn processor_seconds(root: u32) -> f64 {
    let mut total = 0.0;
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Some((parent, own, ended)) = stat(&entry.path()) else { continue };
        if id == root {
            total += own + ended;
        } else if parent == root {
            total += own;
        }
    }
    total
}

/// Returns a process's parent, and the seconds that it and its ended children have used.
fn stat(process: &Path) -> Option<(u32, f64, f64)> {
    let text = std::fs::read_to_string(process.join("stat")).ok()?;
    let fields: Vec<&str> = text.rsplit(") ").next()?.split(' ').collect();
    let ticks = |place: usize| fields.get(place)?.parse::<f64>().ok();
    Some((fields.get(1)?.parse().ok()?, (ticks(11)? + ticks(12)?) / 100.0, (ticks(13)? + ticks(14)?) / 100.0))
}
