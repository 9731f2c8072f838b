//! Writes a distinguished name as RFC 4514 text.
//!
//! Owns the one text form under which issuers stand in the staff directory. No value can pass
//! for another part of the name: separators inside it are escaped, and what is no plain text is written as hex of its DER.

use std::fmt::Write;

use x509_parser::asn1_rs::ToDer;
use x509_parser::x509::{AttributeTypeAndValue, RelativeDistinguishedName, X509Name};

/// The name, most specific part first. `None` if it is empty or cannot be written.
pub(super) fn text(name: &X509Name<'_>) -> Option<String> {
    let mut parts = name.iter_rdn().map(part).collect::<Option<Vec<_>>>()?;
    parts.reverse();
    (!parts.is_empty()).then(|| parts.join(","))
}

fn part(part: &RelativeDistinguishedName<'_>) -> Option<String> {
    let attributes = part.iter().map(attribute).collect::<Option<Vec<_>>>()?;
    Some(attributes.join("+"))
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> Option<String> {
    let number = attribute.attr_type().to_id_string();
    match (short_name(&number), attribute.as_str()) {
        (Some(name), Ok(value)) => Some(format!("{name}={}", escaped(value))),
        (name, _) => Some(format!("{}=#{}", name.unwrap_or(&number), hex_value(attribute)?)),
    }
}

/// The names RFC 4514, section 3, asks every reader to know.
fn short_name(number: &str) -> Option<&'static str> {
    Some(match number {
        "2.5.4.3" => "CN",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.6" => "C",
        "2.5.4.9" => "STREET",
        "0.9.2342.19200300.100.1.25" => "DC",
        "0.9.2342.19200300.100.1.1" => "UID",
        _ => return None,
    })
}

fn hex_value(attribute: &AttributeTypeAndValue<'_>) -> Option<String> {
    attribute.attr_value().to_der_vec().ok().map(hex::encode)
}

/// RFC 4514, section 2.4. Control characters are escaped too, so that a name stays on its line of a log.
fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut text = String::with_capacity(value.len());
    for (at, c) in value.chars().enumerate() {
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => text.extend(['\\', c]),
            ' ' if at == 0 || at == last => text.push_str("\\ "),
            '#' if at == 0 => text.push_str("\\#"),
            c if c.is_control() => escape_bytes(c, &mut text),
            c => text.push(c),
        }
    }
    text
}

fn escape_bytes(c: char, to: &mut String) {
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        // Writing to a String cannot fail.
        let _ = write!(to, "\\{byte:02X}");
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyPair};
    use x509_parser::parse_x509_certificate;

    use super::*;

    fn written(parts: impl IntoIterator<Item = (DnType, DnValue)>) -> Option<String> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        for (kind, value) in parts {
            params.distinguished_name.push(kind, value);
        }
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let (_, certificate) = parse_x509_certificate(certificate.der()).unwrap();
        text(certificate.issuer())
    }

    fn common_name(value: &str) -> Option<String> {
        written([(DnType::CommonName, DnValue::Utf8String(value.to_owned()))])
    }

    #[test]
    fn a_name_is_written_most_specific_part_first() {
        let text = written([
            (DnType::CountryName, "VN".into()),
            (DnType::OrganizationName, "Cơ quan".into()),
            (DnType::CommonName, "Client CA".into()),
        ]);
        assert_eq!(text.as_deref(), Some("CN=Client CA,O=Cơ quan,C=VN"));
    }

    #[test]
    fn a_value_cannot_pass_for_two_parts() {
        assert_eq!(common_name("a,O=b").as_deref(), Some(r"CN=a\,O=b"));
        assert_eq!(common_name("a+O=b").as_deref(), Some(r"CN=a\+O=b"));
        assert_eq!(common_name(r"a\").as_deref(), Some(r"CN=a\\"));
    }

    #[test]
    fn spaces_at_the_ends_and_control_characters_are_seen() {
        assert_eq!(common_name(" a b ").as_deref(), Some(r"CN=\ a b\ "));
        assert_eq!(common_name("#a").as_deref(), Some(r"CN=\#a"));
        assert_eq!(common_name("a\n\u{85}b").as_deref(), Some(r"CN=a\0A\C2\85b"));
    }

    #[test]
    fn unknown_kinds_and_values_that_are_no_plain_text_are_written_in_hex() {
        let kind = DnType::CustomDnType(vec![2, 5, 4, 5]);
        assert_eq!(written([(kind, "7".into())]).as_deref(), Some("2.5.4.5=#0c0137"));
        let value = DnValue::BmpString("a".try_into().unwrap());
        assert_eq!(written([(DnType::CommonName, value)]).as_deref(), Some("CN=#1e020061"));
    }

    #[test]
    fn an_empty_name_has_no_text() {
        assert_eq!(written([]), None);
    }
}
