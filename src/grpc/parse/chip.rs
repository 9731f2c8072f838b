//! The files of a chip: their shape alone; what they hold is examined, not parsed.

use std::collections::BTreeMap;

use super::Faults;
use crate::app::ChipRead;
use crate::domain::chip::GroupNumber;
use crate::domain::ids::ChallengeId;
use crate::domain::text::Malformed;
use crate::proto as pb;

const NOT_A_GROUP: Malformed = Malformed::new(
    "Data groups are numbered 1 to 16, each at most once; 3 and 4 are not taken.",
    "Nhóm dữ liệu được đánh số từ 1 đến 16, mỗi nhóm nhiều nhất một lần; không nhận nhóm 3 và 4.",
);
const EMPTY: Malformed = Malformed::new("The file is empty. Read it again.", "Tệp rỗng. Hãy đọc lại.");

/// Reads the files of a chip.
pub(in crate::grpc) fn chip(faults: &mut Faults, message: &pb::Chip) -> Option<ChipRead> {
    let sod = faults.take("sod", file(&message.sod));
    let groups = groups(faults, &message.groups);
    let com = if message.com.is_empty() { None } else { Some(message.com.clone()) };
    let answer = match &message.active_authentication {
        None => Some(None),
        some => faults.within("active_authentication", some.as_ref(), answer).map(Some),
    };
    Some(ChipRead { sod: sod?, groups: groups?, com, answer: answer? })
}

fn groups(faults: &mut Faults, messages: &[pb::DataGroup]) -> Option<BTreeMap<GroupNumber, Vec<u8>>> {
    let mut groups = BTreeMap::new();
    // No more are looked at than there can be.
    for (i, message) in messages.iter().enumerate().take(17) {
        let read = faults.within(&format!("groups[{i}]"), Some(message), |faults, message| {
            let number = u8::try_from(message.number).ok().and_then(GroupNumber::new);
            let number = number.filter(|number| !matches!(number.get(), 3 | 4) && !groups.contains_key(number));
            let number = faults.take("number", number.ok_or(NOT_A_GROUP));
            number.zip(faults.take("content", file(&message.content)))
        });
        groups.extend(read);
    }
    (groups.len() == messages.len()).then_some(groups)
}

fn answer(faults: &mut Faults, message: &pb::ActiveAuthentication) -> Option<(ChallengeId, Vec<u8>)> {
    let id = faults.text("challenge_id", &message.challenge_id, ChallengeId::parse);
    id.zip(faults.take("response", file(&message.response)))
}

fn file(bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
    if bytes.is_empty() { Err(EMPTY) } else { Ok(bytes.to_vec()) }
}
