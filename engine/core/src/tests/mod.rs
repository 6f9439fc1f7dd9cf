//! Unit tests: each is a rule of the market, told as a claim.
