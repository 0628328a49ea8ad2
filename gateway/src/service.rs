//! The program from its start to its end: opens everything, says what it opened, serves, drains, exits.
//!
//! SIGTERM and SIGINT: no new calls; those that are on may go on for `limits.drain_s`; then they end. A second one ends
//! them at once. SIGHUP: the file is read again; what cannot be taken while calls are on is told.
//!
//! Not here: what a call does (`calls`), what the command line says (`cli`).

mod endpoint;
mod pulse;

use crate::calls::{Desk, Names, Service, serve};
use crate::capture::Captures;
use crate::config::{self, Config, LogFormat, Secret};
use crate::http::{Shown, router};
use crate::ledger::Ledger;
use crate::live::Live;
use crate::quota::Quota;
use crate::{check, config::Records};
use arc_swap::ArcSwap;
use fax_net::{PortRange, SipEndpoint};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

/// Why the program does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// Exit code 2.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// Exit code 3.
    #[error("SIP: {0}")]
    Sip(#[from] fax_net::Trouble),
    /// Exit code 3.
    #[error("http.bind {0}: {1}")]
    Http(core::net::SocketAddr, io::Error),
    /// Exit code 4.
    #[error("records in {}: {error}", directory.display())]
    Records {
        /// Where.
        directory: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Exit code 1.
    #[error("the system: {0}")]
    System(#[from] io::Error),
}

impl Trouble {
    /// What the program exits with.
    pub const fn code(&self) -> u8 {
        match self {
            Self::System(_) => 1,
            Self::Config(_) => 2,
            Self::Sip(_) | Self::Http(..) => 3,
            Self::Records { .. } => 4,
        }
    }
}

/// Where the configuration comes from, and what the command line says otherwise.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The file; the embedded one without it.
    pub file: Option<PathBuf>,
    /// Where records go instead.
    pub records: Option<PathBuf>,
}

impl Source {
    /// The configuration as it is now.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn load(&self) -> Result<Config, config::Error> {
        let config = Config::load(self.file.as_deref())?;
        let dir = self.records.clone().or(config.records.dir.clone());
        Ok(Config { records: Records { dir, ..config.records }, ..config })
    }
}

/// A program that serves calls.
#[derive(Debug)]
pub struct Running {
    desk: Desk,
    state: watch::Sender<Service>,
    scribe: crate::ledger::Scribe,
    endpoint: Endpoint,
    source: Source,
}

/// Prints nothing of what it holds.
struct Endpoint(SipEndpoint);

impl core::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Endpoint")
    }
}

/// How long calls have to say goodbye once they are told to end.
const GOODBYE: Duration = Duration::from_secs(5);

/// Sets up the log. Once for each process; a second time does nothing.
pub fn log(config: &Config) {
    let filter = format!("{},{}", config.log.level, fax_net::LOG_FILTER);
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info,rsipstack=off"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false);
    // The only failure is that there is one already.
    _ = match config.log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}

impl Running {
    /// Opens everything.
    ///
    /// # Errors
    /// What could not be opened; then nothing stays open.
    pub async fn start(source: Source) -> Result<Self, Trouble> {
        let config = source.load()?;
        log(&config);
        for finding in check::findings(&config) {
            tracing::warn!(target: "faxgw::check", "{finding}");
        }
        let (ledger, scribe, lost) = Ledger::open(&config.records)
            .map_err(|error| Trouble::Records { directory: config.records.directory(), error })?;
        let live = Arc::new(Live::default());
        for entry in &lost {
            tracing::warn!(target: "faxgw::records", "the last program lost a call: {}", entry.summary());
            live.over(entry);
        }
        let token = config.http.token_file.as_deref().map(Secret::read).transpose()?;
        let (first, last) = (config.media.ports.first, config.media.ports.last);
        let ports = PortRange::new(first, last)
            .ok_or_else(|| config::Error::Inconsistent("media.ports holds no call".into()))?;
        let (endpoint, calls) = SipEndpoint::start(endpoint::settings(&config)?).await?;
        let captures = Captures::start(ledger.directory(), config.capture.clone())?;
        let (state, service) = watch::channel(Service::Open);
        let desk = Desk {
            config: Arc::new(ArcSwap::from_pointee(config)),
            live,
            ledger,
            captures,
            quota: Quota::default(),
            ports,
            service,
            names: Arc::new(Names::default()),
            advertised: Arc::default(),
        };
        let running = Self { desk, state, scribe, endpoint: Endpoint(endpoint), source };
        running.serve_http(token).await?;
        tokio::spawn(pulse::measure(running.desk.live.clone()));
        tokio::spawn(pulse::keep(running.desk.clone(), running.endpoint.0.clone()));
        tokio::spawn(serve(running.desk.clone(), running.endpoint.0.clone(), calls));
        running.say_what_is_open();
        Ok(running)
    }

    /// What calls share.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Addresses of the SIP listeners, with the ports they got.
    pub fn bound(&self) -> Vec<core::net::SocketAddr> {
        self.endpoint.0.bound().into_iter().map(|(_, address)| address).collect()
    }

    /// Serves until a signal ends it.
    ///
    /// # Errors
    /// Signals cannot be heard.
    pub async fn until_signalled(self) -> Result<(), Trouble> {
        let mut hangup = signal(SignalKind::hangup())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        notify(&[sd_notify::NotifyState::Ready]);
        loop {
            tokio::select! {
                _ = hangup.recv() => self.reload(),
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
            }
        }
        let again = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        self.drain(again).await;
        Ok(())
    }

    /// Reads the configuration again, and says what it left as it is.
    pub fn reload(&self) {
        notify(&[sd_notify::NotifyState::Reloading]);
        let is = self.desk.config.load();
        match self.source.load().and_then(|newer| is.adopting(newer)) {
            Ok((mixed, kept)) => {
                if !kept.is_empty() {
                    let kept = kept.join(", ");
                    tracing::warn!("reloaded, but these stay as they are until a restart: {kept}");
                } else {
                    tracing::info!("reloaded; calls go on as they began");
                }
                self.desk.config.store(Arc::new(mixed));
            }
            Err(error) => tracing::error!("not reloaded, everything stays as it is: {error}"),
        }
        notify(&[sd_notify::NotifyState::Ready]);
    }

    /// Takes no more calls, lets those that are on go on for `limits.drain_s` or until `hurry`, and ends.
    pub async fn drain(self, hurry: impl Future<Output = ()>) {
        notify(&[sd_notify::NotifyState::Stopping]);
        let patience = Duration::from_secs(self.desk.config.load().limits.drain_s.into());
        tracing::info!("draining: {} calls have up to {} s", self.desk.quota.calls(), patience.as_secs());
        self.desk.live.drain();
        self.endpoint.0.drain(true);
        _ = self.state.send(Service::Draining);
        let quota = self.desk.quota.clone();
        tokio::select! {
            () = none_left(&quota) => {}
            () = tokio::time::sleep(patience) => {}
            () = hurry => {}
        }
        _ = self.state.send(Service::Over);
        _ = tokio::time::timeout(GOODBYE, none_left(&quota)).await;
        tracing::info!("over");
        // Waits for the disk, and nothing else is on any more.
        _ = tokio::task::spawn_blocking(|| self.scribe.finish()).await;
    }

    async fn serve_http(&self, token: Option<Secret>) -> Result<(), Trouble> {
        let Some(bind) = self.desk.config.load().http.bind else { return Ok(()) };
        let listener = TcpListener::bind(bind).await.map_err(|error| Trouble::Http(bind, error))?;
        let Desk { live, ledger, captures, config, .. } = self.desk.clone();
        let shown = Shown { live, ledger, captures, config, token };
        tokio::spawn(async move { axum::serve(listener, router(shown)).await });
        Ok(())
    }

    fn say_what_is_open(&self) {
        let config = self.desk.config.load();
        for exposed in check::exposure(&config) {
            tracing::info!(target: "faxgw::check", "open: {exposed}");
        }
        let file = self
            .source
            .file
            .as_ref()
            .map_or("the embedded configuration".into(), |file| file.display().to_string());
        let records = self.desk.ledger.directory().display();
        tracing::info!("{} {} by {file}, records in {records}", config.name, env!("CARGO_PKG_VERSION"));
    }
}

/// Ready when no call is on.
async fn none_left(quota: &Quota) {
    while quota.calls() > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Tells systemd, if it is there.
fn notify(state: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!("systemd: {error}");
    }
}
