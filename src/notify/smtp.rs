//! Mail by SMTP, over TLS or not at all.
//!
//! Owns the envelope, the headers and the meaning of the answers. The library owns the protocol and its connections.

use std::fmt;
use std::time::Duration;

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{self, AsyncSmtpTransport};
use lettre::{AsyncTransport as _, Tokio1Executor};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use zeroize::Zeroizing;

use super::texts::Mail;
use super::{CarrierFault, Delivery, Taken};
use crate::domain::application::Language;
use crate::domain::contact::Email;
use crate::domain::ids::MessageId;

/// How long one command may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// What is to be known of a mail server.
#[derive(Clone)]
pub struct SmtpSettings {
    /// Its name, which its certificate must have.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How TLS begins.
    pub tls: SmtpTls,
    /// The authorities of its certificate (PEM); those of the machine if absent.
    pub authorities: Option<Vec<u8>>,
    /// Whose account is used there, with its password.
    pub login: Option<(String, Zeroizing<String>)>,
    /// The sender: `name@domain`, or `Name <name@domain>`.
    pub from: String,
}

/// How TLS begins. There is no way without.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SmtpTls {
    /// By the command STARTTLS, which the server must know.
    #[default]
    StartTls,
    /// With the connection.
    Implicit,
}

impl SmtpTls {
    /// The word in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartTls => "starttls",
            Self::Implicit => "implicit",
        }
    }
}

impl fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpSettings({}:{})", self.host, self.port)
    }
}

/// What is wrong with the settings of a mail server.
#[derive(Debug, thiserror::Error)]
pub enum SmtpFault {
    /// The sender cannot be one.
    #[error("the sender is no address")]
    From(#[source] lettre::address::AddressError),
    /// There is no certificate among the authorities.
    #[error("there is no certificate among the authorities")]
    Authorities,
    /// The authorities, or the name of the server, cannot be used.
    #[error("the server's name or its authorities cannot be used")]
    Tls(#[source] smtp::Error),
}

/// A mail server.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Smtp(…)")
    }
}

/// `Auto-Submitted` (RFC 3834): nobody's absence note is to answer.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// `Content-Language` (RFC 3282).
#[derive(Clone)]
struct ContentLanguage(String);

impl Header for ContentLanguage {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Language")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

impl Smtp {
    /// A mail server. Nothing is dialled yet; what looks after its connections needs the runtime from here on.
    ///
    /// # Errors
    /// If the settings cannot be used.
    pub fn new(settings: &SmtpSettings) -> Result<Self, SmtpFault> {
        let from: Mailbox = settings.from.parse().map_err(SmtpFault::From)?;
        let mut tls = TlsParameters::builder(settings.host.clone());
        if let Some(authorities) = &settings.authorities {
            // The library takes a file without any for an empty list.
            CertificateDer::pem_slice_iter(authorities)
                .next()
                .ok_or(SmtpFault::Authorities)?
                .map_err(|_| SmtpFault::Authorities)?;
            tls = tls.certificate_store(smtp::client::CertificateStore::None);
            tls = tls.add_root_certificate(Certificate::from_pem(authorities).map_err(SmtpFault::Tls)?);
        }
        let tls = tls.build_rustls().map_err(SmtpFault::Tls)?;
        let tls = match settings.tls {
            SmtpTls::StartTls => Tls::Required(tls),
            SmtpTls::Implicit => Tls::Wrapper(tls),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.host.clone())
            .port(settings.port)
            .tls(tls)
            .timeout(Some(PATIENCE))
            .hello_name(ClientId::Domain(from.email.domain().to_owned()));
        if let Some((user, password)) = &settings.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.as_str().to_owned()));
        }
        Ok(Self { transport: builder.build(), from })
    }

    pub(super) async fn send(
        &self,
        id: MessageId,
        to: &Email,
        mail: Mail,
        language: Language,
    ) -> Result<Taken, CarrierFault> {
        let message = self.message(id, to, mail, language).ok_or(CarrierFault::Rejected(0))?;
        self.transport.send(message).await.map_err(|error| fault(&error))?;
        Ok(Taken { delivery: Delivery::Accepted, parts: Vec::new() })
    }

    /// The mail. Its Message-ID is the message's own, so that a server may know a repeat.
    fn message(&self, id: MessageId, to: &Email, mail: Mail, language: Language) -> Option<Message> {
        Message::builder()
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .from(self.from.clone())
            .to(Mailbox::new(None, to.as_str().parse().ok()?))
            .subject(mail.subject)
            .header(AutoSubmitted)
            .header(ContentLanguage(language.name().to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(mail.body)
            .ok()
    }
}

/// What an answer means. The text of an answer may quote the address: it goes no further.
fn fault(error: &smtp::Error) -> CarrierFault {
    match error.status().map(u16::from) {
        Some(code) => meaning(code),
        None if error.is_timeout() => CarrierFault::unavailable("no answer in time"),
        None if error.is_tls() => CarrierFault::unavailable("no TLS with the mail server"),
        None => CarrierFault::unavailable("no connection to the mail server, or it broke"),
    }
}

/// 4yz: later. 5yz: never, unless it is about our own login (RFC 4954), which says nothing of the message.
fn meaning(code: u16) -> CarrierFault {
    match code {
        530..=538 | ..500 => CarrierFault::Refused(code.into()),
        _ => CarrierFault::Rejected(code.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn settings(from: &str) -> SmtpSettings {
        let host = "mail.example.org".to_owned();
        let from = from.to_owned();
        SmtpSettings { host, port: 587, tls: SmtpTls::StartTls, authorities: None, login: None, from }
    }

    #[tokio::test]
    async fn a_mail_is_named_by_its_message_and_says_that_nobody_wrote_it() {
        let smtp = Smtp::new(&settings("Định danh <eid@example.org>")).unwrap();
        let mail = || Mail { subject: "Tài khoản".to_owned(), body: "Xin chào.".to_owned() };
        let to = Email::parse("holder@example.net").unwrap();
        let id = MessageId::new(Uuid::from_u128(7));
        let text = || String::from_utf8(smtp.message(id, &to, mail(), Language::Vi).unwrap().formatted()).unwrap();
        for header in [
            "Message-ID: <00000000-0000-0000-0000-000000000007@example.org>",
            "Auto-Submitted: auto-generated",
            "Content-Language: vi",
            "To: holder@example.net",
            "Content-Type: text/plain; charset=utf-8",
        ] {
            assert!(text().contains(&format!("{header}\r\n")), "{header}\n{}", text());
        }
    }

    #[tokio::test]
    async fn settings_that_cannot_be_used_are_refused_and_never_printed() {
        assert!(matches!(Smtp::new(&settings("nobody")), Err(SmtpFault::From(_))));
        let broken = SmtpSettings { authorities: Some(b"no certificate".to_vec()), ..settings("a@example.org") };
        assert!(matches!(Smtp::new(&broken), Err(SmtpFault::Authorities)));
        let login = Some(("user".to_owned(), Zeroizing::new("hunter2".to_owned())));
        let with = SmtpSettings { login, ..settings("a@example.org") };
        assert!(!format!("{with:?} {:?}", Smtp::new(&with).unwrap()).contains("hunter2"));
    }

    #[test]
    fn four_hundreds_are_for_later_five_hundreds_for_good_and_our_login_is_our_own_affair() {
        let name = |code| meaning(code).name();
        assert_eq!([421, 450, 451, 452, 454].map(name), ["refused"; 5]);
        assert_eq!([500, 550, 551, 552, 553, 554, 555].map(name), ["rejected"; 7]);
        assert_eq!([530, 534, 535, 538].map(name), ["refused"; 4]);
    }
}
