//! Damages coded pages a million times and reads them: nothing panics, no limit of rows is passed, and how a line is cut
//! does not matter.
//!
//!     cargo run --release -p fax-core --example damage -- 1000000

#[allow(dead_code)] // the tests need more of it
#[path = "../tests/image/pages.rs"]
mod pages;

#[allow(unreachable_pub)]
#[path = "../tests/fuzz/t4.rs"]
mod fuzz_t4;

#[allow(dead_code)]
#[path = "../tests/image/mutate.rs"]
mod mutate;

fn main() {
    let rounds = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(1_000_000_u64);
    let mut noise = pages::Noise(2026);
    let parts: Vec<pages::Page> = [(1, 560), (4, 420), (7, 1000), (8, 300)]
        .map(|(number, row)| {
            let page = pages::ccitt(number);
            pages::Page { pels: page.pels[216 * row..216 * (row + 16)].to_vec(), ..page }
        })
        .to_vec();
    let strips: Vec<(u8, Vec<u8>)> = parts
        .iter()
        .flat_map(|part| {
            pages::MODES.map(|name| {
                let head =
                    [("mh", 0), ("mr", 2), ("mm", 5)].into_iter().find(|(start, _)| name.starts_with(start));
                (head.map_or(5, |(_, head)| head), pages::encode(part, pages::mode(name, 1728)))
            })
        })
        .collect();
    for round in 0..rounds {
        let (head, strip) = &strips[(round % strips.len() as u64) as usize];
        // The width is nearly always the right one: others are told at once by their first row.
        let width = if noise.below(16) == 0 { noise.next() } else { 0 };
        let mut data = vec![*head, width, noise.next()];
        data.extend(mutate::mutated(strip, &mut noise));
        fuzz_t4::check(&data);
    }
    println!("{rounds} damaged pages read");
}
