//! DG12: further details of the document (Doc 9303-10 section 4.7.12).
//!
//! Takes the day of issue, which is compared. Authority, endorsements, scanned pages and the rest are passed over unread.

use super::days;
use super::tlv::{Element, Fault, Reader};
use crate::domain::mrz::PartialDate;

/// Reads the day of issue, if the group states one.
pub fn read(bytes: &[u8]) -> Result<Option<PartialDate>, Fault> {
    let value = Reader::new(Element::file(bytes, 0x6C)?).find(0x5F26)?;
    value.filter(|value| !value.is_empty()).map(|text| days::read(text, 0x5F26)).transpose()
}

#[cfg(test)]
mod tests {
    use super::super::tlv::writing::{element, nest};
    use super::*;
    use time::macros::date;

    #[test]
    fn the_day_of_issue_is_read_in_both_forms_and_may_be_absent() {
        for value in [&b"20070416"[..], &[0x20, 0x07, 0x04, 0x16]] {
            let file = nest(0x6C, &[element(0x5C, &[]), element(0x5F19, b"ZENITH"), element(0x5F26, value)]);
            assert!(read(&file).unwrap().unwrap().agrees(date!(2007 - 04 - 16)));
        }
        assert_eq!(read(&nest(0x6C, &[element(0x5F19, b"ZENITH")])), Ok(None));
        assert_eq!(read(&nest(0x6C, &[element(0x5F26, b"tomorrow")])), Err(Fault::Value(0x5F26)));
    }
}
