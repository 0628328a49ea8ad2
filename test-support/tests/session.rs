//! A session allocates when it is made, within its bound, and never again.

use fax_core::t30::Dis;
use fax_core::t30::fields::{Coding, Length, Resolution, Terms, Width};
use fax_core::t30::session::{Cause, Fate, Flow, Follows, Format, NoPages, Quality, Role, Session, Settings};
use fax_core::t30::session::{Sink, Source};
use fax_core::{Span, Timestamp};
use fax_t38::T38Line;
use fax_t38::line::{Pacing, Settings as LineSettings};
use fax_test_support::{CountingAllocator, allocated_during, allocations_during, is_counting};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// The block of 64 KiB, and what is small beside it.
const BOUND: usize = 72 * 1024;

#[test]
fn a_session_fits_its_bound() {
    assert!(is_counting());
    let mut session = None;
    let heap = allocated_during(|| session = Some(Session::new(Role::Answerer, Settings::default())));
    let all = heap + size_of::<Session>();
    println!("{heap} octets on the heap, {} in the session itself", size_of::<Session>());
    assert!(all <= BOUND, "{all} octets");
}

/// Pages of 0x35, and a sink that counts.
struct Octets {
    pages: usize,
    left: usize,
    received: usize,
}

const PAGE: usize = 20_000;

impl Octets {
    const FORMAT: Format = Format {
        resolution: Resolution::R8x7_7,
        width: Width::Mm215,
        length: Length::A4,
        codings: &[Coding::Mmr, Coding::Mh],
    };
}

impl Source for Octets {
    fn has_page(&mut self) -> bool {
        self.pages > 0
    }

    fn page(&mut self, _: &Dis) -> Option<Format> {
        (self.pages > 0).then_some(Self::FORMAT)
    }

    fn begin(&mut self, _: &Terms) {
        self.left = PAGE;
    }

    fn read(&mut self, out: &mut [u8]) -> usize {
        let count = out.len().min(self.left);
        out[..count].fill(0x35);
        self.left -= count;
        count
    }

    fn follows(&mut self, _: &Dis) -> Follows {
        if self.pages > 1 { Follows::Page(Self::FORMAT) } else { Follows::Nothing }
    }

    fn turn(&mut self, _: Fate) {
        self.pages -= 1;
    }
}

impl Sink for Octets {
    fn begin(&mut self, _: &Terms) {}

    fn write(&mut self, octets: &[u8]) -> Flow {
        self.received += octets.len();
        Flow::More
    }

    fn finish(&mut self) -> Quality {
        Quality { rows: 1, ..Quality::default() }
    }
}

#[test]
fn a_whole_call_is_held_without_an_allocation() {
    assert!(is_counting());
    for ecm in [false, true] {
        let ours = Settings { ecm, ..Settings::default() };
        let settings = LineSettings { pacing: Pacing::METERED, ..LineSettings::default() };
        let (mut near, mut far) = (T38Line::new(settings), T38Line::new(settings));
        let mut caller = Session::new(Role::Caller, ours.clone());
        let mut answerer = Session::new(Role::Answerer, ours);
        let mut source = Octets { pages: 2, left: 0, received: 0 };
        let mut sink = Octets { pages: 0, left: 0, received: 0 };
        let (mut nothing, mut nowhere, mut now) = (NoPages, NoPages, Timestamp::ZERO);
        let allocations = allocations_during(|| {
            while caller.outcome().is_none() || answerer.outcome().is_none() {
                now += Span::from_millis(10);
                assert!(now.seconds() < 200.0, "it never ends");
                let mut datagram = [0; 1500];
                near.advance(now);
                caller.drive(now, &mut near, &mut source, &mut nowhere);
                while let Some(length) = near.transmit(&mut datagram) {
                    let _ = far.receive(now, &datagram[..length]);
                }
                far.advance(now);
                answerer.drive(now, &mut far, &mut nothing, &mut sink);
                while let Some(length) = far.transmit(&mut datagram) {
                    let _ = near.receive(now, &datagram[..length]);
                }
                while caller.event().or_else(|| answerer.event()).is_some() {}
                while near.event().or_else(|| far.event()).is_some() {}
            }
        });
        assert_eq!(allocations, 0, "ECM {ecm}");
        assert_eq!(answerer.outcome().map(|outcome| outcome.cause), Some(Cause::Success), "ECM {ecm}");
        assert!(sink.received >= 2 * PAGE, "{} octets", sink.received);
    }
}
