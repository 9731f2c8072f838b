//! Issues level-2 electronic identities (eID) to foreigners: requests, accounts, activation, contact changes.
//!
//! Which room does a new line belong in? Each owns one thing, and imports only from rooms below its own line
//! (`tests/architecture.rs`). Why it is so stands in `docs/ARCHITECTURE.md`.
//!
//! ```text
//! main      the program: picks the TLS provider, runs the command line
//! cli       commands, their help, what they print; the script of the demo
//! server    the wiring: parts made in order from settings, workers, development mode. Decides nothing
//! ────────────────────────────────────────────────────────────────────────────────────────────────────────────
//! grpc      the edge: the gate and its policy table, parsing, rendering, gRPC codes and reasons
//! ────────────────────────────────────────────────────────────────────────────────────────────────────────────
//! app       the use cases: one verb reads, lets the domain decide, commits one unit of work with its audit entry
//! ────────────────────────────────────────────────────────────────────────────────────────────────────────────
//! store     every SQL statement, the two engines, units of work; never personal data in clear
//! bells     by which the processes of one service hear that it is worth while to look
//! limits    how often a caller may call: counted in the process, or shared through Redis
//! notify    carriers by which messages leave for holders, and the texts
//! tls       accepting connections, the handshake, the name in a client certificate
//! archive   where sealed captures lie: a folder, or a bucket that speaks S3
//! pki       certificates for development and tests
//! vault     keys: sealing, opening, blind indexes, digests of codes
//! registry  the immigration record kept elsewhere: asked over the network, with a deadline, retries and a breaker
//! practice  applicants, documents and numbers that nobody can take for real ones; for cli alone
//! ────────────────────────────────────────────────────────────────────────────────────────────────────────────
//! chip      what the chip of a passport holds, and whether state and chip are genuine: bytes in, findings out
//! device_ca the authority of holders' devices: keys, certificates, revocation lists; bytes out, nothing kept
//! receipt   what an office hands out for a request: signed receipts, their keys and form, the printed slip
//! config    typed settings: what can be set, and within which bounds
//! observe   what operators see: every metric, and which parts are well
//! sys       the clock and the dice, to be handed in
//! ────────────────────────────────────────────────────────────────────────────────────────────────────────────
//! domain    the rules: values that are valid, states and verbs, findings, the law; no async, I/O, time or chance
//! proto     the protocol, generated from proto/; for the edge and for callers
//! ```
//!
//! The rooms between `app` and `chip` are adapters: one outside thing each, strangers to one another. What needs two
//! of them is a use case. In doubt: what the law says is `domain/law`; what a person at a counter could get wrong is
//! `domain`; what happens together or not at all is `app`; what a client sees of it is `grpc`.

pub mod app;
pub mod archive;
pub mod bells;
pub mod chip;
pub mod cli;
pub mod config;
pub mod device_ca;
pub mod domain;
pub mod grpc;
pub mod limits;
pub mod notify;
pub mod observe;
pub mod pki;
pub mod practice;
pub mod proto;
pub mod receipt;
pub mod registry;
pub mod server;
pub mod store;
pub mod sys;
pub mod tls;
pub mod vault;
