//! DG15: the public key of active authentication (Doc 9303-10 section 4.7.15).

use thiserror::Error;

use super::tlv::{Element, Fault};
use crate::chip::key::{KeyFault, PublicKey};

/// Why DG15 holds no usable key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum KeyGroupFault {
    /// The file is not one of a data group 15.
    #[error("data group 15 cannot be read")]
    File(#[source] Fault),
    /// What is in it is no usable key.
    #[error("data group 15 holds no usable key")]
    Key(#[source] KeyFault),
}

/// Reads the key.
pub fn read(bytes: &[u8]) -> Result<PublicKey, KeyGroupFault> {
    let spki = Element::file(bytes, 0x6F).map_err(KeyGroupFault::File)?;
    PublicKey::from_spki(spki).map_err(KeyGroupFault::Key)
}

#[cfg(test)]
mod tests {
    use super::super::tlv::writing::element;
    use super::*;

    #[test]
    fn what_is_no_key_or_another_group_is_refused() {
        assert_eq!(read(&element(0x6F, b"")).err(), Some(KeyGroupFault::Key(KeyFault::Malformed)));
        assert_eq!(
            read(&element(0x6E, b"")).err(),
            Some(KeyGroupFault::File(Fault::Unexpected { expected: 0x6F, found: 0x6E }))
        );
    }
}
