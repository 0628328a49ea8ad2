//! The daemon `faxgw`: configuration, routes, records, service.

pub mod clock;
pub mod config;
pub mod ledger;
pub mod route;
