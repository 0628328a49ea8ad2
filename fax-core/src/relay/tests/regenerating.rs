//! Between two phone lines, with a network that loses audio behind either.

use super::*;

/// T.30 5.4.2: what cannot be read is said again after T4, and flags keep T2 from running out until then.
#[test]
fn between_phone_lines_a_damaged_command_is_not_said_and_the_machine_is_held_until_it_comes_again() {
    let mut bench = Bench::regenerating();
    bench.until_page();
    let said = bench.near.frames().len();
    let damaged = [BEGIN, frame(&[0xFF, 0xC8, 0x74]), Signal::FrameEnd(FrameEnd::Bad), Signal::End];
    bench.hear(Side::Far, &damaged);
    bench.pass(3000);
    assert!(bench.events.contains(&Event::Held));
    assert_eq!(bench.near.frames().len(), said);
    assert!(bench.near.grammar.in_burst(), "a carrier is on");
    bench.frame(Side::Far, &EOP);
    bench.pass(300);
    assert_eq!(bench.near.frames()[said..], [(EOP.to_vec(), GOOD)]);
    assert_eq!(bench.near.said.last().map(|(_, signal)| *signal), Some(Signal::Silence));
}

/// The same of an answer, for which nobody is held: its command is said again the sooner.
#[test]
fn between_phone_lines_a_damaged_answer_is_flags_and_nothing_else() {
    let mut bench = Bench::regenerating();
    bench.until_page();
    let said = bench.far.frames().len();
    bench
        .hear(Side::Near, &[BEGIN, frame(&[0xFF, 0xC8, 0x74]), Signal::FrameEnd(FrameEnd::Bad), Signal::End]);
    bench.pass(300);
    assert_eq!(bench.far.frames().len(), said);
    assert_eq!(bench.far.said.last().map(|(_, signal)| *signal), Some(Signal::End));
}

/// Lever L9, on either side of a network that carries audio.
#[test]
fn between_phone_lines_a_command_said_again_is_answered_again() {
    let mut bench = Bench::regenerating();
    bench.until_page();
    bench
        .hear(Side::Far, &[Signal::Begin(V17_SHORT), Signal::Bits(Chunk::from_octets(&[0; 8])), Signal::End]);
    bench.pass(400);
    bench.frame(Side::Far, &EOP);
    bench.pass(400);
    bench.frame(Side::Near, &MCF);
    bench.pass(3000);
    let to_near = bench.near.count(GOOD);
    bench.frame(Side::Far, &EOP);
    bench.pass(400);
    assert!(bench.events.contains(&Event::AnsweredAgain));
    assert_eq!(bench.near.count(GOOD), to_near);
}

/// T.30 5.4.2: in audio an answer that was quick before is not late but lost.
#[test]
fn between_phone_lines_a_machine_is_not_kept_from_saying_a_command_again() {
    let mut bench = Bench::regenerating();
    bench.until_page();
    let begun = bench.far.count(BEGIN);
    bench.frame(Side::Far, &EOP);
    bench.pass(4000);
    assert_eq!(bench.far.count(BEGIN), begun);
}

/// T.30 5.4.2: T2 ends the call of a machine that hears nothing while a page passes.
#[test]
fn between_phone_lines_a_machine_is_held_while_a_page_passes_that_cannot_be_read() {
    let mut bench = Bench::regenerating();
    bench.until_page();
    let begun = bench.near.count(BEGIN);
    bench.hear(Side::Far, &[Signal::Begin(V17_SHORT), Signal::End, Signal::Silence]);
    bench.pass(12_000);
    assert!(bench.events.contains(&Event::Unread(V17_SHORT)));
    assert_eq!(bench.near.open, Some(Opening::V21));
    assert!(bench.near.count(BEGIN) >= begun + 5, "flags never last 3 s");
    bench.frame(Side::Far, &EOP);
    bench.pass(600);
    assert_eq!(bench.near.frames().last(), Some(&(EOP.to_vec(), GOOD)));
    bench.frame(Side::Near, &MCF);
    bench.pass(400);
    assert_eq!(bench.far.frames().last(), Some(&(MCF.to_vec(), GOOD)));
}
