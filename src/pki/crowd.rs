//! A crowd of practice callers beside those of the development PKI, under an authority of its own.

use std::fs::OpenOptions;
use std::io::Write as _;

use super::authority::{Authority, Leaf, Usage};
use super::development::{DevelopmentPki, LEAF_LIFETIME, write_pair};
use super::fault::PkiFault;
use crate::domain::time::Timestamp;

/// The SAN URI of one of a crowd.
fn uri(stem: &str) -> String {
    format!("urn:eid:practice:crowd:{stem}")
}

/// Gives each of `stems` a client certificate in the folder. Their authority joins those that the server trusts, and its
/// key is thrown away.
///
/// # Errors
/// If one is there already, or the file system refuses.
pub fn gather(pki: &DevelopmentPki, stems: &[String], now: Timestamp) -> Result<(), PkiFault> {
    let authority = Authority::new("eID practice crowd CA", now)?;
    for stem in stems {
        let (uri, valid) = (uri(stem), now..now.plus(LEAF_LIFETIME));
        let leaf = Leaf { common_name: stem, uri: Some(&uri), usage: Usage::Client, valid };
        write_pair(pki, stem, &authority.issue(&leaf)?)?;
    }
    let path = pki.client_ca_path();
    let trusted = OpenOptions::new().append(true).open(&path);
    trusted.and_then(|mut file| file.write_all(authority.certificate_pem().as_bytes())).map_err(PkiFault::file(&path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::develop;

    #[test]
    fn each_of_a_crowd_is_let_in_beside_those_who_were_there() {
        let (home, now) = (tempfile::tempdir().unwrap(), Timestamp::from_micros(1_795_262_400_000_000));
        let pki = develop(&home.path().join("pki"), now).unwrap();
        let crowd = ["one".to_owned(), "two".to_owned()];
        gather(&pki, &crowd, now).unwrap();
        let trusted = std::fs::read_to_string(pki.client_ca_path()).unwrap();
        assert_eq!(trusted.matches("BEGIN CERTIFICATE").count(), 2);
        for stem in &crowd {
            let name = crate::tls::name_of_pem(&std::fs::read(pki.cert_path(stem)).unwrap()).unwrap();
            assert!(name.uri.ends_with(stem) && name.issuer.contains("crowd"), "{name:?}");
        }
        assert!(gather(&pki, &crowd, now).is_err(), "nothing is overwritten");
    }
}
