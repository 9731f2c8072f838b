//! Every way in which a chip, its signer or what the checker knows of them can be wrong: one name each.

/// One thing that is wrong, and what it must lead to: *refuted* if the data are not the state's, *unproven* if nobody can
/// tell (whether that refuses or refers is for the rules), *accepted* if it is merely unusual.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flaw {
    /// DG1 and the printed zone were changed after signing: its hash is not the signed one. Refuted.
    Dg1Forged,
    /// Another face in DG2: its hash is not the signed one. Refuted.
    Dg2Replaced,
    /// DG11 is offered, and nobody signed a hash of it. Noted or referred: the signed groups are genuine.
    GroupNotListed,
    /// No hash of DG1 was signed. Unproven.
    Dg1NotListed,
    /// No hash of DG2 was signed. Unproven.
    Dg2NotListed,
    /// The whole chip is genuine and somebody else's: DG1 disagrees with the printed zone. Genuine
    /// by itself; the comparison refuses it.
    ChipOfAnotherPerson,
    /// One bit of the signature. Refuted.
    SignatureFlipped,
    /// The attribute messageDigest is of something else. Refuted.
    WrongMessageDigest,
    /// The attribute contentType names another type. Refuted.
    ContentTypeWrong,
    /// The attribute contentType is not there. Refuted.
    ContentTypeMissing,
    /// SignedData says version 1 instead of 3. Unproven: the profile is broken, though the signature holds.
    SignedDataVersion1,
    /// Two SignerInfos where the profile has one. Accepted if one can be used.
    TwoSigners,
    /// No certificate of the signer in the security object. Unproven.
    NoCertificate,
    /// The SignerInfo names a certificate that is not there. Unproven.
    SidMatchesNone,
    /// The SignerInfo names its certificate by key identifier. Accepted.
    SidByKeyIdentifier,
    /// The security object is signed as id-data instead of ldsSecurityObject. Accepted with a note.
    IdDataContent,
    /// BER with indefinite lengths around what is signed. Accepted.
    IndefiniteLengths,
    /// The security object is of version 1 and tells the version of the data structure. Accepted.
    LdsVersion1,
    /// An RSA signature whose DigestInfo lacks the NULL of RFC 8017. Accepted unless the checker is strict.
    DigestInfoWithoutNull,
    /// The signer's certificate names a known key as its issuer's, and that key did not sign it. Refuted.
    SignerForged,
    /// The signer's certificate has ended. Unproven.
    SignerExpired,
    /// The signer's certificate has not begun. Unproven.
    SignerNotYetValid,
    /// The signer's certificate names another country than the authority above it. Refuted.
    SignerOfAnotherCountry,
    /// Signer and authority agree on a country that is not the issuing state of DG1. Refuted.
    CountryOfAnotherState,
    /// The signer's certificate is one of an authority. Unproven.
    SignerIsAuthority,
    /// The signer's certificate is not for signatures. Unproven.
    SignerWithoutDigitalSignature,
    /// The signer's certificate writes its issuer in other letters, upper and lower case mixed. Accepted.
    IssuerInOtherCase,
    /// The signer's key spells out its curve around a base point of its own. Unproven.
    AnotherBasePoint,
    /// Nobody knows the authority that signed the signer's certificate; a known one has the same name. Unproven.
    UnknownAuthority,
    /// The authority's certificate has ended. Unproven.
    AuthorityExpired,
    /// The authority has a new key, and only a link certificate by the old one leads to it. Accepted.
    LinkNeeded,
    /// The authority's own signatures are over SHA-1. Unproven while that switch is off.
    AuthorityWithSha1,
    /// The signer's certificate is on the revocation list. Refuted.
    SignerRevoked,
    /// The revocation list should have been replaced months ago: a state of its own.
    RevocationListStale,
    /// There is no revocation list: a state of its own.
    RevocationListMissing,
    /// Hashes and signature are over SHA-1. Unproven while that switch is off.
    Sha1,
    /// The signer's RSA key has 1024 bits. Unproven while that switch is off.
    Rsa1024,
    /// The signer's key is on P-224. Unproven while that switch is off.
    P224,
    /// The signer's key is on brainpoolP224r1. Unproven while that switch is off.
    BrainpoolP224,
    /// One byte more after the security object. Unproven.
    TrailingByte,
    /// The second half of the security object is missing. Unproven.
    Truncated,
    /// Ten thousand elements within one another. Unproven before it is read.
    DeeplyNested,
    /// A length of four gigabytes. Unproven before it is read.
    FourGigabytes,
    /// Ten thousand hashes of data groups, properly signed. Unproven.
    TenThousandHashes,
    /// The chip answered another challenge than ours. The data is genuine, the chip is not.
    AnswerToAnotherChallenge,
    /// DG15 was replaced by the key of a copier, whose chip then answers rightly. Refuted.
    Dg15Swapped,
}

impl Flaw {
    /// All of them, in the order in which a checker meets them.
    pub const ALL: [Self; 46] = [
        Self::TrailingByte,
        Self::Truncated,
        Self::DeeplyNested,
        Self::FourGigabytes,
        Self::IndefiniteLengths,
        Self::SignedDataVersion1,
        Self::IdDataContent,
        Self::TwoSigners,
        Self::NoCertificate,
        Self::SidMatchesNone,
        Self::SidByKeyIdentifier,
        Self::ContentTypeWrong,
        Self::ContentTypeMissing,
        Self::WrongMessageDigest,
        Self::SignatureFlipped,
        Self::DigestInfoWithoutNull,
        Self::Sha1,
        Self::Rsa1024,
        Self::P224,
        Self::BrainpoolP224,
        Self::AnotherBasePoint,
        Self::SignerIsAuthority,
        Self::SignerWithoutDigitalSignature,
        Self::SignerExpired,
        Self::SignerNotYetValid,
        Self::IssuerInOtherCase,
        Self::UnknownAuthority,
        Self::SignerForged,
        Self::LinkNeeded,
        Self::SignerOfAnotherCountry,
        Self::AuthorityExpired,
        Self::AuthorityWithSha1,
        Self::SignerRevoked,
        Self::RevocationListStale,
        Self::RevocationListMissing,
        Self::LdsVersion1,
        Self::TenThousandHashes,
        Self::Dg1NotListed,
        Self::Dg2NotListed,
        Self::GroupNotListed,
        Self::Dg1Forged,
        Self::Dg2Replaced,
        Self::ChipOfAnotherPerson,
        Self::CountryOfAnotherState,
        Self::Dg15Swapped,
        Self::AnswerToAnotherChallenge,
    ];
}
