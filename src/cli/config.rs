//! `eid config`: what is set, and what may be.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::FAILED;
use crate::config::{Archive, Config, DEFAULTS, Mode, RegistrySource, Url};

const CHECK_HELP: &str = "\
Examples:
  eid config check
  eid config check --config /etc/eid/eid.toml
  EID__SERVER__LISTEN=0.0.0.0:8443 eid config check";

/// `eid config`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Prints the settings as they take effect, or everything that is wrong with them
    ///
    /// Reads the defaults, over them the file, over it the variables EID__… of the
    /// environment, as the service does. Secrets are not printed. Starts nothing,
    /// changes nothing. Ends with 0 if the settings can be used, otherwise with 1.
    #[command(verbatim_doc_comment, after_help = CHECK_HELP)]
    Check {
        /// The configuration file (TOML); without it, the defaults for development
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Prints the defaults with their explanations, to begin a configuration file with
    #[command(after_help = "Example:\n  eid config default > eid.toml")]
    Default,
}

pub(super) fn run(command: &Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check { config } => {
            let config = Config::load(config.as_deref()).and_then(|config| {
                config.store_url()?;
                config.redis_url()?;
                config.carriers.check_passwords()?;
                Ok(config)
            });
            match config {
                Ok(config) => show(&config, out)?,
                Err(faults) => {
                    writeln!(out, "{faults}")?;
                    return Ok(ExitCode::from(FAILED));
                }
            }
        }
        Command::Default => out.write_all(DEFAULTS.as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn show(config: &Config, out: &mut impl Write) -> anyhow::Result<()> {
    for (key, value) in config.settings() {
        writeln!(out, "{key:<34} {}", if value.is_empty() { "(none)" } else { &value })?;
    }
    for warning in config.warnings().into_iter().chain(missing(config)) {
        writeln!(out, "\nWarning: {warning}")?;
    }
    Ok(())
}

/// Files that production needs and does not make by itself. They may yet come: no fault of the settings.
fn missing(config: &Config) -> Vec<String> {
    if config.mode == Mode::Development {
        return Vec::new();
    }
    let server = &config.server;
    let mut files = vec![
        ("server.certificate", &server.certificate),
        ("server.key", &server.key),
        ("server.client_ca", &server.client_ca),
        ("vault.keys", &config.vault.keys),
    ];
    let registry = &config.registry;
    if registry.source == RegistrySource::Remote {
        files.extend([
            ("registry.ca", &registry.ca),
            ("registry.certificate", &registry.certificate),
            ("registry.key", &registry.key),
        ]);
    }
    let access = match &config.archive {
        Archive::S3 { access, .. } => Some(("archive.access_file", access)),
        Archive::Local { .. } => None,
    };
    let missing = files.into_iter().chain(access).filter(|(_, path)| !path.exists());
    let mut told: Vec<_> = missing.map(|(key, path)| format!("{key}: {} is not there.", path.display())).collect();
    if matches!(&config.store.url, Url::Plain(url) if url.starts_with("sqlite:")) && !config.home.is_dir() {
        told.push(format!("home: {} is not a folder.", config.home.display()));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str) -> (ExitCode, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("eid.toml");
        std::fs::write(&path, file).unwrap();
        let mut out = Vec::new();
        let code = run(&Command::Check { config: Some(path) }, &mut out).unwrap();
        (code, String::from_utf8(out).unwrap())
    }

    #[test]
    fn usable_settings_are_printed_with_their_risks() {
        let (code, text) = check("mode = \"production\"\nhome = \"data\"\n[store]\nconnections = 3");
        assert_eq!(code, ExitCode::SUCCESS);
        assert!(text.contains("store.connections                  3\n"), "{text}");
        assert!(text.contains("limits.redis_url                   (none)"));
        assert!(text.contains("Warning: Messages to holders") && text.contains("Warning: vault.keys: "));
    }

    #[test]
    fn settings_that_cannot_be_used_are_told_and_end_with_one() {
        let (code, text) = check("mod = 1\n[store]\nconnections = 0");
        assert_eq!(code, ExitCode::from(1));
        assert!(text.contains("2 faults") && text.contains("mod (") && text.contains("write 1 to 1000"), "{text}");
        let (code, text) = check("[store]\nurl_file = \"/none\"");
        assert_eq!(code, ExitCode::from(1));
        assert!(text.contains("store.url_file: /none cannot be read"), "{text}");
    }

    #[test]
    fn the_printed_defaults_are_a_configuration_file() {
        let mut out = Vec::new();
        run(&Command::Default, &mut out).unwrap();
        let (code, _) = check(std::str::from_utf8(&out).unwrap());
        assert_eq!(code, ExitCode::SUCCESS);
    }
}
