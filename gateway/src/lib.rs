//! The daemon `faxgw`: configuration, routes, records, service.

pub mod check;
pub mod clock;
pub mod config;
pub mod ledger;
pub mod quota;
pub mod route;
