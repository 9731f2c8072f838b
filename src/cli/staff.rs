//! `eid staff`: the staff directory, from the console of the machine.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;

use super::{FAILED, Settings};
use crate::app::{App, Error, Missing, TotpBegun, TotpConfirmed};
use crate::domain::device::{TotpCode, TotpSecret};
use crate::domain::ids::StaffId;
use crate::domain::staff::{OfficeCode, Post, Role};
use crate::server;
use crate::sys::{Clock, Dice};
use crate::tls;

const ADD_HELP: &str = "\
Roles: officer and supervisor (with --office), authority, app_backend, administrator, auditor, operator, hotline,
registry_reader and registry_writer (systems that look up immigration records, and that feed them).

Example:
  eid staff add --certificate officer.pem --role officer --office 79-01 --config /etc/eid/eid.toml";

const DISABLE_HELP: &str = "\
Example:
  eid staff disable --certificate officer.pem --config /etc/eid/eid.toml";

/// `eid staff`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lets the holder of a certificate call the service
    #[command(after_help = ADD_HELP)]
    Add {
        /// The certificate (PEM): its issuer and its one SAN URI are entered
        #[arg(long, value_name = "FILE")]
        certificate: PathBuf,
        /// What the holder does
        #[arg(long, value_parser = role)]
        role: Role,
        /// Where: two digits of the province and two of the site
        #[arg(long, value_name = "PP-SS", value_parser = office)]
        office: Option<OfficeCode>,
        #[command(flatten)]
        settings: Settings,
    },
    /// Lets the holder of a certificate call again, disabled or idle before
    Enable {
        /// The certificate (PEM): its issuer and its one SAN URI name the entry
        #[arg(long, value_name = "FILE")]
        certificate: PathBuf,
        #[command(flatten)]
        settings: Settings,
    },
    /// Enrols an authenticator for the holder of a certificate: for the first administrator, or after all is lost
    Totp {
        /// The certificate (PEM): its issuer and its one SAN URI name the entry
        #[arg(long, value_name = "FILE")]
        certificate: PathBuf,
        /// Takes the authenticator that there is away first
        #[arg(long)]
        reset: bool,
        #[command(flatten)]
        settings: Settings,
    },
    /// Ends what the holder of a certificate may do, within `staff.fresh_millis`
    #[command(after_help = DISABLE_HELP)]
    Disable {
        /// The certificate (PEM): its issuer and its one SAN URI name the entry
        #[arg(long, value_name = "FILE")]
        certificate: PathBuf,
        #[command(flatten)]
        settings: Settings,
    },
}

pub(super) async fn run(command: &Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let (certificate, settings) = match command {
        Command::Add { certificate, settings, .. }
        | Command::Disable { certificate, settings }
        | Command::Enable { certificate, settings }
        | Command::Totp { certificate, settings, .. } => (certificate, settings),
    };
    let pem = std::fs::read(certificate).with_context(|| format!("cannot read {}", certificate.display()))?;
    let name =
        tls::name_of_pem(&pem).with_context(|| format!("cannot use the certificate in {}", certificate.display()))?;
    let uri = name.uri.clone();
    let app = server::open(&settings.load()?, Clock::System, Dice::system()).await?;
    let said = match command {
        Command::Add { role, office, .. } => {
            let post = Post::new(*role, office.clone());
            let post = post.context("officers and supervisors have an --office, and nobody else has one")?;
            app.adopt_shipped().await?;
            let added = match app.register_staff(name, post).await {
                Err(Error::NotFound(Missing::Office)) => {
                    app.store().clone().close().await;
                    writeln!(out, "There is no such office today; `eid offices list` tells which there are.")?;
                    return Ok(ExitCode::from(FAILED));
                }
                added => added?,
            };
            added.map(|id| format!("{uri} may now call as {role} (staff {id})."))
        }
        Command::Disable { .. } => {
            let disabled = app.disable_staff(&name).await?;
            disabled.map(|id| format!("{uri} is refused within a second (setting staff.fresh_millis; staff {id})."))
        }
        Command::Enable { .. } => {
            app.enable_staff(&name).await?.map(|id| format!("{uri} may call again (staff {id})."))
        }
        Command::Totp { reset, .. } => match app.store().reader().await?.staff_by_certificate(&name).await? {
            Some(member) => Some(totp(&app, member.id, *reset, out).await?),
            None => None,
        },
    };
    app.store().clone().close().await;
    let Some(said) = said else {
        let why = match command {
            Command::Add { .. } => "is in the directory already",
            Command::Disable { .. } => "has no enabled entry in the directory",
            Command::Enable { .. } => "has no entry in the directory that rests",
            Command::Totp { .. } => "has no entry in the directory",
        };
        writeln!(out, "{uri} of that issuer {why}; nothing was changed.")?;
        return Ok(ExitCode::from(FAILED));
    };
    writeln!(out, "{said}")?;
    Ok(ExitCode::SUCCESS)
}

fn role(name: &str) -> Result<Role, String> {
    Role::from_name(name).ok_or_else(|| format!("one of {}", Role::ALL.map(Role::name).join(", ")))
}

/// Shows a secret, takes its code, and shows the recovery codes; what became of it.
async fn totp(app: &App, id: StaffId, reset: bool, out: &mut impl Write) -> anyhow::Result<String> {
    if reset {
        app.reset_totp_at_console(id).await?;
    }
    let secret = TotpSecret::new(Dice::system().bytes());
    match app.begin_totp_at_console(id, &secret).await? {
        TotpBegun::Begun(uri) => writeln!(out, "{}\nScan it now: it is not shown again.", uri.as_str())?,
        TotpBegun::AlreadyEnrolled => {
            return Ok(format!("staff {id} has an authenticator; --reset takes it away first."));
        }
    }
    write!(out, "The code that it shows: ")?;
    out.flush()?;
    let mut line = zeroize::Zeroizing::new(String::new());
    std::io::stdin().read_line(&mut line).context("no code could be read")?;
    let code = TotpCode::parse(&line).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    match app.confirm_totp_at_console(id, &code).await? {
        TotpConfirmed::Enrolled(codes) => {
            writeln!(out, "Recovery codes, each good once; write them down, they are not shown again:")?;
            for code in &codes {
                writeln!(out, "  {}", code.shown())?;
            }
            Ok(format!("staff {id} can make privileged calls."))
        }
        _ => anyhow::bail!("the code is not right; run the command again"),
    }
}

fn office(code: &str) -> Result<OfficeCode, String> {
    OfficeCode::parse(code).map_err(|fault| fault.to_string())
}
