//! Development mode: what is missing is made on the spot, and said loudly. Never for real persons.

use std::os::unix::fs::DirBuilderExt as _;

use anyhow::{Context as _, ensure};

use crate::app::App;
use crate::chip::certificate::Certificate;
use crate::chip::crl::Crl;
use crate::config::{Config, Mode};
use crate::domain::device::{Step, TotpCode};
use crate::domain::ids::StaffId;
use crate::domain::staff::{OfficeCode, Post};
use crate::grpc::POLICY;
use crate::pki::PracticeCaller;
use crate::pki::{self, DevelopmentPki, PkiFault};
use crate::sys::{Clock, Dice};
use crate::tls;
use crate::vault::{KeyRing, Vault};

/// What development mode has at hand.
#[derive(Debug)]
pub struct Practice {
    /// Certificates of the practice callers.
    pub pki: DevelopmentPki,
    /// What was made just now, for people to read.
    pub made: Vec<String>,
}

/// Makes the certificates and the key ring of a development home if they are missing, and publishes the keys of receipts. `None` in production.
///
/// # Errors
/// If they cannot be made, or what is there cannot be read.
pub fn prepare(config: &Config, clock: &Clock, dice: &Dice) -> anyhow::Result<Option<Practice>> {
    if config.mode == Mode::Production {
        return Ok(None);
    }
    let mut made = Vec::new();
    // What is kept there is for nobody else's eyes, even where files are made readable to all.
    let mut home = std::fs::DirBuilder::new();
    home.recursive(true).mode(0o700);
    home.create(&config.home).with_context(|| format!("cannot make {}", config.home.display()))?;
    let folder = config.home.join("pki");
    let pki = match pki::load(&folder) {
        Ok(pki) => pki,
        Err(_) if !folder.exists() => {
            made.push(format!("DEVELOPMENT certificates were made in {}", folder.display()));
            pki::develop(&folder, clock.now())?
        }
        Err(fault) => return Err(PkiFault::into(fault)),
    };
    if !config.vault.keys.exists() {
        KeyRing::generate(dice).write_new(&config.vault.keys)?;
        made.push(format!(
            "DEVELOPMENT keys were made in {}: lose them and what they sealed is lost",
            config.vault.keys.display()
        ));
    }
    publish_receipt_keys(config, dice)?;
    Ok(Some(Practice { pki, made }))
}

/// Writes the public keys of receipts beside the certificates, where `eid receipt verify` looks for them.
fn publish_receipt_keys(config: &Config, dice: &Dice) -> anyhow::Result<()> {
    let vault = Vault::new(&KeyRing::read(&config.vault.keys)?, dice.clone())?;
    let path = config.home.join("receipt-keys.json");
    std::fs::write(&path, vault.receipt_keys().to_json()).with_context(|| format!("cannot write {}", path.display()))
}

/// Trusts the practice country's authority in this process: its certificate and its revocation list, DER. What the service
/// finds genuine from now on may be nobody's.
///
/// # Errors
/// If one cannot be read, or this is not development mode.
pub async fn trust_practice(app: &App, authority: &[u8], crl: &[u8]) -> anyhow::Result<()> {
    let authority = Certificate::from_der(authority).context("the practice authority's certificate cannot be read")?;
    let crl = Crl::from_der(crl).context("the practice authority's revocation list cannot be read")?;
    ensure!(
        app.trust_practice(vec![authority], vec![crl]).await,
        "the practice country is trusted in development mode only"
    );
    Ok(())
}

/// Enters the practice callers in the staff directory; those who are there stay as they are.
///
/// # Errors
/// If a certificate cannot be read or the directory cannot be written.
pub async fn register_practice_staff(app: &App, pki: &DevelopmentPki) -> anyhow::Result<()> {
    // An office is one of the day.
    app.adopt_shipped().await?;
    for caller in pki.callers() {
        let path = pki.cert_path(caller.stem);
        let name = tls::name_of_pem(&std::fs::read(&path)?).with_context(|| format!("in {}", path.display()))?;
        let office = caller.office.map(OfficeCode::parse).transpose()?;
        let post =
            Post::new(caller.role, office).context("a practice caller has a role that does not fit its office")?;
        let entered = app.register_staff(name, post).await?;
        let steps_up = POLICY.iter().any(|rule| rule.step_up && rule.allowed.includes(caller.role));
        if let Some(id) = entered.filter(|_| steps_up) {
            enrol(app, id, caller.stem).await?;
        }
    }
    Ok(())
}

/// Gives a practice caller an authenticator. The step before is taken, so that the one of the moment is left.
async fn enrol(app: &App, id: StaffId, stem: &str) -> anyhow::Result<()> {
    let secret = PracticeCaller::totp(stem);
    app.begin_totp_at_console(id, &secret).await?;
    let step = Step::from_stored(Step::at(app.clock().now()).stored().saturating_sub(1));
    let code = TotpCode::parse(&secret.code(step)?).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    app.confirm_totp_at_console(id, &code).await?;
    Ok(())
}
