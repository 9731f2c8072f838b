//! The `eid` program: chooses the one TLS provider, reads the command line, runs the command.

use std::process::ExitCode;

use eid::cli;

/// A call makes some thousand allocations, and the allocator of the static C library takes several times as long as others.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    // Fails only if a provider is there already, and this is the first to be installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Boxed: a command may hold whole applications.
    match Box::pin(cli::run(cli)).await {
        Ok(code) => code,
        Err(error) => cli::fail(&error),
    }
}
