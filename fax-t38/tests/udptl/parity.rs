//! Parity repairs exactly what can be repaired, and nothing wrongly: against a reference that knows
//! only which numbers a row covers.

use fax_t38::Seq;
use fax_t38::udptl::{Class, Copies, Datagram, Layout, Protection, Recovery, Sender, SenderSettings};

use crate::common::{Bench, Chance, Out, at, ifp, ms, v21, with_parity};

/// As many as can be held behind the first hole, so that the reference needs no notion of time.
const PACKETS: usize = 34;
const LAYOUTS: [Layout; 2] = [Layout::Raw, Layout::Prefixed];

/// A stream of our own sender, and which packets each of its datagrams could give: bit n is packet n.
struct Stream {
    first: u16,
    layout: Layout,
    datagrams: Vec<Vec<u8>>,
    rows: Vec<Vec<u64>>,
}

impl Stream {
    fn new(first: u16, span: u8, rows: u8, layout: Layout) -> Self {
        let mut sender = Sender::new(SenderSettings {
            first: Seq(first),
            peer_max_datagram: 1400,
            protection: Protection::Parity { span, rows, layout },
            copies: Copies::NONE,
            ..SenderSettings::default()
        });
        let mut buffer = [0; 1500];
        let datagrams: Vec<_> = (0..PACKETS)
            .map(|n| {
                sender.submit(at(0), &packet(n), Class::Image).unwrap();
                let length = sender.poll(at(0), &mut buffer).unwrap();
                buffer[..length].to_vec()
            })
            .collect();
        let rows = datagrams.iter().enumerate().map(|(n, datagram)| members(n, datagram)).collect();
        Self { first, layout, datagrams, rows }
    }

    fn number(&self, n: usize) -> u16 {
        self.first.wrapping_add(n as u16)
    }

    /// What must come out if the packets in `lost` do not come: a packet is known if it is the sum of
    /// some rows and known packets. Plain Gauss over all rows that came.
    fn known(&self, lost: u64) -> u64 {
        let came = (0..PACKETS).filter(|n| lost >> n & 1 == 0);
        let mut rows: Vec<_> = came.flat_map(|n| &self.rows[n]).map(|row| row & lost).collect();
        let mut done = 0;
        for bit in (0..PACKETS).map(|n| 1_u64 << n) {
            let Some(pivot) = (done..rows.len()).find(|row| rows[*row] & bit != 0) else { continue };
            rows.swap(done, pivot);
            let row = rows[done];
            (0..rows.len()).filter(|other| *other != done).for_each(|other| {
                if rows[other] & bit != 0 {
                    rows[other] ^= row;
                }
            });
            done += 1;
        }
        rows.into_iter().filter(|row| row.count_ones() == 1).fold(!lost, |known, row| known | row)
    }

    /// Plays the stream without those packets. Nothing that comes out may be wrong; returns how many
    /// packets could have been known and were not.
    fn unrepaired(&self, lost: u64) -> u32 {
        let mut bench = Bench::holding(ms(1000));
        for n in (0..PACKETS).filter(|n| lost >> n & 1 == 0) {
            bench.take(0, &self.datagrams[n]).unwrap();
        }
        bench.advance(2000);
        let known = self.known(lost);
        let last = PACKETS - (lost << (64 - PACKETS)).leading_ones() as usize;
        let (mut n, mut unrepaired) = (0, 0);
        for out in bench.drain() {
            match out {
                Out::Ifp(seq, octets) => {
                    assert_eq!((seq, &octets), (self.number(n), &packet(n)), "{lost:#x} {:?}", self.layout);
                    assert!(known >> n & 1 == 1, "packet {n} of {lost:#x} cannot be known");
                    n += 1;
                }
                Out::Missing(from, packets) => {
                    assert_eq!(from, self.number(n));
                    for _ in 0..packets.unwrap() {
                        unrepaired += (known >> n & 1) as u32;
                        n += 1;
                    }
                }
            }
        }
        assert_eq!(n, last, "{lost:#x}");
        unrepaired
    }
}

fn packet(n: usize) -> Vec<u8> {
    match n % 7 {
        0 => vec![0x06],
        3 => v21(n as u8),
        _ => ifp(n as u32 * 7919),
    }
}

/// The rows of datagram `n` as T.38's public implementations place them: row e of m covers
/// n+e-m*span, and on in steps of m.
fn members(n: usize, datagram: &[u8]) -> Vec<u64> {
    let Ok(Recovery::Parity { span, rows }) = Datagram::parse(datagram).unwrap().recovery else {
        panic!("parity expected")
    };
    let (span, step) = (usize::from(span), rows.len());
    (0..step).map(|e| (0..span).map(|j| 1_u64 << (n + e + j * step - step * span)).sum()).collect()
}

/// UTL-14.
#[test]
fn every_loss_pattern_is_repaired_as_far_as_parity_reaches_for_every_span_and_row_count() {
    const AT: u32 = 7;
    for layout in LAYOUTS {
        for (span, rows) in (1..=5).flat_map(|span| (1..=5).map(move |rows| (span, rows))) {
            let stream = Stream::new(65_520, span, rows, layout);
            (0..1_u64 << 10)
                .for_each(|pattern| assert_eq!(stream.unrepaired(pattern << AT), 0, "{pattern:#x}"));
        }
    }
}

/// Before a whole row has told how rows are made.
#[test]
fn every_loss_pattern_at_the_start_of_a_stream_is_repaired_too() {
    for layout in LAYOUTS {
        for (span, rows) in (1..=5).flat_map(|span| (1..=3).map(move |rows| (span, rows))) {
            let stream = Stream::new(0, span, rows, layout);
            (0..1_u64 << 8)
                .for_each(|pattern| assert_eq!(stream.unrepaired(pattern << 1), 0, "{pattern:#x}"));
        }
    }
}

/// Half of the patterns spare the packets of the first row, so that the layout is known: then all is
/// repaired that can be. Of the others nothing is repaired wrongly, and hardly anything is left: where
/// both layouts give a packet, none is believed.
fn random_patterns(count: u32, seed: u64) {
    let mut chance = Chance::new(seed);
    let combinations = (1..=5).flat_map(|span| (1..=5).map(move |rows| (span, rows)));
    let streams: Vec<_> = combinations
        .flat_map(|(span, rows)| {
            LAYOUTS.map(|layout| (span, Stream::new(65_400 + u16::from(span) * 26, span, rows, layout)))
        })
        .collect();
    let mut left = 0;
    for n in 0..count {
        let (span, stream) = &streams[chance.below(streams.len() as u64) as usize];
        let dense = chance.below(4);
        let lost = (0..dense).fold(chance.next(), |lost, _| lost & chance.next()) & ((1 << PACKETS) - 1);
        if n % 2 == 0 {
            let lost = lost >> (span + 1) << (span + 1);
            assert_eq!(stream.unrepaired(lost), 0, "{lost:#x} {:?}", stream.layout);
        } else {
            left += stream.unrepaired(lost & !1); // the first packet sets the count
        }
    }
    println!("{left} packets left in {} patterns whose layout was not known from the start", count / 2);
    assert!(left < count / 1000, "{left} packets left in {count} patterns");
}

#[test]
fn a_hundred_thousand_random_patterns_are_never_repaired_wrongly() {
    random_patterns(100_000, 1);
}

#[test]
#[ignore = "minutes: run by `make bench-t38`"]
fn ten_million_random_patterns_are_never_repaired_wrongly() {
    random_patterns(10_000_000, 2);
}

/// Wire 2.5: what public code repaired in these cases, and when.
#[test]
fn bursts_are_repaired_by_the_datagram_that_has_the_last_row_needed() {
    let repaired_after = |span, rows, burst: u64| {
        let stream = Stream::new(0, span, rows, Layout::Raw);
        let lost = ((1 << burst) - 1) << 12;
        let mut bench = Bench::holding(ms(1000));
        for n in (0..PACKETS).filter(|n| lost >> n & 1 == 0) {
            bench.take(0, &stream.datagrams[n]).unwrap();
            if n > 12 && bench.out.len() == n + 1 {
                return n as u64 - 12 - burst + 1;
            }
        }
        panic!("{span} x {rows} does not repair {burst}")
    };
    assert_eq!([1, 2, 3].map(|burst| repaired_after(3, 1, burst)), [1, 3, 3]);
    assert_eq!([1, 2, 3].map(|burst| repaired_after(2, 3, burst)), [1, 1, 1]);
}

/// UTL-12: with a span of 0, or rows that cover nothing.
#[test]
fn rows_without_members_are_harmless() {
    let mut bench = Bench::locked();
    for (n, rows) in [(2, vec![v21(9)]), (4, vec![v21(9), v21(8), vec![]])] {
        bench.take(0, &with_parity(n, &v21(n as u8), 0, &rows)).unwrap();
    }
    bench.advance(1000);
    assert_eq!(bench.drain(), [Out::Ifp(2, v21(2)), Out::Missing(3, Some(1)), Out::Ifp(4, v21(4))]);
}

/// Rows that are made in no way we know repair nothing, and are counted.
#[test]
fn a_peer_whose_rows_make_no_sense_is_not_believed() {
    let mut bench = Bench::locked();
    bench.take(0, &with_parity(2, &v21(2), 2, &[vec![0xAA; 6]])).unwrap();
    assert_eq!(bench.receiver.counters().foreign_parity, 1);
    bench.drain();
    let sum: Vec<_> = v21(3).iter().zip(v21(2)).map(|(a, b)| a ^ b).collect();
    bench.take(0, &with_parity(4, &v21(4), 2, &[sum])).unwrap();
    bench.advance(1000);
    assert_eq!(bench.drain(), [Out::Missing(3, Some(1)), Out::Ifp(4, v21(4))]);
}

/// PER-7: the sum has the length of the longest member.
#[test]
fn a_repaired_packet_is_cut_to_its_own_length() {
    let mut bench = Bench::locked();
    let long = ifp(4);
    bench.take(0, &with_parity(3, &long, 1, &[v21(2)])).unwrap();
    bench
        .take(
            0,
            &with_parity(
                5,
                &v21(5),
                2,
                &[{
                    let mut sum = long.clone();
                    sum[0] ^= 0x06;
                    sum
                }],
            ),
        )
        .unwrap();
    let expected = [Out::Ifp(2, v21(2)), Out::Ifp(3, long), Out::Ifp(4, vec![0x06]), Out::Ifp(5, v21(5))];
    assert_eq!(bench.drain(), expected);
}
