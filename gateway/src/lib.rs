//! The daemon `faxgw`: configuration, routes, records, service.

pub mod check;
pub mod clock;
pub mod config;
pub mod http;
pub mod ledger;
pub mod live;
pub mod quota;
pub mod route;
