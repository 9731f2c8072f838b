//! What the store may hold of a person: sealed values, blind indexes and digests, never clear text.
//!
//! Only the vault makes them from clear values; only the store reads them back from rows.

use std::fmt;

macro_rules! opaque {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(Vec<u8>);

        impl $name {
            /// The bytes as the store keeps them.
            pub fn from_bytes(bytes: Vec<u8>) -> Self {
                Self(bytes)
            }

            /// The bytes as the store keeps them.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}

opaque! {
    /// A value encrypted for one table, column and row.
    Sealed;
    /// A keyed hash by which an exact value can be found again.
    BlindIndex;
    /// A keyed hash of a one-time code, bound to account, purpose and destination.
    CodeDigest;
    /// A keyed hash of a call's content, by which a repeat is told from a reuse.
    ContentDigest;
}
