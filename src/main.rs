//! The `eid` program.

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut args = std::env::args().skip(1);
    let applicants = args.next().and_then(|n| n.parse().ok()).unwrap_or(20);
    let ok = eid::cli::play::run(eid::cli::play::Wish { applicants, store: args.next(), seed: None }).await?;
    std::process::exit(i32::from(!ok))
}
