//! Challenges: 32 random bytes that a device signs once, for one account, one purpose and one key.
//!
//! Owns the exact text that is signed; `docs/devices.md` shows it. Each line has one meaning and an alphabet without line
//! breaks, so that no text can be read in two ways, and its first line is used for nothing else.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::key::{DeviceKey, KeyThumbprint};
use crate::domain::contact::Contact;
use crate::domain::ids::{AccountId, ChangeId};
use crate::domain::text::Malformed;
use crate::domain::time::Timestamp;

/// Longest life of a challenge.
pub const LIFETIME_MAX: Duration = Duration::from_mins(10);

/// How far the clocks of two processes may differ. A challenge from further in the future is none: the clock was set back.
const SKEW_MAX: Duration = Duration::from_mins(1);
/// The longest signature: ECDSA over P-256 in DER.
const SIGNATURE_BYTES_MAX: usize = 72;
/// The first line of every text that a device signs.
const FIRST_LINE: &str = "eid-device-signature-v1";

const WRONG_CHALLENGE: Malformed = Malformed::new(
    "Not a challenge. Send the 32 bytes as they were drawn.",
    "Không phải giá trị thách thức. Hãy gửi đúng 32 byte đã nhận.",
);
const WRONG_SIGNATURE: Malformed = Malformed::new(
    "Not a signature. Send ECDSA over SHA-256 in DER for a P-256 key, or the 64 bytes of Ed25519.",
    "Không phải chữ ký. Hãy gửi ECDSA SHA-256 dạng DER cho khóa P-256, hoặc 64 byte Ed25519.",
);

/// What a signature is for. One for one purpose is worth nothing for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum DevicePurpose {
    /// Binding the first device while the account is activated.
    Activation,
    /// The same with a printed slip.
    SlipActivation,
    /// Binding a device in place of another.
    Replacement,
    /// Another certificate for the same key.
    Renewal,
    /// Showing that the device is there.
    Verification,
    /// Locking the account.
    Lock,
    /// Another phone or address, while the old one is alive.
    ContactChange,
    /// Another phone or address in place of one that is lost.
    LostContactChange,
    /// Giving up a change of phone or address.
    ContactCancel,
}

impl DevicePurpose {
    const ALL: [Self; 9] = [
        Self::Activation,
        Self::SlipActivation,
        Self::Replacement,
        Self::Renewal,
        Self::Verification,
        Self::Lock,
        Self::ContactChange,
        Self::LostContactChange,
        Self::ContactCancel,
    ];

    /// The name that is signed and that the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Activation => "activate",
            Self::SlipActivation => "activate-with-slip",
            Self::Replacement => "replace",
            Self::Renewal => "renew",
            Self::Verification => "verify",
            Self::Lock => "lock-account",
            Self::ContactChange => "change-contact",
            Self::LostContactChange => "change-lost-contact",
            Self::ContactCancel => "cancel-contact-change",
        }
    }

    /// The purpose of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }
}

/// What a signature is about beside its purpose: it is worth nothing for anything else.
#[derive(Clone, Debug)]
pub enum About {
    /// The account alone.
    Nothing,
    /// The contact that is wanted.
    Contact(Contact),
    /// The change that is given up.
    Change(ChangeId),
}

impl About {
    /// Whether that is what a signature for `purpose` is about.
    pub const fn suits(&self, purpose: DevicePurpose) -> bool {
        match purpose {
            DevicePurpose::ContactChange | DevicePurpose::LostContactChange => matches!(self, Self::Contact(_)),
            DevicePurpose::ContactCancel => matches!(self, Self::Change(_)),
            _ => matches!(self, Self::Nothing),
        }
    }
}

/// The random bytes of a challenge. They do not print: until they are spent, they are worth something.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChallengeValue([u8; 32]);

impl ChallengeValue {
    /// These bytes, which must be random.
    pub const fn new(drawn: [u8; 32]) -> Self {
        Self(drawn)
    }

    /// Reads 32 bytes.
    ///
    /// # Errors
    /// If they are more or fewer.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        bytes.try_into().map(Self).map_err(|_| WRONG_CHALLENGE)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for ChallengeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChallengeValue(…)")
    }
}

/// What a device answered. Its form depends on the key.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceSignature(Vec<u8>);

impl DeviceSignature {
    /// Takes what may be a signature.
    ///
    /// # Errors
    /// If it is empty or longer than any.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let right = (1..=SIGNATURE_BYTES_MAX).contains(&bytes.len());
        right.then(|| Self(bytes.to_vec())).ok_or(WRONG_SIGNATURE)
    }
}

impl fmt::Debug for DeviceSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceSignature(…)")
    }
}

/// A challenge as it was drawn.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Challenge {
    /// The bytes.
    pub value: ChallengeValue,
    /// For which account.
    pub account: AccountId,
    /// For what.
    pub purpose: DevicePurpose,
    /// For which key.
    pub key: KeyThumbprint,
    /// When it was drawn.
    pub drawn_at: Timestamp,
    /// Until when it can be answered.
    pub expires_at: Timestamp,
}

/// Why a signature proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotProven {
    /// The challenge is for another account, purpose or key, has ended, or was drawn under another clock.
    #[error("the challenge cannot be answered")]
    Unusable,
    /// It was not signed by that key, or another text was.
    #[error("the signature is not the key's")]
    WrongSignature,
}

/// Proof that whoever answered has the key: can be had from an answered challenge only.
#[derive(Clone, Debug)]
pub struct KeyProof {
    challenge: Challenge,
    key: DeviceKey,
}

/// Proof that the device to be replaced agrees to one other.
#[derive(Clone, Debug)]
pub struct Consent(());

impl Challenge {
    /// A challenge of these random bytes. It lives as long as told, and never longer than ten minutes.
    pub fn new(
        value: ChallengeValue,
        (account, purpose, key): (AccountId, DevicePurpose, KeyThumbprint),
        lifetime: Duration,
        now: Timestamp,
    ) -> Self {
        Self { value, account, purpose, key, drawn_at: now, expires_at: now.plus(lifetime.min(LIFETIME_MAX)) }
    }

    /// Whether it can be answered at `now`.
    pub fn is_open(&self, now: Timestamp) -> bool {
        now < self.expires_at && self.drawn_at <= now.plus(SKEW_MAX)
    }

    /// The latest drawing of challenges that can be answered at `now`.
    pub fn drawn_until(now: Timestamp) -> Timestamp {
        now.plus(SKEW_MAX)
    }

    /// What the device that has the key signs.
    pub fn text(&self) -> String {
        self.lines(self.purpose.name())
    }

    /// What the device signs about that: the same with one line more, so that the signature is worth nothing for another.
    pub fn text_about(&self, about: &About) -> String {
        match about {
            About::Nothing => self.text(),
            About::Contact(contact) => {
                format!("{}contact:{}:{}\n", self.text(), contact.kind().name(), contact.as_str())
            }
            About::Change(change) => format!("{}change:{change}\n", self.text()),
        }
    }

    /// What the device to be replaced signs: the same with another purpose; `key` is that of the new device.
    pub fn consent_text(&self) -> String {
        self.lines("consent")
    }

    fn lines(&self, purpose: &str) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(self.value.0);
        let (account, key) = (self.account, self.key);
        format!("{FIRST_LINE}\npurpose:{purpose}\naccount:{account}\nchallenge:{challenge}\nkey:{key}\n")
    }

    /// Checks what `key` answered.
    ///
    /// # Errors
    /// If the challenge was not for this account, purpose and key or has ended, or the signature is not the key's.
    pub fn answered(
        self,
        meant: (AccountId, DevicePurpose),
        key: DeviceKey,
        signature: &DeviceSignature,
        now: Timestamp,
    ) -> Result<KeyProof, NotProven> {
        self.answered_about(meant, &About::Nothing, key, signature, now)
    }

    /// Checks what `key` answered about that.
    ///
    /// # Errors
    /// As [`Challenge::answered`], and if a signature for that purpose is about something else.
    pub fn answered_about(
        self,
        (account, purpose): (AccountId, DevicePurpose),
        about: &About,
        key: DeviceKey,
        signature: &DeviceSignature,
        now: Timestamp,
    ) -> Result<KeyProof, NotProven> {
        let meant = self.account == account && self.purpose == purpose && self.key == key.thumbprint();
        if !meant || !self.is_open(now) || !about.suits(purpose) {
            return Err(NotProven::Unusable);
        }
        let right = key.verifies(self.text_about(about).as_bytes(), &signature.0);
        right.then_some(KeyProof { challenge: self, key }).ok_or(NotProven::WrongSignature)
    }
}

impl KeyProof {
    /// For which account.
    pub const fn account(&self) -> AccountId {
        self.challenge.account
    }

    /// For what.
    pub const fn purpose(&self) -> DevicePurpose {
        self.challenge.purpose
    }

    /// The key.
    pub const fn key(&self) -> &DeviceKey {
        &self.key
    }

    /// The challenge that was answered, to be spent with whatever the proof is good for.
    pub const fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// Checks that the device with the key `old` agrees to be replaced by the one whose key is proven here.
    ///
    /// # Errors
    /// If the purpose is another, or the signature is not that key's.
    pub fn consented(&self, old: &DeviceKey, signature: &DeviceSignature) -> Result<Consent, NotProven> {
        if self.purpose() != DevicePurpose::Replacement {
            return Err(NotProven::Unusable);
        }
        let right = old.verifies(self.challenge.consent_text().as_bytes(), &signature.0);
        right.then_some(Consent(())).ok_or(NotProven::WrongSignature)
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::tests::{ed25519, p256};
    use super::*;
    use crate::domain::contact::Phone;
    use proptest::prelude::*;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);
    const ACCOUNT: AccountId = AccountId::new(Uuid::from_u128(7));
    const LIFE: Duration = Duration::from_mins(2);

    fn challenge(key: &DeviceKey, purpose: DevicePurpose) -> Challenge {
        Challenge::new(ChallengeValue::new([9; 32]), (ACCOUNT, purpose, key.thumbprint()), LIFE, NOW)
    }

    fn signature(bytes: &[u8]) -> DeviceSignature {
        DeviceSignature::parse(bytes).unwrap()
    }

    #[test]
    fn the_text_to_be_signed_is_fixed_to_the_byte() {
        let drawn = Challenge::new(
            ChallengeValue::new([0xfb; 32]),
            (ACCOUNT, DevicePurpose::Activation, KeyThumbprint::parse(&[0xff; 32]).unwrap()),
            LIFE,
            NOW,
        );
        let rest = "account:00000000-0000-0000-0000-000000000007\n\
                    challenge:-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s\n\
                    key:__________________________________________8\n";
        assert_eq!(drawn.text(), format!("eid-device-signature-v1\npurpose:activate\n{rest}"));
        assert_eq!(drawn.consent_text(), format!("eid-device-signature-v1\npurpose:consent\n{rest}"));
    }

    #[test]
    fn a_signature_of_the_key_over_the_text_proves_it() {
        let ((ed, sign_ed), (ec, sign_ec)) = (ed25519(1), p256(1));
        let drawn = challenge(&ed, DevicePurpose::Verification);
        let answer = signature(&sign_ed(drawn.text().as_bytes()));
        let proof = drawn.answered((ACCOUNT, DevicePurpose::Verification), ed.clone(), &answer, NOW).unwrap();
        assert!(proof.account() == ACCOUNT && *proof.key() == ed);
        let drawn = challenge(&ec, DevicePurpose::Activation);
        let answer = signature(&sign_ec(drawn.text().as_bytes()));
        assert!(drawn.answered((ACCOUNT, DevicePurpose::Activation), ec, &answer, NOW).is_ok());
    }

    #[test]
    fn a_signature_is_worth_nothing_for_another_account_purpose_key_or_challenge() {
        let ((key, sign), (other, sign_other)) = (ed25519(1), ed25519(2));
        let drawn = challenge(&key, DevicePurpose::Renewal);
        let answer = signature(&sign(drawn.text().as_bytes()));
        let meant = (ACCOUNT, DevicePurpose::Renewal);
        let try_it = |drawn: &Challenge, meant, key: &DeviceKey, answer: &DeviceSignature| {
            drawn.clone().answered(meant, key.clone(), answer, NOW).map(drop)
        };
        assert_eq!(try_it(&drawn, meant, &key, &answer), Ok(()));
        let elsewhere = AccountId::new(Uuid::from_u128(8));
        assert_eq!(try_it(&drawn, (elsewhere, meant.1), &key, &answer), Err(NotProven::Unusable));
        let verify = (ACCOUNT, DevicePurpose::Verification);
        assert_eq!(try_it(&drawn, verify, &key, &answer), Err(NotProven::Unusable));
        assert_eq!(try_it(&drawn, meant, &other, &answer), Err(NotProven::Unusable));
        let foreign = signature(&sign_other(drawn.text().as_bytes()));
        assert_eq!(try_it(&drawn, meant, &key, &foreign), Err(NotProven::WrongSignature));
        let next = Challenge { value: ChallengeValue::new([8; 32]), ..drawn.clone() };
        assert_eq!(try_it(&next, meant, &key, &answer), Err(NotProven::WrongSignature), "a replay");
        for moved in [Challenge { account: elsewhere, ..drawn.clone() }, challenge(&key, verify.1)] {
            let for_it = (moved.account, moved.purpose);
            assert_eq!(try_it(&moved, for_it, &key, &answer), Err(NotProven::WrongSignature));
        }
    }

    #[test]
    fn a_signature_over_one_contact_is_worth_nothing_for_another_and_none_is_taken_without_one() {
        let (key, sign) = p256(1);
        let phone = |typed: &str| About::Contact(Contact::Phone(Phone::parse(typed).unwrap()));
        let (wanted, other) = (phone("0912345678"), phone("0912345679"));
        for purpose in [DevicePurpose::ContactChange, DevicePurpose::LostContactChange] {
            let drawn = challenge(&key, purpose);
            assert!(drawn.text_about(&wanted).ends_with("\ncontact:phone:+84912345678\n"));
            let answer = signature(&sign(drawn.text_about(&wanted).as_bytes()));
            let try_it = |about: &About, answer: &DeviceSignature| {
                drawn.clone().answered_about((ACCOUNT, purpose), about, key.clone(), answer, NOW).map(drop)
            };
            assert_eq!(try_it(&wanted, &answer), Ok(()));
            assert_eq!(try_it(&other, &answer), Err(NotProven::WrongSignature));
            let plain = signature(&sign(drawn.text().as_bytes()));
            assert_eq!(try_it(&About::Nothing, &plain), Err(NotProven::Unusable));
        }
        let drawn = challenge(&key, DevicePurpose::Renewal);
        let answer = signature(&sign(drawn.text_about(&wanted).as_bytes()));
        let meant = (ACCOUNT, DevicePurpose::Renewal);
        assert!(drawn.answered_about(meant, &wanted, key, &answer, NOW).is_err());
    }

    #[test]
    fn a_signature_that_gives_one_change_up_is_worth_nothing_for_another() {
        let (key, sign) = ed25519(1);
        let change = |number| About::Change(ChangeId::new(Uuid::from_u128(number)));
        let drawn = challenge(&key, DevicePurpose::ContactCancel);
        assert!(drawn.text_about(&change(9)).ends_with("\nchange:00000000-0000-0000-0000-000000000009\n"));
        let answer = signature(&sign(drawn.text_about(&change(9)).as_bytes()));
        let meant = (ACCOUNT, DevicePurpose::ContactCancel);
        let try_it = |about: &About, answer: &DeviceSignature| {
            drawn.clone().answered_about(meant, about, key.clone(), answer, NOW).map(drop)
        };
        assert_eq!(try_it(&change(9), &answer), Ok(()));
        assert_eq!(try_it(&change(8), &answer), Err(NotProven::WrongSignature));
        let plain = signature(&sign(drawn.text().as_bytes()));
        assert_eq!(try_it(&change(9), &plain), Err(NotProven::WrongSignature), "it names no change");
        assert_eq!(try_it(&About::Nothing, &plain), Err(NotProven::Unusable));
    }

    #[test]
    fn the_old_device_agrees_to_one_new_key_and_possession_is_no_consent() {
        let ((old, sign_old), (new, sign_new)) = (p256(1), ed25519(2));
        let drawn = challenge(&new, DevicePurpose::Replacement);
        let (text, consent) = (drawn.text(), drawn.consent_text());
        let answer = signature(&sign_new(text.as_bytes()));
        let proof = drawn.answered((ACCOUNT, DevicePurpose::Replacement), new, &answer, NOW).unwrap();
        assert!(proof.consented(&old, &signature(&sign_old(consent.as_bytes()))).is_ok());
        for wrong in [sign_old(text.as_bytes()), sign_new(consent.as_bytes())] {
            assert!(proof.consented(&old, &signature(&wrong)).is_err());
        }
        let other = challenge(&ed25519(3).0, DevicePurpose::Replacement).consent_text();
        assert!(proof.consented(&old, &signature(&sign_old(other.as_bytes()))).is_err());
    }

    #[test]
    fn a_challenge_ends_and_one_from_the_future_is_none() {
        let (key, _) = ed25519(1);
        let drawn = challenge(&key, DevicePurpose::Renewal);
        assert!(drawn.is_open(NOW) && !drawn.is_open(NOW.plus(LIFE)));
        assert!(drawn.is_open(NOW.minus(SKEW_MAX)), "clocks of two processes differ a little");
        assert!(!drawn.is_open(NOW.minus(SKEW_MAX + Duration::from_micros(1))), "the clock was set back");
        let long = Challenge::new(drawn.value, (ACCOUNT, drawn.purpose, drawn.key), Duration::from_hours(9), NOW);
        assert_eq!(long.expires_at, NOW.plus(LIFETIME_MAX));
    }

    proptest! {
        #[test]
        fn two_challenges_that_differ_have_different_texts(
            one in (any::<[u8; 32]>(), any::<u128>(), 0_usize..8, any::<[u8; 32]>()),
            other in (any::<[u8; 32]>(), any::<u128>(), 0_usize..8, any::<[u8; 32]>()),
        ) {
            let make = |(value, account, purpose, key): ([u8; 32], u128, usize, [u8; 32])| {
                let meant = (AccountId::new(Uuid::from_u128(account)), DevicePurpose::ALL[purpose]);
                let key = KeyThumbprint::parse(&key).unwrap();
                Challenge::new(ChallengeValue::new(value), (meant.0, meant.1, key), LIFE, NOW)
            };
            prop_assert_eq!(make(one).text() == make(other).text(), one == other);
            prop_assert!(make(one).text() != make(other).consent_text());
        }
    }

    #[test]
    fn what_is_no_challenge_and_no_signature_is_refused_and_nothing_prints() {
        assert!(ChallengeValue::parse(&[0; 31]).is_err() && ChallengeValue::parse(&[0; 32]).is_ok());
        assert!(DeviceSignature::parse(&[]).is_err() && DeviceSignature::parse(&[0; 73]).is_err());
        let shown = format!("{:?} {:?}", ChallengeValue::new([1; 32]), signature(&[1; 64]));
        assert_eq!(shown, "ChallengeValue(…) DeviceSignature(…)");
        assert_eq!(DevicePurpose::from_name("consent"), None, "no challenge is drawn for it");
    }
}
