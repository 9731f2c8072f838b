//! Issues level-2 electronic identities (eID) to foreigners.

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
