//! The status page: tables made here, no scripts; the browser asks again every five seconds.

use super::Shown;
use crate::clock::Utc;
use crate::live::{Hour, MediaHealth, Now, Short};
use core::fmt::{self, Display, Write};
use std::time::Duration;

pub(super) fn status(shown: &Shown) -> String {
    let (live, config) = (&shown.live, shown.config.load());
    let mut page = String::with_capacity(16 * 1024);
    _ = write!(page, "{HEAD}<h1>{}</h1>\n<p>", Escaped(&config.name));
    _ = write!(page, "faxgw {}, since {}", env!("CARGO_PKG_VERSION"), live.began);
    if live.is_draining() {
        page += ", <b>draining: no new calls are taken</b>";
    }
    page += "</p>\n<table><tr><th>part</th><th>state</th></tr>\n";
    let late = live.lag() >= Duration::from_millis(config.limits.loop_lag_ms.into());
    row(
        &mut page,
        late,
        &[&"process", &format_args!("loop lag {:.1} ms", live.lag().as_secs_f64() * 1000.0)],
    );
    for part in live.signalling() {
        row(&mut page, !part.ok, &[&Escaped(&part.what), &part.state]);
    }
    match live.media(Duration::from_millis(config.limits.one_way_ms.into())) {
        MediaHealth::Unproven => row(&mut page, false, &[&"media", &"no call has shown it yet"]),
        MediaHealth::Proven(at) => row(&mut page, false, &[&"media", &format_args!("both ways at {at}")]),
        MediaHealth::Failing(calls) => {
            row(
                &mut page,
                true,
                &[&"media", &format_args!("one-way or missing: {}", Escaped(&calls.join(", ")))],
            );
        }
    }
    let kept = shown.ledger.alarms().are_silent();
    row(&mut page, !kept, &[&"records", &if kept { "written" } else { "wait for the disk" }]);
    page += "</table>\n";
    calls(&mut page, &live.calls());
    last(&mut page, &live.last());
    hours(&mut page, &live.hours());
    page += "</body></html>\n";
    page
}

const HEAD: &str = "<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta http-equiv=refresh content=5>\
<title>faxgw</title><style>body{font:14px/1.4 system-ui,sans-serif;margin:2em;max-width:70em;color:#222}\
table{border-collapse:collapse;margin:.5em 0 1.5em}th,td{text-align:left;padding:.2em .8em;border-bottom:1px solid #ddd}\
th{font-weight:600}.bad{background:#fde8e8}td.bar{width:12em}i{display:inline-block;height:.8em;background:#4a7}\
i.bad{background:#c55}</style></head><body>\n";

fn calls(page: &mut String, calls: &[Now]) {
    _ = writeln!(page, "<h2>Calls now: {}</h2>", calls.len());
    head(page, &["call", "began", "from", "to", "route", "legs", "phase", "pages", "silent, ms"]);
    for now in calls {
        let Now { id, began, from, to, route, modes, phase, pages, silent_ms } = now;
        let [near, far] = silent_ms.map(|ms| ms.map_or("-".to_owned(), |ms| ms.to_string()));
        let legs = format!("{} / {}", modes[0], modes[1]);
        let (from, to, route, phase) = (Escaped(from), Escaped(to), Escaped(route), Escaped(phase));
        let silent = format!("{near} / {far}");
        row(page, false, &[&Escaped(id), began, &from, &to, &route, &legs, &phase, pages, &silent]);
    }
    *page += "</table>\n";
}

fn last(page: &mut String, last: &[Short]) {
    *page += "<h2>Last verdicts</h2>\n";
    head(page, &["call", "began", "s", "from", "to", "mode", "pages", "cause"]);
    for short in last {
        let Short { id, began, took_ms, from, to, mode, cause, pages, well } = short;
        let id = Escaped(id);
        let link = format!("<a href=\"/call/{id}\">{id}</a>");
        let seconds = format!("{:.1}", *took_ms as f64 / 1000.0);
        let (from, to, mode, cause) = (Escaped(from), Escaped(to), Escaped(mode), Escaped(cause));
        row(page, !well, &[&link, began, &seconds, &from, &to, &mode, pages, &cause]);
    }
    *page += "</table>\n";
}

fn hours(page: &mut String, hours: &[Hour]) {
    *page += "<h2>By the hour</h2>\n";
    head(page, &["hour", "calls", "failed", "T.38", "audio fax", "pages", ""]);
    let most = hours.iter().map(|hour| hour.calls).max().unwrap_or(1).max(1);
    for hour in hours {
        let Hour { calls, failed, t38, audio, pages, .. } = hour;
        let width = |count: u32| f64::from(count) * 12.0 / f64::from(most);
        let bar = format!(
            "<i style=\"width:{:.2}em\"></i><i class=bad style=\"width:{:.2}em\"></i>",
            width(calls.saturating_sub(*failed)),
            width(*failed)
        );
        let at = Utc(hour.hour * 3_600_000).to_string();
        let at = at.get(..13).unwrap_or(&at);
        row(page, false, &[&at, calls, failed, t38, audio, pages, &bar]);
    }
    *page += "</table>\n";
}

fn head(page: &mut String, names: &[&str]) {
    *page += "<table><tr>";
    names.iter().for_each(|name| _ = write!(page, "<th>{name}</th>"));
    *page += "</tr>\n";
}

fn row(page: &mut String, bad: bool, cells: &[&dyn Display]) {
    *page += if bad { "<tr class=bad>" } else { "<tr>" };
    cells.iter().for_each(|cell| _ = write!(page, "<td>{cell}</td>"));
    *page += "</tr>\n";
}

/// Text in which nothing is a tag.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            c => f.write_char(c),
        })
    }
}
