//! TCP and RTP under a T.38 line: memory is allocated when the line is made, and never again.

use fax_core::{Chunk, FrameEnd, Line, Opening, Signal, Span, Timestamp, Training, V17Rate};
use fax_t38::line::{Carriage, Pacing, Rtp, RtpStart, Settings, T38Line, Tpkt};
use fax_t38::rtp::{Content, Format};
use fax_t38::tpkt::{CAPACITY, HEADER, MAX_IFP, Reassembler};
use fax_t38::udptl::{ReceiverSettings, SenderSettings};
use fax_t38::{Seq, Syntax};
use fax_test_support::{CountingAllocator, allocations_during, is_counting, with_octets_held};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn rtp(content: Content) -> Rtp {
    let format = Format { payload_type: 98, red: Some(99), content };
    let start = RtpStart { ssrc: 7, first: Seq(65_530), stamp: 0 };
    Rtp::new(format, start, ReceiverSettings::default(), SenderSettings::default())
}

/// What a line over TCP holds, octets.
const TPKT_BOUND: usize = 32 * 1024;
/// What a line over RTP holds, octets: UDPTL and its stamps.
const RTP_BOUND: usize = 96 * 1024;

#[test]
fn lines_over_tcp_and_rtp_fit_their_bounds() {
    assert!(is_counting());
    let settings = Settings::default();
    let (line, heap) = with_octets_held(|| T38Line::over(Tpkt::new(Syntax::Y1998), settings));
    let tpkt = heap + size_of_val(&line);
    let (line, heap) = with_octets_held(|| T38Line::over(rtp(Content::Ifp), settings));
    let rtp = heap + size_of_val(&line);
    println!("{tpkt} octets over TCP, {rtp} over RTP");
    assert!(tpkt <= TPKT_BOUND && rtp <= RTP_BOUND, "{tpkt}, {rtp}");
}

#[test]
fn a_call_over_tcp_is_said_and_heard_without_an_allocation() {
    let lines = || [(); 2].map(|()| T38Line::over(Tpkt::new(Syntax::Y1998), metered()));
    assert_eq!(allocated_in_a_call(lines(), |_| false), 0);
}

#[test]
fn a_call_over_rtp_with_losses_is_said_and_heard_without_an_allocation() {
    for content in [Content::Ifp, Content::Udptl] {
        let lines = [(); 2].map(|()| T38Line::over(rtp(content), metered()));
        assert_eq!(allocated_in_a_call(lines, |n| n % 5 == 0), 0, "{content:?}");
    }
}

#[test]
fn a_stream_that_makes_no_sense_is_skipped_without_an_allocation() {
    assert!(is_counting());
    let mut stream = Reassembler::new(Syntax::Y2002);
    let mut octets = [0xAA; CAPACITY];
    octets[..HEADER].copy_from_slice(&[3, 0, 0xF0, 0]);
    octets[MAX_IFP..][..5].copy_from_slice(b"GET /");
    let mut refused = 0;
    let allocations = allocations_during(|| {
        for n in 0..2000 {
            let piece = &octets[n % 7..][..1 + n * 31 % MAX_IFP];
            if stream.push(piece) < piece.len() {
                while let Some(next) = stream.next() {
                    refused += usize::from(next.is_err());
                }
            }
        }
    });
    assert_eq!(allocations, 0);
    assert!(refused > 10, "{refused}");
}

fn metered() -> Settings {
    Settings { pacing: Pacing::METERED, ..Settings::default() }
}

/// A command, a page and its end, one 10 ms after the other; which packets are lost is told by number.
fn allocated_in_a_call<C: Carriage>(
    [mut near, mut far]: [T38Line<C>; 2],
    is_lost: fn(usize) -> bool,
) -> usize {
    assert!(is_counting());
    let octets = Signal::Octets(Chunk::from_octets(&[0xFF, 0xC8, 0x60, 1, 2, 3]));
    let page = Signal::Bits(Chunk::from_octets(&[0; 32]));
    let v17 = Signal::Begin(Opening::V17(V17Rate::R14400, Training::Long));
    let good = Signal::FrameEnd(FrameEnd::Good);
    let call =
        [Signal::Begin(Opening::V21), octets, good, octets, good, Signal::End, v17, page, page, Signal::End];
    let (mut heard, mut sent, mut now) = (0, 0, Timestamp::ZERO);
    let allocations = allocations_during(|| {
        let mut said = call.into_iter().peekable();
        for _ in 0..1000 {
            now += Span::from_millis(10);
            near.advance(now);
            while said.peek().is_some_and(|signal| near.say(*signal).is_ok()) {
                said.next();
            }
            let mut packet = [0; 1500];
            while let Some(length) = near.transmit(&mut packet) {
                sent += 1;
                if !is_lost(sent) {
                    let _ = far.receive(now, &packet[..length]);
                }
            }
            far.advance(now);
            heard += core::iter::from_fn(|| far.hear()).count();
            while far.transmit(&mut packet).is_some() {}
            while near.event().or_else(|| far.event()).is_some() || near.progress().is_some() {}
        }
    });
    assert!(heard > 15 && sent > 20, "{heard} signals of {sent} packets");
    allocations
}
