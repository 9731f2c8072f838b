//! The data groups of a chip: what each file says, once its bytes are in hand (Doc 9303-10 sections 4.6 and 4.7).
//!
//! Reads what is compared or verified and passes over the rest. Whether the state signed the bytes is for passive
//! authentication to say, not for a reader.

pub mod com;
pub mod dg1;
pub mod dg11;
pub mod dg12;
pub mod dg2;
pub mod tlv;

use crate::domain::chip_content::StatedDate;
use tlv::Fault;

/// A date of eight characters, or of eight digits of four bits each as versions before 1.7 of the data structure wrote it.
fn stated_date(value: &[u8], tag: u16) -> Result<StatedDate, Fault> {
    let spelt: Vec<u8>;
    let text = if value.len() == 4 {
        spelt = value.iter().flat_map(|byte| [b'0' + (byte >> 4), b'0' + (byte & 0x0F)]).collect();
        &spelt
    } else {
        value
    };
    StatedDate::parse(text).ok_or(Fault::Value(tag))
}
