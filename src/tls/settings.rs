//! Turns three PEM files into the server's TLS settings.
//!
//! Owns the protocol choices: TLS 1.3, ring, HTTP/2, a client certificate on every connection, no resumption. Refuses
//! files it cannot use and says which one and what to do; what a file holds never appears in an error.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, VerifierBuilderError, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};
use thiserror::Error;
use x509_parser::parse_x509_certificate;

use super::revocation::Crls;

/// The one application protocol spoken: HTTP/2, as gRPC needs.
const ALPN_H2: &[u8] = b"h2";

/// One of the files the settings are made from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PemFile {
    /// The server's certificate and the intermediate certificates above it.
    ServerChain,
    /// The server's private key.
    ServerKey,
    /// The authorities whose clients may connect.
    ClientAuthorities,
}

impl PemFile {
    const fn must_hold(self) -> &'static str {
        match self {
            Self::ServerChain => {
                "CERTIFICATE blocks: the server's own certificate first, then those between it and the root"
            }
            Self::ServerKey => {
                "one private key without a passphrase: a PRIVATE KEY, EC PRIVATE KEY or RSA PRIVATE KEY block"
            }
            Self::ClientAuthorities => {
                "CERTIFICATE blocks: one for each certificate authority whose clients may connect"
            }
        }
    }
}

impl fmt::Display for PemFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServerChain => "server certificate file",
            Self::ServerKey => "server key file",
            Self::ClientAuthorities => "client CA file",
        })
    }
}

/// Why no TLS settings could be made, and the cure. PEM errors are not passed on: they can quote a line of a key.
#[derive(Debug, Error)]
pub enum TlsFault {
    /// A PEM block is broken.
    #[error("the {0} is damaged: a PEM block is cut short or is not base64; copy it again from where it was issued")]
    Damaged(PemFile),
    /// There is no usable PEM block at all.
    #[error("the {0} holds nothing of use: it must hold {must}", must = .0.must_hold())]
    Empty(PemFile),
    /// A CERTIFICATE block does not hold a certificate.
    #[error("block {number} of the {file} is not an X.509 certificate: replace it, or take it out")]
    NotACertificate {
        /// The file it is in.
        file: PemFile,
        /// Which block, counted from one.
        number: usize,
    },
    /// A certificate among the client authorities may not issue certificates.
    #[error("certificate {number} of the client CA file is not a certificate authority: put the issuer there instead")]
    NotAnAuthority {
        /// Which block, counted from one.
        number: usize,
    },
    /// The key is of a kind that cannot be used.
    #[error("the server key file holds a key that cannot be used: make an ECDSA P-256 key in PKCS#8 form")]
    Key(#[source] rustls::Error),
    /// Key and certificate are not a pair.
    #[error(
        "the server key file and the first certificate of the server certificate file do not belong together: \
         put the server's own certificate first, and use the key it was issued for"
    )]
    NotAPair(#[source] rustls::Error),
    /// Nobody knows what a client authority revoked.
    #[error(
        "there is no list of what authority {number} of the client CA file revoked: put its newest list (CRL) into the \
         folder server.client_crls"
    )]
    NoList {
        /// Which block, counted from one.
        number: usize,
    },
    /// The client authorities cannot be used to check certificates.
    #[error("the client CA file cannot be used to check certificates")]
    Authorities(#[source] rustls::Error),
    /// The verifier could not be built from the client authorities.
    #[error("no check of client certificates could be made from the client CA file")]
    Verifier(#[from] VerifierBuilderError),
    /// The TLS library refuses the fixed protocol choices.
    #[error("the TLS library refuses the protocol settings")]
    Protocol(#[source] rustls::Error),
}

/// The settings of a server that speaks TLS 1.3 and asks every client for a certificate.
///
/// # Errors
/// Names the file at fault and the cure; see [`TlsFault`].
pub fn server_config(chain_pem: &[u8], key_pem: &[u8], client_ca_pem: &[u8]) -> Result<Arc<ServerConfig>, TlsFault> {
    server_config_with(chain_pem, key_pem, client_ca_pem, None)
}

/// The same, for clients whose certificates are not in `crls`; where those are told, each authority has a list there.
///
/// # Errors
/// As [`server_config`].
pub fn server_config_with(
    chain_pem: &[u8],
    key_pem: &[u8],
    client_ca_pem: &[u8],
    crls: Option<&Crls>,
) -> Result<Arc<ServerConfig>, TlsFault> {
    let provider = Arc::new(ring::default_provider());
    let identity = Arc::new(identity(chain_pem, key_pem, &provider)?);
    let verifier = client_verifier(client_ca_pem, crls, &provider)?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsFault::Protocol)?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(identity)));
    config.alpn_protocols = vec![ALPN_H2.to_vec()];
    // A resumed session skips the check of the client certificate, which may have expired since.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

fn identity(chain_pem: &[u8], key_pem: &[u8], provider: &CryptoProvider) -> Result<CertifiedKey, TlsFault> {
    let chain = certificates(PemFile::ServerChain, chain_pem)?;
    let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(|fault| match fault {
        pem::Error::NoItemsFound => TlsFault::Empty(PemFile::ServerKey),
        _ => TlsFault::Damaged(PemFile::ServerKey),
    })?;
    let key = provider.key_provider.load_private_key(key).map_err(TlsFault::Key)?;
    let identity = CertifiedKey::new(chain, key);
    identity.keys_match().map_err(TlsFault::NotAPair)?;
    Ok(identity)
}

fn client_verifier(
    pem: &[u8],
    crls: Option<&Crls>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsFault> {
    let mut roots = RootCertStore::empty();
    for (at, authority) in certificates(PemFile::ClientAuthorities, pem)?.into_iter().enumerate() {
        // The verifier would take any certificate as an anchor: a client's own, put here by mistake, must not pass.
        if !parse_x509_certificate(&authority).is_ok_and(|(_, read)| read.is_ca()) {
            return Err(TlsFault::NotAnAuthority { number: at + 1 });
        }
        // The verifier would check nothing without a list, and refuse everybody whose authority has none.
        if crls.is_some_and(|crls| !crls.covers(&authority)) {
            return Err(TlsFault::NoList { number: at + 1 });
        }
        roots.add(authority).map_err(TlsFault::Authorities)?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    // An expired list holds on: everybody would be shut out otherwise. The operator is told.
    let verifier = match crls {
        Some(crls) => verifier.with_crls(crls.lists()).only_check_end_entity_revocation(),
        None => verifier,
    };
    Ok(verifier.build()?)
}

fn certificates(file: PemFile, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let found: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| TlsFault::Damaged(file))?;
    if found.is_empty() {
        return Err(TlsFault::Empty(file));
    }
    match found.iter().position(|der| !parse_x509_certificate(der).is_ok_and(|(rest, _)| rest.is_empty())) {
        Some(at) => Err(TlsFault::NotACertificate { file, number: at + 1 }),
        None => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

    use super::*;
    use crate::domain::time::Timestamp;
    use crate::pki::Authority;

    struct Files {
        chain: String,
        key: String,
        authorities: String,
    }

    impl Files {
        fn sound() -> Self {
            let (chain, key) = certificate(IsCa::NoCa);
            let (authorities, _) = certificate(IsCa::Ca(BasicConstraints::Unconstrained));
            Self { chain, key, authorities }
        }

        fn config(&self) -> Result<Arc<ServerConfig>, TlsFault> {
            server_config(self.chain.as_bytes(), self.key.as_bytes(), self.authorities.as_bytes())
        }

        fn fault(&self) -> String {
            self.config().unwrap_err().to_string()
        }
    }

    fn certificate(is_ca: IsCa) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = is_ca;
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    const NO_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

    #[test]
    fn sound_files_make_settings_for_http2_without_resumption() {
        let config = Files::sound().config().unwrap();
        assert_eq!(config.alpn_protocols, vec![b"h2".to_vec()]);
        assert_eq!(config.send_tls13_tickets, 0);
        assert!(!config.session_storage.can_cache());
    }

    #[test]
    fn an_empty_file_is_named_with_what_it_must_hold() {
        let fault = Files { chain: String::new(), ..Files::sound() }.fault();
        assert!(fault.contains("server certificate file") && fault.contains("own certificate first"), "{fault}");
        let fault = Files {
            key: "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n".into(),
            ..Files::sound()
        }
        .fault();
        assert!(fault.contains("server key file") && fault.contains("without a passphrase"), "{fault}");
        let fault = Files { authorities: "no PEM at all".into(), ..Files::sound() }.fault();
        assert!(fault.contains("client CA file") && fault.contains("whose clients may connect"), "{fault}");
    }

    #[test]
    fn a_damaged_file_is_named_and_never_quoted() {
        let sound = Files::sound();
        let cut = |text: &str| text[..text.len() / 2].to_owned();
        let fault = Files { chain: cut(&sound.chain), ..Files::sound() }.fault();
        assert!(fault.contains("server certificate file is damaged"), "{fault}");
        let fault = Files { authorities: cut(&sound.authorities), ..Files::sound() }.fault();
        assert!(fault.contains("client CA file is damaged"), "{fault}");
        let one_line = sound.key.replace("KEY-----\n", "KEY-----");
        let fault = Files { key: one_line, ..Files::sound() }.config().unwrap_err();
        assert!(matches!(fault, TlsFault::Damaged(PemFile::ServerKey)));
        let secret = sound.key.lines().nth(1).unwrap();
        assert!(!format!("{fault:?} {fault}").contains(&secret[..16]));
    }

    #[test]
    fn a_block_that_is_no_certificate_is_counted_out() {
        let mut files = Files::sound();
        files.chain.push_str(NO_CERTIFICATE);
        assert!(files.fault().starts_with("block 2 of the server certificate file"), "{}", files.fault());
        let files = Files { authorities: NO_CERTIFICATE.to_owned(), ..Files::sound() };
        assert!(files.fault().starts_with("block 1 of the client CA file"), "{}", files.fault());
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let files = Files { key: Files::sound().key, ..Files::sound() };
        assert!(files.fault().contains("do not belong together"), "{}", files.fault());
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        let key = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n".to_owned();
        let files = Files { key, ..Files::sound() };
        assert!(files.fault().contains("cannot be used"), "{}", files.fault());
    }

    #[test]
    fn where_lists_are_looked_at_each_authority_has_one() {
        let now = Timestamp::from_micros(1_780_000_000_000_000);
        let authorities = ["one", "other"].map(|name| Authority::new(name, now).unwrap());
        let client_ca = authorities.iter().map(Authority::certificate_pem).collect::<String>();
        let lists = authorities.each_ref().map(|authority| {
            let list = authority.revoke(&[], now..now.plus(std::time::Duration::from_hours(1))).unwrap();
            ("a.crl".to_owned(), list.into_bytes())
        });
        let Files { chain, key, .. } = Files::sound();
        let config = |lists: &[_]| {
            let crls = Crls::read(lists, client_ca.as_bytes()).unwrap();
            server_config_with(chain.as_bytes(), key.as_bytes(), client_ca.as_bytes(), Some(&crls))
        };
        config(&lists).unwrap();
        for (lists, lacking) in [(&lists[..1], 2), (&lists[1..], 1), (&[], 1)] {
            let fault = config(lists).unwrap_err().to_string();
            assert!(fault.contains(&format!("authority {lacking} of")) && fault.contains("client_crls"), "{fault}");
        }
    }

    #[test]
    fn a_certificate_that_is_no_authority_cannot_vouch_for_clients() {
        let sound = Files::sound();
        let files = Files { authorities: format!("{}{}", sound.authorities, sound.chain), ..Files::sound() };
        assert!(files.fault().starts_with("certificate 2 of the client CA file"), "{}", files.fault());
    }
}
