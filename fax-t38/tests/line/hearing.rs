//! What a line makes of packets as peers send them. All in the syntax of 1998.

use crate::support::{hear, heard, line, ms, packets, told};
use fax_core::{Expectation, Framing, Line, Opening, Signal, Training, V17Rate, Wait};
use fax_t38::Event;
use fax_t38::ifp::Indicator;
use fax_t38::line::Settings;

/// IFP-1.
#[test]
fn a_repeated_indicator_restarts_nothing() {
    assert_eq!(heard("00 00 06 06 06"), "v21");
    assert_eq!(heard("02 02 00 00"), "cng silence");
    assert_eq!(heard("06 c001800000ff 06 c001800000c8 06 c00120 00"), "v21 ffc8 good end silence");
    assert_eq!(heard("1e d001e0000100ff 1e d001e0000100ff 00"), "v17-14400 =00ff00ff end silence");
}

/// IFP-1: but its end may be among what is missing.
#[test]
fn the_same_indicator_after_a_loss_opens_a_new_burst() {
    let burst = "c001800002ffc821 c00120";
    assert_eq!(
        heard(&format!("06 {burst} - 06 {burst} 00")),
        "v21 ffc821 good missing end v21 ffc821 good end silence"
    );
    assert_eq!(heard(&format!("06 - 06 {burst} 00")), "v21 missing ffc821 good end silence");
}

/// IFP-2.
#[test]
fn data_without_its_indicator_opens_a_burst_that_was_inferred() {
    assert_eq!(heard("c001800002ffc821 c00140"), "v21? ffc821 good end silence");
    assert_eq!(heard("c801e0000100ff c80170"), "v29-9600? =00ff end silence");
    assert_eq!(heard("d001e0000100ff 00"), "v17-14400? =00ff end silence");
    assert_eq!(heard("04 c001800002ffc821 00"), "ced v21? ffc821 aborted end silence");
}

/// IFP-2: V.17 as it is expected, by what it carries if both trainings may come.
#[test]
fn an_inferred_training_is_the_one_that_was_expected() {
    let v17 = |training| Opening::V17(V17Rate::R14400, training);
    let mut line = line(Settings::default());
    line.expect(
        Expectation::only(v17(Training::Long), Framing::Bits).or(v17(Training::Short), Framing::Frames),
    );
    assert_eq!(told(&hear(&mut line, "d001e0000100ff 00")), "v17-14400? =00ff end silence");
    assert_eq!(
        told(&hear(&mut line, "d001800003ffc061aa d00140")),
        "v17-14400-short? ffc061aa good end silence"
    );
}

/// IFP-3.
#[test]
fn a_frame_that_does_not_begin_with_its_address_can_only_end_bad() {
    assert_eq!(heard("c001800002c82131 c00120 00"), "v21? c82131 bad end silence");
    assert_eq!(
        heard("06 c001800000c8 c00120 c001800002ffc821 c00120 00"),
        "v21 c8 bad ffc821 good end silence"
    );
}

/// IFP-4.
#[test]
fn a_frame_with_a_hole_ends_bad_on_every_carrier() {
    for (opening, indicator) in Opening::ALL.into_iter().map(|opening| (opening, Indicator::of(opening))) {
        let data = 0xC0 | fax_t38::ifp::DataType::of(opening).value() << 1;
        let begin = format!("{:02x}", indicator.value() << 1);
        assert_eq!(
            heard(&format!("{begin} {data:02x}01800003ffc06001 - {data:02x}0180000002 {data:02x}0120 00")),
            format!("{opening} ffc06001 missing 02 bad end silence")
        );
        assert_eq!(
            heard(&format!("{begin} {data:02x}01800003ffc06001 - {data:02x}0120 00")),
            format!("{opening} ffc06001 missing bad end silence"),
            "its last octets are missing"
        );
    }
}

/// IFP-4.
#[test]
fn after_a_loss_between_frames_a_frame_is_whole_only_if_it_begins_as_one() {
    let first = "06 c001800002ffc821 c00120 -";
    let told = "v21 ffc821 good missing";
    assert_eq!(
        heard(&format!("{first} c001800002ffc821 c00120 00")),
        format!("{told} ffc821 good end silence")
    );
    assert_eq!(
        heard(&format!("{first} c001800002ff21ff c00120 00")),
        format!("{told} ff21ff bad end silence")
    );
    assert_eq!(
        heard(&format!("{first} c001800000ff c001800000c8 c00120 00")),
        format!("{told} ffc8 good end silence")
    );
    let first = "0e c801800003ffc06001 c80120 -";
    let told = "v29-9600 ffc06001 good missing";
    assert_eq!(
        heard(&format!("{first} c801800002ffc061 c80120 00")),
        format!("{told} ffc061 good end silence")
    );
    assert_eq!(
        heard(&format!("{first} c801800002ffc0ff c80120 00")),
        format!("{told} ffc0ff bad end silence")
    );
}

#[test]
fn a_loss_in_a_page_is_told_once_and_where_it_is() {
    assert_eq!(
        heard("1c d001e0000100ff - - d001e0000100ff d001f0000101ff 00"),
        "v17-14400-short =00ff missing =00ff01ff end silence"
    );
    assert_eq!(heard("00 - 04 - 00 -"), "ced silence", "in silence nothing was there to lose");
}

/// IFP-5.
#[test]
fn octets_inside_a_check_sequence_field_belong_to_the_frame() {
    assert_eq!(heard("06 c001800001ffc8 c001a0000021 c00110 00"), "v21 ffc821 good end silence");
    assert_eq!(heard("06 c001c00002ffc821 00"), "v21 ffc821 good end silence");
    assert_eq!(heard("06 c001b00002ffc821 00"), "v21 ffc821 bad end silence");
    assert_eq!(heard("06 c001d00002ffc821 00"), "v21 ffc821 bad end silence");
}

/// IFP-5.
#[test]
fn octets_in_the_end_of_a_signal_are_image_or_nothing() {
    assert_eq!(heard("06 c001800002ffc821 c00120 c00190000003 00"), "v21 ffc821 good end silence");
    assert_eq!(heard("1e d001e0000000 d001f0000001 00"), "v17-14400 =0001 end silence");
    assert_eq!(heard("1e d001f0000001"), "v17-14400 =01 end silence");
}

/// IFP-6.
#[test]
fn a_repeated_end_is_no_second_end() {
    assert_eq!(
        heard("06 c001800002ffc821 c00120 c00120 c00120 c00110 c00110 c00110 00"),
        "v21 ffc821 good end silence"
    );
    assert_eq!(heard("06 c001a00002ffc821 c001a00002ffc821 c00110"), "v21 ffc821 good end silence");
    assert_eq!(
        heard("06 c001c00002ffc821 c001c00002ffc821 00 c001c00002ffc821"),
        "v21 ffc821 good end silence"
    );
    assert_eq!(heard("1e d001e0000000 d001f0000001 d001f0000001 00"), "v17-14400 =0001 end silence");
}

/// IFP-7.
#[test]
fn either_kind_of_end_ends_what_is_on() {
    assert_eq!(heard("1e d001e0000000 d00110 00"), "v17-14400 =00 end silence");
    assert_eq!(heard("1e d001e0000000 d00140 00"), "v17-14400 =00 end silence");
    assert_eq!(heard("06 c001800002ffc821 c00120 c00170 00"), "v21 ffc821 good end silence");
    assert_eq!(heard("06 c001800002ffc821 c00120 c001f0000001 00"), "v21 ffc821 good end silence");
    assert_eq!(
        heard("1c d001800003ffc06001 d00120 d001f0000001 00"),
        "v17-14400-short ffc06001 good end silence"
    );
}

/// IFP-8.
#[test]
fn an_end_without_silence_and_silence_without_an_end_both_end_a_burst_once() {
    let burst = "06 c001800002ffc821 c00120";
    assert_eq!(heard(&format!("{burst} c00110")), "v21 ffc821 good end silence");
    assert_eq!(heard(&format!("{burst} 00")), "v21 ffc821 good end silence");
    assert_eq!(heard(&format!("{burst} c00110 00")), "v21 ffc821 good end silence");
    assert_eq!(
        heard(&format!("{burst} c00110 {burst} c00110")),
        "v21 ffc821 good end silence v21 ffc821 good end silence",
        "the same indicator again, though silence was never announced"
    );
}

/// IFP-8: an open frame ends before its burst does.
#[test]
fn an_indicator_within_a_frame_breaks_it_off() {
    assert_eq!(
        heard("06 c001800001ffc8 1e d001e0000000 00"),
        "v21 ffc8 aborted end v17-14400 =00 end silence"
    );
    assert_eq!(heard("06 c001800001ffc8 04 00"), "v21 ffc8 aborted end ced silence");
    assert_eq!(heard("06 c001800001ffc8 c00110"), "v21 ffc8 aborted end silence");
}

/// IFP-9.
#[test]
fn the_end_of_a_signal_that_ended_with_its_last_frame_means_nothing() {
    assert_eq!(heard("06 c001800002ffc821 c00140 c00110 00"), "v21 ffc821 good end silence");
    assert_eq!(
        heard("06 c001800002ffc821 c00140 1e c00110 d001e0000000"),
        "v21 ffc821 good end silence v17-14400 =00"
    );
}

#[test]
fn data_of_another_modem_is_another_burst() {
    assert_eq!(
        heard("06 c001800002ffc821 c00120 d001e0000000 00"),
        "v21 ffc821 good end v17-14400? =00 end silence"
    );
    assert_eq!(heard("1e c801e0000000 00"), "v17-14400 end v29-9600? =00 end silence");
    assert_eq!(
        heard("1e d001e0000000 d001800002ffc061 d00140"),
        "v17-14400 =00 end v17-14400? ffc061 good end silence",
        "a page after the training check, and all between is lost"
    );
}

/// IFP-13, IFP-14.
#[test]
fn tones_are_expected_of_nobody_and_heard_of_anybody() {
    assert_eq!(heard("00 02 00 04 00 06"), "cng silence ced silence v21");
    assert_eq!(heard("04 06 c00110"), "ced v21 end silence");
    assert_eq!(heard("04 2000 00"), "ced ansam silence");
}

/// IFP-19.
#[test]
fn a_burst_in_which_nothing_comes_ends_after_fifteen_seconds() {
    let mut line = line(Settings::default());
    assert_eq!(told(&hear(&mut line, "1e d001e0000000")), "v17-14400 =00");
    let deadline = line.deadline().unwrap();
    assert_eq!((deadline.at, deadline.why), (ms(15_020), Wait::Peer));
    line.advance(ms(15_019));
    assert_eq!(line.hear(), None);
    line.advance(ms(15_020));
    let rest: Vec<_> = core::iter::from_fn(|| line.hear()).collect();
    assert_eq!(told(&rest), "end silence");
    assert_eq!(line.event(), Some((ms(15_020), Event::Starved)));
    assert_eq!(line.deadline(), None);
}

/// IFP-24.
#[test]
fn the_border_of_a_packet_means_nothing() {
    let whole = "v21 ffc8213141 good ffc831 good end silence";
    for grouping in [
        "06 c001800004ffc8213141 c00120 c001800002ffc831 c00120 c00110 00",
        "06 c001800000ff c001800003c8213141 c00120 c001800002ffc831 c00140 00",
        "06 c002800004ffc821314120 c002800002ffc83140 00",
        "06 c003800000ff800003c821314120 c001800002ffc831 c00221 00",
        "06 c004800004ffc8213141280002ffc83140 00",
        "06 c005800004ffc8213141280002ffc8312100",
    ] {
        assert_eq!(heard(grouping), whole, "{grouping}");
    }
}

/// PER-4, PER-6: V.8, V.34 and V.33 are told to people, and a line goes on.
#[test]
fn what_is_not_g3_is_an_event_and_no_signal() {
    let mut line = line(Settings::default());
    assert_eq!(
        told(&hear(&mut line, "2040 2040 2080 06 c001800002ffc821 2140 e10001e0000000 06")),
        "v21 ffc821 aborted end silence v21"
    );
    let events: Vec<_> = core::iter::from_fn(|| line.event()).map(|(_, event)| event).collect();
    assert_eq!(
        events,
        [Indicator::V8Signal, Indicator::V34ControlChannel1200, Indicator::V33At12000].map(Event::Indicated)
    );
}

/// A packet that cannot be read was a part of what was said.
#[test]
fn a_packet_that_cannot_be_read_is_a_hole() {
    assert_eq!(heard("06 c001800001ffc8 c0ff c001800000ff c00120 00"), "v21 ffc8 missing ff bad end silence");
}

#[test]
fn a_signal_is_heard_when_its_packet_came() {
    let heard = hear(&mut line(Settings::default()), "00 06 c001800000ff");
    let times: Vec<_> = heard.iter().map(|heard| heard.at).collect();
    assert_eq!(times, [ms(20), ms(40)]);
    assert_eq!(heard[0].signal, Signal::Begin(Opening::V21));
}

/// What is not drained waits in the carriage, and nothing of it is lost.
#[test]
fn a_line_that_nobody_drains_stops_reading() {
    let mut line = line(Settings::default());
    let packet = &packets("d001e0001f0000000000000000000000000000000000000000000000000000000000000000")[0];
    line.receive(ms(0), &[0x1E]).unwrap();
    (1..500).for_each(|n| line.receive(ms(30 * n), packet).unwrap());
    let heard: Vec<_> = core::iter::from_fn(|| line.hear()).collect();
    assert_eq!(heard.len(), 500);
    assert_eq!(line.event(), None);
}

/// A packet may say more than there is room for: its burst ends there, and the line goes on.
#[test]
fn a_packet_of_hundreds_of_fields_ends_its_burst_and_nothing_else() {
    let mut line = line(Settings::default());
    let fields = "80000055".repeat(300);
    let text = told(&hear(&mut line, &format!("06 c0812c{fields} c00120 00 06 c001800002ffc821 c00140")));
    assert!(
        text.starts_with("v21 5555") && text.contains("55 aborted end silence v21 ffc821 good end silence"),
        "{text}"
    );
    assert_eq!(line.event().map(|(_, event)| event), Some(Event::Overflow));
}
