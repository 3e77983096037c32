//! What the first `up` makes: an authority, a tenant, an administrator, a token, and the agent's enrolment.

use std::net::SocketAddr;
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};
use jiff::{SignedDuration, Timestamp};
use server::app::Introduction;
use server::codes::{self, NewCode};
use server::config::{Listen, Settings};
use server::credential::{Purpose, new_secret, write_secret};
use server::open::Opened;
use server::password;
use store::{Role, Scope, SecretHash, Store};
use wire::envelope::SenderKind;

use super::folder::Folder;
use super::loopback_of;

/// Is who may log in from the beginning.
pub const ADMINISTRATOR: &str = "admin";
const TENANT: &str = "main";
const SITE: &str = "main";

/// Is what the server is given before it starts.
pub struct Provided {
    /// The name and port under which agents on other computers reach the server.
    pub name: String,
    /// The administrator's password, when it was made just now.
    pub password: Option<String>,
    settings: Settings,
    introduction: Introduction,
}

/// Provides the server with what it needs, the first time; later only finds it.
///
/// # Errors
/// Fails if the folder cannot be written or the store not be opened.
pub fn server(folder: &Folder, at: SocketAddr) -> Result<Provided> {
    let name = name_of(at);
    let listen = Listen { address: at.to_string().parse().context("the server's address")?, ..Listen::default() };
    let mut settings = Settings { data: folder.server(), listen: vec![listen], ..Settings::default() };
    settings.tls.name = Some(name.clone());
    let now = Timestamp::now();
    let identity = server::identity::Identity::of(&settings, now).context("the server has no certificate")?;
    let authority = identity.own.as_ref().context("the server makes its own certificate")?.authority_file();
    std::fs::copy(&authority, folder.authority()).with_context(|| format!("cannot write {}", folder.authority().display()))?;
    // The agent on this machine calls the server on loopback.
    let loopback = SocketAddr::new(loopback_of(at.ip()), at.port());
    let introduction = Introduction { server: Some(loopback.to_string()), ..identity.introduction };
    let opened = server::open::open(&settings)?;
    let password = runtime()?.block_on(people(folder, &opened, now))?;
    Ok(Provided { name, password, settings, introduction })
}

/// Makes tenant, administrator and token unless they are there; returns a password made just now.
async fn people(folder: &Folder, opened: &Opened, now: Timestamp) -> Result<Option<String>> {
    let store: &dyn Store = &*opened.store;
    if store.tenant_by_name(TENANT).await?.is_none() {
        store.create_tenant(TENANT, now).await?;
    }
    let mut made = None;
    if store.user_by_name(ADMINISTRATOR).await?.is_none() {
        let password = new_secret();
        store.create_user(ADMINISTRATOR, &password::hash(&password)?, Scope::AllTenants, Role::Operator, now).await?;
        made = Some(password);
    }
    if !folder.api_token().exists() {
        let token = new_secret();
        let hash = SecretHash(opened.key.hash(Purpose::ApiToken, &token));
        store.create_api_token(hash, "roundsman up", Scope::AllTenants, Role::Operator, None, now).await?;
        write_secret(&folder.api_token(), token.as_bytes()).with_context(|| format!("cannot write {}", folder.api_token().display()))?;
    }
    Ok(made)
}

/// Enrols the agent at the server, which answers already.
///
/// # Errors
/// Fails with the agent's own words.
pub fn enrol_agent(folder: &Folder, provided: &Provided) -> Result<()> {
    let program = ["agent", "--folder", &folder.agent().display().to_string()].map(String::from);
    enrol(provided, SenderKind::Agent, "agent", &program, "enroll")
}

/// Enrols the module of a printer at the server, which answers already, unless it has been.
///
/// # Errors
/// Fails with the module's own words.
pub fn enrol_module(folder: &Folder, provided: &Provided) -> Result<()> {
    let program = folder.module_program();
    let status = run(&program, &["status", "--json"])?;
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).context("the module does not say how it stands")?;
    if status["sender"].is_string() {
        return Ok(());
    }
    enrol(provided, SenderKind::DeviceDirect, "module", &program, "enrol")
}

/// Runs a part's own program to its end.
fn run(program: &[String], arguments: &[&str]) -> Result<Output> {
    let own = std::env::current_exe().context("this program does not find itself")?;
    Ok(Command::new(own).args(program).args(arguments).output()?)
}

/// Makes a code for a part and lets the part use it.
fn enrol(provided: &Provided, kind: SenderKind, name: &str, program: &[String], command: &str) -> Result<()> {
    let opened = server::open::open(&provided.settings)?;
    let now = Timestamp::now();
    let new = NewCode { site: SITE.to_owned(), kind, expires_at: now.saturating_add(SignedDuration::from_mins(10))? };
    let code = runtime()?.block_on(async {
        let tenant = opened.store.tenant_by_name(TENANT).await?.context("the tenant was made above")?;
        Ok::<_, anyhow::Error>(codes::make(&*opened.store, &opened.key, &provided.introduction, tenant.id, &new, now).await?)
    })?;
    drop(opened);
    let output = run(program, &[command, &code.to_string()])?;
    if !output.status.success() {
        bail!("the {name} cannot enrol: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// Returns how the server is called: its address, or this computer's name where it listens to everybody.
fn name_of(at: SocketAddr) -> String {
    if !at.ip().is_unspecified() {
        return at.to_string();
    }
    let host = hostname().unwrap_or_else(|| loopback_of(at.ip()).to_string());
    format!("{host}:{}", at.port())
}

#[cfg(unix)]
fn hostname() -> Option<String> {
    rustix::system::uname().nodename().to_str().ok().filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(not(unix))]
fn hostname() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")
}
