//! What is kept, shown and allowed.

use core::net::SocketAddr;
use serde::Deserialize;
use std::path::PathBuf;

/// How much is taken.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Calls at once.
    pub calls: u32,
    /// Gateways of this kind that a call may pass before it is taken for a loop, 1 to 70.
    pub hops: u8,
    /// New calls are refused with 503 while the program is later than this, milliseconds.
    pub loop_lag_ms: u16,
    /// New calls a second from one source; more are refused with 503.
    pub invites_per_source: u16,
    /// SIP messages a second from one source; more are dropped unread.
    pub messages_per_source: u16,
    /// Seconds of a call at most; 0 is no limit.
    pub call_s: u32,
    /// How long calls may go on after SIGTERM, seconds.
    pub drain_s: u16,
    /// A leg whose media do not come for so long is told as one-way, milliseconds.
    pub one_way_ms: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls: 120,
            hops: 3,
            loop_lag_ms: 20,
            invites_per_source: 20,
            messages_per_source: 1000,
            call_s: 4 * 3600,
            drain_s: 600,
            one_way_ms: 5000,
        }
    }
}

/// Records of calls.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Records {
    /// Where they are. Without it: `$STATE_DIRECTORY` of systemd, or `faxgw-records` where the program runs.
    pub dir: Option<PathBuf>,
    /// Days until they are deleted.
    pub days: u16,
    /// How long a file of JSON Lines grows before the next is begun, MB.
    pub rotate_mb: u16,
    /// How telephone numbers are shown, in records and logs.
    pub numbers: NumberDisplay,
}

impl Default for Records {
    fn default() -> Self {
        Self { dir: None, days: 90, rotate_mb: 64, numbers: NumberDisplay::Ending }
    }
}

impl Records {
    /// Where records are.
    pub fn directory(&self) -> PathBuf {
        let given = || self.dir.clone();
        let state = || std::env::var_os("STATE_DIRECTORY").map(PathBuf::from);
        given().or_else(state).unwrap_or_else(|| "faxgw-records".into())
    }
}

/// How telephone numbers are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NumberDisplay {
    /// Not at all.
    Hidden,
    /// The last two characters.
    #[default]
    Ending,
    /// As they are.
    Full,
}

impl NumberDisplay {
    /// A number as it may be shown.
    pub fn show(self, number: &str) -> String {
        let length = number.chars().count();
        match self {
            Self::Full => number.chars().filter(|c| !c.is_control()).take(64).collect(),
            // Of a short number two characters are most of it.
            Self::Ending if length >= 6 => {
                let ending = number.chars().skip(length - 2).filter(|c| !c.is_control());
                core::iter::once('…').chain(ending).collect()
            }
            Self::Hidden | Self::Ending => "…".into(),
        }
    }
}

/// Packets of calls.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Capture {
    /// Whether the media packets of calls are kept, one pcapng file a call. They hold the pages.
    pub enabled: bool,
    /// Why; kept in every file.
    pub purpose: String,
    /// Only of calls that failed.
    pub failed_only: bool,
    /// Days until they are deleted.
    pub days: u16,
    /// How large the file of one call may get, MB.
    pub call_mb: u16,
    /// Captures stop while less than this is free on the disk, MB; calls and records go on.
    pub min_free_mb: u32,
}

impl Default for Capture {
    fn default() -> Self {
        Self {
            enabled: false,
            purpose: String::new(),
            failed_only: true,
            days: 7,
            call_mb: 16,
            min_free_mb: 512,
        }
    }
}

/// Metrics, health and the status page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Where it binds; nowhere if this is absent.
    pub bind: Option<SocketAddr>,
    /// The file with the token that requests must show. Needed where others than this machine can ask.
    pub token_file: Option<PathBuf>,
}

impl Default for Http {
    fn default() -> Self {
        Self { bind: Some(SocketAddr::from(([127, 0, 0, 1], 9338))), token_file: None }
    }
}

/// The log, which goes to standard error.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// What is told: `error`, `warn`, `info`, `debug`, or a list as `info,fax_net=debug`.
    pub level: String,
    /// How it is written.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::Text }
    }
}

/// How a log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A line of text for each entry.
    #[default]
    Text,
    /// A JSON object for each entry.
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_not_shown_unless_somebody_wants_it() {
        let number = "+442079460042";
        assert_eq!(NumberDisplay::default().show(number), "…42");
        assert_eq!(NumberDisplay::Hidden.show(number), "…");
        assert_eq!(NumberDisplay::Full.show(number), number);
        assert_eq!(NumberDisplay::Ending.show("201"), "…");
        assert_eq!(NumberDisplay::Full.show("1\n2"), "12");
    }
}
