//! `eid staff add`: enters a certificate in the staff directory, from the console of the machine.

use std::path::Path;

use anyhow::{Context as _, bail};

use crate::config::Config;
use crate::domain::staff::Post;
use crate::server;
use crate::sys::{Clock, Dice};
use crate::tls;

/// Enters the certificate in `file` for `post`.
///
/// # Errors
/// If the certificate cannot be used or is in the directory already.
pub async fn add(config: &Config, file: &Path, post: Post) -> anyhow::Result<()> {
    let pem = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let name = tls::name_of_pem(&pem).with_context(|| format!("cannot use the certificate in {}", file.display()))?;
    let app = server::open(config, Clock::System, Dice::System).await?;
    let (role, uri) = (post.role(), name.uri.clone());
    let added = app.register_staff(name, post).await;
    app.store().clone().close().await;
    match added? {
        Some(id) => println!("{uri} may now call as {role} (staff {id})"),
        None => bail!("{uri} of that issuer is in the directory already"),
    }
    Ok(())
}
