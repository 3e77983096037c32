//! `serve`: the server until somebody stops it.

use tokio::runtime::Builder;

use super::args::ServeArgs;
use super::work::{Failed, say};
use crate::config::{Listen, Settings};
use crate::serve::{Options, serve_with};

pub fn serve(mut settings: Settings, args: ServeArgs) -> Result<(), Failed> {
    if !args.listen.is_empty() {
        settings.listen = args.listen.iter().map(|address| Listen { address: *address, allow: Vec::new() }).collect();
    }
    if args.name.is_some() {
        settings.tls.name = args.name;
    }
    // What was typed is held to the same rules as what stands in the file.
    let settings = Settings::parse(&settings.effective(), "the command line").map_err(|error| Failed::usage(&error))?;
    crate::log::begin(&settings.log);
    let mut options = Options::new(settings);
    if args.announce {
        options.on_ready = Some(Box::new(|ready| {
            let addresses: Vec<String> = ready.addresses.iter().map(|address| format!("https://{address}")).collect();
            say(&format!("ready {}", addresses.join(" ")));
        }));
    }
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve_with(options, stop_signal()))?;
    Ok(())
}

/// Is ready when somebody wants the program to stop.
async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = interrupt => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(error) => {
                tracing::warn!(%error, "SIGTERM cannot be waited for; it ends the program at once");
                let _ = interrupt.await;
            }
        }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
    tracing::info!("the server stops");
}
