//! What is compared with other sources, gathered from all groups at once.

use super::tlv::Fault;
use super::{dg2, dg11, dg12};
use crate::domain::chip::GroupNumber;
use crate::domain::chip_content::{ChipContent, ChipImage};
use crate::domain::finding::{CHIP_CONTENT_UNREADABLE, Field, Finding, Source};

/// The groups beside DG1 that are read for what they say.
pub const COMPARED: [GroupNumber; 3] = [GroupNumber::DG2, GroupNumber::DG11, GroupNumber::DG12];

/// Reads those of `groups` whose content is compared. The caller hands in the groups that hash to what the security object
/// lists, and no others. A group that cannot be read is noted, and the others are read all the same. DG1, without which a
/// chip says nothing, is read among the steps of the examination, with a rule of its own: it is passed over here.
pub fn contents<'a>(groups: impl IntoIterator<Item = (GroupNumber, &'a [u8])>) -> (ChipContent, Vec<Finding>) {
    let (mut content, mut found) = (ChipContent::default(), Vec::new());
    for (group, bytes) in groups {
        let read = match group {
            GroupNumber::DG2 => faces(bytes).map(|faces| content.faces = faces),
            GroupNumber::DG11 => dg11::read(bytes).map(|holder| content.holder = holder),
            GroupNumber::DG12 => dg12::read(bytes).map(|day| content.issued_on = day),
            _ => Ok(()),
        };
        if read.is_err() {
            found.push(Finding::new(&CHIP_CONTENT_UNREADABLE, [Field::new(Source::Chip, group.path())]));
        }
    }
    (content, found)
}

fn faces(bytes: &[u8]) -> Result<Vec<ChipImage>, Fault> {
    let faces = dg2::read(bytes)?;
    Ok(faces.iter().map(|face| ChipImage { kind: face.kind, sha256: face.sha256() }).collect())
}

#[cfg(test)]
mod tests {
    use super::super::tlv::writing::{element, nest};
    use super::*;
    use crate::chip::groups::{com, dg14, dg15};
    use proptest::prelude::*;

    #[test]
    fn a_group_that_cannot_be_read_is_named_and_the_others_are_read() {
        let day = nest(0x6C, &[element(0x5F26, b"20070416")]);
        let broken = element(0x6B, b"\x5F\x0E");
        let (content, found) = contents([
            (GroupNumber::DG1, &broken[..]),
            (GroupNumber::DG2, &broken),
            (GroupNumber::DG11, &broken),
            (GroupNumber::DG12, &day),
            (GroupNumber::DG14, &broken),
        ]);
        assert_eq!(content.issued_on.unwrap().to_string(), "2007-04-16");
        let paths: Vec<_> = found.iter().map(|finding| finding.fields[0].path.as_ref()).collect();
        assert_eq!(paths, ["chip.dg2", "chip.dg11"]);
        assert!(found.iter().all(|finding| finding.rule == &CHIP_CONTENT_UNREADABLE));
    }
    /// Elements in elements, with the tags that the readers look for.
    fn nested() -> impl Strategy<Value = Vec<u8>> {
        let tags = [
            0x02, 0x06, 0x30, 0x31, 0x5C, 0xA1, 0x5F0E, 0x5F10, 0x5F1F, 0x5F26, 0x5F2B, 0x5F2E, 0x7F2E, 0x7F60, 0x7F61,
        ];
        let tag = prop::sample::select(tags.to_vec());
        let leaf =
            (tag.clone(), prop::collection::vec(any::<u8>(), 0..40)).prop_map(|(tag, value)| element(tag, &value));
        leaf.prop_recursive(6, 64, 6, move |inner| {
            (tag.clone(), prop::collection::vec(inner, 0..6)).prop_map(|(tag, parts)| nest(tag, &parts))
        })
    }

    fn read_as_each(bytes: &[u8]) {
        let groups = (1..=16).filter_map(GroupNumber::new).map(|group| (group, bytes));
        let _ = contents(groups);
        let _ = (com::Common::parse(bytes), dg14::read(bytes), dg15::read(bytes));
    }

    proptest! {
        #[test]
        fn no_file_makes_a_reader_panic_whole_cut_off_or_changed(
            parts in prop::collection::vec(nested(), 0..6),
            cut in any::<prop::sample::Index>(),
            to in any::<u8>(),
        ) {
            for outer in [0x60, 0x61, 0x6B, 0x6C, 0x6E, 0x6F, 0x75] {
                let mut file = nest(outer, &parts);
                read_as_each(&file);
                read_as_each(&file[..cut.index(file.len())]);
                let at = cut.index(file.len());
                file[at] = to;
                read_as_each(&file);
            }
        }
    }
}
