//! Damaged lines.

use crate::fuzz_t4::check;
use crate::mutate::mutated;
use crate::pages::{MODES, Noise, Page, ccitt, decode, encode, every_run, mode};
use fax_core::image::{Coding, Concealment, Decoder, DecoderSettings, End, Flaw, Verdict};

fn part(number: u32, rows: core::ops::Range<usize>) -> Page {
    let page = ccitt(number);
    Page { pels: page.pels[216 * rows.start..216 * rows.end].to_vec(), ..page }
}

#[test]
fn a_bit_error_costs_a_row_of_mh_and_the_next_one_is_good_again() {
    let page = part(4, 400..600);
    let good = encode(&page, mode("mh", 1728));
    let mut noise = Noise(1);
    for _ in 0..500 {
        let mut octets = good.clone();
        let bit = noise.below(octets.len() as u64 * 8) as usize;
        octets[bit / 8] ^= 0x80 >> (bit % 8);
        let decoder = decode(&octets, DecoderSettings::new(Coding::Mh, 1728), 64, |_| {});
        let account = decoder.account();
        // A row, or two that became one, or one cut in two; the first has nothing before it.
        assert!(account.bad_rows() <= 2 && account.rows().abs_diff(200) <= 1, "bit {bit}: {account:?}");
    }
}

#[test]
fn behind_a_damaged_row_of_mr_good_rows_begin_with_the_next_one_dimensional() {
    let page = part(4, 400..600);
    let good = encode(&page, mode("mr-4", 1728));
    let mut noise = Noise(2);
    for _ in 0..500 {
        let mut octets = good.clone();
        let bit = noise.below(octets.len() as u64 * 8) as usize;
        octets[bit / 8] ^= 0x80 >> (bit % 8);
        let decoder = decode(&octets, DecoderSettings::new(Coding::Mr, 1728), 64, |_| {});
        let account = decoder.account();
        assert!(account.bad_rows() <= 8 && account.rows().abs_diff(200) <= 1, "bit {bit}: {account:?}");
    }
}

#[test]
fn a_damaged_row_shows_the_row_above_or_what_was_read() {
    let mut page = Page { width: 64, pels: Vec::new() };
    (0..3).for_each(|_| page.push_runs([8, 8, 8, 8, 32]));
    let mut octets = encode(&page, mode("mh", 64));
    // EOL 12 bits, row 5 + 6 + 5 + 6 + 8 = 30: the second row begins at 54 and its second black run at 70.
    // That run of eight becomes nothing that is a code word.
    for bit in 70..76 {
        octets[bit / 8] &= !(0x80 >> (bit % 8));
    }
    for (concealment, expected) in [
        (Concealment::RowAbove, (Verdict::Concealed(Flaw::Code), [0, 0xFF, 0, 0xFF, 0, 0, 0, 0])),
        (Concealment::AsFarAsRead, (Verdict::Damaged(Flaw::Code), [0, 0xFF, 0, 0, 0, 0, 0, 0])),
    ] {
        let settings = DecoderSettings { concealment, ..DecoderSettings::new(Coding::Mh, 64) };
        let mut rows = Vec::new();
        let decoder = decode(&octets, settings, 1, |row| rows.push((row.verdict, row.pels.to_vec())));
        assert_eq!(rows[1], (expected.0, expected.1.to_vec()));
        assert_eq!((rows[2].0, rows.len()), (Verdict::Good, 3));
        assert_eq!((decoder.account().bad_rows(), decoder.account().longest_bad_run()), (1, 1));
    }
}

/// An end of line whose first zeros were swallowed by a damaged code word is one all the same.
#[test]
fn an_end_of_line_is_found_inside_a_damaged_code_word() {
    // Rows of white 1, black 1, white 62: 000111 010 00110011 is good. In the second the last run has become 1000
    // with three of the zeros of the EOL: 000111 010 1 and then EOL.
    let bits = "000000000001 000111 010 00110011 000000000001 000111 010 1 000000000001 000111 010 00110011";
    let digits: Vec<u8> = bits.bytes().filter(|digit| *digit != b' ').map(|digit| digit - b'0').collect();
    let octets: Vec<u8> = digits
        .chunks(8)
        .map(|octet| octet.iter().enumerate().fold(0, |octet, (place, bit)| octet | bit << (7 - place)))
        .collect();
    for piece in [1, 100] {
        let mut verdicts = Vec::new();
        decode(&octets, DecoderSettings::new(Coding::Mh, 64), piece, |row| verdicts.push(row.verdict));
        assert_eq!(verdicts, [Verdict::Good, Verdict::Concealed(Flaw::Code), Verdict::Good]);
    }
}

#[test]
fn uncompressed_mode_is_a_flaw_of_its_own() {
    // EOL, then 000000001111.
    let mh = [0x00, 0x10, 0x0F, 0x00, 0x10];
    decode(&mh, DecoderSettings::new(Coding::Mh, 1728), 5, |row| {
        assert_eq!(row.verdict, Verdict::Concealed(Flaw::Extension));
    });
    let mmr = decode(&[0x03, 0xC0], DecoderSettings::new(Coding::Mmr, 1728), 5, |_| {});
    assert_eq!(mmr.end(), Some(End::Lost(Flaw::Extension)));
}

#[test]
fn a_damaged_page_of_mmr_ends_at_the_last_row_before_the_damage() {
    let page = part(1, 500..700);
    let good = encode(&page, mode("mmr", 1728));
    let mut noise = Noise(3);
    for _ in 0..300 {
        let mut octets = good.clone();
        let at = noise.below(octets.len() as u64) as usize;
        octets[at] ^= 1 << noise.below(8);
        let mut equal = 0;
        let mut rows = page.rows();
        let decoder = decode(&octets, DecoderSettings::new(Coding::Mmr, 1728), 50, |row| {
            equal += u32::from(rows.next() == Some(row.pels));
        });
        assert!(decoder.account().rows() >= equal);
        assert!(decoder.end().is_some());
    }
}

/// Octets out of the middle of a page, as frames of ECM that were given up leave them: what is called good behind them was
/// sent, and in this order. The two ends of a gap may fit together, and a row of MR be told by one that never came.
#[test]
fn behind_a_gap_no_row_is_called_good_that_was_not_sent() {
    let page = part(4, 400..460);
    for name in ["mh", "mr-2", "mr-4", "mr-4-aligned"] {
        let octets = encode(&page, mode(name, 1728));
        let coding = mode(name, 1728).coding;
        let mut last = 0;
        for cut in (0..octets.len() - 256).step_by(5) {
            let behind = cut + 1 + cut % 7 * 64 / 7;
            let mut decoder = Decoder::new(DecoderSettings::new(coding, 1728)).unwrap();
            let mut sent = page.rows();
            let mut good = 0;
            for (number, mut rest) in [&octets[..cut], &octets[behind..]].into_iter().enumerate() {
                if number == 1 {
                    decoder.gap();
                }
                while let Some(row) = decoder.next(&mut rest) {
                    if row.verdict == Verdict::Good {
                        assert!(sent.any(|sent| sent == row.pels), "{name}: {cut} to {behind}");
                        good += 1;
                    }
                }
            }
            assert!(decoder.account().bad_rows() > 0 && good + 20 > page.height(), "{name}: {good} at {cut}");
            last = last.max(good);
        }
        assert!(last + 3 > page.height(), "{name}: {last}");
    }
}

#[test]
fn behind_a_gap_mmr_has_no_more_rows() {
    let octets = encode(&part(4, 400..460), mode("mmr", 1728));
    let mut decoder = Decoder::new(DecoderSettings::new(Coding::Mmr, 1728)).unwrap();
    let (head, mut tail) = octets.split_at(octets.len() / 2);
    let mut rest = head;
    while decoder.next(&mut rest).is_some() {}
    decoder.gap();
    assert_eq!(decoder.end(), Some(End::Lost(Flaw::Missing)));
    assert!(decoder.next(&mut tail).is_none() && decoder.finish().is_none());
}

/// The first octet of what the fuzz target takes chooses the coding.
#[test]
fn nothing_that_comes_off_a_line_makes_a_decoder_panic_or_go_beyond_its_limits() {
    let pages = [part(1, 500..560), part(7, 1000..1030), narrow(every_run())];
    let mut noise = Noise(4);
    for page in &pages {
        for (number, name) in MODES.iter().enumerate() {
            let good = encode(page, mode(name, page.width));
            for _ in 0..200 {
                let mut data = vec![number as u8, noise.next(), noise.next()];
                data.extend(mutated(&good, &mut noise));
                check(&data);
            }
        }
    }
    for _ in 0..3000 {
        let length = noise.below(300);
        check(&(0..length).map(|_| noise.next()).collect::<Vec<_>>());
    }
}

/// Found by the fuzzer: at a tag bit more octets were asked for while there were some.
#[test]
fn seeds_of_the_fuzzer_hold() {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/t4")).unwrap();
    let seeds: Vec<_> = folder.map(|seed| std::fs::read(seed.unwrap().path()).unwrap()).collect();
    assert!(seeds.len() >= 5);
    seeds.iter().for_each(|seed| check(seed));
}

fn narrow(page: Page) -> Page {
    Page { pels: page.pels[704 * 2700..704 * 2760].to_vec(), ..page }
}
