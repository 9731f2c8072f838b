//! How long the deciding may take, from receipt of a complete dossier to the answer.

use time::Date;
use time::macros::date;

use super::{Dated, Item};
use crate::domain::record::Biometrics;

/// See [`WORKING_DAYS`].
pub const ITEM: Item =
    Item { name: "hand_over::WORKING_DAYS", basis: "Decree 69/2024 art. 13.3", domain: "DOMAIN 1.6, R3" };

/// The limits for level 2, in working days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WorkingDays {
    /// Face and fingerprints are in the National Immigration Database already.
    pub on_file: u8,
    /// They are not.
    pub not_on_file: u8,
}

/// Working days for a decision on level 2, by what the immigration database held when the request was taken in. Decree
/// 69/2024 art. 13.3; DOMAIN 1.6.
pub const WORKING_DAYS: Dated<WorkingDays> =
    Dated(&[(date!(2024 - 07 - 01), WorkingDays { on_file: 3, not_on_file: 7 })]);

/// The shortest limit that was ever in force: what is a part of the way cannot take longer. DOMAIN 1.6.
pub const SHORTEST: u8 = 3;

/// Working days for a request received on `day`. The short limit needs both kinds of biometrics on file; where the record
/// did not tell, nothing shows that they are, and the long one counts.
pub fn working_days(day: Date, on_file: Option<Biometrics>) -> Option<u8> {
    let limits = WORKING_DAYS.on(day)?;
    Some(if on_file.is_some_and(Biometrics::complete) { limits.on_file } else { limits.not_on_file })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_working_days_if_face_and_fingerprints_are_on_file_and_seven_otherwise() {
        let days =
            |face, fingerprints| working_days(date!(2026 - 11 - 21), Some(Biometrics { face, fingerprints })).unwrap();
        assert_eq!(days(true, true), 3);
        assert_eq!([days(true, false), days(false, true), days(false, false)], [7, 7, 7]);
        assert_eq!(working_days(date!(2026 - 11 - 21), None), Some(7));
        assert!(WORKING_DAYS.0.iter().all(|(_, days)| days.on_file.min(days.not_on_file) >= SHORTEST));
    }
}
