//! A message as requests to a message centre, and what its answers mean.

use std::str::FromStr as _;
use std::time::Duration;

use rusmpp::CommandStatus;
use rusmpp::pdus::SubmitSm;
use rusmpp::tlvs::{MessageSubmissionRequestTlvValue as Field, TlvTag};
use rusmpp::types::{AnyOctetString, COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp::values::{
    EsmClass, IntermediateNotification, MCDeliveryReceipt, Npi, RegisteredDelivery, SmeOriginatedAcknowledgement, Ton,
    UserMessageReference,
};

use super::super::CarrierFault;
use super::super::sms::Sms;
use crate::domain::contact::Phone;
use crate::domain::ids::MessageId;

/// The field of our own in which a message centre gets the message's id: 16 octets, the same in every part and every repeat.
/// From the range that SMPP 3.4 leaves to agreements with the carrier (table 5-7).
const MESSAGE_ID: TlvTag = TlvTag::Other(0x1501);

/// An address as the protocol writes it, with its kind.
#[derive(Clone, Debug)]
pub(super) struct Address {
    ton: Ton,
    npi: Npi,
    text: COctetString<1, 21>,
}

impl Address {
    /// The sender: a short number, `+` and a long one, or up to eleven letters, digits and spaces.
    pub(super) fn sender(text: &str) -> Option<Self> {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (ton, npi, text, most) = match text.strip_prefix('+') {
            Some(number) => (Ton::International, Npi::Isdn, number, 15),
            None if digits(text) => (Ton::NetworkSpecific, Npi::Unknown, text, 15),
            None => (Ton::Alphanumeric, Npi::Unknown, text, 11),
        };
        let letters = ton == Ton::Alphanumeric && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        let fits = !text.is_empty() && text.len() <= most && (letters || digits(text));
        Some(Self { ton, npi, text: fits.then(|| COctetString::from_str(text).ok()).flatten()? })
    }

    fn holder(phone: &Phone) -> Option<Self> {
        let text = COctetString::from_str(phone.as_str().trim_start_matches('+')).ok()?;
        Some(Self { ton: Ton::International, npi: Npi::Isdn, text })
    }
}

/// The requests by which a text goes to a phone, one for each part. `None` if it is no SMS.
pub(super) fn submits(
    from: &Address,
    to: &Phone,
    id: MessageId,
    text: &str,
    useful_for: Option<Duration>,
) -> Option<Vec<SubmitSm>> {
    let to = Address::holder(to)?;
    // The end of the id is random.
    let [.., high, low] = *id.uuid().as_bytes();
    let sms = Sms::of(text, low)?;
    // Zero, and not the library's default, which says that this is an acknowledgement.
    let class = EsmClass::from(0);
    let class = if sms.is_joined() { class.with_udhi_indicator() } else { class };
    let fields = vec![
        Field::UserMessageReference(UserMessageReference::new(u16::from_be_bytes([high, low]))),
        Field::Other { tag: MESSAGE_ID, value: AnyOctetString::from_slice(id.bytes()) },
    ];
    let request = |part: &Vec<u8>| {
        let request = SubmitSm::builder()
            .source_addr_ton(from.ton)
            .source_addr_npi(from.npi)
            .source_addr(from.text.clone())
            .dest_addr_ton(to.ton)
            .dest_addr_npi(to.npi)
            .destination_addr(to.text.clone())
            .esm_class(class)
            .validity_period(useful_for.map_or_else(|| Some(EmptyOrFullCOctetString::null()), validity)?)
            .registered_delivery(receipts())
            .data_coding(sms.coding)
            .short_message(OctetString::from_slice(part).ok()?)
            .tlvs(fields.clone());
        Some(request.build())
    };
    sms.parts.iter().map(request).collect()
}

/// A receipt is wanted when it arrived and when it never will.
fn receipts() -> RegisteredDelivery {
    let wanted = MCDeliveryReceipt::McDeliveryReceiptRequestedWhereFinalDeliveryOutcomeIsSuccessOrFailure;
    RegisteredDelivery::new(wanted, SmeOriginatedAcknowledgement::default(), IntermediateNotification::default(), 0)
}

/// How long the message centre may try, from its own now on: `YYMMDDhhmmsstnnR` (section 7.1.1), at most 99 days.
fn validity(time: Duration) -> Option<EmptyOrFullCOctetString<17>> {
    let secs = time.as_secs().clamp(1, 99 * 86_400);
    let (days, hours, minutes) = (secs / 86_400, secs / 3_600 % 24, secs / 60 % 60);
    // Days above 30 are months of 30 days here, as the form has two digits for days of a month.
    let text = format!("00{:02}{:02}{hours:02}{minutes:02}{:02}000R", days / 30, days % 30, secs % 60);
    EmptyOrFullCOctetString::from_string(text).ok()
}

/// What an answer other than "ok" means.
pub(super) fn fault(status: CommandStatus) -> CarrierFault {
    use CommandStatus as S;
    let number = u32::from(status);
    match status {
        S::EsmeRthrottled | S::EsmeRmsgqful => CarrierFault::Throttled,
        // About this message: its text, its destination.
        S::EsmeRinvmsglen | S::EsmeRinvdstadr | S::EsmeRinvdstton | S::EsmeRinvdstnpi => CarrierFault::Rejected(number),
        _ => CarrierFault::Refused(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusmpp::tlvs::TlvValue;
    use rusmpp::values::DataCoding;
    use uuid::Uuid;

    fn parts(text: &str, useful_for: Option<Duration>) -> Vec<SubmitSm> {
        let (from, to) = (Address::sender("VNeID").unwrap(), Phone::parse("0912345678").unwrap());
        submits(&from, &to, MessageId::new(Uuid::from_u128(0x1234)), text, useful_for).unwrap()
    }

    #[test]
    fn every_part_carries_the_id_of_its_message_and_asks_for_a_receipt() {
        let parts = parts(&"a".repeat(200), None);
        assert_eq!(parts.len(), 2);
        for part in &parts {
            assert_eq!(part.destination_addr.as_str(), "84912345678");
            assert_eq!((part.dest_addr_ton, part.source_addr_ton), (Ton::International, Ton::Alphanumeric));
            assert_eq!(u8::from(part.esm_class), 0x40);
            assert_eq!(u8::from(part.registered_delivery), 1);
            assert_eq!(part.data_coding, DataCoding::McSpecific);
            let id = Uuid::from_u128(0x1234);
            let held = part.tlvs().iter().filter_map(|tlv| tlv.value()).any(|value| match value {
                TlvValue::Other { tag, value } => *tag == MESSAGE_ID && value.as_ref() == id.as_bytes(),
                _ => false,
            });
            assert!(held);
        }
        assert_eq!(parts[0].short_message().as_ref()[..6], [5, 0, 3, 0x34, 2, 1]);
    }

    #[test]
    fn a_text_of_one_part_is_an_ordinary_message() {
        let parts = parts("a", None);
        assert_eq!((parts.len(), u8::from(parts[0].esm_class), parts[0].short_message().as_ref()), (1, 0, &b"a"[..]));
    }

    #[test]
    fn a_code_is_not_delivered_after_its_end() {
        let validity = |secs| parts("a", Some(Duration::from_secs(secs)))[0].validity_period.as_str().to_owned();
        assert_eq!(validity(180), "000000000300000R");
        assert_eq!(validity(86_400 + 3_661), "000001010101000R");
        assert_eq!(validity(0), "000000000001000R");
        assert_eq!(parts("a", None)[0].validity_period.as_str(), "");
    }

    #[test]
    fn senders_are_short_or_long_numbers_or_names() {
        let kind = |text: &str| Address::sender(text).map(|address| (address.ton, address.text.as_str().to_owned()));
        assert_eq!(kind("8069"), Some((Ton::NetworkSpecific, "8069".to_owned())));
        assert_eq!(kind("+84241234567"), Some((Ton::International, "84241234567".to_owned())));
        assert_eq!(kind("BO CONG AN"), Some((Ton::Alphanumeric, "BO CONG AN".to_owned())));
        for wrong in ["", "+", "+84x", "Bộ Công an", "TWELVE CHARS", "1234567890123456"] {
            assert_eq!(kind(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn answers_mean_later_slower_or_never() {
        let name = |status| fault(status).name();
        assert_eq!([CommandStatus::EsmeRthrottled, CommandStatus::EsmeRmsgqful].map(name), ["throttled"; 2]);
        assert_eq!([CommandStatus::EsmeRinvdstadr, CommandStatus::EsmeRinvmsglen].map(name), ["rejected"; 2]);
        assert_eq!([CommandStatus::EsmeRsyserr, CommandStatus::Other(0x0400)].map(name), ["refused"; 2]);
    }
}
