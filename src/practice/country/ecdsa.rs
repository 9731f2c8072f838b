//! ECDSA keys drawn from a seed, and their signatures with nonces that follow from key and message (RFC 6979).

use ring::hmac;

use crate::practice::country::curve::Curve;
use crate::practice::country::der;
use crate::practice::country::ec::Group;
use crate::practice::country::hash::Hash;

/// Whether a key names its curve or spells it out. Passports do the latter (Doc 9303-12, section 4.1.6.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parameters {
    /// By its object identifier.
    Named,
    /// By its numbers.
    Explicit,
    /// By its numbers, with a base point that is not the curve's: what a forger writes (CVE-2020-0601).
    AnotherBase,
}

/// A private key.
pub(super) struct EcKey {
    curve: Curve,
    parameters: Parameters,
    group: Group,
    secret: Vec<u8>,
    public: Vec<u8>,
}

impl EcKey {
    /// The key of that name in the country of that seed.
    pub(super) fn drawn(curve: Curve, parameters: Parameters, seed: u64, name: &str) -> Self {
        let group = match parameters {
            Parameters::Named | Parameters::Explicit => Group::new(curve),
            Parameters::AnotherBase => Group::around_another_base(curve),
        };
        let first = format!("practice key {seed} {name}");
        // Two blocks are longer than any order; reduced, they can only be zero if the hash function is broken.
        let wide = [Hash::Sha512.digest(first.as_bytes()), Hash::Sha512.digest(format!("{first} more").as_bytes())];
        let secret = group.order.bytes(&group.order.number(&wide.concat()));
        let public = group.multiple(&secret);
        Self { curve, parameters, group, secret, public }
    }

    /// SubjectPublicKeyInfo (RFC 5480, section 2).
    pub(super) fn public_key_info(&self) -> Vec<u8> {
        let parameters = match self.parameters {
            Parameters::Named => der::oid(self.curve.oid()),
            Parameters::Explicit | Parameters::AnotherBase => self.curve.spelled_out(&self.group.base()),
        };
        let algorithm = der::sequence(&[&der::oid("1.2.840.10045.2.1"), &parameters]);
        der::sequence(&[&algorithm, &der::bits(&self.public)])
    }

    /// The public point, uncompressed.
    pub(super) fn public(&self) -> &[u8] {
        &self.public
    }

    /// Both numbers of the signature, each as long as the curve's order (FIPS 186-5, section 6.4).
    pub(super) fn sign(&self, digest: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let n = &self.group.order;
        let message = n.number(&self.leading_bits(digest));
        let mut nonces = Nonces::new(self, &n.bytes(&message));
        loop {
            let nonce = n.number(&nonces.next());
            let Some(inverse) = Option::from(nonce.invert_vartime()) else { continue };
            let r = n.number(&self.group.abscissa(&n.bytes(&nonce)));
            let s = &(&message + &(&r * &n.number(&self.secret))) * &inverse;
            if !bool::from(r.is_zero()) && !bool::from(s.is_zero()) {
                return (n.bytes(&r), n.bytes(&s));
            }
        }
    }

    /// The leading bits of a string, as many as the order has (RFC 6979, section 2.3.2), right-aligned.
    fn leading_bits(&self, string: &[u8]) -> Vec<u8> {
        let bytes = self.curve.bytes();
        let mut kept = string.get(..bytes).unwrap_or(string).to_vec();
        let surplus = (kept.len() * 8).saturating_sub(self.curve.order_bits());
        if surplus > 0 {
            let mut carry = 0_u8;
            for byte in &mut kept {
                let low = *byte << (8 - surplus);
                *byte = *byte >> surplus | carry;
                carry = low;
            }
        }
        kept
    }
}

/// The sequence of candidates of RFC 6979, section 3.2.
struct Nonces<'a> {
    key: &'a EcKey,
    hash: hmac::Algorithm,
    k: hmac::Key,
    v: Vec<u8>,
    drawn: bool,
}

impl<'a> Nonces<'a> {
    fn new(key: &'a EcKey, message: &[u8]) -> Self {
        // The strength of the hash function follows the curve, as the published implementations of these curves do it.
        let (hash, len) = match key.curve.bytes() {
            ..=32 => (hmac::HMAC_SHA256, 32),
            33..=48 => (hmac::HMAC_SHA384, 48),
            _ => (hmac::HMAC_SHA512, 64),
        };
        let mut nonces = Self { key, hash, k: hmac::Key::new(hash, &vec![0; len]), v: vec![1; len], drawn: false };
        for round in [0, 1] {
            nonces.stir(&[&[round], key.secret.as_slice(), message]);
        }
        nonces
    }

    fn stir(&mut self, what: &[&[u8]]) {
        let input = [&[self.v.as_slice()], what].concat().concat();
        self.k = hmac::Key::new(self.hash, hmac::sign(&self.k, &input).as_ref());
        self.v = hmac::sign(&self.k, &self.v).as_ref().to_vec();
    }

    /// The next number in `1..order`, big-endian.
    fn next(&mut self) -> Vec<u8> {
        let n = hex::decode(self.key.curve.constants().n).unwrap_or_default();
        loop {
            if std::mem::replace(&mut self.drawn, true) {
                self.stir(&[&[0]]);
            }
            let mut bits = Vec::new();
            while bits.len() < n.len() {
                self.v = hmac::sign(&self.k, &self.v).as_ref().to_vec();
                bits.extend_from_slice(&self.v);
            }
            let candidate = self.key.leading_bits(&bits);
            if candidate < n && candidate.iter().any(|byte| *byte != 0) {
                return candidate;
            }
        }
    }
}

/// Both numbers as a certificate holds them: `Ecdsa-Sig-Value` (RFC 3279, section 2.2.3).
pub(super) fn value(r: &[u8], s: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::unsigned(r), &der::unsigned(s)])
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! verifies {
        ($($curve:ident, $ecdsa:path);+ $(;)?) => {$({
            use $ecdsa::{Signature, VerifyingKey};
            use p256::ecdsa::signature::hazmat::PrehashVerifier;
            let key = EcKey::drawn(Curve::$curve, Parameters::Named, 7, "test");
            let verifier = VerifyingKey::from_sec1_bytes(key.public()).unwrap();
            for hash in Hash::ALL.into_iter().filter(|hash| hash.bytes() * 2 >= Curve::$curve.bytes()) {
                let digest = hash.digest(b"sample");
                let (r, s) = key.sign(&digest);
                let signature = Signature::from_slice(&[r, s].concat()).unwrap();
                assert!(verifier.verify_prehash(&digest, &signature).is_ok(), "{hash:?}");
                assert!(verifier.verify_prehash(&hash.digest(b"another"), &signature).is_err(), "{hash:?}");
            }
        })+};
    }

    #[test]
    fn where_there_is_a_crate_it_finds_the_signatures_right() {
        verifies! {
            P256, p256::ecdsa;
            P384, p384::ecdsa;
            P521, p521::ecdsa;
        }
    }

    /// RFC 6979, appendices A.2.5 to A.2.7.
    #[test]
    fn the_signatures_of_the_standard_come_out_to_the_byte() {
        let published = [
            (
                Curve::P256,
                Hash::Sha256,
                "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
                "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
            ),
            (
                Curve::P384,
                Hash::Sha384,
                "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5",
                "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46",
            ),
            (
                Curve::P521,
                Hash::Sha512,
                "00FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75CAA896EB32F1F47C70855836A6D16FCC14\
                 66F6D8FBEC67DB89EC0C08B0E996B83538",
                "00C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F174E25A1EE9017B5D450606ADD152B5349\
                 31D7D4E8455CC91F9B15BF05EC36E377FA",
            ),
        ];
        for (curve, hash, secret, r) in published {
            let mut key = EcKey::drawn(curve, Parameters::Named, 0, "");
            key.secret = hex::decode(secret).unwrap();
            assert_eq!(hex::encode_upper(key.sign(&hash.digest(b"sample")).0), r, "{curve:?}");
        }
    }

    #[test]
    fn the_same_seed_brings_the_same_key_and_another_name_another() {
        let public = |seed, name| EcKey::drawn(Curve::P256, Parameters::Named, seed, name).public().to_vec();
        assert_eq!(public(1, "a"), public(1, "a"));
        assert_ne!(public(1, "a"), public(1, "b"));
        assert_ne!(public(1, "a"), public(2, "a"));
    }
}
