use super::*;
use crate::signal::{V17Rate, V27terRate, V29Rate};
use crate::t30::fields::ModemSet;
use crate::t30::{Ctc, Fcd, Ppr, Pps, Station};
use crate::{Expected, Private};
use Side::{Far, Near};

const V29: Opening = Opening::V29(V29Rate::R9600);
const V27: Opening = Opening::V27ter(V27terRate::R4800);

fn v17(training: Training) -> Opening {
    Opening::V17(V17Rate::R14400, training)
}

fn say(tracker: &mut Tracker, side: Side, body: &Body<'_>) -> Option<Phase> {
    let mut octets = [0; Frame::MAX];
    let station = if side == Near { Station::Calling } else { Station::Called };
    let length = body.write(station, &mut octets).unwrap();
    tracker.frame(side, &Frame::parse(&octets[..length]).unwrap())
}

fn plain(tracker: &mut Tracker, side: Side, fcf: Fcf) -> Option<Phase> {
    say(tracker, side, &Body::Plain(fcf))
}

fn offer() -> Body<'static> {
    Body::Dis(Dis::NOTHING.with_modems(ModemSet::V27terV29V17).with(crate::t30::fields::Bit::ECM))
}

fn command(opening: Opening, ecm: Ecm) -> Body<'static> {
    Body::Dcs(Dcs::NOTHING.with_opening(opening).with_ecm(ecm))
}

/// A fast burst of the machine on `side`; with ECM one good frame of it.
fn burst(tracker: &mut Tracker, side: Side, opening: Opening, framing: Framing) {
    tracker.burst_began(side, opening);
    if framing == Framing::Frames {
        say(tracker, side, &Body::Fcd(Fcd { number: 0, data: Private::new(&[0; 64]) }));
    }
    tracker.burst_ended(side);
}

/// A call that has come to its first page.
fn at_page(opening: Opening, ecm: Ecm) -> Tracker {
    let mut tracker = Tracker::new();
    say(&mut tracker, Far, &offer());
    say(&mut tracker, Near, &command(opening, ecm));
    burst(&mut tracker, Near, opening, Framing::Bits);
    plain(&mut tracker, Far, Fcf::Cfr);
    tracker
}

/// A call whose first page has been sent and ended with `then`.
fn after_page(opening: Opening, ecm: Ecm, then: PostPage) -> Tracker {
    let mut tracker = at_page(opening, ecm);
    let framing = if ecm == Ecm::Off { Framing::Bits } else { Framing::Frames };
    burst(&mut tracker, Near, opening.with_training(Training::Short), framing);
    match then.fcf().filter(|_| ecm == Ecm::Off) {
        Some(fcf) => plain(&mut tracker, Near, fcf),
        None => say(&mut tracker, Near, &Body::Pps(Pps { then, page: 0, block: 0, last_frame: 0 })),
    };
    tracker
}

fn first(tracker: &Tracker, side: Side) -> Option<Expected> {
    tracker.expectation(side).iter().next()
}

fn expects(tracker: &Tracker, side: Side, opening: Opening, framing: Framing) {
    assert_eq!(first(tracker, side), Some(Expected { opening, framing }));
}

fn expects_nothing_fast(tracker: &Tracker) {
    for side in [Near, Far] {
        assert_eq!(tracker.expectation(side), Expectation::only(Opening::V21, Framing::Frames));
    }
}

/// IFP-15.
#[test]
fn tcf_is_long_and_the_page_after_it_short() {
    let mut tracker = Tracker::new();
    assert_eq!(say(&mut tracker, Far, &offer()), Some(Phase::Identified));
    expects_nothing_fast(&tracker);
    let dcs = command(v17(Training::Long), Ecm::Frames256);
    assert_eq!(say(&mut tracker, Near, &dcs), Some(Phase::Commanded));
    expects(&tracker, Near, v17(Training::Long), Framing::Bits);
    assert_eq!(tracker.expectation(Near).iter().count(), 1);
    burst(&mut tracker, Near, v17(Training::Long), Framing::Bits);
    assert_eq!(plain(&mut tracker, Far, Fcf::Cfr), Some(Phase::PageDue));
    expects(&tracker, Near, v17(Training::Short), Framing::Frames);
}

/// IFP-15: also in mid-call.
#[test]
fn after_ftt_rtn_rtp_and_pin_only_a_command_tells_the_modem_and_it_trains_long() {
    for answer in [Fcf::Ftt, Fcf::Rtn, Fcf::Rtp, Fcf::Pin] {
        let mut tracker = after_page(v17(Training::Long), Ecm::Off, PostPage::Mps);
        assert_eq!(plain(&mut tracker, Far, answer), Some(Phase::Retrain));
        expects_nothing_fast(&tracker);
        say(&mut tracker, Near, &command(V29, Ecm::Off));
        expects(&tracker, Near, V29, Framing::Bits);
    }
    let mut tracker = after_page(v17(Training::Long), Ecm::Off, PostPage::Mps);
    say(&mut tracker, Near, &command(v17(Training::Long), Ecm::Off));
    expects(&tracker, Near, v17(Training::Long), Framing::Bits);
}

/// IFP-15.
#[test]
fn after_ctr_comes_one_long_training_and_then_short_ones() {
    let mut tracker = after_page(v17(Training::Long), Ecm::Frames256, PostPage::Eop);
    assert_eq!(say(&mut tracker, Far, &Body::Ppr(Ppr::new(|_| true))), Some(Phase::Correction));
    expects(&tracker, Near, v17(Training::Short), Framing::Frames);
    let slower = Opening::V17(V17Rate::R9600, Training::Long);
    assert_eq!(say(&mut tracker, Near, &Body::Ctc(Ctc::new(slower).unwrap())), Some(Phase::RateChange));
    assert_eq!(plain(&mut tracker, Far, Fcf::Ctr), Some(Phase::Correction));
    expects(&tracker, Near, slower, Framing::Frames);
    burst(&mut tracker, Near, slower, Framing::Frames);
    expects(&tracker, Near, slower.with_training(Training::Short), Framing::Frames);
    assert_eq!(tracker.commanded().and_then(Dcs::opening), Some(slower));
}

/// IFP-16.
#[test]
fn only_tcf_is_predicted() {
    let mut tracker = Tracker::new();
    say(&mut tracker, Far, &offer());
    assert_eq!(tracker.predicted(Near), None);
    say(&mut tracker, Near, &command(V27, Ecm::Off));
    assert_eq!((tracker.predicted(Near), tracker.predicted(Far)), (Some(V27), None));
    burst(&mut tracker, Near, V27, Framing::Bits);
    plain(&mut tracker, Far, Fcf::Cfr);
    assert_eq!(tracker.predicted(Near), None);
}

#[test]
fn what_follows_a_page_is_what_its_command_said() {
    let next = [
        (PostPage::Mps, Phase::PageDue),
        (PostPage::PriMps, Phase::PageDue),
        (PostPage::Eom, Phase::NextDocument),
        (PostPage::PriEom, Phase::NextDocument),
        (PostPage::Eos, Phase::NextDocument),
        (PostPage::Eop, Phase::Complete),
        (PostPage::PriEop, Phase::Complete),
    ];
    for (then, phase) in next {
        for ecm in [Ecm::Off, Ecm::Frames64] {
            let mut tracker = after_page(V29, ecm, then);
            assert_eq!(tracker.pending().map(|pending| pending.then), Some(then));
            assert_eq!(plain(&mut tracker, Far, Fcf::Mcf), Some(phase), "{then:?}");
            assert_eq!(tracker.pending(), None);
            // A second one, late or repeated, says nothing new.
            assert_eq!(plain(&mut tracker, Far, Fcf::Mcf), None, "{then:?}");
        }
    }
    let mut tracker = after_page(V29, Ecm::Frames256, PostPage::Null);
    assert_eq!(plain(&mut tracker, Far, Fcf::Mcf), Some(Phase::PageDue));
}

/// T30-6.
#[test]
fn an_interrupt_counts_as_the_answer_it_contains() {
    let mut tracker = after_page(V29, Ecm::Off, PostPage::PriEop);
    assert_eq!(plain(&mut tracker, Far, Fcf::Pip), Some(Phase::Complete));
}

#[test]
fn a_busy_receiver_leaves_the_command_pending() {
    let mut tracker = after_page(v17(Training::Long), Ecm::Frames256, PostPage::Mps);
    assert_eq!(plain(&mut tracker, Far, Fcf::Rnr), Some(Phase::Busy));
    assert_eq!(plain(&mut tracker, Near, Fcf::Rr), Some(Phase::PostPage));
    assert_eq!(plain(&mut tracker, Far, Fcf::Rnr), Some(Phase::Busy));
    assert_eq!(tracker.pending(), Some(Pending { command: Fcf::Pps, then: PostPage::Mps }));
    assert_eq!(plain(&mut tracker, Far, Fcf::Mcf), Some(Phase::PageDue));
    expects(&tracker, Near, v17(Training::Short), Framing::Frames);
}

#[test]
fn the_end_of_retransmission_ends_the_block() {
    let mut tracker = after_page(v17(Training::Long), Ecm::Frames256, PostPage::Null);
    say(&mut tracker, Far, &Body::Ppr(Ppr::new(|_| true)));
    assert_eq!(say(&mut tracker, Near, &Body::Eor(PostPage::Null)), Some(Phase::PostPage));
    assert_eq!(tracker.pending().map(|pending| pending.command), Some(Fcf::Eor));
    assert_eq!(plain(&mut tracker, Far, Fcf::Err), Some(Phase::PageDue));
}

#[test]
fn polling_turns_the_call_round() {
    let mut tracker = Tracker::new();
    say(&mut tracker, Far, &offer());
    assert_eq!(tracker.sender(), Some(Near));
    say(&mut tracker, Near, &Body::Dtc(Dis::NOTHING));
    assert_eq!(tracker.sender(), Some(Far));
    say(&mut tracker, Far, &command(V29, Ecm::Off));
    expects(&tracker, Far, V29, Framing::Bits);
    assert_eq!(first(&tracker, Near).map(|expected| expected.opening), Some(Opening::V21));
}

#[test]
fn after_eom_the_other_machine_may_poll() {
    let mut tracker = after_page(V29, Ecm::Off, PostPage::Eom);
    plain(&mut tracker, Far, Fcf::Mcf);
    say(&mut tracker, Far, &Body::Dtc(Dis::NOTHING));
    assert_eq!(tracker.sender(), Some(Near));
    say(&mut tracker, Near, &Body::Dtc(Dis::NOTHING.with(crate::t30::fields::Bit::RECEIVE)));
    assert_eq!(tracker.sender(), Some(Far));
}

/// T30-8.
#[test]
fn an_echo_turns_nothing_round() {
    let mut tracker = Tracker::new();
    let dcs = command(V29, Ecm::Off);
    say(&mut tracker, Far, &offer());
    assert_eq!(say(&mut tracker, Near, &offer()), None);
    assert_eq!(tracker.sender(), Some(Near));
    let mut octets = [0; Frame::MAX];
    let length = dcs.write(Station::Calling, &mut octets).unwrap();
    let frame = Frame::parse(&octets[..length]).unwrap();
    tracker.frame(Near, &frame);
    assert_eq!(tracker.frame(Far, &frame), None);
    assert_eq!(tracker.sender(), Some(Near));
    // Repeated by who said it, it counts.
    burst(&mut tracker, Near, V29, Framing::Bits);
    assert_eq!(tracker.frame(Near, &frame), Some(Phase::Commanded));
}

#[test]
fn a_repeated_dis_does_not_take_a_tcf_away() {
    let mut tracker = Tracker::new();
    say(&mut tracker, Far, &offer());
    say(&mut tracker, Near, &command(V29, Ecm::Off));
    assert_eq!(say(&mut tracker, Far, &offer()), None);
    expects(&tracker, Near, V29, Framing::Bits);
    tracker.burst_began(Near, V29);
    say(&mut tracker, Far, &offer());
    assert_eq!(tracker.burst_ended(Near), Some(Phase::TcfSent));
    // At the page it means a new phase B.
    let mut tracker = at_page(V29, Ecm::Off);
    assert_eq!(say(&mut tracker, Far, &offer()), Some(Phase::Identified));
    expects_nothing_fast(&tracker);
}

#[test]
fn a_command_that_cannot_be_read_leaves_the_line_to_look_for_itself() {
    let mut tracker = Tracker::new();
    say(&mut tracker, Far, &offer());
    tracker.frame(Near, &Frame::parse(&[0xFF, 0xC8, 0xC1, 0x00]).unwrap());
    assert!(tracker.expectation(Near).is_anything() && !tracker.expectation(Far).is_anything());
    let no_such_rate = [0xFF, 0xC8, 0xC1, 0x00, 0x48, 0x00];
    tracker.frame(Near, &Frame::parse(&no_such_rate).unwrap());
    assert!(tracker.expectation(Near).is_anything());
    plain(&mut tracker, Far, Fcf::Cfr);
    assert!(tracker.expectation(Near).is_anything());
}

#[test]
fn a_fast_burst_from_the_receiver_is_not_believed() {
    let mut tracker = at_page(V29, Ecm::Off);
    assert_eq!(tracker.burst_began(Far, V29), None);
    assert_eq!(tracker.burst_ended(Far), None);
    expects(&tracker, Near, V29, Framing::Bits);
}

#[test]
fn terms_and_rows_follow_the_last_command() {
    let mut tracker = Tracker::new();
    assert_eq!((tracker.terms(), tracker.row_bits()), (None, None));
    say(&mut tracker, Far, &offer());
    say(&mut tracker, Near, &command(V29, Ecm::Off));
    assert_eq!(tracker.row_bits(), Some(192)); // 20 ms at 9600 bit/s
    assert!(tracker.terms().is_some_and(|terms| terms.is_ok_and(|terms| terms.opening == V29)));
    say(&mut tracker, Near, &command(v17(Training::Long), Ecm::Frames256));
    assert_eq!(tracker.row_bits(), Some(0));
}

#[test]
fn phases_have_the_letters_of_t30() {
    let mut letters = String::new();
    let mut tracker = Tracker::new();
    letters.push(tracker.phase().letter());
    let mut note = |phase: Option<Phase>| phase.into_iter().for_each(|phase| letters.push(phase.letter()));
    note(say(&mut tracker, Far, &offer()));
    note(say(&mut tracker, Near, &command(V29, Ecm::Off)));
    note(plain(&mut tracker, Far, Fcf::Cfr));
    note(tracker.burst_began(Near, V29));
    note(tracker.burst_ended(Near));
    note(plain(&mut tracker, Near, Fcf::Eop));
    note(plain(&mut tracker, Far, Fcf::Mcf));
    note(plain(&mut tracker, Near, Fcf::Dcn));
    assert_eq!(letters, "ABBCCDDEE");
}
