//! Inputs made to cost: what they cost is bounded, however many of something they hold.

use allocation_counter::measure;
use eid::chip::certificate::Certificate;
use eid::chip::crl::Crl;
use eid::chip::policy::Policy;
use eid::chip::trust::Anchor;
use eid::chip::{ChipFiles, Mode, Trust, examine};
use eid::domain::chip::{Doubt, Genuineness};
use eid::domain::time::Timestamp;
use eid::practice::country::{Algorithm, Answering, Bearer, Bits, Country, Hash};

use crate::property::TODAY;
use crate::seeds::nothing_right;

const ZONE: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let len = u32::try_from(content.len()).unwrap();
    let bytes = len.to_be_bytes();
    match len {
        0..0x80 => [&[tag, bytes[3]][..], &content].concat(),
        0x80..0x100 => [&[tag, 0x81, bytes[3]][..], &content].concat(),
        0x100..0x1_0000 => [&[tag, 0x82][..], &bytes[2..], &content].concat(),
        _ => [&[tag, 0x83][..], &bytes[1..], &content].concat(),
    }
}

/// The content of the first element with `tag`, by a walk into sequences.
fn replaced(list: &[u8], entries: &[u8]) -> Vec<u8> {
    let split = |bytes: &[u8]| {
        let long = usize::from(bytes[1] & 0x7F);
        let (start, len) = match bytes[1] {
            short @ 0..0x80 => (2, usize::from(short)),
            _ => (2 + long, bytes[2..2 + long].iter().fold(0, |len, byte| len << 8 | usize::from(*byte))),
        };
        (start, start + len)
    };
    let (start, _) = split(list);
    let rest = &list[start..];
    let (inside, end) = split(rest);
    let (tbs, signature) = (&rest[inside..end], &rest[end..]);
    // Version, algorithm, issuer, two times, then the entries.
    let mut at = 0;
    for _ in 0..5 {
        at += split(&tbs[at..]).1;
    }
    let after = at + split(&tbs[at..]).1;
    let tbs = tlv(0x30, &[&tbs[..at], &tlv(0x30, &[entries]), &tbs[after..]]);
    tlv(0x30, &[&tbs, signature])
}

#[test]
fn a_revocation_list_in_which_every_entry_has_an_extension_of_its_own_costs_no_more_than_its_length() {
    let country = Country::of_practice();
    let good = country.crl(&[vec![1]], TODAY, TODAY + time::Duration::days(30));
    let entry = |number: u32| {
        let [_, a, b, c] = number.to_be_bytes();
        let oid = tlv(0x06, &[&[0x2A, 0x80 | (a & 0x0F) | 0x10, 0x80 | (b >> 1), 0x80 | (c >> 1), c & 0x7F, b & 0x7F]]);
        let extension = tlv(0x30, &[&oid, &[0x01, 0x01, 0xFF], &tlv(0x04, &[])]);
        let serial = tlv(0x02, &[&[1, a, b, c]]);
        tlv(0x30, &[&serial, &tlv(0x17, &[b"260101000000Z"]), &tlv(0x30, &[&extension])])
    };
    let entries: Vec<u8> = (0..100_000).flat_map(entry).collect();
    let list = replaced(&good, &entries);
    let read = Crl::from_der(&list).unwrap();
    assert_eq!(read.len(), 100_000);
    let unknown = read.unknown_critical_extensions().len();
    assert!((1..=64).contains(&unknown), "{unknown} are looked through for every entry");
}

/// Authorities that share name, key identifier and country with the practice country's and have each another key.
fn lookalikes(csca: &[u8], count: u16) -> Vec<Certificate> {
    let certificate = Certificate::from_der(csca).unwrap();
    let spki = certificate.spki();
    let start = csca.windows(spki.len()).position(|window| window == spki).unwrap();
    // Within the modulus.
    let middle = start + spki.len() / 2;
    let alike = |number: u16| {
        let mut der = csca.to_vec();
        for (byte, mask) in der[middle..].iter_mut().zip((number + 1).to_be_bytes()) {
            *byte ^= mask;
        }
        Certificate::from_der(&der).unwrap()
    };
    (0..count).map(alike).collect()
}

#[test]
fn a_signer_that_any_of_many_authorities_may_have_signed_costs_a_bounded_number_of_signatures() {
    let country = Country::new(0, Algorithm::Pkcs1 { bits: Bits::B2048, hash: Hash::Sha256 });
    let chip = country.chip(&Bearer::with_zone(ZONE), Answering::Never);
    let files = ChipFiles::new(chip.sod.clone(), [].into(), None, None).unwrap();
    let work = |authorities: u16| {
        let anchors = lookalikes(country.csca(), authorities);
        let anchors = anchors.into_iter().map(|certificate| Anchor { certificate, practice: false });
        let trust = Trust::new(anchors, [], []);
        assert_eq!(trust.authorities(), usize::from(authorities));
        let mut doubt = None;
        let taken = measure(|| {
            let now = Timestamp::start_of(TODAY);
            doubt = Some(examine(&files, &trust, &Policy::default(), Mode::default(), now).data);
        });
        assert!(doubt != Some(Genuineness::Genuine) && doubt != Some(Genuineness::Unknown(Doubt::Weak)));
        // Every signature that ring refuses is computed once more, with numbers on the heap.
        taken.count_total
    };
    let (few, some, many) = (work(1), work(64), work(512));
    assert!(few < some, "{few} allocations with one authority, {some} with 64");
    assert_eq!(some, many, "the number of authorities makes no difference beyond the bound");
}

#[test]
fn a_request_with_nothing_right_is_refused_with_what_fits_into_the_headers_of_an_answer() {
    let refused = eid::grpc::read_check(&nothing_right()).unwrap_err();
    assert!(refused.details().len() <= 5 << 10, "{} bytes of details", refused.details().len());
}
