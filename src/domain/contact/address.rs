//! Ways to reach the holder: phone and e-mail address, each in its one normal form.

use std::str::FromStr as _;

use serde::{Deserialize, Serialize};

use crate::domain::law;
use crate::domain::person::personal_text;
use crate::domain::text::Malformed;

personal_text! {
    /// A mobile subscriber number in Viet Nam, E.164: `+84` and nine digits.
    Phone;
    /// An e-mail address, its domain in lower case.
    Email;
}

impl Phone {
    /// Reads a number in any usual way of writing: `0912 345 678`, `+84 912-345-678`, `0084912345678`.
    ///
    /// # Errors
    /// If it is not a mobile number in Viet Nam (DOMAIN 10).
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new(
            "Not a mobile number in Viet Nam. Write ten digits beginning with 0, or +84 and nine digits.",
            "Không phải số di động tại Việt Nam. Hãy viết mười chữ số bắt đầu bằng 0, hoặc +84 và chín chữ số.",
        );
        if text.len() > 40 {
            return Err(WRONG);
        }
        let digits: String = text.trim().chars().filter(|c| !matches!(c, ' ' | '.' | '-' | '(' | ')')).collect();
        let national = ["+84", "0084", "84", "0"].iter().find_map(|prefix| {
            let rest = digits.strip_prefix(prefix)?;
            let rest = if prefix.len() > 1 { rest.strip_prefix('0').unwrap_or(rest) } else { rest };
            law::phones::is_mobile(rest).then_some(rest)
        });
        national.map(|rest| Self(format!("+84{rest}"))).ok_or(WRONG)
    }

    /// The calling code of the number's country, with its plus sign: that of Viet Nam, as no other numbers are taken.
    pub const fn country_prefix(&self) -> &'static str {
        "+84"
    }

    /// The number with all but its last three digits hidden.
    pub fn masked(&self) -> String {
        mask_tail(&self.0)
    }
}

impl Email {
    /// Reads an address; the domain is made lower case.
    ///
    /// # Errors
    /// If it is not an address that mail can be sent to.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new(
            "Not an e-mail address. Write it as name@domain.",
            "Không phải địa chỉ thư điện tử. Hãy viết theo dạng ten@mien.",
        );
        let text = text.trim();
        let plain = text.len() <= 254 && text.is_ascii() && !text.contains(['<', '>', '"', ' ', '\r', '\n']);
        let address = plain.then(|| email_address::EmailAddress::from_str(text).ok()).flatten().ok_or(WRONG)?;
        let (local, domain) = (address.local_part(), address.domain());
        domain.contains('.').then(|| Self(format!("{local}@{}", domain.to_ascii_lowercase()))).ok_or(WRONG)
    }

    /// The form under which two spellings of one address are the same: all lower case.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The first letter and the domain.
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        format!("{}•••@{domain}", local.chars().next().unwrap_or('•'))
    }
}

/// Hides all but the last three characters.
pub fn mask_tail(text: &str) -> String {
    let keep = text.chars().count().saturating_sub(3);
    text.chars().enumerate().map(|(i, c)| if i < keep { '•' } else { c }).collect()
}

/// One way to reach the holder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Contact {
    /// By SMS.
    Phone(Phone),
    /// By e-mail.
    Email(Email),
}

impl Contact {
    /// Which of the two it is.
    pub const fn kind(&self) -> ContactKind {
        match self {
            Self::Phone(_) => ContactKind::Phone,
            Self::Email(_) => ContactKind::Email,
        }
    }

    /// The value, in its one normal form.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.as_str(),
            Self::Email(email) => email.as_str(),
        }
    }

    /// Enough to recognise, too little to use.
    pub fn masked(&self) -> String {
        match self {
            Self::Phone(phone) => phone.masked(),
            Self::Email(email) => email.masked(),
        }
    }
}

/// Which way to reach the holder.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ContactKind {
    /// Phone.
    Phone,
    /// E-mail address.
    Email,
}

impl ContactKind {
    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
        }
    }

    /// Reads a name written by [`ContactKind::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Phone, Self::Email].into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_ways_of_writing_a_number_are_one_number() {
        for typed in ["0912345678", "+84912345678", "84912345678", "0084 912 345 678", "+84 (0)912.345-678"] {
            assert_eq!(Phone::parse(typed).unwrap().as_str(), "+84912345678", "{typed}");
        }
    }

    #[test]
    fn fixed_lines_services_foreign_and_broken_numbers_are_refused() {
        for wrong in
            ["02838291234", "19000368", "+14155552671", "0912 34", "09123456789", "٠٩١٢٣٤٥٦٧٨", "", "0671234567"]
        {
            assert!(Phone::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn addresses_keep_their_local_part_and_fold_their_domain() {
        assert_eq!(Email::parse(" Anna@Example.COM ").unwrap().as_str(), "Anna@example.com");
        for wrong in ["", "anna", "anna@", "@example.com", "a b@example.com", "anna@localhost", "a@b.com\r\nBcc: x@y.z"]
        {
            assert!(Email::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_masked_contact_cannot_be_used() {
        assert_eq!(Phone::parse("0912345678").unwrap().masked(), "•••••••••678");
        assert_eq!(Email::parse("anna@example.com").unwrap().masked(), "a•••@example.com");
    }
}
