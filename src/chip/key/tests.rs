//! Signatures made by OpenSSL (`tests/data/signatures.tsv`): those that hold are accepted, and nothing near them is.

use proptest::prelude::*;

use super::*;
use crate::chip::hash::Hash;

const MESSAGE: &[u8] = b"A passport is signed once and checked often.";

struct Case {
    name: String,
    kind: String,
    scheme: Scheme,
    spki: Vec<u8>,
    signature: Vec<u8>,
}

impl Case {
    fn key(&self) -> PublicKey {
        PublicKey::from_spki(&self.spki).unwrap()
    }

    fn verify(&self) -> Result<(), SignatureFault> {
        self.key().verify(&self.scheme, MESSAGE, &self.signature)
    }
}

fn hash(name: &str) -> Hash {
    Hash::ALL.into_iter().find(|hash| hash.name() == name).unwrap()
}

fn cases() -> Vec<Case> {
    let text = include_str!("../../../tests/data/signatures.tsv");
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        let [name, kind, digest, mgf, salt, spki, signature] = row.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let digest = hash(digest);
        let scheme = match kind {
            "ecdsa" => Scheme::Ecdsa(digest),
            "pss" | "pss-key" => Scheme::RsaPss { hash: digest, mgf: hash(mgf), salt_len: salt.parse().unwrap() },
            _ => Scheme::RsaPkcs1(digest),
        };
        let (spki, signature) = (hex::decode(spki).unwrap(), hex::decode(signature).unwrap());
        Case { name: name.into(), kind: kind.into(), scheme, spki, signature }
    })
    .collect()
}

fn of_kind(kind: &str) -> Vec<Case> {
    cases().into_iter().filter(|case| case.kind == kind).collect()
}

#[test]
fn a_signature_that_another_implementation_made_holds_on_every_curve_and_for_every_padding() {
    let mut seen = 0;
    for case in cases().into_iter().filter(|case| !matches!(&*case.kind, "forged" | "pkcs1-without-null")) {
        assert_eq!(case.key().algorithm().to_string(), case.name);
        assert_eq!(case.verify(), Ok(()), "{} {:?}", case.name, case.scheme);
        seen += 1;
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn another_message_another_hash_or_a_changed_signature_does_not_hold() {
    for case in cases().into_iter().filter(|case| case.kind != "forged") {
        let (key, told) = (case.key(), format!("{} {:?}", case.name, case.scheme));
        assert_eq!(key.verify(&case.scheme, b"another", &case.signature), Err(SignatureFault::Wrong), "{told}");
        let mut changed = case.signature.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(key.verify(&case.scheme, MESSAGE, &changed), Err(SignatureFault::Wrong), "{told}");
        for length in [0, 1, case.signature.len() - 1] {
            let short = &case.signature[..length];
            assert_eq!(key.verify(&case.scheme, MESSAGE, short), Err(SignatureFault::Wrong), "{told}");
        }
        let long = [&case.signature[..], &[0]].concat();
        assert_eq!(key.verify(&case.scheme, MESSAGE, &long), Err(SignatureFault::Wrong), "{told}");
        let long = [&[0], &case.signature[..]].concat();
        assert_eq!(key.verify(&case.scheme, MESSAGE, &long), Err(SignatureFault::Wrong), "{told}");
    }
}

/// Short padding before garbage (Bleichenbacher, 2006), lengths in BER, other block types.
#[test]
fn an_encoding_that_is_not_the_one_a_signer_writes_does_not_hold() {
    let forged = of_kind("forged");
    assert!(forged.len() >= 4);
    for case in forged {
        assert_eq!(case.verify(), Err(SignatureFault::Wrong));
    }
}

#[test]
fn a_digest_info_without_its_null_is_a_fault_of_its_own() {
    for case in of_kind("pkcs1-without-null") {
        assert_eq!(case.verify(), Err(SignatureFault::DigestInfoWithoutNull));
    }
}

#[test]
fn a_salt_of_another_length_does_not_hold() {
    for case in of_kind("pss") {
        let Scheme::RsaPss { hash, mgf, salt_len } = case.scheme else { panic!("not PSS") };
        for salt_len in [salt_len + 1, salt_len.saturating_sub(1), 1024].into_iter().filter(|len| *len != salt_len) {
            let other = Scheme::RsaPss { hash, mgf, salt_len };
            assert!(case.key().verify(&other, MESSAGE, &case.signature).is_err(), "{} {other:?}", case.name);
        }
    }
}

#[test]
fn a_key_bound_to_pss_signs_by_nothing_else() {
    for case in of_kind("pss-key") {
        let wrong = [
            Scheme::RsaPkcs1(Hash::Sha256),
            Scheme::RsaPss { hash: Hash::Sha256, mgf: Hash::Sha256, salt_len: 20 },
            Scheme::RsaPss { hash: Hash::Sha512, mgf: Hash::Sha256, salt_len: 32 },
            Scheme::Ecdsa(Hash::Sha256),
        ];
        for scheme in wrong {
            let verified = case.key().verify(&scheme, MESSAGE, &case.signature);
            assert_eq!(verified, Err(SignatureFault::SchemeMismatch), "{scheme:?}");
        }
    }
}

/// `r || s`, each as long as a coordinate.
fn plain(case: &Case) -> Vec<u8> {
    let KeyAlgorithm::Ec(curve) = case.key().algorithm() else { panic!("no curve") };
    let both = AnyRef::from_der(&case.signature).unwrap().sequence(|inner| {
        let read = |number: der::asn1::UintRef<'_>| {
            [&vec![0; curve.field_len() - number.as_bytes().len()], number.as_bytes()].concat()
        };
        Ok([read(der::asn1::UintRef::decode(inner)?), read(der::asn1::UintRef::decode(inner)?)].concat())
    });
    both.unwrap()
}

#[test]
fn a_plain_signature_holds_where_the_other_form_does_and_with_whole_halves_alone() {
    for case in of_kind("ecdsa") {
        let (key, plain) = (case.key(), plain(&case));
        assert_eq!(key.verify_plain(&case.scheme, MESSAGE, &plain), Ok(()), "{} {:?}", case.name, case.scheme);
        assert!(key.verify(&case.scheme, MESSAGE, &plain).is_err());
        assert!(key.verify_plain(&case.scheme, MESSAGE, &case.signature).is_err());
        assert!(key.verify_plain(&case.scheme, MESSAGE, &plain[1..]).is_err());
        assert!(key.verify_plain(&case.scheme, MESSAGE, &vec![0; plain.len()]).is_err(), "r and s are zero");
        assert!(key.verify_plain(&case.scheme, MESSAGE, &vec![0xFF; plain.len()]).is_err(), "r and s exceed the order");
    }
}

#[test]
fn the_public_operation_gives_as_many_bytes_as_the_modulus_and_refuses_numbers_beyond_it() {
    for case in of_kind("pkcs1") {
        let (key, length) = (case.key(), case.signature.len());
        let encoded = key.rsa_public_operation(&case.signature).unwrap();
        assert_eq!((encoded.len(), &encoded[..2]), (length, &[0, 1][..]), "{}", case.name);
        let digest = case.scheme.hash().digest(MESSAGE);
        assert!(encoded.ends_with(&digest), "{}", case.name);
        assert_eq!(key.rsa_public_operation(&vec![0xFF; length]), None);
        assert_eq!(key.rsa_public_operation(&vec![1; length + 1]), None);
        assert_eq!(key.rsa_public_operation(&[]).unwrap(), vec![0; length]);
    }
    let curve = &of_kind("ecdsa")[0];
    assert_eq!(curve.key().rsa_public_operation(&[1]), None);
}

/// A `SubjectPublicKeyInfo` with this modulus and exponent.
fn rsa_spki(n: &[u8], e: &[u8]) -> Vec<u8> {
    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        let head = if content.len() < 128 { vec![tag, length[1]] } else { vec![tag, 0x82, length[0], length[1]] };
        // The shortest form alone is DER.
        let head = if (128..256).contains(&content.len()) { vec![tag, 0x81, length[1]] } else { head };
        [head, content.to_vec()].concat()
    }
    let number = |bytes: &[u8]| {
        if bytes[0] < 0x80 { tlv(2, bytes) } else { tlv(2, &[&[0], bytes].concat()) }
    };
    let key = tlv(0x30, &[number(n), number(e)].concat());
    let algorithm = hex::decode("300d06092a864886f70d0101010500").unwrap();
    tlv(0x30, &[algorithm, tlv(3, &[vec![0], key].concat())].concat())
}

#[test]
fn rsa_keys_beyond_the_bounds_are_refused_before_any_work() {
    let (odd, even) = (vec![0xFF; 128], [vec![0xFF; 127], vec![0xFE]].concat());
    let fault = |n: &[u8], e: &[u8]| PublicKey::from_spki(&rsa_spki(n, e)).map(|key| key.algorithm());
    assert_eq!(fault(&odd, &[3]), Ok(KeyAlgorithm::Rsa { bits: 1024 }));
    assert_eq!(fault(&odd[1..], &[3]), Err(KeyFault::ModulusSize(1016)));
    assert_eq!(fault(&vec![0xFF; 1025], &[3]), Err(KeyFault::ModulusSize(8200)));
    assert_eq!(fault(&even, &[3]), Err(KeyFault::Rsa));
    assert_eq!(fault(&odd, &[1]), Err(KeyFault::Rsa));
    assert_eq!(fault(&odd, &[4]), Err(KeyFault::Rsa));
    assert_eq!(fault(&odd, &[1; 33]), Err(KeyFault::Rsa));
}

#[test]
fn a_point_off_its_curve_is_refused() {
    // The first forty name their curve and give both coordinates.
    for case in of_kind("ecdsa").into_iter().take(40) {
        let mut spki = case.spki.clone();
        *spki.last_mut().unwrap() ^= 1;
        assert_eq!(PublicKey::from_spki(&spki).unwrap_err(), KeyFault::Point, "{}", case.name);
    }
}

#[test]
fn a_key_prints_its_kind_alone() {
    let printed: Vec<_> = cases().iter().map(|case| format!("{:?}", case.key())).collect();
    assert!(printed.contains(&"PublicKey(brainpoolP512r1)".to_owned()));
    assert!(printed.contains(&"PublicKey(RSA-1025)".to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_the_reader_of_keys_fall(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = PublicKey::from_spki(&bytes);
    }

    #[test]
    fn no_change_of_a_key_makes_the_check_fall(case in 0_usize..77, at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let cases = cases();
        let case = &cases[case % cases.len()];
        let mut spki = case.spki.clone();
        let at = at.index(spki.len());
        spki[at] = to;
        if let Ok(key) = PublicKey::from_spki(&spki) {
            let _ = key.verify(&case.scheme, MESSAGE, &case.signature);
        }
    }
}
