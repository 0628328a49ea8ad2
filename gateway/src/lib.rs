//! The daemon `faxgw`: configuration, routes, records, service.
