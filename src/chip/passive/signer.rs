//! The signer's certificate and what stands behind it: algorithms, profile, chain, revocation.

use der::asn1::ObjectIdentifier;
use time::Date;

use super::{Proof, Standard};
use crate::chip::certificate::Certificate;
use crate::chip::chain::Untrusted;
use crate::chip::countries;
use crate::chip::hash::Hash;
use crate::chip::policy::Weakness;
use crate::chip::revocation::{self, Revocation};
use crate::chip::scheme::Scheme;
use crate::domain::finding::{
    CHIP_ALGORITHM_WEAK, CHIP_AUTHORITY_COUNTRY, CHIP_AUTHORITY_OUT_OF_DATE, CHIP_AUTHORITY_REVOKED,
    CHIP_AUTHORITY_UNKNOWN, CHIP_CRL_MISSING, CHIP_CRL_STALE, CHIP_SIGNER_FORGED, CHIP_SIGNER_OUT_OF_DATE,
    CHIP_SIGNER_PROFILE, CHIP_SIGNER_REVOKED, Field, Finding, Source,
};

/// Purposes of keys that sign something else than documents: master lists, deviation lists (Doc 9303-12 section 7.1).
const OTHER_PURPOSES: [ObjectIdentifier; 2] =
    [ObjectIdentifier::new_unwrap("2.23.136.1.1.3"), ObjectIdentifier::new_unwrap("2.23.136.1.1.8")];

fn signer() -> Field {
    Field::new(Source::Chip, "chip.signer")
}

fn authority() -> Field {
    Field::new(Source::Chip, "chip.authority")
}

impl Proof<'_> {
    /// Whether the document's own signature is strong enough on the day of the check. What the document says of its day of
    /// signing does not count: who can break an algorithm can also choose that day.
    pub(super) fn algorithms(
        &self,
        scheme: Option<Scheme>,
        without_null: bool,
        digest: Option<Hash>,
        by: Standard<'_>,
    ) -> Vec<Finding> {
        let today = by.now.local_date();
        let key = self.signer.key().ok();
        let weak = scheme.zip(key).and_then(|(scheme, key)| by.policy.weakness(&scheme, &key.algorithm(), today));
        let digest = (digest == Some(Hash::Sha1)).then_some(Weakness::Sha1);
        let form = without_null.then_some(Weakness::DigestInfoWithoutNull);
        let counted = [digest, form].into_iter().flatten().find(|weakness| by.policy.counts(*weakness, today));
        weak.or(counted).map(|weakness| self.weak(weakness, by)).into_iter().collect()
    }

    /// A finding that names the weakness.
    pub(super) fn weak(&self, weakness: Weakness, by: Standard<'_>) -> Finding {
        let field = Field::new(Source::Chip, "chip.sod").showing(weakness.name());
        self.fault(&CHIP_ALGORITHM_WEAK, field, by)
    }

    /// Whether the certificate is one of a document signer.
    pub(super) fn profile(&self, by: Standard<'_>) -> Vec<Finding> {
        let certificate = &self.signer;
        let other_purpose = certificate.extended_key_usage().unwrap_or_default();
        let fits = certificate.version() == 3
            && !certificate.is_ca()
            && certificate.key_usage().is_some_and(|usage| usage.digital_signature() && !usage.key_cert_sign())
            && !other_purpose.iter().any(|purpose| OTHER_PURPOSES.contains(purpose))
            && certificate.unknown_critical_extensions().is_empty();
        if fits { Vec::new() } else { vec![self.fault(&CHIP_SIGNER_PROFILE, signer(), by)] }
    }

    /// Whether there is a trusted authority, of the signer's country, and everything in date at the time of the check.
    pub(super) fn chain(&self, by: Standard<'_>) -> Vec<Finding> {
        let mut found = match &self.chain {
            Ok(_) => Vec::new(),
            Err(Untrusted::Forged) => vec![Finding::new(&CHIP_SIGNER_FORGED, [signer()])],
            Err(Untrusted::Unknown) => vec![Finding::new(&CHIP_AUTHORITY_UNKNOWN, [signer()])],
        };
        if !self.signer.is_valid_at(by.now) {
            found.push(self.fault(&CHIP_SIGNER_OUT_OF_DATE, signer(), by));
        }
        let (Ok(chain), Some(own)) = (&self.chain, self.authority) else { return found };
        let link_in_date = chain.link.as_ref().is_none_or(|link| link.is_valid_at(by.now));
        if own.in_date(by.now).is_none_or(|certificate| !certificate.is_valid_at(by.now)) || !link_in_date {
            found.push(self.fault(&CHIP_AUTHORITY_OUT_OF_DATE, authority(), by));
        }
        let country = self.signer.subject_country().or(self.signer.issuer_country());
        let same = |certificate: &Certificate| {
            country.zip(certificate.subject_country()).is_some_and(|(one, other)| countries::same(one, other))
        };
        if !own.certificates().iter().any(same) {
            found.push(self.fault(&CHIP_AUTHORITY_COUNTRY, signer(), by));
        }
        if let Some(weakness) = self.weak_link(by, by.now.local_date()) {
            found.push(self.weak(weakness, by));
        }
        found
    }

    /// The first weakness of the signatures between signer and authority.
    fn weak_link(&self, by: Standard<'_>, today: Date) -> Option<Weakness> {
        let chain = self.chain.as_ref().ok()?;
        let own = self.authority?.certificates().first()?;
        let form = chain.without_null.then_some(Weakness::DigestInfoWithoutNull);
        let pairs = match &chain.link {
            Some(link) => [Some((&self.signer, link)), Some((link, own))],
            None => [Some((&self.signer, own)), None],
        };
        let weak = pairs.into_iter().flatten().find_map(|(certificate, issuer)| {
            by.policy.weakness(certificate.scheme().ok()?, &issuer.key().ok()?.algorithm(), today)
        });
        weak.or(form.filter(|form| by.policy.counts(*form, today)))
    }

    /// Whether the authority took the signer back, or its own certificate.
    pub(super) fn revocation(&self, by: Standard<'_>) -> Vec<Finding> {
        let Some(own) = self.authority else { return Vec::new() };
        let of = |certificate: &Certificate| revocation::of(certificate, own, by.trust, by.now);
        let mut found = match of(&self.signer) {
            Revocation::Good => Vec::new(),
            Revocation::Revoked { .. } => vec![Finding::new(&CHIP_SIGNER_REVOKED, [signer()])],
            Revocation::Missing => vec![Finding::new(&CHIP_CRL_MISSING, [authority()])],
            Revocation::Stale { next_update } => {
                vec![Finding::new(&CHIP_CRL_STALE, [authority().showing(next_update.to_string())])]
            }
        };
        let link = self.chain.as_ref().ok().and_then(|chain| chain.link.as_ref());
        let revoked = |certificate: &Certificate| matches!(of(certificate), Revocation::Revoked { .. });
        if link.into_iter().chain(own.certificates()).any(revoked) {
            found.push(Finding::new(&CHIP_AUTHORITY_REVOKED, [authority()]));
        }
        found
    }
}
