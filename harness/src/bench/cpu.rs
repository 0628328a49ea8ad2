//! What a modem costs: `faxlab modem cpu`.
