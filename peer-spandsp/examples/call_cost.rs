//! What the peer's machines cost: CPU time a second of call, and in its dearest second.
//!
//! A call is run once and all that each machine hears is kept; then each is run again alone on just that,
//! several times, and of each second the least time counts.
//!
//!     cargo run --release -p peer-spandsp --example call_cost -- DOCUMENT.tif

use cpu_time::ThreadTime;
use peer_spandsp::{FaxTerminal, GatewaySettings, Modems, Role, Sent, T38Gateway, TerminalSettings};
use std::path::PathBuf;

/// 20 ms.
const BLOCK: usize = 160;

/// Blocks a second.
const SECOND: usize = 50;

/// Runs of each machine.
const RUNS: usize = 15;

/// What a machine hears in one block.
#[derive(Clone)]
struct Block {
    samples: [i16; BLOCK],
    packets: Vec<Sent>,
}

/// What each machine of a call hears.
#[derive(Default)]
struct Tapes {
    caller: Vec<Block>,
    answerer: Vec<Block>,
    near: Vec<Block>,
    far: Vec<Block>,
}

fn main() {
    let document = std::env::args_os().nth(1).map(PathBuf::from);
    let Some(document) = document else {
        eprintln!("a TIFF file to send is wanted");
        return;
    };
    println!("ms of CPU a second of call, and in its dearest second");
    for (name, modems) in [("V.17", Modems::ALL), ("V.29", Modems::UP_TO_V29), ("V.27ter", Modems::V27TER)] {
        for ecm in [true, false] {
            let received = std::env::temp_dir().join(format!("call-cost-{}.tif", std::process::id()));
            let both = TerminalSettings { modems, ecm, ..TerminalSettings::default() };
            let sender = TerminalSettings { send: Some(document.clone()), ..both.clone() };
            let receiver = TerminalSettings { receive: Some(received.clone()), ..both };
            println!("{name}, ECM {ecm}");
            costs(&sender, &receiver);
            // It is there unless the call failed, which `record` has told.
            let _ = std::fs::remove_file(&received);
        }
    }
}

fn costs(sender: &TerminalSettings, receiver: &TerminalSettings) {
    let tapes = record(sender, receiver);
    let fax = |role, settings: &TerminalSettings, tape| {
        measure(tape, || {
            let mut machine = FaxTerminal::new(role, settings);
            move |heard: &Block, said: &mut [i16]| machine.exchange(&heard.samples, said)
        })
    };
    let gateway = |tape| {
        measure(tape, || {
            let mut machine = T38Gateway::new(&GatewaySettings::default());
            move |heard: &Block, said: &mut [i16]| {
                for packet in &heard.packets {
                    machine.receive(&packet.ifp, packet.seq);
                }
                machine.exchange(&heard.samples, said);
                while machine.sent().is_some() {}
            }
        })
    };
    let rows = [
        ("terminal that sends", fax(Role::Caller, sender, &tapes.caller)),
        ("terminal that receives", fax(Role::Answerer, receiver, &tapes.answerer)),
        ("gateway, modem to IFP", gateway(&tapes.near)),
        ("gateway, IFP to modem", gateway(&tapes.far)),
    ];
    for (what, (mean, dearest)) in rows {
        println!("  {what:<26} {mean:6.3} {dearest:6.3}");
    }
}

/// Runs the call and keeps what each machine hears.
fn record(sender: &TerminalSettings, receiver: &TerminalSettings) -> Tapes {
    let mut caller = FaxTerminal::new(Role::Caller, sender);
    let mut answerer = FaxTerminal::new(Role::Answerer, receiver);
    let settings = GatewaySettings::default();
    let (mut near, mut far) = (T38Gateway::new(&settings), T38Gateway::new(&settings));
    let mut tapes = Tapes::default();
    let [mut forth, mut back, mut far_forth, mut far_back] = [[0; BLOCK]; 4];
    let mut from_far: Vec<Sent> = Vec::new();
    while !(caller.is_finished() && answerer.is_finished()) {
        tapes.caller.push(Block { samples: back, packets: Vec::new() });
        caller.exchange(&back, &mut forth);
        tapes.near.push(Block { samples: forth, packets: from_far.clone() });
        for packet in from_far.drain(..) {
            near.receive(&packet.ifp, packet.seq);
        }
        near.exchange(&forth, &mut back);
        let from_near: Vec<Sent> = core::iter::from_fn(|| near.sent()).collect();
        for packet in &from_near {
            far.receive(&packet.ifp, packet.seq);
        }
        tapes.far.push(Block { samples: far_back, packets: from_near });
        far.exchange(&far_back, &mut far_forth);
        tapes.answerer.push(Block { samples: far_forth, packets: Vec::new() });
        answerer.exchange(&far_forth, &mut far_back);
        from_far.extend(core::iter::from_fn(|| far.sent()));
    }
    let (caller, answerer) = (caller.outcome(), answerer.outcome());
    let both = caller.zip(answerer).is_some_and(|(caller, answerer)| caller.ok && answerer.ok);
    assert!(both, "the call failed: its cost says nothing");
    tapes
}

/// Mean and dearest second, in ms.
fn measure<F>(tape: &[Block], make: impl Fn() -> F) -> (f64, f64)
where
    F: FnMut(&Block, &mut [i16]),
{
    let seconds = tape.chunks_exact(SECOND);
    let mut least = vec![f64::INFINITY; seconds.len()];
    for _ in 0..RUNS {
        let mut machine = make();
        let mut said = [0; BLOCK];
        for (second, least) in seconds.clone().zip(&mut least) {
            let start = ThreadTime::now();
            for heard in second {
                machine(heard, &mut said);
            }
            *least = least.min(start.elapsed().as_secs_f64() * 1000.0);
        }
    }
    let mean = least.iter().sum::<f64>() / least.len() as f64;
    (mean, least.into_iter().fold(0.0, f64::max))
}
