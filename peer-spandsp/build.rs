//! Builds the C shim and links the distribution's libspandsp (LGPL 2.1) dynamically.

fn main() {
    let signals =
        ["shim/modem.c", "shim/hdlc.c", "shim/tones.c", "shim/v8.c", "shim/g711.c", "shim/t38_core.c"];
    let calls = [
        "shim/journal.c",
        "shim/terminal.c",
        "shim/fax.c",
        "shim/t38_terminal.c",
        "shim/t38_gateway.c",
        "shim/tiff.c",
        "shim/strip.c",
    ];
    for source in signals.iter().chain(&calls) {
        println!("cargo::rerun-if-changed={source}");
    }
    println!("cargo::rerun-if-changed=shim/call.h");
    println!("cargo::rerun-if-changed=shim/shim.h");
    let built = cc::Build::new()
        .files(signals)
        .files(calls)
        .warnings(true)
        .flag_if_supported("-std=gnu11")
        // The library's own headers: unused parameters and the like.
        .flag_if_supported("-Wno-unused-parameter")
        .try_compile("peer_spandsp_shim");
    if let Err(error) = built {
        println!(
            "cargo::error=the shim over libspandsp does not build; is libspandsp-dev installed (make setup)?"
        );
        println!("cargo::error={error}");
    }
    println!("cargo::rustc-link-lib=dylib=spandsp");
    println!("cargo::rustc-link-lib=dylib=tiff");
}
