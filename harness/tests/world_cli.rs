//! `faxlab call`, `sweep`, `replay` and `compare` as a user meets them.
#![cfg(feature = "spandsp")]

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/pages/itu1.tif");

fn faxlab(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_faxlab")).args(arguments).output().expect("faxlab starts")
}

/// Standard output of a run that must succeed.
fn told(arguments: &[&str]) -> String {
    let output = faxlab(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// A folder of its own for each test.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("faxlab-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The options that `design` binds, all but those that only our gateway knows.
#[test]
fn call_takes_its_options_and_gives_its_fields_in_order() {
    let text = told(&[
        "call",
        "--doc",
        PAGE,
        "--calls",
        "2",
        "--seed",
        "1",
        "--jobs",
        "2",
        "--chain",
        "gateway",
        "--ends",
        "spandsp",
        "--gateways",
        "spandsp,spandsp",
        "--mode",
        "v29",
        "--max-rate",
        "9600",
        "--ecm",
        "on",
        "--coding",
        "mr",
        "--redundancy",
        "2",
        "--t38-version",
        "0",
        "--rate-management",
        "2",
        "--loss",
        "0.01",
        "--burst",
        "0.001,120",
        "--delay-ms",
        "40",
        "--jitter-ms",
        "5",
        "--duplicate",
        "0.01",
        "--level",
        "-14",
        "--hangup-ms",
        "2000",
        "--json",
    ]);
    let fields = [
        "calls",
        "strict",
        "t30_ok",
        "pages_ok",
        "damaged_ok",
        "mean_seconds",
        "ppr_per_call",
        "causes",
        "octets_per_call",
        "packets_per_call",
        "cpu_ms_per_call_second",
        "realtime_factor",
        "sent",
    ];
    let places: Vec<usize> =
        fields.iter().map(|field| text.find(&format!("\"{field}\":")).expect(field)).collect();
    assert!(places.is_sorted(), "{text}");
    let row: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&row["calls"], row.as_object().map(serde_json::Map::len)), (&2.into(), Some(fields.len())));
}

#[test]
fn a_replay_tells_the_call_and_leaves_its_sound_and_its_capture() {
    let folder = folder("replay");
    let path = |name: &str| folder.join(name).display().to_string();
    let (wav, pcap) = (path("call.wav"), path("call.pcapng"));
    let cell = format!("--doc {PAGE} --loss 0.05 --redundancy 1");
    let text = told(&["replay", &cell, "3", "--wav", &wav, "--pcap", &pcap]);
    for word in ["says DCS", "hears CFR", "v17-14400 data", "lost (loss)", "datagrams"] {
        assert!(text.contains(word), "{word} in {text}");
    }
    let rest = |line: &str| line.get(11..).map(str::to_owned);
    assert_eq!(text.lines().filter_map(rest).count(), text.lines().count());
    assert!(std::fs::metadata(&wav).expect("a recording").len() > 1_000_000);
    assert!(std::fs::metadata(&pcap).expect("a capture").len() > 50_000);
    std::fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn a_sweep_leaves_a_table_and_a_picture() {
    let folder = folder("sweep");
    let file = folder.join("loss.toml");
    let text = format!(
        "title = \"a test\"\ncalls = 2\nx = \"loss\"\n[base]\ndoc = \"{PAGE}\"\ngateways = \"spandsp\"\n[axes]\nloss = [0.0, 0.3]\n\
         redundancy = [0, 3]\n"
    );
    std::fs::write(&file, text).expect("written");
    told(&["sweep", &file.display().to_string()]);
    let table = std::fs::read_to_string(file.with_extension("csv")).expect("a table");
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 5);
    assert!(rows[0].starts_with("loss,redundancy,calls,strict,strict_low,"));
    assert!(rows[1].starts_with("0,0,2,2,0.3424,1.0000,2,2,0,"), "{}", rows[1]);
    assert!(rows[2].starts_with("0.3,0,2,0,0.0000,"), "{}", rows[2]);
    let picture = std::fs::read_to_string(file.with_extension("svg")).expect("a picture");
    assert!(picture.contains("redundancy 3") && picture.contains("a test"));
    std::fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn two_cells_are_compared_call_by_call() {
    let cell = |depth: u8| format!("--doc {PAGE} --gateways spandsp --loss 0.1 --redundancy {depth}");
    let text = told(&["compare", &cell(0), &cell(3), "--calls", "4", "--json"]);
    let row: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&row["pairs"], &row["only_a"], &row["only_b"]), (&4.into(), &0.into(), &4.into()));
    assert_eq!(row["p_value"], 0.125);
}

#[test]
fn nonsense_is_refused_with_a_word_of_help() {
    for (arguments, word) in [
        (&["call", "--doc", "nowhere.tif"][..], "nowhere.tif"),
        (&["call", "--doc", PAGE, "--chain", "pigeon"][..], "terminal-gateway"),
        (&["call", "--doc", PAGE, "--preset", "pigeon"][..], "office-wifi"),
        (&["call", "--doc", PAGE, "--burst", "2,120"][..], "between 0 and 1"),
        (&["call", "--doc", PAGE, "--loss", "5"][..], "between 0 and 1"),
        (&["call", "--doc", PAGE, "--calls", "0"][..], "1 or more"),
        (&["call", "--doc", PAGE, "--max-rate", "9000"][..], "9600"),
        (&["call", "--doc", PAGE, "--block-ms", "15"][..], "10 or 20"),
        (&["call", "--doc", PAGE, "--ends", "ours", "--v8"][..], "no V.8"),
        (&["sweep", "nowhere.toml"][..], "nowhere.toml"),
        (&["call", "--doc", PAGE, "--gateways", "spandsp", "--copies", "2,1,120"][..], "no spaced copies"),
        (&["replay", "--loss 0.1", "1"][..], "--doc"),
    ] {
        let output = faxlab(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains(word), "{arguments:?}: {error}");
    }
}
