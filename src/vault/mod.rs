//! The vault: the only place where personal data is sealed and opened, indexed and compared under keys.
//!
//! Sealing is AES-256-GCM under a versioned key, with table, column and row as associated data: a value moved to another
//! row does not open. Blind indexes are HMAC-SHA-256 under one key for each purpose, derived by HKDF from an index root
//! that never rotates by itself (indexes could not be found again). Receipts are signed here, too, and the
//! keys that issue certificates to devices are held here. Refuses to print
//! anything.

mod data_key;
mod devices;
mod receipts;
mod ring;

pub use data_key::DataKey;
pub use ring::{KeyFault, KeyRing};

use std::collections::HashMap;
use std::fmt;

use ::ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ::ring::{hkdf, hmac};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::device_ca::AuthorityKey;
use crate::domain::account::IdentityNumber;
use crate::domain::code::{Code, Purpose};
use crate::domain::contact::{CancelLink, Contact, Email, Phone};
use crate::domain::device::{CounterCode, KeyThumbprint};
use crate::domain::duplicate::BlockingKey;
use crate::domain::ids::{AccountId, CodeId, EnrolmentId, ProofId, StaffId};
use crate::domain::network::SourceNetwork;
use crate::domain::passport::DocumentNumber;
use crate::domain::person::StateCode;
use crate::domain::sealed::{BlindIndex, CodeDigest, ContentDigest, Sealed};
use crate::domain::staff::RecoveryCode;
use crate::receipt::{Claims, JwkSet, KeyId, Salt, Signed};
use crate::sys::Dice;
use receipts::ReceiptKeys;

/// First byte of a sealed value: the layout of what follows (key version, nonce, ciphertext and tag).
const LAYOUT: u8 = 1;
/// Bytes that are kept of a key by which duplicates are found.
const KEY_BYTES: usize = 16;
/// Layout and key version.
const HEADER: usize = 1 + 4;

/// Where a sealed value lives. A value opens only there.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Table.
    pub table: &'static str,
    /// Column.
    pub column: &'static str,
    /// Row.
    pub row: Uuid,
}

/// A sealed value that does not open: another key ring, another place, or tampered with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a sealed value does not open; is this the key ring it was sealed under?")]
pub struct DoesNotOpen;

/// Seals, opens, indexes and compares.
pub struct Vault {
    sealing: HashMap<u32, LessSafeKey>,
    current: u32,
    indexes: Indexes,
    receipts: ReceiptKeys,
    authorities: Vec<AuthorityKey>,
    dice: Dice,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault(key version {})", self.current)
    }
}

/// One key for each purpose, so that equal values of different kinds have different indexes.
struct Indexes {
    document: hmac::Key,
    card: hmac::Key,
    phone: hmac::Key,
    email: hmac::Key,
    number: hmac::Key,
    login: hmac::Key,
    source: hmac::Key,
    code: hmac::Key,
    counter_code: hmac::Key,
    staff_recovery: hmac::Key,
    counter_draw: hmac::Key,
    content: hmac::Key,
    cancel_link: hmac::Key,
    duplicate: hmac::Key,
}

impl Vault {
    /// A vault over the keys of `ring`; nonces are rolled with `dice`.
    ///
    /// # Errors
    /// If the ring's current version has no key.
    pub fn new(ring: &KeyRing, dice: Dice) -> Result<Self, KeyFault> {
        let sealing = ring
            .sealing()
            .map(|(version, key)| {
                let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| KeyFault::Unreadable)?;
                Ok((version, LessSafeKey::new(key)))
            })
            .collect::<Result<HashMap<_, _>, KeyFault>>()?;
        if !sealing.contains_key(&ring.current()) {
            return Err(KeyFault::NoCurrentKey);
        }
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"eid blind index v1").extract(ring.index_root());
        let derive = |purpose: &'static str| -> Result<hmac::Key, KeyFault> {
            let info = [purpose.as_bytes()];
            let okm = root.expand(&info, hmac::HMAC_SHA256).map_err(|_| KeyFault::Unreadable)?;
            Ok(hmac::Key::from(okm))
        };
        let indexes = Indexes {
            document: derive("document")?,
            card: derive("card")?,
            phone: derive("phone")?,
            email: derive("email")?,
            number: derive("identity number")?,
            login: derive("login")?,
            source: derive("source network")?,
            code: derive("one-time code")?,
            counter_code: derive("code from the counter")?,
            staff_recovery: derive("recovery code of staff")?,
            counter_draw: derive("drawing of codes for the counter")?,
            content: derive("request content")?,
            cancel_link: derive("code that stops a contact change")?,
            duplicate: derive("duplicate key")?,
        };
        let (receipts, authorities) = (ReceiptKeys::new(ring)?, devices::authority_keys(ring)?);
        Ok(Self { sealing, current: ring.current(), indexes, receipts, authorities, dice })
    }

    /// Seals `clear` for one place.
    ///
    /// # Errors
    /// If the value is larger than AES-GCM takes (64 GiB).
    pub fn seal(&self, place: Place, clear: &[u8]) -> Result<Sealed, DoesNotOpen> {
        let nonce: [u8; NONCE_LEN] = self.dice.bytes();
        let key = self.sealing.get(&self.current).ok_or(DoesNotOpen)?;
        let mut text = clear.to_vec();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), place.aad(), &mut text)
            .map_err(|_| DoesNotOpen)?;
        let mut bytes = Vec::with_capacity(HEADER + NONCE_LEN + text.len());
        bytes.push(LAYOUT);
        bytes.extend(self.current.to_be_bytes());
        bytes.extend(nonce);
        bytes.extend(text);
        Ok(Sealed::from_bytes(bytes))
    }

    /// Opens a value sealed for that place, under whichever key version it was sealed.
    ///
    /// # Errors
    /// If it was sealed for another place or under a key that is not in the ring, or was changed.
    pub fn open(&self, place: Place, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let bytes = sealed.as_bytes();
        let (head, rest) = bytes.split_at_checked(HEADER).ok_or(DoesNotOpen)?;
        let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or(DoesNotOpen)?;
        let &[LAYOUT, a, b, c, d] = head else { return Err(DoesNotOpen) };
        let key = self.sealing.get(&u32::from_be_bytes([a, b, c, d])).ok_or(DoesNotOpen)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| DoesNotOpen)?;
        let mut text = Zeroizing::new(text.to_vec());
        let clear = key.open_in_place(nonce, place.aad(), &mut text).map_err(|_| DoesNotOpen)?.len();
        text.truncate(clear);
        Ok(text)
    }

    /// A name for everything that is kept under this ring: 16 hexadecimal digits, no secret, the same for ever. What
    /// another ring wrote beside it has another name.
    pub fn namespace(&self) -> String {
        let mut name = hex::encode(self.content("archive namespace", b"").as_bytes());
        name.truncate(16);
        name
    }

    /// A fresh key for one person's captures.
    pub fn data_key(&self) -> DataKey {
        DataKey::generate(&self.dice)
    }

    /// Seals `clear` for one place, under a key that [`Vault::data_key`] made.
    ///
    /// # Errors
    /// If the value is larger than AES-GCM takes (64 GiB).
    pub fn seal_under(&self, key: &DataKey, place: Place, clear: &[u8]) -> Result<Sealed, DoesNotOpen> {
        key.seal(place, clear, &self.dice)
    }

    /// Index of a travel or identity document: issuing state and number.
    pub fn document(&self, state: &StateCode, number: &DocumentNumber) -> BlindIndex {
        index(&self.indexes.document, &[state.as_str(), number.as_str()])
    }

    /// Index of a residence card: kind and number.
    pub fn card(&self, kind: &str, number: &DocumentNumber) -> BlindIndex {
        index(&self.indexes.card, &[kind, number.as_str()])
    }

    /// Index of a phone.
    pub fn phone(&self, phone: &Phone) -> BlindIndex {
        index(&self.indexes.phone, &[phone.as_str()])
    }

    /// Index of an e-mail address; spellings that differ in case only are one.
    pub fn email(&self, email: &Email) -> BlindIndex {
        index(&self.indexes.email, &[&email.folded()])
    }

    /// Index of an identification number.
    pub fn number(&self, number: &IdentityNumber) -> BlindIndex {
        index(&self.indexes.number, &[number.as_str()])
    }

    /// Index of an identification number together with the account's phone: found only by who knows both.
    pub fn login(&self, number: &IdentityNumber, phone: &Phone) -> BlindIndex {
        index(&self.indexes.login, &[number.as_str(), phone.as_str()])
    }

    /// Index of a network from which somebody called.
    pub fn source(&self, source: &SourceNetwork) -> BlindIndex {
        BlindIndex::from_bytes(hmac::sign(&self.indexes.source, source.as_bytes()).as_ref().to_vec())
    }

    /// Index of the code by which a reader of a notice stops a contact change.
    pub fn cancel_link(&self, link: &CancelLink) -> BlindIndex {
        index(&self.indexes.cancel_link, &[link.as_str()])
    }

    /// Index of a key by which duplicates are found: hashed apart for each kind, and cut to 16 bytes, for there are many.
    /// Should two ever meet, one request more is opened and compared.
    pub fn blocking_key(&self, key: &BlockingKey) -> BlindIndex {
        let mut bytes = index(&self.indexes.duplicate, &[key.kind.name(), key.text()]).as_bytes().to_vec();
        bytes.truncate(KEY_BYTES);
        BlindIndex::from_bytes(bytes)
    }

    /// Digest of a code, bound to the code's name, account, purpose, exact destination and device.
    pub fn code(&self, bound: CodeBinding<'_>, code: &Code) -> CodeDigest {
        let tag = hmac::sign(&self.indexes.code, &bound.message(code));
        CodeDigest::from_bytes(tag.as_ref().to_vec())
    }

    /// Whether `code` is the one that `digest` was made of, in constant time.
    pub fn is_code(&self, bound: CodeBinding<'_>, code: &Code, digest: &CodeDigest) -> bool {
        hmac::verify(&self.indexes.code, &bound.message(code), digest.as_bytes()).is_ok()
    }

    /// The code of a proof in person: it follows from the proof's name, so that a repeat of the call that recorded it can be
    /// answered and nothing has to keep it.
    pub fn draw_counter_code(&self, proof: ProofId, account: AccountId) -> CounterCode {
        let tag = hmac::sign(&self.indexes.counter_draw, &[proof.bytes(), account.bytes()].concat());
        let mut drawn = [0; CounterCode::LETTERS];
        drawn.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        CounterCode::drawn(drawn)
    }

    /// Digest of a code from the counter, bound to its proof and the account.
    pub fn counter_code(&self, proof: ProofId, account: AccountId, code: &CounterCode) -> CodeDigest {
        let tag = hmac::sign(&self.indexes.counter_code, &counter_message(proof, account, code));
        CodeDigest::from_bytes(tag.as_ref().to_vec())
    }

    /// Whether `code` is the one that `digest` was made of, in constant time.
    pub fn is_counter_code(
        &self,
        (proof, account): (ProofId, AccountId),
        code: &CounterCode,
        digest: &CodeDigest,
    ) -> bool {
        hmac::verify(&self.indexes.counter_code, &counter_message(proof, account, code), digest.as_bytes()).is_ok()
    }

    /// Digest of a recovery code, bound to whose it is.
    pub fn recovery_code(&self, staff: StaffId, code: &RecoveryCode) -> CodeDigest {
        let tag = hmac::sign(&self.indexes.staff_recovery, &recovery_message(staff, code));
        CodeDigest::from_bytes(tag.as_ref().to_vec())
    }

    /// Whether `code` is the one that `digest` was made of, in constant time.
    pub fn is_recovery_code(&self, staff: StaffId, code: &RecoveryCode, digest: &CodeDigest) -> bool {
        hmac::verify(&self.indexes.staff_recovery, &recovery_message(staff, code), digest.as_bytes()).is_ok()
    }

    /// Keys of the authority that issues certificates to devices, oldest first; the last one issues.
    pub fn device_authorities(&self) -> &[AuthorityKey] {
        &self.authorities
    }

    /// Signs what a receipt claims, with the newest key.
    pub fn sign_receipt(&self, claims: &Claims) -> Signed {
        self.receipts.sign(claims)
    }

    /// Name of the key that signs receipts.
    pub fn receipt_key(&self) -> &KeyId {
        self.receipts.signing().public().id()
    }

    /// The keys by which receipts are checked, oldest first.
    pub fn receipt_keys(&self) -> &JwkSet {
        self.receipts.known()
    }

    /// The salt of a request's receipt, `revision` counted from one with each submission of the request.
    pub fn receipt_salt(&self, request: EnrolmentId, revision: u32) -> Salt {
        self.receipts.salt(request, revision)
    }

    /// Digest of a call's content, by which a repeat is told from a reuse.
    pub fn content(&self, method: &str, content: &[u8]) -> ContentDigest {
        let mut message = hmac::Context::with_key(&self.indexes.content);
        message.update(method.as_bytes());
        message.update(&[0]);
        message.update(content);
        ContentDigest::from_bytes(message.sign().as_ref().to_vec())
    }
}

/// What a code is bound to: it is worth nothing for anything else.
#[derive(Clone, Copy)]
pub struct CodeBinding<'a> {
    /// The code's name.
    pub id: CodeId,
    /// The account.
    pub account: AccountId,
    /// The purpose.
    pub purpose: Purpose,
    /// Where it was sent.
    pub destination: &'a Contact,
    /// The key of the device that it is to bind, if it is to bind one.
    pub device: Option<KeyThumbprint>,
}

impl CodeBinding<'_> {
    fn message(&self, code: &Code) -> Vec<u8> {
        let destination = match self.destination {
            Contact::Phone(phone) => phone.as_str(),
            Contact::Email(email) => email.as_str(),
        };
        let mut message = self.id.uuid().as_bytes().to_vec();
        message.extend(self.account.uuid().as_bytes());
        for part in [self.purpose.name(), destination, code.as_str()] {
            message.extend(part.as_bytes());
            message.push(0);
        }
        message.extend(self.device.iter().flat_map(KeyThumbprint::as_bytes));
        message
    }
}

fn counter_message(proof: ProofId, account: AccountId, code: &CounterCode) -> Vec<u8> {
    [proof.bytes(), account.bytes(), code.as_str().as_bytes()].concat()
}

fn recovery_message(staff: StaffId, code: &RecoveryCode) -> Vec<u8> {
    [staff.bytes(), code.as_str().as_bytes()].concat()
}

impl Place {
    fn aad(&self) -> Aad<Vec<u8>> {
        let mut bytes = Vec::with_capacity(self.table.len() + self.column.len() + 18);
        for part in [self.table, self.column] {
            bytes.extend(part.as_bytes());
            bytes.push(0);
        }
        bytes.extend(self.row.as_bytes());
        Aad::from(bytes)
    }
}

/// HMAC of the parts with a zero byte after each: no two lists of parts give the same message.
fn index(key: &hmac::Key, parts: &[&str]) -> BlindIndex {
    let mut message = hmac::Context::with_key(key);
    for part in parts {
        message.update(part.as_bytes());
        message.update(&[0]);
    }
    BlindIndex::from_bytes(message.sign().as_ref().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::duplicate::KeyKind;

    fn vault() -> Vault {
        Vault::new(&KeyRing::generate(&Dice::seeded(1)), Dice::seeded(2)).unwrap()
    }

    const PLACE: Place = Place { table: "account", column: "phone", row: Uuid::from_u128(1) };

    #[test]
    fn a_sealed_value_opens_in_its_own_place_only() {
        let vault = vault();
        let sealed = vault.seal(PLACE, b"+84912345678").unwrap();
        assert_eq!(vault.open(PLACE, &sealed).unwrap().as_slice(), b"+84912345678");
        for elsewhere in [
            Place { table: "enrolment", ..PLACE },
            Place { column: "email", ..PLACE },
            Place { row: Uuid::from_u128(2), ..PLACE },
        ] {
            assert_eq!(vault.open(elsewhere, &sealed), Err(DoesNotOpen));
        }
    }

    #[test]
    fn a_changed_or_cut_value_does_not_open() {
        let vault = vault();
        let sealed = vault.seal(PLACE, b"secret").unwrap();
        for at in 0..sealed.as_bytes().len() {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[at] ^= 1;
            assert_eq!(vault.open(PLACE, &Sealed::from_bytes(bytes)), Err(DoesNotOpen));
            let cut = sealed.as_bytes()[..at].to_vec();
            assert_eq!(vault.open(PLACE, &Sealed::from_bytes(cut)), Err(DoesNotOpen));
        }
    }

    #[test]
    fn after_a_rotation_old_values_open_and_new_ones_use_the_new_key() {
        let mut ring = KeyRing::generate(&Dice::seeded(1));
        let before = Vault::new(&ring, Dice::seeded(2)).unwrap();
        let (old, phone) = (before.seal(PLACE, b"old").unwrap(), Phone::parse("0912345678").unwrap());
        ring.rotate(&Dice::seeded(3));
        let after = Vault::new(&ring, Dice::seeded(4)).unwrap();
        assert_eq!(after.open(PLACE, &old).unwrap().as_slice(), b"old");
        assert_eq!(before.open(PLACE, &after.seal(PLACE, b"new").unwrap()), Err(DoesNotOpen));
        assert_eq!(before.phone(&phone), after.phone(&phone), "indexes outlive a rotation");
        assert_eq!((before.namespace(), before.namespace().len()), (after.namespace(), 16));
    }

    #[test]
    fn equal_values_of_different_kinds_have_different_indexes() {
        let vault = vault();
        let number = DocumentNumber::parse("123456789").unwrap();
        let identity = IdentityNumber::parse("123456789").unwrap();
        let state = StateCode::parse("UTO").unwrap();
        let all = [vault.document(&state, &number), vault.card("UTO", &number), vault.number(&identity)];
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    }

    #[test]
    fn keys_for_duplicates_are_short_hashed_apart_for_each_kind_and_the_same_after_a_rotation() {
        let mut ring = KeyRing::generate(&Dice::seeded(1));
        let before = Vault::new(&ring, Dice::seeded(2)).unwrap();
        ring.rotate(&Dice::seeded(3));
        let after = Vault::new(&ring, Dice::seeded(4)).unwrap();
        let [day, year] =
            [KeyKind::NameDay, KeyKind::NameYear].map(|kind| BlockingKey::new(kind, "VNK-0307M".to_owned()));
        assert_eq!(before.blocking_key(&day), after.blocking_key(&day));
        assert!(before.blocking_key(&day) != before.blocking_key(&year));
        assert_eq!(before.blocking_key(&day).as_bytes().len(), KEY_BYTES);
    }

    #[test]
    fn a_code_is_right_for_its_account_purpose_destination_and_device_only() {
        let vault = vault();
        let (one, other) = (AccountId::new(Uuid::from_u128(1)), AccountId::new(Uuid::from_u128(2)));
        let phone = |n| Contact::Phone(Phone::parse(n).unwrap());
        let (here, there) = (phone("0912345678"), phone("0912345679"));
        let id = CodeId::new(Uuid::from_u128(3));
        let bound = CodeBinding { id, account: one, purpose: Purpose::Activation, destination: &here, device: None };
        let code = Code::numbered(123_456);
        let digest = vault.code(bound, &code);
        assert!(vault.is_code(bound, &code, &digest));
        assert!(!vault.is_code(bound, &Code::numbered(123_457), &digest));
        let device = Some(KeyThumbprint::parse(&[7; 32]).unwrap());
        assert!(!vault.is_code(CodeBinding { device, ..bound }, &code, &digest));
        assert!(!vault.is_code(CodeBinding { account: other, ..bound }, &code, &digest));
        assert!(!vault.is_code(CodeBinding { purpose: Purpose::PhoneChange, ..bound }, &code, &digest));
        assert!(!vault.is_code(CodeBinding { destination: &there, ..bound }, &code, &digest));
    }
}
