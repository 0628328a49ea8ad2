//! The command line.

use crate::clock::Utc;
use crate::config::EMBEDDED;
use crate::ledger::{Index, Query, text};
use crate::service::{Running, Source};
use crate::{calls, check};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// A fax gateway: SIP in, SIP out, audio that becomes T.38 where the peer takes it.
#[derive(Debug, Parser)]
#[command(name = "faxgw", version, about)]
pub struct Cli {
    /// The configuration. Without it `run` takes the embedded one, which binds loopback only; the others that of the
    /// package, /etc/faxgw/faxgw.toml, if it is there.
    #[arg(short, long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where records are, instead of what the configuration says.
    #[arg(long, global = true, value_name = "DIR")]
    records: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves calls until SIGTERM; the same as no command.
    Run,
    /// Says what is unwise in the configuration, and every socket that it opens.
    Check,
    /// Says where a call would go, and why.
    Explain {
        /// The called number.
        number: String,
        /// The trunk or ata that the call comes from; without it, each.
        #[arg(short, long, visible_alias = "from")]
        trunk: Option<String>,
    },
    /// Lists calls, the latest first.
    Calls(List),
    /// Shows all that is known of a call, with its timeline.
    Show {
        /// Its id, or how that begins.
        id: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Deletes all that is known of a call: within seconds if the gateway runs, else when it starts.
    Forget {
        /// Its whole id.
        id: String,
    },
    /// Prints the embedded configuration, to begin one's own with.
    DefaultConfig,
}

#[derive(Debug, Args)]
struct List {
    /// Calls of the last so many hours.
    #[arg(long, value_name = "HOURS")]
    since: Option<u64>,
    /// Calls that ended for this cause.
    #[arg(long)]
    cause: Option<String>,
    /// Calls from or to this trunk or ata.
    #[arg(long)]
    trunk: Option<String>,
    /// At most so many.
    #[arg(short = 'n', long, default_value_t = 50)]
    limit: u32,
    /// As JSON Lines.
    #[arg(long)]
    json: bool,
}

/// What a command prints, or why it does not.
type Printed = Result<String, (u8, String)>;

impl Cli {
    /// Does what was asked. Exit codes: 0 done, 1 the system, 2 the configuration, 3 a socket, 4 the records, 5 nothing
    /// found.
    pub fn run(self) -> ExitCode {
        let source = Source { file: self.config, records: self.records };
        let installed = Source { file: source.file.clone().or_else(|| there(PACKAGED)), ..source.clone() };
        let printed = match self.command.unwrap_or(Command::Run) {
            Command::Run => return run(source),
            Command::DefaultConfig => Ok(EMBEDDED.into()),
            Command::Check => self::check(&installed),
            Command::Explain { number, trunk } => explain(&installed, &number, trunk.as_deref()),
            Command::Calls(list) => list.print(&installed),
            Command::Show { id, json } => show(&installed, &id, json),
            Command::Forget { id } => forget(&installed, &id),
        };
        match printed {
            Ok(text) => {
                print!("{text}");
                ExitCode::SUCCESS
            }
            Err((code, why)) => {
                eprintln!("faxgw: {why}");
                ExitCode::from(code)
            }
        }
    }
}

fn run(source: Source) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let served = runtime.map_err(Into::into).and_then(|runtime| {
        runtime.block_on(async { Running::start(source).await?.until_signalled().await })
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("faxgw: {trouble}");
            ExitCode::from(trouble.code())
        }
    }
}

fn check(source: &Source) -> Printed {
    let config = source.load().map_err(|error| (2, error.to_string()))?;
    let findings = check::findings(&config);
    let file = source.file.as_ref().map_or("the embedded one".into(), |file| file.display().to_string());
    let mut text = format!("configuration: {file}\nwhat is open:\n");
    check::exposure(&config).iter().for_each(|exposed| text += &format!("  {exposed}\n"));
    text += if findings.is_empty() { "nothing is unwise\n" } else { "what is unwise:\n" };
    findings.iter().for_each(|finding| text += &format!("  {finding}\n"));
    let records = &config.records;
    text += &format!(
        "what is kept: records for {} days in {}, numbers {}; packets: {}\n",
        records.days,
        records.directory().display(),
        format!("{:?}", records.numbers).to_lowercase(),
        if config.capture.enabled {
            format!("{} days, for: {}", config.capture.days, config.capture.purpose)
        } else {
            "none".into()
        }
    );
    Ok(text)
}

fn explain(source: &Source, number: &str, from: Option<&str>) -> Printed {
    let config = source.load().map_err(|error| (2, error.to_string()))?;
    if let Some(from) = from
        && !config.peers().any(|peer| peer == from)
    {
        return Err((5, format!("there is no trunk or ata {from:?}")));
    }
    let peers = config.peers().filter(|peer| from.is_none_or(|from| from == *peer));
    Ok(peers.map(|peer| calls::explain(&config, peer, number)).collect())
}

/// Where the package has the configuration, and its service the records.
const PACKAGED: &str = "/etc/faxgw/faxgw.toml";
const STATE: &str = "/var/lib/faxgw";

fn there(path: &str) -> Option<PathBuf> {
    Some(PathBuf::from(path)).filter(|path| path.exists())
}

/// Where the records are that somebody wants to see: where nothing is said and none are here, the service's.
fn records(source: &Source) -> Result<PathBuf, (u8, String)> {
    let records = source.load().map_err(|error| (2, error.to_string()))?.records;
    let here = records.directory();
    let unsaid = records.dir.is_none() && !here.exists();
    Ok(unsaid.then(|| there(STATE)).flatten().unwrap_or(here))
}

fn index(source: &Source) -> Result<Index, (u8, String)> {
    let directory = records(source)?;
    let none =
        |error| format!("no records in {} ({error}); --records says where they are", directory.display());
    Index::read(&directory).map_err(|error| (4, none(error)))
}

impl List {
    fn print(&self, source: &Source) -> Printed {
        let since = self.since.map(|hours| Utc(Utc::now().0.saturating_sub(hours.saturating_mul(3_600_000))));
        let query = Query { since, cause: self.cause.clone(), trunk: self.trunk.clone(), limit: self.limit };
        let found = index(source)?.find(&query).map_err(|error| (4, error.to_string()))?;
        if self.json {
            let lines = found.iter().map(|entry| serde_json::to_string(entry).unwrap_or_default() + "\n");
            return Ok(lines.collect());
        }
        Ok(text::table(&found))
    }
}

fn show(source: &Source, id: &str, json: bool) -> Printed {
    let found = index(source)?.named(id).map_err(|error| (4, error.to_string()))?;
    match found.as_slice() {
        [] => Err((5, format!("there is no call {id}"))),
        [entry] if json => Ok(serde_json::to_string_pretty(entry).unwrap_or_default() + "\n"),
        [entry] => Ok(text::Whole(entry).to_string()),
        [_, ..] => Err((5, format!("more than one call begins with {id}"))),
    }
}

fn forget(source: &Source, id: &str) -> Printed {
    let found = index(source)?.named(id).map_err(|error| (4, error.to_string()))?;
    if !found.iter().any(|entry| entry.id == id) {
        return Err((5, format!("there is no call {id}")));
    }
    let directory = records(source)?;
    Index::ask_to_forget(&directory, id).map_err(|error| (4, error.to_string()))?;
    Ok(format!("call {id} will be deleted everywhere by the gateway\n"))
}
