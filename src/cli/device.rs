//! `eid device`: what is to be published about the devices of holders.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use tonic::Code;

use super::client::Options;
use super::{FAILED, UNREACHED, refusal};
use crate::proto::device_service_client::DeviceServiceClient;
use crate::proto::{DeviceCrl, GetDeviceCrlRequest};

const HELP: &str = "\
Exit codes:
  0  done
  1  you may not ask, or the folder cannot be written
  2  the service could not be reached or did not answer
  3  wrong usage, or a file that cannot be read

Example:
  eid device crl --out /srv/www/crl";

/// `eid device`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Crl(Crl),
}

/// Fetches the lists of revoked certificates of devices
///
/// Writes AUTHORITY.crl (the list, DER) and AUTHORITY.crt (the authority's certificate, DER)
/// into the folder, for each authority whose certificates may be about; one more for each
/// key that issued before. Files are replaced whole. They name nobody: publish them, at the
/// address that devices.list_url gives. Run it again before the time it prints.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = HELP)]
pub(super) struct Crl {
    /// The folder to write to
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    #[command(flatten)]
    client: Options,
}

pub(super) async fn run(command: &Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let Command::Crl(command) = command;
    let channel = match command.client.open("operator").await {
        Ok(channel) => channel,
        Err(code) => return Ok(ExitCode::from(code)),
    };
    match DeviceServiceClient::new(channel).get_device_crl(GetDeviceCrlRequest {}).await {
        Ok(answer) => {
            for list in answer.into_inner().lists {
                write(&command.out, &list)?;
                let next = list.next_update.map(|next| next.to_string()).unwrap_or_default();
                writeln!(out, "{}.crl: number {}, the next one by {next}", list.authority_id, list.number)?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(status) => {
            writeln!(out, "no answer about the lists:")?;
            refusal::explain(out, &status)?;
            let away = matches!(status.code(), Code::Unavailable | Code::Unknown | Code::DeadlineExceeded);
            Ok(ExitCode::from(if away { UNREACHED } else { FAILED }))
        }
    }
}

fn write(folder: &Path, list: &DeviceCrl) -> anyhow::Result<()> {
    // The name becomes a path: it is what it should be, or nothing is written.
    let plain = list.authority_id.len() == 16 && list.authority_id.bytes().all(|c| c.is_ascii_hexdigit());
    anyhow::ensure!(plain, "the service gave an authority a name that is none");
    for (ending, bytes) in [("crt", &list.authority_certificate), ("crl", &list.crl)] {
        let path = folder.join(format!("{}.{ending}", list.authority_id));
        let new = path.with_extension(format!("{ending}.new"));
        fs::write(&new, bytes)
            .and_then(|()| fs::rename(&new, &path))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(authority_id: &str, number: u8) -> DeviceCrl {
        let (authority_certificate, crl) = (b"certificate".to_vec(), vec![number]);
        DeviceCrl { authority_id: authority_id.to_owned(), authority_certificate, crl, ..DeviceCrl::default() }
    }

    #[test]
    fn a_list_takes_the_place_of_the_one_before_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for number in [1, 2] {
            write(folder.path(), &list("00112233445566aa", number)).unwrap();
        }
        let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
        assert_eq!(read("00112233445566aa.crl"), [2]);
        assert_eq!(read("00112233445566aa.crt"), b"certificate");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        for wrong in ["../../../etc/cron", "", "00112233445566a", "00112233445566a/"] {
            assert!(write(folder.path(), &list(wrong, 1)).is_err(), "{wrong}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
