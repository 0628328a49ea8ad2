//! What a relay says that no machine said: each word, and its switch.

use super::*;

const DCS_ECM: [u8; 7] = [0xFF, 0xC8, 0xC1, 0x00, 0x46, 0x1F, 0x22];
const PPS: [u8; 7] = [0xFF, 0xC8, 0x7D, 0xF4, 0, 0, 9];
const RNR: [u8; 3] = [0xFF, 0xC8, 0x37];
const RR: [u8; 3] = [0xFF, 0xC8, 0x76];
const DCN: [u8; 3] = [0xFF, 0xC8, 0xDF];
const PPR: [u8; 3] = [0xFF, 0xC8, 0x3D];

impl Bench {
    fn with(policy: Policy) -> Self {
        Self { relay: Relay::new(policy), ..Self::new() }
    }

    fn without(word: OwnWord) -> Self {
        Self::with(Policy { own: OwnWords::ALL.without(word), ..Policy::default() })
    }

    /// The near machine sends a page with ECM; CFR takes so long, and PPS has just been said.
    fn until_pps(&mut self, answers_take: u64) {
        self.frame(Side::Far, &DIS);
        self.pass(1500);
        self.frame(Side::Near, &DCS_ECM);
        self.hear(
            Side::Near,
            &[Signal::Begin(V17_LONG), Signal::Bits(Chunk::from_octets(&[0; 8])), Signal::End],
        );
        self.pass(answers_take);
        self.frame(Side::Far, &CFR);
        self.pass(1500);
        self.hear(Side::Near, &[Signal::Begin(V17_SHORT), frame(&[0xFF, 0xC0, 0x60, 0, 1]), GOOD]);
        self.hear(Side::Near, &[Signal::End, Signal::Silence]);
        self.pass(200);
        self.frame(Side::Near, &PPS);
    }

    fn to_near(&self, octets: &[u8]) -> usize {
        self.near.frames().iter().filter(|(said, end)| said == octets && *end == GOOD).count()
    }

    fn to_far(&self, octets: &[u8]) -> usize {
        self.far.frames().iter().filter(|(said, end)| said == octets && *end == GOOD).count()
    }

    fn count(&self, event: Event) -> usize {
        self.events.iter().filter(|noted| **noted == event).count()
    }
}

/// T.30 A.3.3: RR asks until there is another answer, and that is what RR gets.
#[test]
fn where_answers_are_later_than_flags_hold_a_machine_is_told_rnr_and_its_rr_is_answered() {
    let mut bench = Bench::new();
    bench.until_pps(5600);
    bench.pass(3500);
    assert_eq!((bench.to_near(&RNR), bench.count(Event::ToldToWait)), (1, 1));
    bench.frame(Side::Near, &RR);
    assert_eq!((bench.to_far(&RR), bench.count(Event::PollKept)), (0, 1));
    bench.pass(1500);
    bench.frame(Side::Far, &MCF);
    bench.pass(1000);
    assert_eq!((bench.to_near(&MCF), bench.to_near(&RNR), bench.to_far(&PPS)), (1, 1, 1));
    // What comes next is not RR any more.
    bench.frame(Side::Near, &DCN);
    bench.pass(1000);
    assert_eq!(bench.to_far(&DCN), 1);
}

#[test]
fn an_answer_that_comes_while_rr_is_due_waits_for_it() {
    let mut bench = Bench::new();
    bench.until_pps(5600);
    bench.pass(3500);
    bench.frame(Side::Far, &PPR);
    bench.pass(500);
    assert_eq!(bench.to_near(&PPR), 0);
    bench.frame(Side::Near, &RR);
    bench.pass(1000);
    assert_eq!((bench.to_near(&PPR), bench.to_near(&RNR)), (1, 1));
    // The page goes on.
    bench.hear(Side::Near, &[Signal::Begin(V17_SHORT), frame(&[0xFF, 0xC0, 0x60, 0, 1]), GOOD, Signal::End]);
    bench.pass(500);
    assert_eq!(bench.far.count(Signal::Begin(V17_SHORT)), 2);
}

#[test]
fn a_machine_that_does_not_say_rr_gets_its_answer_all_the_same() {
    let mut bench = Bench::new();
    bench.until_pps(5600);
    bench.pass(3500);
    bench.frame(Side::Far, &MCF);
    bench.pass(4500);
    assert_eq!((bench.to_near(&MCF), bench.count(Event::PollKept)), (1, 0));
}

/// T.30 A.5.4.1: T5.
#[test]
fn rnr_is_said_for_a_minute_at_most() {
    let mut bench = Bench::new();
    bench.until_pps(5600);
    for _ in 0..30 {
        bench.pass(3500);
        bench.frame(Side::Near, &RR);
    }
    assert!((15..=18).contains(&bench.to_near(&RNR)), "{}", bench.to_near(&RNR));
    assert!(bench.count(Event::HeldInVain) > 0);
}

#[test]
fn a_machine_that_did_not_understand_rnr_is_told_again_and_its_command_is_kept() {
    let mut bench = Bench::new();
    bench.until_pps(5600);
    bench.pass(3500);
    bench.frame(Side::Near, &PPS);
    bench.pass(3500);
    assert_eq!((bench.to_far(&PPS), bench.to_near(&RNR)), (1, 2));
}

#[test]
fn a_machine_that_gives_up_after_rnr_is_heard() {
    let mut bench = Bench::new();
    bench.until_pps(5600);
    bench.pass(3500);
    bench.frame(Side::Near, &DCN);
    bench.pass(1000);
    assert_eq!((bench.to_far(&DCN), bench.relay.tracker().phase()), (1, Phase::Released));
}

/// T.30 A.3.3: what the far machine says of itself passes, and so does what asks for it.
#[test]
fn rnr_of_the_far_machine_passes_and_so_does_rr() {
    let mut bench = Bench::new();
    bench.until_pps(300);
    bench.pass(500);
    bench.frame(Side::Far, &RNR);
    bench.pass(1000);
    bench.frame(Side::Near, &RR);
    bench.pass(1000);
    bench.frame(Side::Far, &MCF);
    bench.pass(1000);
    assert_eq!((bench.to_near(&RNR), bench.to_far(&RR), bench.to_near(&MCF)), (1, 1, 1));
    assert_eq!(bench.count(Event::ToldToWait), 0);
}

/// What is lost has to be said again, and whoever says RR does not.
#[test]
fn nobody_is_told_rnr_where_answers_are_quick_or_flags_hold_long_enough() {
    for answers_take in [300, 3500, 4500] {
        let mut bench = Bench::new();
        bench.until_pps(answers_take);
        bench.pass(9000);
        assert_eq!((bench.to_near(&RNR), bench.count(Event::HeldInVain)), (0, 1), "{answers_take}");
    }
}

#[test]
fn with_rnr_switched_off_flags_are_all_there_is() {
    let mut bench = Bench::without(OwnWord::NotReady);
    bench.until_pps(5600);
    bench.pass(9000);
    assert_eq!((bench.to_near(&RNR), bench.count(Event::ToldToWait)), (0, 0));
    assert_eq!((bench.count(Event::Held), bench.count(Event::HeldInVain)), (2, 1));
}

#[test]
fn with_flags_switched_off_nobody_is_held() {
    let mut bench = Bench::without(OwnWord::Flags);
    bench.frame(Side::Near, &DIS);
    bench.pass(6000);
    assert_eq!((bench.near.count(BEGIN), bench.count(Event::Held)), (0, 0));
}

/// Lever L9.
#[test]
fn with_answers_switched_off_a_command_said_again_passes() {
    let mut bench = Bench::without(OwnWord::AnswerAgain);
    bench.until_page();
    bench.frame(Side::Far, &EOP);
    bench.pass(400);
    bench.frame(Side::Near, &MCF);
    bench.pass(3000);
    bench.frame(Side::Far, &EOP);
    bench.pass(400);
    assert_eq!((bench.to_near(&EOP), bench.count(Event::AnsweredAgain)), (2, 0));
}

/// T.38 8.1.
#[test]
fn with_ftt_switched_off_a_confirmation_passes_whatever_was_heard() {
    for (own, answer) in [(OwnWords::ALL, 0x22), (OwnWords::ALL.without(OwnWord::TrainingRefused), 0x21)] {
        let mut bench = Bench::with(Policy { own, tcf: TcfMethod::Local, ..Policy::default() });
        bench.frame(Side::Far, &DIS);
        bench.pass(300);
        bench.frame(Side::Near, &DCS);
        bench.hear(Side::Near, &[Signal::Begin(V17_LONG), Signal::End, Signal::Silence]);
        bench.pass(100);
        bench.frame(Side::Far, &CFR);
        bench.pass(300);
        assert_eq!(bench.near.frames().last().map(|(octets, _)| octets[2]), Some(answer));
    }
}

/// The far machine would take it for another command, and answer twice.
#[test]
fn a_command_said_again_while_its_answer_is_on_a_slow_way_is_kept_or_passed() {
    for (repetition, passed) in [(Repetition::Kept, 1), (Repetition::Passed, 2)] {
        let mut bench = Bench::with(Policy {
            own: OwnWords::ALL.without(OwnWord::Flags).without(OwnWord::NotReady),
            repetition,
            ..Policy::default()
        });
        bench.until_pps(3500);
        bench.pass(3000);
        bench.frame(Side::Near, &PPS);
        bench.pass(1000);
        assert_eq!(bench.to_far(&PPS), passed);
        assert_eq!(bench.count(Event::RepetitionKept), 2 - passed);
        bench.frame(Side::Far, &MCF);
        bench.pass(1000);
        assert_eq!(bench.to_near(&MCF), 1);
        // What is late beyond all that is lost, and has to be said again.
        bench.pass(4000);
        bench.frame(Side::Near, &PPS);
        bench.pass(1000);
        assert_eq!(bench.to_far(&PPS), passed + 1);
    }
}

/// T.30 5.4.2: T4. What was lost and mended came late, with what its machine had said again in the meantime.
#[test]
fn of_two_bursts_in_one_turn_only_the_first_is_said() {
    let mut bench = Bench::new();
    bench.until_page();
    bench.frame(Side::Near, &CFR);
    bench
        .hear(Side::Far, &[Signal::Begin(V17_SHORT), Signal::Bits(Chunk::from_octets(&[0; 8])), Signal::End]);
    bench.pass(400);
    bench.frame(Side::Far, &EOP);
    bench.frame(Side::Far, &EOP);
    bench.pass(2500);
    assert_eq!((bench.to_near(&EOP), bench.count(Event::Untimely(Opening::V21))), (1, 1));
    // The next one comes when T4 is over.
    bench.frame(Side::Far, &EOP);
    bench.pass(1000);
    assert_eq!(bench.to_near(&EOP), 2);
}

#[test]
fn a_confirmation_that_comes_twice_at_once_does_not_go_into_the_page() {
    let mut bench = Bench::new();
    bench.frame(Side::Far, &DIS);
    bench.pass(1500);
    bench.frame(Side::Near, &DCS_ECM);
    bench
        .hear(Side::Near, &[Signal::Begin(V17_LONG), Signal::Bits(Chunk::from_octets(&[0; 8])), Signal::End]);
    bench.pass(300);
    bench.frame(Side::Far, &CFR);
    bench.frame(Side::Far, &CFR);
    bench.pass(1000);
    assert_eq!(bench.to_near(&CFR), 1);
}

/// The machine would begin its command anew, and the answer to the first would meet it.
#[test]
fn an_offer_said_again_while_the_command_is_on_a_slow_way_is_kept_or_passed() {
    for (repetition, passed) in [(Repetition::Kept, 1), (Repetition::Passed, 2)] {
        let mut bench = Bench::with(Policy { repetition, ..Policy::default() });
        let tcf = [Signal::Begin(V17_LONG), Signal::Bits(Chunk::from_octets(&[0; 8])), Signal::End];
        bench.frame(Side::Far, &DIS);
        bench.pass(1500);
        bench.frame(Side::Near, &DCS_ECM);
        bench.hear(Side::Near, &tcf);
        bench.pass(5600);
        bench.frame(Side::Far, &[0xFF, 0xC8, 0x22]);
        bench.pass(1500);
        bench.frame(Side::Near, &DCS_ECM);
        bench.hear(Side::Near, &tcf);
        bench.pass(1000);
        bench.frame(Side::Far, &DIS);
        bench.pass(2000);
        assert_eq!((bench.to_near(&DIS), bench.count(Event::OfferKept)), (passed, 2 - passed));
        bench.frame(Side::Far, &CFR);
        bench.pass(1000);
        assert_eq!(bench.to_near(&CFR), 1);
    }
}
