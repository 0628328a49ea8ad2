//! The facsimile control field: which frame this is.
//!
//! From: T.30 5.3.6, as two independent implementations agree on it.
//! Always: `from_octet` and `octet` are inverse for every octet that has a meaning of its own.

/// A facsimile control field. The X bit, which tells who speaks, is not part of it; where it makes
/// another frame (DIS and DTC, CSI and CIG) the two have their own names.
///
/// Three codes have a second meaning in annexes for security: DTR is ISP, SPT is DIS, PSS is EOS here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fcf {
    /// Digital identification signal: what the called station can do.
    Dis,
    /// Called subscriber identification.
    Csi,
    /// Non-standard facilities.
    Nsf,
    /// Digital transmit command: what a polling station can receive.
    Dtc,
    /// Calling subscriber identification, with DTC.
    Cig,
    /// Non-standard facilities command, with DTC.
    Nsc,
    /// Password, with DTC.
    Pwd,
    /// Selective polling, with DTC.
    Sep,
    /// Polled sub-address, with DTC.
    Psa,
    /// Calling subscriber internet address, with DTC.
    Cia,
    /// Internet selective polling, with DTC.
    Isp,
    /// Digital command signal: what will be used.
    Dcs,
    /// Transmitting subscriber identification, with DCS.
    Tsi,
    /// Sub-address, with DCS.
    Sub,
    /// Non-standard set-up, with DCS.
    Nss,
    /// Sender identification, with DCS.
    Sid,
    /// Transmitting subscriber internet address, with DCS.
    Tsa,
    /// Internet routing address, with DCS.
    Ira,
    /// Continue to correct: the rate of the next retransmission.
    Ctc,
    /// Confirmation to receive.
    Cfr,
    /// Failure to train.
    Ftt,
    /// Response for continue to correct.
    Ctr,
    /// Called subscriber internet address, before CFR.
    Csa,
    /// End of message: back to phase B.
    Eom,
    /// Multi-page signal.
    Mps,
    /// End of procedure.
    Eop,
    /// End of selection (multiple selective polling).
    Eos,
    /// EOM with a wish to speak.
    PriEom,
    /// MPS with a wish to speak.
    PriMps,
    /// EOP with a wish to speak.
    PriEop,
    /// Partial page signal (ECM).
    Pps,
    /// End of retransmission (ECM).
    Eor,
    /// Receive ready: asks a station that was not.
    Rr,
    /// Message confirmation.
    Mcf,
    /// Retrain negative.
    Rtn,
    /// Retrain positive.
    Rtp,
    /// Procedure interrupt negative.
    Pin,
    /// Procedure interrupt positive.
    Pip,
    /// Procedure interrupt disconnect.
    Pid,
    /// Receive not ready.
    Rnr,
    /// Response for end of retransmission.
    Err,
    /// Partial page request (ECM).
    Ppr,
    /// File diagnostics message.
    Fdm,
    /// Field not valid.
    Fnv,
    /// Transmitter ready.
    Tr,
    /// Transmitter not ready.
    Tnr,
    /// Command repeat.
    Crp,
    /// Digital not acknowledge (full duplex only).
    Dnk,
    /// Disconnect.
    Dcn,
    /// Facsimile coded data (ECM, fast modem).
    Fcd,
    /// Return to control for a partial page (ECM, fast modem).
    Rcp,
    /// Character coded data (fast modem).
    Ccd,
    /// Digital extended signal (security annexes).
    Des,
    /// Digital extended command (security annexes).
    Dec,
    /// Digital extended request (security annexes).
    Der,
    /// Transmit key (security annexes; RK has the same code).
    Tk,
    /// Security page indicator (security annexes).
    Spi,
    /// None of these: the octet without its X bit.
    Unknown(u8),
}

/// How a code stands to the X bit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum X {
    /// Tells who speaks.
    Speaker,
    /// Always this value; the other one may be another frame.
    Zero,
    One,
}

/// The first transmitted bit of the FCF: 1 from the station that has received a valid DIS.
const X_BIT: u8 = 0x80;

/// Code without X, its X bit, name. Where a code stands twice, X tells them apart.
#[rustfmt::skip]
const CODES: &[(u8, X, Fcf, &str)] = &[
    (0x60, X::Zero, Fcf::Fcd, "FCD"), // first: an ECM page is made of them
    (0x61, X::Zero, Fcf::Rcp, "RCP"),
    (0x62, X::Zero, Fcf::Ccd, "CCD"),
    (0x01, X::Zero, Fcf::Dis, "DIS"),    (0x01, X::One, Fcf::Dtc, "DTC"),
    (0x02, X::Zero, Fcf::Csi, "CSI"),    (0x02, X::One, Fcf::Cig, "CIG"),
    (0x04, X::Zero, Fcf::Nsf, "NSF"),    (0x04, X::One, Fcf::Nsc, "NSC"),
    (0x05, X::Zero, Fcf::Des, "DES"),    (0x05, X::One, Fcf::Sep, "SEP"),
    (0x08, X::Zero, Fcf::Spi, "SPI"),    (0x08, X::One, Fcf::Isp, "ISP"),
    (0x03, X::One, Fcf::Pwd, "PWD"),
    (0x06, X::One, Fcf::Psa, "PSA"),
    (0x07, X::One, Fcf::Cia, "CIA"),
    (0x41, X::Speaker, Fcf::Dcs, "DCS"),
    (0x42, X::Speaker, Fcf::Tsi, "TSI"),
    (0x43, X::Speaker, Fcf::Sub, "SUB"),
    (0x44, X::Speaker, Fcf::Nss, "NSS"),
    (0x45, X::Speaker, Fcf::Sid, "SID"),
    (0x46, X::Speaker, Fcf::Tsa, "TSA"),
    (0x47, X::Speaker, Fcf::Ira, "IRA"),
    (0x48, X::Speaker, Fcf::Ctc, "CTC"),
    (0x49, X::Speaker, Fcf::Dec, "DEC"),
    (0x4A, X::Speaker, Fcf::Der, "DER"),
    (0x21, X::Speaker, Fcf::Cfr, "CFR"),
    (0x22, X::Speaker, Fcf::Ftt, "FTT"),
    (0x23, X::Speaker, Fcf::Ctr, "CTR"),
    (0x24, X::Speaker, Fcf::Csa, "CSA"),
    (0x71, X::Speaker, Fcf::Eom, "EOM"),
    (0x72, X::Speaker, Fcf::Mps, "MPS"),
    (0x73, X::Speaker, Fcf::Eor, "EOR"),
    (0x74, X::Speaker, Fcf::Eop, "EOP"),
    (0x76, X::Speaker, Fcf::Rr, "RR"),
    (0x78, X::Speaker, Fcf::Eos, "EOS"),
    (0x79, X::Speaker, Fcf::PriEom, "PRI-EOM"),
    (0x7A, X::Speaker, Fcf::PriMps, "PRI-MPS"),
    (0x7C, X::Speaker, Fcf::PriEop, "PRI-EOP"),
    (0x7D, X::Speaker, Fcf::Pps, "PPS"),
    (0x31, X::Speaker, Fcf::Mcf, "MCF"),
    (0x32, X::Speaker, Fcf::Rtn, "RTN"),
    (0x33, X::Speaker, Fcf::Rtp, "RTP"),
    (0x34, X::Speaker, Fcf::Pin, "PIN"),
    (0x35, X::Speaker, Fcf::Pip, "PIP"),
    (0x36, X::Speaker, Fcf::Pid, "PID"),
    (0x37, X::Speaker, Fcf::Rnr, "RNR"),
    (0x38, X::Speaker, Fcf::Err, "ERR"),
    (0x3D, X::Speaker, Fcf::Ppr, "PPR"),
    (0x3F, X::Speaker, Fcf::Fdm, "FDM"),
    (0x52, X::Speaker, Fcf::Tk, "TK"),
    (0x53, X::Speaker, Fcf::Fnv, "FNV"),
    (0x56, X::Speaker, Fcf::Tr, "TR"),
    (0x57, X::Speaker, Fcf::Tnr, "TNR"),
    (0x58, X::Speaker, Fcf::Crp, "CRP"),
    (0x59, X::Speaker, Fcf::Dnk, "DNK"),
    (0x5F, X::Speaker, Fcf::Dcn, "DCN"),
];

impl Fcf {
    /// Every field with a name.
    pub fn all() -> impl Iterator<Item = Self> {
        CODES.iter().map(|(_, _, fcf, _)| *fcf)
    }

    /// What an octet says. X is masked for every frame (T30-3): a wrong X bit on a code that has only
    /// one meaning does not hide it.
    pub fn from_octet(octet: u8) -> Self {
        let code = octet & !X_BIT;
        let alike = || CODES.iter().filter(|row| row.0 == code);
        let exact = alike().find(|row| row.1.octet(code, octet & X_BIT != 0) == octet);
        exact.or_else(|| alike().next()).map_or(Self::Unknown(code), |row| row.2)
    }

    /// The octet on the line, with the X bit where the code leaves it to the speaker.
    pub fn octet(self, x: bool) -> u8 {
        match CODES.iter().find(|row| row.2 == self) {
            Some((code, rule, ..)) => rule.octet(*code, x),
            None => X::Speaker.octet(self.unknown(), x),
        }
    }

    /// The name of the Recommendation; `?` for an unknown one.
    pub fn name(self) -> &'static str {
        CODES.iter().find(|row| row.2 == self).map_or("?", |row| row.3)
    }

    /// A frame that other frames must follow: it is never the last of a burst (T.30 5.3.5).
    pub const fn is_optional(self) -> bool {
        let with_dis = matches!(self, Self::Csi | Self::Nsf);
        let with_dtc = matches!(self, Self::Cig | Self::Nsc | Self::Pwd | Self::Sep | Self::Psa | Self::Cia);
        let with_dcs = matches!(self, Self::Tsi | Self::Sub | Self::Nss | Self::Sid | Self::Tsa | Self::Ira);
        with_dis || with_dtc || with_dcs || matches!(self, Self::Isp | Self::Csa) || self.is_fast()
    }

    /// A frame of the fast modem. Its control octet never says that it is the last (T.4 Annex A).
    pub const fn is_fast(self) -> bool {
        matches!(self, Self::Fcd | Self::Rcp | Self::Ccd)
    }

    const fn unknown(self) -> u8 {
        match self {
            Self::Unknown(code) => code & !X_BIT,
            _ => 0,
        }
    }
}

impl X {
    const fn octet(self, code: u8, x: bool) -> u8 {
        match (self, x) {
            (Self::Zero, _) | (Self::Speaker, false) => code,
            (Self::One, _) | (Self::Speaker, true) => code | X_BIT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_one_code_and_one_name() {
        let all: Vec<_> = Fcf::all().collect();
        for (index, fcf) in all.iter().enumerate() {
            for x in [false, true] {
                assert_eq!(Fcf::from_octet(fcf.octet(x)), *fcf);
            }
            for other in &all[..index] {
                assert!(other != fcf && other.name() != fcf.name() && other.octet(true) != fcf.octet(true));
            }
        }
    }

    /// T30-3.
    #[test]
    fn the_x_bit_hides_no_frame() {
        for fcf in Fcf::all() {
            let turned = Fcf::from_octet(fcf.octet(false) ^ X_BIT);
            assert!(!matches!(turned, Fcf::Unknown(_)), "{} with its X bit turned", fcf.name());
        }
        assert_eq!((Fcf::from_octet(0x01), Fcf::from_octet(0x81)), (Fcf::Dis, Fcf::Dtc));
        assert_eq!((Fcf::from_octet(0x03), Fcf::from_octet(0xE0)), (Fcf::Pwd, Fcf::Fcd));
    }

    #[test]
    fn what_has_no_name_is_kept() {
        assert_eq!(Fcf::from_octet(0xFF), Fcf::Unknown(0x7F));
        assert_eq!((Fcf::Unknown(0x7F).octet(true), Fcf::Unknown(0x7F).octet(false)), (0xFF, 0x7F));
        assert_eq!(Fcf::Unknown(0x7F).name(), "?");
    }
}
