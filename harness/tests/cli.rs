//! The command line as a user meets it: names, options and JSON fields.

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};

fn faxlab(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_faxlab")).args(arguments).output().expect("faxlab starts")
}

/// Standard output of a run that must succeed.
fn told(arguments: &[&str]) -> String {
    let output = faxlab(arguments);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    text
}

fn fields(line: &str) -> Vec<String> {
    // Order counts for a reader of the lines; a map of values would lose it.
    line.trim_matches(['{', '}', '\n'])
        .split(',')
        .filter_map(|pair| Some(pair.split('"').nth(1)?.to_owned()))
        .collect()
}

/// A folder of its own for each test.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("faxlab-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

#[test]
fn ber_gives_its_fields_in_order_and_no_errors_on_a_good_line() {
    let text = told(&[
        "modem",
        "ber",
        "--mode",
        "v27ter-4800",
        "--snr",
        "30",
        "--bursts",
        "4",
        "--freq",
        "-5",
        "--clock",
        "40",
        "--level",
        "-20",
        "--echo-db",
        "-20",
        "--echo-ms",
        "2",
        "--jitter-deg",
        "3",
        "--jitter-hz",
        "60",
        "--line",
        "AD-1/EDD-1",
        "--g711",
        "ulaw,alaw",
        "--gap",
        "noisy",
        "--seed",
        "7",
        "--json",
    ]);
    let expected = ["mode", "snr_db", "bursts", "trained", "garbage", "bits", "errors", "ber", "evm_db"];
    assert_eq!(fields(&text), expected);
    let row: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&row["mode"], &row["trained"]), (&"v27ter-4800".into(), &4.into()));
    assert_eq!(row["errors"], 0.0);
}

#[test]
fn equal_seeds_give_equal_rows_whatever_the_number_of_threads() {
    let run = |jobs: &str, seed: &str| {
        told(&[
            "modem", "ber", "--mode", "v29-9600", "--snr", "17", "--bursts", "6", "--seed", seed, "--jobs",
            jobs, "--json",
        ])
    };
    assert_eq!(run("1", "3"), run("2", "3"));
    assert_ne!(run("1", "3"), run("1", "4"));
}

#[test]
fn short_training_counts_only_the_short_bursts() {
    let text =
        told(&["modem", "ber", "--mode", "v17-9600", "--snr", "35", "--bursts", "8", "--short", "--json"]);
    let row: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&row["bursts"], &row["trained"], &row["errors"]), (&8.into(), &8.into(), &0.0.into()));
}

#[test]
fn cpu_gives_its_fields_in_order() {
    let text = told(&["modem", "cpu", "--mode", "v21", "--seconds", "1", "--runs", "1", "--json"]);
    let expected =
        ["mode", "tx_ns_per_sample", "rx_ns_per_sample", "rx_lost_ns_per_sample", "rx_worst_block_us"];
    assert_eq!(fields(&text), expected);
}

#[test]
fn what_was_modulated_is_demodulated() {
    let folder = folder("files");
    let path = |name: &str| folder.join(name).display().to_string();
    let bits: String =
        (0..3000_u32).map(|n| if n.wrapping_mul(2_654_435_761) >> 31 == 1 { '1' } else { '0' }).collect();
    std::fs::write(path("in.bits"), &bits).expect("written");
    for (mode, short) in
        [("v17-14400", false), ("v17-7200", true), ("v29-7200", false), ("v27ter-2400", false)]
    {
        let modulate = |out: &str, more: &[&str]| {
            let (bits, out) = (path("in.bits"), path(out));
            let fixed =
                ["modem", "modulate", "--mode", mode, "--bits", &bits, "--out", &out, "--level", "-30"];
            told(&[&fixed[..], more].concat());
        };
        modulate("long.wav", &[]);
        let (long, second, out) = (path("long.wav"), path("short.wav"), path("out.bits"));
        let mut demodulate = vec!["modem", "demodulate", "--mode", mode, &long, "--bits", &out];
        if short {
            modulate("short.wav", &["--short"]);
            demodulate.extend([second.as_str(), "--short"]);
        }
        assert!(told(&demodulate).contains("EVM"));
        let out = std::fs::read_to_string(path("out.bits")).expect("bits").replace('\n', "");
        assert!(out.starts_with(&bits), "{mode}: {} of {} bits", out.len(), bits.len());
    }
    std::fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn no_noise_at_all_is_null() {
    let text = told(&["modem", "ber", "--mode", "v27ter-4800", "--snr", "none", "--bursts", "1", "--json"]);
    assert!(text.contains("\"snr_db\":null"), "{text}");
}

#[test]
fn nonsense_is_refused_with_a_word_of_help() {
    for (arguments, word) in [
        (&["modem", "ber", "--mode", "v34"][..], "v17-14400"),
        (&["modem", "ber", "--mode", "v21", "--line", "AD-2/EDD-1"][..], "AD-n/EDD-m"),
        (&["modem", "ber", "--mode", "v21", "--g711", "opus"][..], "ulaw or alaw"),
        (&["modem", "ber", "--mode", "v21", "--echo-db", "-3"][..], "echo-ms"),
        (&["modem", "table", "--only", "all"][..], "ber, short"),
        (&["modem", "demodulate", "--mode", "v21", "nowhere.wav", "--bits", "x"][..], "nowhere.wav"),
    ] {
        let output = faxlab(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains(word), "{arguments:?}: {error}");
    }
}

#[test]
fn a_document_is_sent_to_a_machine_in_the_same_process_and_accounted_for() {
    let folder = folder("send");
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/pages/itu2.tif");
    let [tiff, pdf, line] = ["out.tif", "out.pdf", "line.wav"].map(|name| folder.join(name));
    let arguments =
        ["send", page, "--to", tiff.to_str().expect("a name"), "--json", "--ident", "+44 20 1234"];
    let receipt: Value = serde_json::from_str(&told(&arguments)).expect("JSON");
    assert_eq!((receipt["success"].as_bool(), receipt["sent"].as_u64()), (Some(true), Some(1)));
    let page_line = &receipt["pages"][0];
    for (name, value) in
        [("coding", "mmr"), ("modem", "v17-14400"), ("resolution", "204x196"), ("verdict", "good")]
    {
        assert_eq!(page_line[name], value, "{receipt}");
    }
    assert!(page_line["rows"].as_u64() > Some(2000) && page_line["ecm"] == 256 && page_line["bad_rows"] == 0);
    // What was received can be sent on.
    let [tiff, pdf_name, line_name] = [&tiff, &pdf, &line].map(|path| path.to_str().expect("a name"));
    let text =
        told(&["send", tiff, "--to", pdf_name, "--ecm", "off", "--coding", "mr", "--record", line_name]);
    assert!(text.starts_with("Success: 1 sent") && text.contains("no ECM"), "{text}");
    assert!(std::fs::read(&pdf).expect("it was written").starts_with(b"%PDF"));
    assert!(std::fs::metadata(&line).expect("it was written").len() > 500_000);
    std::fs::remove_dir_all(&folder).expect("the folder goes");
}

/// A quarter of a page, black on the left and white on the right.
#[test]
fn a_picture_is_sent_as_dark_as_it_is() {
    let folder = folder("picture");
    let grey = |across: u32| across as u8;
    let colour = image::RgbImage::from_fn(256, 90, |across, _| image::Rgb([grey(across); 3]));
    let clear = image::RgbaImage::from_fn(256, 90, |across, _| image::Rgba([0, 0, 0, 255 - grey(across)]));
    let deep = image::ImageBuffer::from_fn(256, 90, |across, _| image::Luma([u16::from(grey(across)) * 257]));
    let files = ["colour.png", "colour.JPG", "clear.png", "deep.png"].map(|name| folder.join(name));
    colour.save(&files[0]).and_then(|()| colour.save(&files[1])).expect("they are written");
    clear.save(&files[2]).and_then(|()| deep.save(&files[3])).expect("they are written");
    for (file, greys) in files.iter().flat_map(|file| ["diffusion", "ordered"].map(|greys| (file, greys))) {
        let (file, to) = (file.to_str().expect("a name"), folder.join("out.tif"));
        let to_name = to.to_str().expect("a name");
        let text = told(&["send", file, "--to", to_name, "--t38", "--json", "--greys", greys]);
        let receipt: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(
            (&receipt["success"], &receipt["pages"][0]["rows"]),
            (&Value::from(true), &Value::from(583))
        );
        let written = std::fs::read(&to).expect("it was written");
        let document =
            fax_core::terminal::files::read_tiff(&written, Default::default()).expect("a document");
        let raster = document.pages()[0].raster();
        let black: u32 = raster.iter().map(|octet| octet.count_ones()).sum();
        let share = f64::from(black) / (8.0 * raster.len() as f64);
        assert!((share - 0.5).abs() < 0.02, "{file} {greys}: {share}");
    }
    let broken = folder.join("broken.png");
    std::fs::write(&broken, b"\x89PNG\r\n\x1a\nno more").expect("it is written");
    let output = faxlab(&["send", broken.to_str().expect("a name"), "--to", "out.tif"]);
    assert_eq!(output.status.code(), Some(1));
    std::fs::remove_dir_all(&folder).expect("the folder goes");
}

/// Two processes on the ends of one phone line.
fn joined(ends: [&[&str]; 2]) -> [Output; 2] {
    let ((one_in, other_out), (other_in, one_out)) =
        (std::io::pipe().expect("a pipe"), std::io::pipe().expect("a pipe"));
    let start = |arguments: &[&str], input: std::io::PipeReader, output: std::io::PipeWriter| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_faxlab"));
        command.args(arguments).stdin(input).stdout(output).stderr(std::process::Stdio::piped());
        command.spawn().expect("faxlab starts")
    };
    let [one, other] = [start(ends[0], one_in, one_out), start(ends[1], other_in, other_out)];
    [one, other].map(|end| end.wait_with_output().expect("it ends"))
}

#[test]
fn an_offered_document_is_fetched_with_its_password_alone() {
    let folder = folder("fetch");
    let to = folder.join("fetched.tif");
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/pages/itu2.tif");
    let offer = ["send", page, "--offer", "--password", "1234", "--pcm"];
    for (password, success, exists) in [("4321", false, false), ("1234", true, true)] {
        let fetch = ["receive", to.to_str().expect("a name"), "--poll", "--password", password, "--pcm"];
        let [offered, fetched] = joined([&offer, &fetch]);
        assert_eq!((offered.status.success(), fetched.status.success()), (success, success), "{password}");
        assert_eq!(to.exists(), exists, "{password}");
    }
    assert_eq!(faxlab(&["send", page, "--password", "1234", "--pcm"]).status.code(), Some(2), "no offer");
    std::fs::remove_dir_all(&folder).expect("the folder goes");
}

#[test]
fn the_exit_code_tells_what_to_do_about_a_call() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/pages/itu2.tif");
    // Nobody at the other end of the pipe.
    let output = faxlab(&["send", page, "--pcm", "--json"]);
    assert_eq!(output.status.code(), Some(4), "try again");
    let told = String::from_utf8(output.stderr).expect("text");
    let receipt: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!((&receipt["success"], &receipt["cause"]), (&Value::Bool(false), &Value::from("Dropped")));
    assert_eq!(faxlab(&["send", "no-such-file.tif", "--pcm"]).status.code(), Some(1));
    assert_eq!(faxlab(&["send", page]).status.code(), Some(1), "no way to the far machine");
    assert_eq!(faxlab(&["receive", "page.doc", "--pcm"]).status.code(), Some(1), "no such format");
    assert_eq!(faxlab(&["receive"]).status.code(), Some(2));
}
