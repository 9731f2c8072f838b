//! The integration tests: one binary, run once for each engine. `support::database` says how the engine is chosen.

#[cfg(test)]
mod migrations;
#[cfg(test)]
mod store;
#[cfg(test)]
mod support;
