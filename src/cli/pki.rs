//! `eid pki`: certificates for practice.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use crate::pki::develop;
use crate::sys::Clock;

/// `eid pki`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Makes a set of practice certificates
    ///
    /// Two authorities, a server for localhost, and one caller of each kind. The
    /// certificates are good for 90 days; the keys of the authorities are thrown away at
    /// once, so that a set is replaced, never extended. A folder with something in it is
    /// left alone. Never let a production service trust such a set.
    #[command(verbatim_doc_comment, after_help = "Example:\n  eid pki dev practice/pki")]
    Dev {
        /// The folder to make; if it is there, it must be empty
        dir: PathBuf,
    },
}

pub(super) fn run(command: &Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let Command::Dev { dir } = command;
    let pki = develop(dir, Clock::System.now())?;
    writeln!(out, "Made practice certificates in {}, good for 90 days:\n", pki.dir().display())?;
    writeln!(out, "  server-ca.pem       authority of the server's certificate: clients trust it")?;
    writeln!(out, "  client-ca.pem       authority of the callers' certificates: the server trusts it")?;
    writeln!(out, "  server              certificate (.pem) and key (.key) of the server, for localhost")?;
    for caller in pki.callers() {
        let office = caller.office.map(|office| format!(" of office {office}")).unwrap_or_default();
        writeln!(out, "  {:<19} of the caller with the role {}{office}", caller.stem, caller.role)?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{PracticeCaller, load};

    #[test]
    fn a_set_is_made_once_and_listed() {
        let dir = tempfile::tempdir().unwrap();
        let command = Command::Dev { dir: dir.path().join("pki") };
        let mut out = Vec::new();
        assert_eq!(run(&command, &mut out).unwrap(), ExitCode::SUCCESS);
        let listed = String::from_utf8(out).unwrap();
        assert!(PracticeCaller::ALL.iter().all(|caller| listed.contains(caller.stem)), "{listed}");
        assert!(load(&dir.path().join("pki")).is_ok());
        assert!(run(&command, &mut Vec::new()).is_err());
    }
}
