//! Receipts that are genuine, and everything that is not.

use std::io::Write as _;
use std::process::Command;

use proptest::prelude::*;
use time::macros::date;

use super::*;
use crate::receipt::claims::Due;
use crate::receipt::claims::tests::claims;
use crate::receipt::key::PublicKey;
use crate::receipt::key::tests::rfc_8037;

fn due() -> Due {
    Due { day: date!(2026 - 11 - 30), provisional: true }
}

fn signed() -> Signed {
    sign(&claims(Some(due())), &rfc_8037())
}

fn keys() -> JwkSet {
    JwkSet::new(vec![PublicKey::new([9; 32]), rfc_8037().public().clone()])
}

/// A text signed by the right key, whatever its header and payload are.
fn forged(header: &str, payload: &[u8]) -> String {
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = URL_SAFE_NO_PAD.encode(rfc_8037().sign(text.as_bytes()));
    format!("{text}.{signature}")
}

#[test]
fn a_receipt_is_read_back_in_both_forms_however_it_was_broken_into_lines() {
    let (text, genuine) = (signed(), Genuine { claims: claims(Some(due())), key: rfc_8037().public().id().clone() });
    let wrapped = |text: &str| {
        let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("\u{feff}{}\r\n", lines.join(" \r\n\t"))
    };
    for form in [text.as_str().to_owned(), text.to_digits(), wrapped(text.as_str()), wrapped(&text.to_digits())] {
        assert_eq!(read(&form, &keys()).as_ref(), Ok(&genuine));
    }
    assert_eq!(read(&text.to_digits().to_uppercase(), &keys()), Ok(genuine));
    assert_eq!((text.key_id().as_ref(), text.claims()), (Some(rfc_8037().public().id()), Some(claims(Some(due())))));
}

#[test]
fn signing_twice_gives_the_same_text_of_known_length() {
    assert_eq!(signed(), signed());
    assert_eq!(signed().as_str().len(), 438);
    assert_eq!(sign(&claims(None), &rfc_8037()).as_str().len(), 388);
}

#[test]
fn letters_of_one_case_are_told_apart_from_a_forgery() {
    for text in [signed().as_str().to_uppercase(), signed().as_str().to_lowercase()] {
        assert_eq!(read(&text, &keys()), Err(NotGenuine::OneCase));
    }
}

#[test]
fn a_key_that_is_not_given_is_named() {
    let others = JwkSet::new(vec![PublicKey::new([9; 32])]);
    let id = rfc_8037().public().id().clone();
    assert_eq!(read(signed().as_str(), &others), Err(NotGenuine::UnknownKey(id)));
}

#[test]
fn no_header_but_ours_is_followed_even_if_the_key_has_signed_it() {
    let kid = rfc_8037().public().id().to_string();
    let payload = claims(None).to_json();
    let right = format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"eid-receipt+jwt"}}"#);
    assert!(read(&forged(&right, &payload), &keys()).is_ok());
    for (from, to) in [
        (r#""alg":"EdDSA""#, r#""alg":"none""#),
        (r#""alg":"EdDSA""#, r#""alg":"HS256""#),
        (r#""alg":"EdDSA""#, r#""alg":"eddsa""#),
        (r#""alg":"EdDSA","#, ""),
        (r#""alg":"EdDSA""#, r#""alg":"EdDSA","alg":"EdDSA""#),
        ("eid-receipt+jwt", "JWT"),
        (r#""typ":"#, r#""crit":["exp"],"typ":"#),
        (r#""typ":"#, r#""b64":false,"crit":["b64"],"typ":"#),
        (r#""typ":"#, r#""jwk":{"kty":"OKP"},"typ":"#),
        (r#""typ":"#, r#""x5u":"https://x.invalid","typ":"#),
        (kid.as_str(), "1"),
    ] {
        assert!(right.contains(from));
        let text = forged(&right.replacen(from, to, 1), &payload);
        assert_eq!(read(&text, &keys()), Err(NotGenuine::AnotherKind), "{to}");
    }
}

#[test]
fn what_is_signed_and_is_no_receipt_is_not_understood() {
    let kid = rfc_8037().public().id().to_string();
    let header = format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"eid-receipt+jwt"}}"#);
    for payload in ["{}", "[]", "receipt"] {
        assert_eq!(read(&forged(&header, payload.as_bytes()), &keys()), Err(NotGenuine::NotUnderstood));
    }
}

#[test]
fn what_has_not_the_form_is_no_receipt() {
    let text = signed();
    let cut = &text.as_str()[..text.as_str().rfind('.').unwrap()];
    for wrong in ["", ".", "..", "a.b", "a.b.c.d", "12", "1234567890", "{}", "https://eid.invalid/x.y.z", cut, "é.é.é"]
    {
        assert_eq!(read(wrong, &keys()), Err(NotGenuine::NotAReceipt), "{wrong}");
    }
    assert_eq!(read(&" ".repeat(TEXT_BYTES_MAX + 1), &keys()), Err(NotGenuine::TooLong));
}

#[test]
fn parts_of_two_receipts_do_not_make_a_third() {
    let (one, other) = (signed(), sign(&claims(None), &rfc_8037()));
    let part = |text: &Signed, at| text.as_str().split('.').nth(at).unwrap().to_owned();
    let mixed = format!("{}.{}.{}", part(&one, 0), part(&other, 1), part(&one, 2));
    assert_eq!(read(&mixed, &keys()), Err(NotGenuine::Altered));
}

#[test]
fn a_receipt_is_of_one_content_only() {
    let genuine = read(signed().as_str(), &keys()).unwrap();
    let salt = Salt::new([7; 16]);
    assert_eq!(genuine.of(salt, PlainDigest::of(b"submitted")), Ok(()));
    assert_eq!(genuine.of(salt, PlainDigest::of(b"submitted ")), Err(NotGenuine::OtherContent));
    assert_eq!(genuine.of(Salt::new([8; 16]), PlainDigest::of(b"submitted")), Err(NotGenuine::OtherContent));
}

/// The public key of RFC 8037 as openssl takes it.
const PEM: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
                   -----END PUBLIC KEY-----\n";

#[test]
fn openssl_finds_the_signature_right_and_an_altered_one_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
        path
    };
    let text = signed();
    let (message, signature) = text.as_str().rsplit_once('.').unwrap();
    let (key, signature) = (file("key.pem", PEM.as_bytes()), URL_SAFE_NO_PAD.decode(signature).unwrap());
    let signature = file("signature", &signature);
    let says = |message: &str| {
        let message = file("message", message.as_bytes());
        let mut openssl = Command::new("openssl");
        openssl.args(["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey"]).arg(&key);
        openssl.arg("-in").arg(message).arg("-sigfile").arg(&signature).output()
    };
    // A machine without openssl has no such peer; the vectors of RFC 8037 still hold there.
    let Ok(right) = says(message) else { return };
    assert!(right.status.success(), "{}", String::from_utf8_lossy(&right.stderr));
    assert!(!says(&message.replacen('e', "f", 1)).unwrap().status.success());
}

proptest! {
    #[test]
    fn a_receipt_with_any_bit_turned_is_refused(at in 0usize..438, bit in 0u8..8) {
        let mut bytes = signed().as_str().as_bytes().to_vec();
        bytes[at] ^= 1 << bit;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        prop_assert!(read(&text, &keys()).is_err());
    }

    #[test]
    fn digits_with_another_one_among_them_are_refused(at in 0usize..876, by in 1u8..10) {
        let mut digits = signed().to_digits().into_bytes();
        digits[at] = b'0' + (digits[at] - b'0' + by) % 10;
        prop_assert!(read(std::str::from_utf8(&digits).unwrap(), &keys()).is_err());
    }

    #[test]
    fn a_receipt_cut_anywhere_is_refused(from in 0usize..218, len in 0usize..438) {
        let text = signed();
        let part = text.as_str().get(from..from + len).unwrap_or_default();
        prop_assert!(part.len() == text.as_str().len() || read(part, &keys()).is_err());
    }

    #[test]
    fn whatever_is_read_nothing_breaks(text in "\\PC{0,300}", dotted in "[-_.A-Za-z0-9]{0,300}") {
        prop_assert!(read(&text, &keys()).is_err() && read(&dotted, &keys()).is_err());
    }
}
