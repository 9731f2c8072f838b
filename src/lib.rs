//! Issues level-2 electronic identities (eID) to foreigners.
//!
//! Each folder is a room. A file imports only from rooms on lines below its own; rooms on one line are strangers to one
//! another. `tests/architecture.rs` reads the paths and fails otherwise.
//!
//! ```text
//!  main ▸ cli ▸ server                      wiring: sees everything, decides nothing
//!  grpc                                     the edge: protobuf and callers
//!  app                                      use cases: one verb, one transaction, one audit entry
//!  store  limits  notify  tls  pki  vault   adapters: one outside thing each
//!  config  sys                              typed settings; the clock and the dice
//!  domain                                   the rules: no async, no I/O, no clock, no dice
//! ```
//!
//! Two rooms stand aside: `proto`, generated from the protocol, for the edge and for those who call it; and `practice`,
//! applicants and an authority who do not exist, for `cli` and the tests.

pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod grpc;
pub mod limits;
pub mod notify;
pub mod pki;
pub mod practice;
pub mod proto;
pub mod server;
pub mod store;
pub mod sys;
pub mod tls;
pub mod vault;
