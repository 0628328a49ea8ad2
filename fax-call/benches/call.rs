//! What a gateway call costs: a fax of one page, heard by each of its two gateways again.
//!
//! A call between two of our machines is played once, and all that came in at each gateway is kept. What is measured is
//! one gateway that hears it all: the caller's, which makes packets of a page's audio, and the answerer's,
//! which makes audio of packets. A second of the call is the figure divided by its length, which is printed.

use criterion::{Criterion, criterion_group, criterion_main};
use fax_call::{Call, Leg, Policy, Side, Terminal};
use fax_core::image::Resolution;
use fax_core::t30::session::Role;
use fax_core::terminal::{Document, FaxMachine, PageWriter, Settings};
use fax_core::{Span, Timestamp};
use fax_t38::T38Line;
use fax_t38::line::Settings as LineSettings;
use std::hint::black_box;

/// 20 ms.
const BLOCK: usize = 160;

/// What came in at a gateway in 20 ms.
struct Step {
    samples: [i16; BLOCK],
    datagrams: Vec<Vec<u8>>,
}

/// A machine, its gateway, and what came in there.
struct End {
    terminal: Terminal,
    gateway: Call,
    steps: Vec<Step>,
}

impl End {
    fn new(role: Role, document: Document) -> Self {
        let terminal = Terminal::new(FaxMachine::new(role, Settings::default(), document), Leg::audio());
        Self { terminal, gateway: gateway(), steps: Vec::new() }
    }

    /// 20 ms go by, with these datagrams from the other gateway; those for it.
    fn step(&mut self, now: Timestamp, datagrams: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let mut samples = [0; BLOCK];
        self.terminal.fill(&mut samples);
        let step = Step { samples, datagrams };
        let mut sent = Vec::new();
        let played = play(&mut self.gateway, now, &step, &mut |datagram| sent.push(datagram.to_vec()));
        self.steps.push(step);
        self.terminal.listen(now, &played);
        sent
    }
}

fn gateway() -> Call {
    Call::new(Leg::audio(), Leg::t38(T38Line::new(LineSettings::default())), Policy::default())
}

/// All that a gateway does in 20 ms.
fn play(call: &mut Call, now: Timestamp, step: &Step, send: &mut impl FnMut(&[u8])) -> [i16; BLOCK] {
    for datagram in &step.datagrams {
        _ = call.receive(Side::Far, now, datagram);
    }
    call.listen(Side::Near, now, &step.samples);
    let mut out = [0; 1500];
    while let Some(length) = call.transmit(Side::Far, &mut out) {
        send(&out[..length]);
    }
    while call.event().is_some() {}
    let mut samples = [0; BLOCK];
    call.fill(Side::Near, &mut samples);
    samples
}

/// A page of text as its runs would be: every row is another.
fn page() -> Document {
    let mut writer = PageWriter::new(1728, Resolution::FINE, 1 << 20).expect("a width of T.4");
    for row in 0..1000_u32 {
        let mut pels = [0; 216];
        pels.iter_mut()
            .zip(0..)
            .filter(|(_, at)| (row * 7 + at * 13) % 29 == 0)
            .for_each(|(pel, _)| *pel = 0x3C);
        writer.row(&pels).expect("room for it");
    }
    [writer.finish()].into_iter().collect()
}

fn whole_call() -> [End; 2] {
    let mut caller = End::new(Role::Caller, page());
    let mut answerer = End::new(Role::Answerer, Document::default());
    let (mut out, mut home) = (Vec::new(), Vec::new());
    let mut now = Timestamp::ZERO;
    while caller.terminal.machine().outcome().is_none() {
        now += Span::from_samples(BLOCK as u64);
        let sent = caller.step(now, core::mem::take(&mut home));
        home = answerer.step(now, core::mem::replace(&mut out, sent));
    }
    let received = answerer.terminal.machine().received();
    assert!(received.iter().any(|page| page.is_confirmed()), "the call that is measured must be whole");
    [caller, answerer]
}

fn bench(criterion: &mut Criterion) {
    for (name, end) in
        ["audio to packets, whole call", "packets to audio, whole call"].into_iter().zip(whole_call())
    {
        println!("{name}: {:.1} s", end.steps.len() as f64 * 0.02);
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut call = gateway();
                for (number, step) in (1..).zip(&end.steps) {
                    let now = Timestamp::from_samples(number * BLOCK as u64);
                    black_box(play(&mut call, now, step, &mut |datagram| _ = black_box(datagram)));
                }
            });
        });
    }
}

criterion_group! { name = call; config = Criterion::default().sample_size(20); targets = bench }
criterion_main!(call);
