//! The conformance cases whose point is the time of signals or the modem, with our session on a phone line: the tester
//! speaks through a line of its own, and what the session says is measured in samples.

#[path = "../../fax-core/tests/support/desk.rs"]
mod desk;

use desk::{Pile, Tray};
use fax_core::t30::session::{Cause, Role, Session, Settings};
use fax_core::t30::{Fcf, Frame};
use fax_core::{Chunk, FrameEnd, Line, Opening, Private, Progress, Signal, Timestamp, Training, V27terRate};
use fax_modem::AudioLine;
use std::collections::VecDeque;

/// 10 ms.
const BLOCK: usize = 80;
const R4800: Opening = Opening::V27ter(V27terRate::R4800);
const R2400: Opening = Opening::V27ter(V27terRate::R2400);

/// A session that answers, the tester, and what passed between them.
struct Call {
    session: Session,
    near: AudioLine,
    far: AudioLine,
    tray: Tray,
    samples: u64,
    /// What the tester has still to say.
    due: VecDeque<Signal>,
    /// Names of the last frames of the session's bursts that nobody has asked for yet.
    heard: VecDeque<Fcf>,
    frame: Vec<u8>,
    /// Samples that the session said.
    said: Vec<i16>,
    /// Level of the tester's samples as they arrive, of 1.
    level: f32,
}

impl Call {
    fn new() -> Self {
        let settings = Settings { identification: Private::new("+0123456789".into()), ..Settings::default() };
        Self {
            session: Session::new(Role::Answerer, settings),
            near: AudioLine::default(),
            far: AudioLine::default(),
            tray: Tray::default(),
            samples: 0,
            due: VecDeque::new(),
            heard: VecDeque::new(),
            frame: Vec::new(),
            said: Vec::new(),
            level: 1.0,
        }
    }

    /// Lets 10 ms pass.
    fn pass(&mut self) {
        let (mut forth, mut back) = ([0; BLOCK], [0; BLOCK]);
        self.samples += BLOCK as u64;
        self.far.fill(&mut forth);
        forth.iter_mut().for_each(|sample| *sample = (f32::from(*sample) * self.level) as i16);
        self.near.listen(&forth);
        let now = Timestamp::from_samples(self.samples);
        self.session.drive(now, &mut self.near, &mut Pile::noise(&[]), &mut self.tray);
        while self.session.event().is_some() {}
        self.near.fill(&mut back);
        self.said.extend_from_slice(&back);
        self.far.listen(&back);
        while self.near.event().is_some() || self.far.event().is_some() {}
        while let Some(heard) = self.far.hear() {
            match heard.signal {
                Signal::Octets(chunk) => self.frame.extend_from_slice(chunk.octets()),
                Signal::FrameEnd(end) => {
                    let frame = std::mem::take(&mut self.frame);
                    let frame = Frame::parse(&frame).ok().filter(|frame| frame.is_last());
                    self.heard.extend(frame.filter(|_| end == FrameEnd::Good).map(|frame| frame.fcf()));
                }
                _ => {}
            }
        }
        while let Some(signal) = self.due.front() {
            let room = self.far.room().bits;
            let needs = match signal {
                Signal::Octets(chunk) | Signal::Bits(chunk) => chunk.len_bits(),
                _ => 0,
            };
            if needs > room || self.far.say(*signal).is_err() {
                break;
            }
            self.due.pop_front();
        }
    }

    fn wait(&mut self, ms: u64) {
        (0..ms / 10).for_each(|_| self.pass());
    }

    /// The session must say this within seven seconds, and be silent then.
    fn expect(&mut self, fcf: Fcf) {
        for _ in 0..700 {
            if let Some(heard) = self.heard.pop_front() {
                assert_eq!(heard.name(), fcf.name(), "at {:.2} s", self.samples as f64 / 8000.0);
                while self.said[self.said.len() - BLOCK..].iter().any(|sample| *sample != 0) {
                    self.pass();
                }
                return;
            }
            self.pass();
        }
        panic!("no {} at {:.2} s", fcf.name(), self.samples as f64 / 8000.0);
    }

    fn say(&mut self, burst: Vec<Signal>) {
        self.due.extend(burst);
        loop {
            self.pass();
            while let Some(progress) = self.far.progress() {
                if matches!(progress, Progress::Ended(_)) {
                    return;
                }
            }
        }
    }

    fn frame(&mut self, octets: &[u8]) {
        let chunk = Chunk::from_octets(octets);
        self.say(vec![
            Signal::Begin(Opening::V21),
            Signal::Octets(chunk),
            Signal::FrameEnd(FrameEnd::Good),
            Signal::End,
        ]);
    }

    fn dcs(&mut self) {
        self.frame(&[0xFF, 0xC8, 0x41, 0x00, 0x50, 0x00]);
    }

    fn bits(&mut self, opening: Opening, octets: &[u8]) {
        let chunks = octets.chunks(Chunk::CAPACITY).map(|part| Signal::Bits(Chunk::from_octets(part)));
        let begin = std::iter::once(Signal::Begin(opening));
        self.say(begin.chain(chunks).chain([Signal::End]).collect());
    }

    fn page(&mut self) {
        self.bits(R4800.with_training(Training::Short), &[0x35; 1500]);
    }

    /// EOP, MCF and the end.
    fn close(&mut self, gap: u64) {
        self.wait(gap);
        self.frame(&[0xFF, 0xC8, 0x74]);
        self.expect(Fcf::Mcf);
        self.frame(&[0xFF, 0xC8, 0x5F]);
        self.wait(200);
        assert_eq!(self.session.outcome().map(|outcome| outcome.cause), Some(Cause::Success));
    }

    /// Sound and silence that the session said, in ms; breaks of less than 10 ms are none.
    fn stretches(&self) -> Vec<(bool, usize)> {
        let mut stretches = vec![(false, 0)];
        for block in self.said.chunks(8) {
            let sounds = block.iter().any(|sample| *sample != 0);
            match stretches.last_mut() {
                Some((last, ms)) if *last == sounds => *ms += 1,
                _ => stretches.push((sounds, 1)),
            }
        }
        let mut merged: Vec<(bool, usize)> = Vec::new();
        for (sounds, ms) in stretches {
            match merged.last_mut() {
                Some((last, before)) if *last == sounds || ms < 10 => *before += ms,
                _ => merged.push((sounds, ms)),
            }
        }
        merged
    }
}

/// MRGN01: CED of 2.6 to 4.0 s, 55 to 95 ms to DIS, preambles of 0.85 to 1.15 s.
#[test]
fn what_an_answerer_says_has_the_lengths_of_the_recommendation() {
    let mut call = Call::new();
    call.expect(Fcf::Dis);
    call.dcs();
    call.bits(R4800, &[0; 900]);
    call.expect(Fcf::Cfr);
    call.page();
    call.close(0);
    let stretches = call.stretches();
    println!("{stretches:?}");
    let sounds: Vec<_> = stretches.iter().filter(|(sounds, _)| *sounds).map(|(_, ms)| *ms).collect();
    let [ced, dis, cfr, mcf] = sounds[..] else { panic!("{sounds:?}") };
    let gap = stretches.windows(2).find(|pair| pair[0] == (true, ced)).expect("CED")[1].1;
    assert!((2600..=4000).contains(&ced), "CED {ced} ms");
    assert!((55..=95).contains(&gap), "from CED to DIS {gap} ms");
    // CFR and MCF: five octets, their flags and stuffing, 0.16 to 0.24 s.
    for burst in [cfr, mcf] {
        assert!((850 + 160..=1150 + 240).contains(&burst), "{burst} ms");
    }
    // CSI and DIS: 23 + 2 and 10 + 2 octets, a flag each, some stuffing.
    assert!((850 + 1000..=1150 + 1150).contains(&dis), "DIS {dis} ms");
}

/// MRGN05: the page comes at -40 dBm0 or so.
#[test]
fn a_weak_carrier_is_received() {
    let mut call = Call::new();
    call.level = 0.02;
    call.expect(Fcf::Dis);
    call.dcs();
    call.bits(R4800, &[0; 900]);
    call.expect(Fcf::Cfr);
    call.page();
    call.close(0);
    assert!(call.tray.pages[0].starts_with(&[0x35; 1500]));
}

/// MRGN06a and MRGN06b: the shortest and the longest gaps and TCF.
#[test]
fn short_and_long_gaps_and_tcf_are_borne() {
    for (first, gap, tcf) in [(0, 0, 810), (2550, 5000, 990)] {
        let mut call = Call::new();
        call.expect(Fcf::Dis);
        call.wait(first);
        call.dcs();
        call.bits(R4800, &vec![0; tcf]);
        call.expect(Fcf::Cfr);
        call.wait(gap);
        call.page();
        call.wait(gap);
        call.frame(&[0xFF, 0xC8, 0x72]);
        call.expect(Fcf::Mcf);
        call.wait(gap);
        call.page();
        call.close(gap);
        assert_eq!(call.tray.pages.len(), 2);
    }
}

/// MRGN07 and MRGN08: zeros at another rate, ones among zeros, and at last a good TCF.
#[test]
fn a_tcf_at_another_rate_or_with_ones_is_not_confirmed() {
    let mut call = Call::new();
    call.expect(Fcf::Dis);
    call.dcs();
    call.bits(R2400, &[0; 450]);
    call.expect(Fcf::Ftt);
    call.dcs();
    call.bits(R4800, &[0x55; 900]);
    call.expect(Fcf::Ftt);
    call.dcs();
    let mut tcf = [0; 900];
    tcf[..7].fill(0x55);
    call.bits(R4800, &tcf);
    call.expect(Fcf::Cfr);
    call.page();
    call.close(0);
}
