//! Delivery receipts: what a message centre reports of a message it took (SMPP 3.4, section 5.3.2 and appendix B).
//!
//! Owns the reading. Refuses to guess: a report that is not final, or that names no message, is none.

use rusmpp::pdus::DeliverSm;
use rusmpp::tlvs::TlvValue;
use rusmpp::values::{MessageState, MessageType};

/// Longest name of a message at a carrier: 64 octets with the closing zero.
const ID_BYTES_MAX: usize = 63;

/// What became of one part of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Report {
    /// The name that the carrier gave the part.
    pub id: String,
    /// Whether it reached the phone.
    pub arrived: bool,
}

/// What a `deliver_sm` is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Delivered {
    /// A final report.
    Final(Report),
    /// A report on the way: it changes nothing.
    Underway,
    /// No report: a text by somebody, or something that cannot be read.
    Other,
}

/// Reads what was delivered. The fields of their own go before the text.
pub(super) fn read(delivered: &DeliverSm) -> Delivered {
    let receipts = [
        MessageType::ShortMessageContainsMCDeliveryReceipt,
        MessageType::ShortMessageContainsIntermediateDeliveryNotification,
    ];
    if !receipts.contains(&delivered.esm_class.message_type) {
        return Delivered::Other;
    }
    let text = String::from_utf8_lossy(delivered.short_message().as_ref()).into_owned();
    let id = field_id(delivered).or_else(|| word(&text, "id:"));
    let state = field_state(delivered).or_else(|| state_of(&word(&text, "stat:")?));
    match (id.filter(|id| is_id(id)), state) {
        (Some(id), Some(State::Final { arrived })) => Delivered::Final(Report { id, arrived }),
        (Some(_), Some(State::Underway)) => Delivered::Underway,
        _ => Delivered::Other,
    }
}

/// States, by whether they are the last.
enum State {
    Final { arrived: bool },
    Underway,
}

fn field_id(delivered: &DeliverSm) -> Option<String> {
    delivered.tlvs().iter().find_map(|tlv| match tlv.value() {
        Some(TlvValue::ReceiptedMessageId(id)) => Some(id.as_str().to_owned()),
        _ => None,
    })
}

fn field_state(delivered: &DeliverSm) -> Option<State> {
    delivered.tlvs().iter().find_map(|tlv| match tlv.value() {
        Some(TlvValue::MessageState(state)) => Some(match state {
            MessageState::Delivered => State::Final { arrived: true },
            MessageState::Expired | MessageState::Deleted | MessageState::Undeliverable | MessageState::Rejected => {
                State::Final { arrived: false }
            }
            _ => State::Underway,
        }),
        _ => None,
    })
}

fn state_of(word: &str) -> Option<State> {
    Some(match word {
        "DELIVRD" => State::Final { arrived: true },
        "EXPIRED" | "DELETED" | "UNDELIV" | "REJECTD" => State::Final { arrived: false },
        "ENROUTE" | "ACCEPTD" | "UNKNOWN" => State::Underway,
        _ => return None,
    })
}

/// The word behind a name such as `id:`, which stands at the beginning or behind a space.
fn word(text: &str, name: &str) -> Option<String> {
    text.split_ascii_whitespace().find_map(|word| word.strip_prefix(name)).map(str::to_owned)
}

/// Whether it can be the name of a message: it goes into the store.
pub(super) fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= ID_BYTES_MAX && id.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rusmpp::tlvs::MessageDeliveryRequestTlvValue;
    use rusmpp::types::{COctetString, OctetString};
    use rusmpp::values::EsmClass;

    fn receipt(text: &str) -> DeliverSm {
        DeliverSm::builder()
            .esm_class(EsmClass {
                message_type: MessageType::ShortMessageContainsMCDeliveryReceipt,
                ..EsmClass::default()
            })
            .short_message(OctetString::from_slice(text.as_bytes()).unwrap())
            .build()
    }

    fn report(id: &str, arrived: bool) -> Delivered {
        Delivered::Final(Report { id: id.to_owned(), arrived })
    }

    #[test]
    fn receipts_are_read_from_the_usual_text() {
        let text = |state: &str| {
            receipt(&format!(
                "id:8c1f-7 sub:001 dlvrd:001 submit date:2611221000 done date:2611221001 stat:{state} err:000 text:x id:9"
            ))
        };
        assert_eq!(read(&text("DELIVRD")), report("8c1f-7", true));
        for failed in ["EXPIRED", "DELETED", "UNDELIV", "REJECTD"] {
            assert_eq!(read(&text(failed)), report("8c1f-7", false), "{failed}");
        }
        for underway in ["ENROUTE", "ACCEPTD", "UNKNOWN"] {
            assert_eq!(read(&text(underway)), Delivered::Underway, "{underway}");
        }
        assert_eq!(read(&text("PERHAPS")), Delivered::Other);
    }

    #[test]
    fn fields_of_their_own_go_before_the_text() {
        let fields = vec![
            MessageDeliveryRequestTlvValue::ReceiptedMessageId(COctetString::from_slice(b"77\0").unwrap()),
            MessageDeliveryRequestTlvValue::MessageState(MessageState::Undeliverable),
        ];
        let mut both = receipt("id:78 stat:DELIVRD");
        both.set_tlvs(fields);
        assert_eq!(read(&both), report("77", false));
    }

    #[test]
    fn a_text_of_somebody_and_a_receipt_without_a_name_are_none() {
        let mut somebody = receipt("id:78 stat:DELIVRD");
        somebody.esm_class = EsmClass::default();
        assert_eq!(read(&somebody), Delivered::Other);
        for broken in ["", "stat:DELIVRD", "id:78", "id: stat:DELIVRD", "id:7\u{e9} stat:DELIVRD"] {
            assert_eq!(read(&receipt(broken)), Delivered::Other, "{broken:?}");
        }
        assert_eq!(read(&receipt(&format!("id:{} stat:DELIVRD", "7".repeat(64)))), Delivered::Other);
    }

    proptest! {
        #[test]
        fn whatever_is_delivered_a_name_that_is_read_can_be_kept(text in proptest::collection::vec(any::<u8>(), 0..255)) {
            let mut anything = receipt("");
            anything.set_short_message(OctetString::from_slice(&text).unwrap());
            if let Delivered::Final(report) = read(&anything) {
                prop_assert!(is_id(&report.id));
            }
        }
    }
}
