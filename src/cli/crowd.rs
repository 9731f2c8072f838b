//! A crowd of practice staff: a certificate for each, and an entry in the directory.

use anyhow::Context as _;

use crate::app::App;
use crate::domain::staff::{OfficeCode, Post, Role};
use crate::pki::{self, DevelopmentPki};
use crate::tls;

/// One of a crowd.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Member {
    /// What the files of the certificate are called.
    pub(super) stem: String,
    /// What the member may do.
    pub(super) role: Role,
    /// Where, for roles that belong to an office.
    pub(super) office: Option<OfficeCode>,
}

/// Gives each a certificate and enters them in the directory.
///
/// # Errors
/// If one has a certificate or an entry already, or role and office do not go together.
pub(super) async fn register(app: &App, pki: &DevelopmentPki, crowd: &[Member]) -> anyhow::Result<()> {
    let stems: Vec<_> = crowd.iter().map(|member| member.stem.clone()).collect();
    pki::gather(pki, &stems, app.clock().now())?;
    for Member { stem, role, office } in crowd {
        let name = tls::name_of_pem(&std::fs::read(pki.cert_path(stem))?)?;
        let post = Post::new(*role, office.clone()).context("a role of a crowd does not go with its office")?;
        app.register_staff(name, post).await?.context("the database holds the crowd of another installation")?;
    }
    Ok(())
}
