//! Where `up` keeps everything: one folder, which may be moved or copied while nothing runs.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Begins the agent's configuration as long as `up` writes it.
const OURS: &str = "# Written by `roundsman up` at each start. Remove this line to keep your own changes.\n";

/// Is the folder.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Opens the folder, made if it is not there; only its owner may look into it.
    ///
    /// # Errors
    /// Fails if it cannot be made or written.
    pub fn open(path: &Path) -> Result<Self> {
        let folder = Folder { path: path.to_owned() };
        for part in [folder.path.clone(), folder.path.join("log"), folder.server(), folder.agent(), folder.module()] {
            make(&part).with_context(|| format!("cannot make {}; name a folder that may be written with --data", part.display()))?;
        }
        Ok(folder)
    }

    /// Returns the path as it was typed.
    pub fn shown(&self) -> String {
        self.path.display().to_string()
    }

    pub fn server(&self) -> PathBuf {
        self.path.join("server")
    }

    pub fn agent(&self) -> PathBuf {
        self.path.join("agent")
    }

    /// Is where the module in one of the simulated printers keeps its state.
    pub fn module(&self) -> PathBuf {
        self.path.join("module")
    }

    pub fn log(&self, part: &str) -> PathBuf {
        self.path.join("log").join(format!("{part}.log"))
    }

    /// Is where an operator's token to the API is.
    pub fn api_token(&self) -> PathBuf {
        self.path.join("api-token")
    }

    /// Is the authority to trust.
    pub fn authority(&self) -> PathBuf {
        self.path.join("ca.pem")
    }

    /// Returns whether the agent has been enrolled.
    pub fn is_enrolled(&self) -> bool {
        agent::enrolment::Enrolment::load(&self.agent()).is_ok_and(|enrolment| enrolment.is_some())
    }

    /// Returns what starts the server.
    pub fn server_arguments(&self, at: SocketAddr, name: &str) -> Vec<String> {
        let data = self.server().display().to_string();
        ["server", "--data", &data, "serve", "--listen", &at.to_string(), "--name", name, "--announce"].map(String::from).into()
    }

    /// Returns what starts the agent.
    pub fn agent_arguments(&self) -> Vec<String> {
        let folder = self.agent().display().to_string();
        ["agent", "--folder", &folder, "run", "--announce"].map(String::from).into()
    }

    /// Returns the arguments of the module's program before its own.
    pub fn module_program(&self) -> Vec<String> {
        let folder = self.module().display().to_string();
        ["device", "--folder", &folder].map(String::from).into()
    }

    /// Writes the configuration of the module in the printer at this address, unless somebody has made it their own.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub fn write_module_configuration(&self, server_at: SocketAddr, printer: SocketAddr) -> Result<()> {
        let path = self.module().join(device::linux::config::FILE);
        if fs::read_to_string(&path).is_ok_and(|text| !text.starts_with(OURS)) {
            return Ok(());
        }
        let run = toml::Value::from(self.module().join("run").display().to_string());
        let text = format!(
            "{OURS}\n[server]\naddress = \"{server_at}\"\n\n[facts]\naddress = \"{}\"\nport = {}\n\n[report]\nevery = \"1m\"\n\n\
             [store]\nrun = {run}\n",
            printer.ip(),
            printer.port()
        );
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Writes the agent's configuration, unless somebody has made it their own.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub fn write_agent_configuration(&self, looking: &Looking) -> Result<()> {
        let path = self.agent().join(agent::config::FILE);
        if fs::read_to_string(&path).is_ok_and(|text| !text.starts_with(OURS)) {
            return Ok(());
        }
        let Looking { server_at, ranges, port, credentials, profiles, page_at } = looking;
        let ranges = toml::Value::from(ranges.clone());
        let line = |key: &str, path: &Option<PathBuf>| {
            let written = path.as_ref().map(|path| format!("{key} = {}\n", toml::Value::from(path.display().to_string())));
            written.unwrap_or_default()
        };
        let (credentials, profiles) = (line("credentials", credentials), line("profiles", profiles));
        let text = format!(
            "{OURS}\n[server]\naddress = \"{server_at}\"\n\n[discovery]\nranges = {ranges}\nport = {port}\nbroadcast = false\nevery = \"1h\"\n{credentials}\n\
             [reading]\nevery = \"1m\"\n{profiles}\n[report]\nevery = \"1m\"\n\n[page]\nlisten = \"{page_at}\"\n"
        );
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Is what the agent is told: whom it reports to, where it looks and by what it reads.
pub struct Looking {
    pub server_at: SocketAddr,
    pub ranges: Vec<String>,
    pub port: u16,
    /// By what printers let the agent in, where that is not the usual community.
    pub credentials: Option<PathBuf>,
    /// Whole, since the agent may be started elsewhere.
    pub profiles: Option<PathBuf>,
    pub page_at: SocketAddr,
}

fn make(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
