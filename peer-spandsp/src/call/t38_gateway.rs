//! The peer's gateway between a phone line and T.38.

use super::{Log, Modems, PeerEvent, Sent, T38Settings, ffi, journal, length};
use core::ffi::c_int;
use core::ptr::NonNull;

/// One of the peer's gateways.
pub struct T38Gateway {
    state: NonNull<ffi::Gateway>,
}

/// What a gateway lets through. The default has ECM, every modem, and the library's defaults.
///
/// It sends silence when it has nothing to say. TCF always crosses the network (method 2): the library
/// can be told of method 1, but nothing in it reads that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatewaySettings {
    /// Whether the DIS keeps its ECM bit.
    pub ecm: bool,
    /// Modems that the DIS keeps.
    pub modems: Modems,
    /// Whether a talker echo protection tone goes ahead of the fast modems.
    pub tep: bool,
    /// Frames of non-standard facilities.
    pub nsf: Nsf,
    /// What the library's own log adds to the events.
    pub log: Log,
    /// The T.38 side.
    pub t38: T38Settings,
}

/// What becomes of NSF, NSC and NSS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nsf {
    /// Their maker's code is zeroed, both ways: the library's default.
    Neutralised,
    /// They pass.
    Pass,
}

/// What a gateway believes it has carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// Confirmed pages.
    pub pages: u32,
    /// The last rate of the fast modem in bit/s.
    pub bit_rate: u32,
    /// Whether with error correction.
    pub ecm: bool,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            ecm: true,
            modems: Modems::ALL,
            tep: false,
            nsf: Nsf::Neutralised,
            log: Log::Off,
            t38: T38Settings::default(),
        }
    }
}

impl T38Gateway {
    /// A gateway whose line is off hook.
    ///
    /// # Panics
    /// When the library has no memory.
    pub fn new(settings: &GatewaySettings) -> Self {
        let for_shim = ffi::GatewaySettings {
            ecm: c_int::from(settings.ecm),
            modems: settings.modems.0 as c_int,
            tep: c_int::from(settings.tep),
            pass_nsf: c_int::from(settings.nsf == Nsf::Pass),
            log_level: settings.log.level(),
            t38: settings.t38.for_shim(),
        };
        // SAFETY: the settings live through the call; NULL is checked here.
        let state = unsafe { ffi::peer_gateway_new(&for_shim) };
        Self { state: NonNull::new(state).expect("the library makes a gateway") }
    }

    /// Hears samples and says as many, in blocks of 20 ms or less.
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn exchange(&mut self, heard: &[i16], said: &mut [i16]) {
        assert_eq!(heard.len(), said.len(), "a line carries as much one way as the other");
        let count = length(heard.len());
        // SAFETY: the state lives as long as self; both slices are valid for `count` samples.
        unsafe { ffi::peer_gateway_exchange(self.state.as_ptr(), heard.as_ptr(), said.as_mut_ptr(), count) };
    }

    /// Takes an IFP packet. Whether it was fit: what is late or repeated is dropped and fit.
    pub fn receive(&mut self, ifp: &[u8], seq: u16) -> bool {
        let (octets, count) = (ifp.as_ptr(), length(ifp.len()));
        // SAFETY: the state lives as long as self; the octets are valid for their count.
        unsafe { ffi::peer_gateway_receive(self.state.as_ptr(), octets, count, seq.into()) == 0 }
    }

    /// The next packet that it wants sent; to be asked until there is none.
    pub fn sent(&mut self) -> Option<Sent> {
        // SAFETY: the state lives as long as self.
        let outbox = unsafe { ffi::peer_gateway_outbox(self.state.as_ptr()) };
        // SAFETY: it is part of the state, which is borrowed.
        NonNull::new(outbox).and_then(|outbox| unsafe { journal::sent(outbox) })
    }

    /// What it believes it has carried.
    pub fn transferred(&self) -> Transferred {
        let (mut pages, mut bit_rate, mut ecm) = (0, 0, 0);
        // SAFETY: the state lives as long as self, and the three places outlive the call.
        unsafe { ffi::peer_gateway_statistics(self.state.as_ptr(), &mut pages, &mut bit_rate, &mut ecm) };
        Transferred { pages: pages as u32, bit_rate: bit_rate as u32, ecm: ecm != 0 }
    }

    /// What happened since the last call of this.
    pub fn events(&mut self) -> impl Iterator<Item = PeerEvent> + use<> {
        // SAFETY: the state lives as long as self.
        let journal = unsafe { ffi::peer_gateway_journal(self.state.as_ptr()) };
        let events = NonNull::new(journal).map_or_else(Vec::new, |journal| {
            // SAFETY: it is part of the state, which is borrowed.
            unsafe { journal::events(journal) }
        });
        events.into_iter()
    }
}

impl Drop for T38Gateway {
    fn drop(&mut self) {
        // SAFETY: made by peer_gateway_new, freed once.
        unsafe { ffi::peer_gateway_free(self.state.as_ptr()) };
    }
}

// SAFETY: the state is owned by this value alone; what the library keeps per thread (where its log goes)
// is set for the length of a call.
unsafe impl Send for T38Gateway {}
