//! Where a script cannot be followed to the letter, and why.

use fax_core::Span;
use fax_core::t30::session::{EcmFrames, OnRtn, Settings};

/// What is special about a case.
pub(crate) struct Oddity {
    pub(crate) case: &'static str,
    pub(crate) why: &'static str,
    /// What the session may say while the script does not look.
    pub(crate) unheard: &'static [&'static str],
    /// How often its loops run, if not as often as the script says.
    pub(crate) repeats: Option<(usize, usize)>,
    /// Octets of the session's frames, if not those that the script names.
    pub(crate) frames: Option<usize>,
    /// What has to be set otherwise.
    pub(crate) set: fn(&mut Settings),
    /// The last step is replaced by these.
    pub(crate) ends: &'static [&'static str],
}

/// How a script is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variant {
    /// To the letter.
    AsWritten,
    /// With the frame counts of PPS as they should be.
    CountsMended,
}

impl Oddity {
    pub(crate) fn of(case: &str) -> Option<&'static Self> {
        ODDITIES.iter().find(|oddity| oddity.case == case)
    }

    const fn new(case: &'static str, why: &'static str) -> Self {
        Self { case, why, unheard: &[], repeats: None, frames: None, set: |_| {}, ends: &[] }
    }

    /// The script says 64 octets, but bit 28 of its DIS does not: 256 are sent, as the lengths of its pages need.
    const fn long_frames(case: &'static str) -> Self {
        let why = "bit 28 of the DIS does not ask for the frames of 64 octets that the script names";
        Self { frames: Some(256), ..Self::new(case, why) }
    }

    const fn why(self, why: &'static str) -> Self {
        Self { why, ..self }
    }

    const fn unheard(self, unheard: &'static [&'static str]) -> Self {
        Self { unheard, ..self }
    }

    const fn set(self, set: fn(&mut Settings)) -> Self {
        Self { set, ..self }
    }

    const fn repeats(self, least: usize, most: usize) -> Self {
        Self { repeats: Some((least, most)), ..self }
    }

    const fn ends(self, ends: &'static [&'static str]) -> Self {
        Self { ends, ..self }
    }
}

const SHORT: &str = "asks for frames that the page has only if they are of 64 octets: they are set so";

const ODDITIES: &[Oddity] = &[
    Oddity::long_frames("OTEN01"),
    Oddity::long_frames("OTEN02"),
    Oddity::long_frames("OTEN03")
        .repeats(18, 30)
        .why("counts T5 in rounds of 2.6 s; in 60 s there are 18 of ours on T.38, 21 on an ideal line"),
    Oddity::new("OTEN04", SHORT).set(|settings| settings.ecm_frames = EcmFrames::Short),
    Oddity::new("OTEN05", SHORT).set(|settings| settings.ecm_frames = EcmFrames::Short),
    Oddity::long_frames("OTEN06"),
    Oddity::long_frames("Tx-PPS-echo"),
    Oddity::new(
        "MRGN03",
        "the charts hold no such lines, the tester stretches them; while it waits it does not hear our DCN",
    )
    .unheard(&["DCN"]),
    Oddity::new(
        "MRGX01",
        "contradicts No-caller-response: needs a limit of three DIS, where the default is T1",
    )
    .set(|settings| settings.dis_tries = Some(3)),
    Oddity::new("MRGX09", "the script goes on without hearing our DCN").unheard(&["DCN"]),
    Oddity::new("MRGX12", "the script goes on without hearing our DCN").unheard(&["DCN"]),
    Oddity::new("MTGX17", "the script goes on without hearing our DCN").unheard(&["DCN"]),
    Oddity::new("MTGX02", "contradicts No-answerer-response, where T0 is 60 s: needs one of 35 s")
        .set(|settings| settings.timing.t0 = Span::from_millis(35_000)),
    Oddity::new("MTGN27", "has the rejected page sent again, MTGN26 and MTGN28 have not: needs it to be on")
        .set(|settings| settings.on_rtn = OnRtn::Resend(1)),
    Oddity::new(
        "Phase-D-collision",
        "the script does not hear the MPS that collides, or not more than its carrier",
    )
    .unheard(&["MPS", "v21"]),
    Oddity::new("No-caller-response", "how many DIS there are in T1 follows from T4 and their length")
        .repeats(5, 8),
    Oddity::new("T1-after-EOM", "how many DIS there are in T1 follows from T4 and their length")
        .repeats(5, 8),
    Oddity::new("T1-after-EOMx", "contradicts MTGX08: EOM without an answer is said three times, then DCN")
        .ends(&["frame EOM FFC8F1", "frame EOM FFC8F1", "frame DCN FFC8DF", "clear 800 1200"]),
];

/// Where the session gives the end another name than the script, whose names are those of one product.
pub(crate) const ENDS: &[(&str, &str, &str)] = &[
    ("MRGN03", "NoLine", "RETRYDCN tells of the tester's DCN"),
    ("OREN05", "Doubtful", "ERR was said to the end of the document: DCN is no surprise"),
    ("OREN07", "Doubtful", "ERR was said to the end of the document: DCN is no surprise"),
    ("MRGX01", "NoCommand(Dcs)", "says what was waited for"),
    ("MRGX10", "Success", "the page was confirmed, whatever stood before it"),
    ("MRGX12", "Unknown", "says that the frame has no name"),
    ("OTEN04", "Doubtful", "all was said, and some frames did not get through"),
    ("MTGX02", "NoAnswer", "it has gone before the tester answers"),
    ("MTGX18", "Success", "the page was confirmed, whatever stood before it"),
    ("MTGX20", "Unknown", "says that the frame has no name"),
    (
        "Invalid-signalling-rate",
        "CommandBeyondOffer(NoSuchRate)",
        "a call in which nothing was sent is no success",
    ),
    ("T1-after-EOMx", "NoAnswerToPage", "as MTGX08"),
];
