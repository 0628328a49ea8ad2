//! The daemon `faxgw`: configuration, routes, records, service.
//!
//! | module | what it is |
//! |---|---|
//! | [`config`] | what an operator decides, as types; the embedded default |
//! | [`route`] | where a call goes, and why |
//! | [`check`] | what is unwise in a configuration, and what it opens |
//! | [`quota`] | how many calls there are and were |
//! | [`calls`] | the task of each call: sockets and timers around the machines of `fax-call` |
//! | [`capture`] | the packets of calls, where somebody says why |
//! | [`ledger`] | the records of calls, the journal, the index |
//! | [`live`], [`http`] | what is on now: metrics, health, status page |
//! | [`service`], [`cli`] | start, reload, drain; the command line |

pub mod calls;
pub mod capture;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod http;
pub mod ledger;
pub mod live;
pub mod quota;
pub mod route;
pub mod service;
