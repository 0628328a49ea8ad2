//! Sockets for fax calls: a SIP stack behind the seam of `fax-call`, RTP and UDPTL sockets.
