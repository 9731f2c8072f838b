//! What can be wrong with the chip of a travel document: its files, their signature, the certificates behind it.

use super::catalogue;

catalogue! {}
