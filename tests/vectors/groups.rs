//! Data groups of specimens and one real exchange of active authentication.

use std::fs;
use std::path::Path;

use eid::chip::active::{ActiveFault, ActiveKey};
use eid::chip::groups::com::Common;
use eid::chip::groups::dg14::SecurityInfo;
use eid::chip::groups::dg15::KeyGroupFault;
use eid::chip::groups::{dg1, dg2, dg14, dg15};
use eid::chip::key::{KeyAlgorithm, KeyFault};
use eid::domain::chip_content::ImageKind;
use eid::domain::mrz::Format;
use serde::Deserialize;

fn read(folder: &Path, file: &str) -> Vec<u8> {
    let path = folder.join(file);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn tables_of_contents_list_what_the_specimens_hold() {
    let Some(folder) = super::folder() else { return };
    for (set, groups) in [("bsi-tr03105-5", &[1, 2, 3, 4, 14][..]), ("bsi2008", &[1, 2, 3, 14])] {
        let common = Common::parse(&read(&folder, &format!("specimen/{set}/ef_com.bin"))).unwrap();
        assert_eq!(common.groups, groups, "{set}");
        assert_eq!((&common.lds_version, &common.unicode_version), (b"0107", b"040000"), "{set}");
    }
    println!("Ran 2 tables of contents.");
}

#[test]
fn zones_on_chips_are_read_with_the_digits_that_their_state_wrote() {
    let Some(folder) = super::folder() else { return };
    let cases = [
        ("specimen/bsi-tr03105-5/dg1.bin", "D"),
        ("specimen/bsi2008/dg1.bin", "D"),
        ("sod-mutated/etsi_dg1.bin", "D"),
        // Refused as another than was signed, which is not for its reader to know.
        ("sod-mutated/dg1_country_changed.bin", "SU"),
    ];
    for (file, issuer) in cases {
        let zone = dg1::read(&read(&folder, file)).unwrap_or_else(|fault| panic!("{file}: {fault}"));
        assert_eq!((zone.format(), zone.issuer_cells(), zone.number().as_ref()), (Format::Td3, issuer, "C11T002JM"));
        assert_eq!(zone.wrong_digits(), [], "{file}");
    }
    println!("Ran {} zones on chips.", cases.len());
}

#[test]
fn faces_are_found_whole_and_as_the_kind_of_image_that_they_are() {
    let Some(folder) = super::folder() else { return };
    for set in ["bsi-tr03105-5", "bsi2008"] {
        let file = read(&folder, &format!("specimen/{set}/dg2.bin"));
        let faces = dg2::read(&file).unwrap();
        assert_eq!((faces.len(), faces[0].kind), (1, ImageKind::Jpeg2000), "{set}");
        // JPEG 2000 ends with the marker "end of codestream".
        assert!(faces[0].image.ends_with(b"\xFF\xD9") && file.ends_with(faces[0].image), "{set}");
    }
    println!("Ran 2 faces.");
}

#[test]
fn security_options_name_their_protocols_and_keys() {
    let Some(folder) = super::folder() else { return };
    let cases = [
        ("specimen/doc9303/dg14_worked_example.bin", ["key", "chip", "terminal"]),
        ("specimen/bsi-tr03105-5/dg14.bin", ["key", "chip", "terminal"]),
        ("specimen/bsi2008/dg14.bin", ["key", "chip", "terminal"]),
    ];
    for (file, expected) in cases {
        let bytes = read(&folder, file);
        let infos = dg14::read(&bytes).unwrap_or_else(|fault| panic!("{file}: {fault}"));
        let name = |info: &SecurityInfo<'_>| match info {
            SecurityInfo::ActiveAuthentication(_) => "active",
            SecurityInfo::ChipAuthentication { .. } => "chip",
            SecurityInfo::ChipAuthenticationKey { .. } => "key",
            SecurityInfo::TerminalAuthentication { .. } => "terminal",
            SecurityInfo::Pace { .. } => "pace",
        };
        assert_eq!(infos.iter().map(name).collect::<Vec<_>>(), expected, "{file}");
        assert_eq!(dg14::active_algorithm(&infos), Ok(None), "{file}");
    }
    println!("Ran {} files of security options.", cases.len());
}

#[test]
fn keys_of_active_authentication_are_read_and_one_of_a_negative_modulus_is_refused() {
    let Some(folder) = super::folder() else { return };
    let key = |set: &str| {
        let read = dg15::read(&read(&folder, &format!("specimen/{set}/dg15.bin")));
        read.map(|key| key.algorithm())
    };
    assert_eq!(key("bsi-tr03105-5"), Ok(KeyAlgorithm::Rsa { bits: 1024 }));
    // The older set writes the modulus without the byte that makes it positive.
    assert_eq!(key("bsi2008"), Err(KeyGroupFault::Key(KeyFault::Malformed)));
    println!("Ran 2 keys of active authentication.");
}

/// An exchange between a terminal and a chip.
#[derive(Deserialize)]
struct Exchange {
    dg15: String,
    challenge: String,
    response: String,
    expected: String,
}

#[test]
fn a_real_chip_answers_its_challenge_and_no_other() {
    let Some(folder) = super::folder() else { return };
    let exchange: Exchange = serde_json::from_slice(&read(&folder, "aa/rsa_aa.json")).unwrap();
    let bytes = |text: &str| hex::decode(text).unwrap();
    let key = ActiveKey::read(&bytes(&exchange.dg15), None).unwrap();
    let challenge: [u8; 8] = bytes(&exchange.challenge).try_into().unwrap();
    let response = bytes(&exchange.response);
    assert_eq!(exchange.expected, "valid");
    assert_eq!(key.answers(&challenge, &response), Ok(()));

    let other = |at: usize, bit: u32| {
        let mut challenge = challenge;
        challenge[at] ^= 1 << bit;
        challenge
    };
    let others: Vec<_> =
        (0..8).flat_map(|at| (0..8).map(move |bit| (at, bit))).map(|(at, bit)| other(at, bit)).collect();
    for other in &others {
        assert_eq!(key.answers(other, &response), Err(ActiveFault::Wrong));
    }
    for at in [0, 1, response.len() / 2, response.len() - 1] {
        let mut changed = response.clone();
        changed[at] ^= 1;
        assert!(key.answers(&challenge, &changed).unwrap_err().disproves(), "byte {at}");
    }
    println!("Ran 1 exchange of active authentication: valid, and wrong with {} other challenges.", others.len());
}
