//! What the module's tests share: a real server with TLS on loopback, printers, and the program itself.
#![allow(dead_code, reason = "each test file uses its part")]

#[path = "../../../../agent/tests/common/printers.rs"]
pub mod printers;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::{SignedDuration, Timestamp};
use server::app::{App, Introduction};
use server::codes::{self, NewCode};
use server::config::{Listen, Settings};
use server::credential::{Purpose, new_secret};
use server::{Options, serve_with};
use store::{SecretHash, TenantId};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use wire::envelope::SenderKind;

/// Is a folder that goes with the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("device-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Is a server that runs until it is dropped.
pub struct Server {
    runtime: Runtime,
    pub app: Arc<App>,
    pub port: u16,
    pub authority: PathBuf,
    pub tenant: TenantId,
    _folder: Folder,
    shutdown: Option<oneshot::Sender<()>>,
}

impl Server {
    /// Starts a server whose certificate is for this name and for loopback.
    pub fn named(name: &str) -> Self {
        let folder = Folder::new();
        let mut settings = Settings { data: folder.path().join("server"), ..Settings::default() };
        settings.listen = vec![Listen { address: "127.0.0.1:0".parse().unwrap(), allow: Vec::new() }];
        settings.tls.name = Some(format!("{name}:8443"));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (shutdown, asked) = oneshot::channel::<()>();
        let (tell, ready) = oneshot::channel();
        let mut options = Options::new(settings);
        options.on_ready = Some(Box::new(move |ready| drop(tell.send(ready))));
        runtime.spawn(serve_with(options, async move {
            let _ = asked.await;
        }));
        let ready = runtime.block_on(ready).expect("the server starts");
        let app = ready.app;
        let tenant = runtime.block_on(app.store.create_tenant("main", Timestamp::now())).unwrap().id;
        let authority = ready.authority_file.expect("the server makes its own authority");
        Server { runtime, app, port: ready.addresses[0].port(), authority, tenant, _folder: folder, shutdown: Some(shutdown) }
    }

    pub fn start() -> Self {
        Self::named("localhost")
    }

    /// Makes a one-time code that leads to `address`.
    pub fn code_at(&self, address: &str) -> String {
        let App { store, key, introduction, .. } = &*self.app;
        let introduction = Introduction { server: Some(address.to_owned()), ..introduction.clone() };
        let now = Timestamp::now();
        let new = NewCode { site: "main".to_owned(), kind: SenderKind::DeviceDirect, expires_at: now + SignedDuration::from_hours(1) };
        self.runtime.block_on(codes::make(store.as_ref(), key, &introduction, self.tenant, &new, now)).unwrap().to_string()
    }

    pub fn code(&self) -> String {
        self.code_at(&format!("localhost:{}", self.port))
    }

    /// Makes a token that lets in every printer.
    pub fn token(&self) -> String {
        let secret = new_secret();
        let hash = SecretHash(self.app.key.hash(Purpose::TenantToken, &secret));
        let now = Timestamp::now();
        let made = self.app.store.create_tenant_token(self.tenant, hash, "image", "main", None, now);
        self.runtime.block_on(made).unwrap();
        secret
    }

    /// Returns what the server knows of every device.
    pub fn devices(&self) -> Vec<model::DeviceRecord> {
        let page = self.block_on(self.app.store.devices(self.tenant, None, 100)).unwrap();
        let views = page.items.iter().flat_map(|device| &device.views);
        views.map(|seen| wire::facts::record(&seen.view.facts, seen.kind.into(), Some(seen.view.seen_at))).collect()
    }

    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.shutdown.take());
    }
}

/// Is the program in a folder of its own.
pub struct Program {
    pub folder: Folder,
}

impl Program {
    pub fn with(config: &str) -> Self {
        let folder = Folder::new();
        let config = format!("{config}\n[store]\nrun = {:?}\n", folder.path().join("run"));
        folder.write("device.toml", config);
        Program { folder }
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_roundsman-device"));
        command.arg("--folder").arg(self.folder.path()).args(args).env_remove("RUNTIME_DIRECTORY");
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    pub fn status(&self) -> serde_json::Value {
        let output = self.run(&["status", "--json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }
}

/// Says what a program said.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
