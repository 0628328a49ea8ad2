//! The program as others see it: its command line, its signals, its end.

mod support;

use fax_call::media::Order;
use fax_call::sip::{Codecs, Command as Sip, Dialog};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use support::{End, Scratch, configuration, ports, target, until};

fn faxgw(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_faxgw")).args(arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_embedded_configuration_is_printed_checked_and_explained() {
    let scratch = Scratch::new("cli");
    let file = scratch.write("faxgw.toml", &text(&faxgw(&["default-config"])));
    let checked = text(&faxgw(&["check", "--config", file.to_str().unwrap()]));
    assert!(checked.contains("udp  127.0.0.1:5060: SIP") && checked.contains("packets: none"), "{checked}");
    let explained = text(&faxgw(&["explain", "200", "--trunk", "lab-senders"]));
    assert!(explained.contains("1. lab-receiver: 200, 60 s to answer"), "{explained}");
}

#[test]
fn exit_codes_say_what_is_wrong() {
    let scratch = Scratch::new("codes");
    let broken = scratch.write("broken.toml", "[limits]\ncals = 1\n");
    assert_eq!(faxgw(&["check", "--config", broken.to_str().unwrap()]).status.code(), Some(2));
    assert_eq!(faxgw(&["run", "--config", "/nowhere/faxgw.toml"]).status.code(), Some(2));
    assert_eq!(faxgw(&["explain", "1", "--trunk", "nobody"]).status.code(), Some(5));
    let records = scratch.0.join("none");
    assert_eq!(faxgw(&["calls", "--records", records.to_str().unwrap()]).status.code(), Some(4));
}

struct Daemon(Child);

impl Daemon {
    fn start(file: &Path, records: &Path) -> Self {
        let arguments = ["run", "--config", file.to_str().unwrap(), "--records", records.to_str().unwrap()];
        let program = env!("CARGO_BIN_EXE_faxgw");
        Self(Command::new(program).args(arguments).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        _ = self.0.kill(); // SIGKILL
        _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_was_on_at_kill_9_has_its_record_after_the_next_start() {
    let scratch = Scratch::new("kill");
    let receiver = End::start(None).await;
    let (port, _) = ports(8);
    let gateway: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
    let config = configuration(receiver.address(), "").replace("udp:127.0.0.1:0", &format!("udp:{gateway}"));
    let (file, records) = (scratch.write("faxgw.toml", &config), scratch.0.join("records"));
    let daemon = Daemon::start(&file, &records);
    until(|| records.join("calls.sqlite").exists().then_some(())).await;
    let sender = End::start(Some(gateway)).await;
    let call = ring(&sender);
    until(|| {
        std::fs::read_to_string(records.join("open-calls.jsonl")).ok().filter(|text| text.contains("carrier"))
    })
    .await;
    drop((daemon, call));
    let restarted = Daemon::start(&file, &records);
    let list = [
        "calls",
        "--config",
        file.to_str().unwrap(),
        "--records",
        records.to_str().unwrap(),
        "--cause",
        "process_restart",
    ];
    let found = until(|| Some(text(&faxgw(&list))).filter(|list| list.contains("process_restart"))).await;
    let id = found.lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let shown = text(&faxgw(&["show", &id, "--records", records.to_str().unwrap()]));
    assert!(shown.contains("because the program that carried it had ended"), "{shown}");
    drop(restarted);
}

/// A call that rings on; it ends when what this gives is dropped.
fn ring(sender: &End) -> fax_net::DialogHandle {
    let codecs = Codecs { laws: vec![fax_call::Law::A], events: None, red: None };
    let local =
        fax_call::sip::Local { host: [127, 0, 0, 1].into(), rtp_port: 9000, udptl_port: 9002, origin: 1 };
    let settings = fax_call::sip::LegSettings::new(local);
    let mut dialog = Dialog::call(settings, target("0207"), codecs, 1, fax_core::Timestamp::ZERO);
    assert_eq!(dialog.order(), Order::Nothing);
    let handle = sender.endpoint.dial().unwrap();
    let invite: Sip = dialog.command().unwrap();
    handle.command(invite);
    handle
}
