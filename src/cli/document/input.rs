//! Files of one document: which there are, how large they may be, and what of them can be read.
//!
//! Owns the messages about files that cannot be read: which file, what is wrong, what to do. Never quotes what stands in a
//! file. A file of a chip beyond its bound is handed on one byte too long: that it is too large is a finding.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use prost::Message;
use tonic_types::StatusExt as _;

use crate::chip::files::{ActiveEvidence, CHALLENGE_LEN, COM_MAX, RESPONSE_MAX, SOD_MAX, group_max};
use crate::cli::office::request::Reader;
use crate::domain::application::Application;
use crate::domain::chip::GroupNumber;
use crate::domain::mrz::Zone;
use crate::domain::residence::ResidenceCard;
use crate::grpc::{read_application, read_residence_card};

/// How long a file with a zone may be: none has more than 90 characters, and some space around them.
const ZONE_BYTES_MAX: usize = 4 << 10;
/// How long a file in JSON may be.
const JSON_BYTES_MAX: usize = 1 << 20;

/// A file or an option that is wrong, with what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Wrong(pub(super) String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a file is of a document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Part {
    /// EF.SOD.
    Sod,
    /// EF.COM.
    Com,
    /// A data group.
    Group(GroupNumber),
    /// The zone of the page, as text.
    Zone,
    /// The residence card, JSON.
    Card,
    /// The application, JSON.
    Application,
    /// The challenge of active authentication.
    Challenge,
    /// The chip's answer to it.
    Response,
}

/// The files of one document, named one by one.
// No Debug: arguments can be personal data.
#[derive(Args, Default)]
pub(super) struct Files {
    /// EF.SOD, the chip's security object
    #[arg(long, value_name = "FILE")]
    sod: Option<PathBuf>,
    /// Data group 1, the machine readable zone
    #[arg(long, value_name = "FILE", requires = "sod")]
    dg1: Option<PathBuf>,
    /// Data group 2, the face
    #[arg(long, value_name = "FILE", requires = "sod")]
    dg2: Option<PathBuf>,
    /// Data group 11, details of the holder
    #[arg(long, value_name = "FILE", requires = "sod")]
    dg11: Option<PathBuf>,
    /// Data group 12, details of the document
    #[arg(long, value_name = "FILE", requires = "sod")]
    dg12: Option<PathBuf>,
    /// Data group 14, security options
    #[arg(long, value_name = "FILE", requires = "sod")]
    dg14: Option<PathBuf>,
    /// Data group 15, the key of active authentication
    #[arg(long, value_name = "FILE", requires = "sod")]
    dg15: Option<PathBuf>,
    /// EF.COM, the list of groups that nobody signs
    #[arg(long, value_name = "FILE", requires = "sod")]
    com: Option<PathBuf>,
    /// The zone of the page: a file with its lines, or the lines themselves
    #[arg(long, value_name = "FILE|LINES", conflicts_with = "application")]
    mrz: Option<String>,
    /// The residence card: JSON of ResidenceCard
    #[arg(long, value_name = "FILE", conflicts_with = "application")]
    card: Option<PathBuf>,
    /// The whole application: JSON of Application; everything is checked then
    #[arg(long, value_name = "FILE")]
    application: Option<PathBuf>,
    /// The challenge that the chip was sent, 16 hexadecimal digits
    #[arg(long, value_name = "HEX", requires_all = ["response", "sod"])]
    challenge: Option<Hex>,
    /// What the chip answered
    #[arg(long, value_name = "HEX", requires_all = ["challenge", "sod"])]
    response: Option<Hex>,
}

/// Bytes in hexadecimal digits.
#[derive(Clone)]
pub(super) struct Hex(Vec<u8>);

impl std::str::FromStr for Hex {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let even = (text.len() <= 2 * (RESPONSE_MAX + 1)).then(|| hex::decode(text).ok()).flatten();
        even.filter(|bytes| !bytes.is_empty()).map(Self).ok_or("write bytes as pairs of hexadecimal digits")
    }
}

/// One document as far as it was handed in.
#[derive(Default)]
pub(super) struct Set {
    pub(super) chip: Option<ReadChip>,
    pub(super) zone: Option<Zone>,
    pub(super) card: Option<ResidenceCard>,
    pub(super) application: Option<Application>,
}

/// The files of a chip as they lie there.
#[derive(Default)]
pub(super) struct ReadChip {
    pub(super) sod: Vec<u8>,
    pub(super) groups: BTreeMap<GroupNumber, Vec<u8>>,
    pub(super) com: Option<Vec<u8>>,
    pub(super) active: Option<ActiveEvidence>,
}

impl Files {
    /// The options by their names: a folder takes the place of all of them.
    pub(super) const NAMES: [&'static str; 13] = [
        "sod",
        "dg1",
        "dg2",
        "dg11",
        "dg12",
        "dg14",
        "dg15",
        "com",
        "mrz",
        "card",
        "application",
        "challenge",
        "response",
    ];

    /// Reads the files that were named.
    pub(super) fn read(&self) -> anyhow::Result<Result<Set, Wrong>> {
        let groups = [
            (GroupNumber::DG1, &self.dg1),
            (GroupNumber::DG2, &self.dg2),
            (GroupNumber::DG11, &self.dg11),
            (GroupNumber::DG12, &self.dg12),
            (GroupNumber::DG14, &self.dg14),
            (GroupNumber::DG15, &self.dg15),
        ];
        let single = [
            (Part::Sod, &self.sod),
            (Part::Com, &self.com),
            (Part::Card, &self.card),
            (Part::Application, &self.application),
        ];
        let groups = groups.into_iter().map(|(group, path)| (Part::Group(group), path));
        let mut parts: BTreeMap<_, _> =
            groups.chain(single).filter_map(|(part, path)| Some((part, path.clone()?))).collect();
        let mut lines = None;
        if let Some(mrz) = &self.mrz {
            if Path::new(mrz).is_file() {
                parts.insert(Part::Zone, PathBuf::from(mrz));
            } else {
                lines = Some(mrz.as_str());
            }
        }
        if parts.is_empty() && lines.is_none() {
            return Ok(Err(Wrong("nothing to check: name a folder, or files with --sod, --mrz, --card …".to_owned())));
        }
        let readers = Readers::new()?;
        Ok(read(&parts, &readers).and_then(|mut set| {
            if let Some(lines) = lines {
                set.zone = Some(zone("--mrz", lines)?);
            }
            if let (Some(chip), Some(Hex(challenge)), Some(Hex(response))) =
                (&mut set.chip, &self.challenge, &self.response)
            {
                chip.active = Some(ActiveEvidence { challenge: challenge.clone(), response: response.clone() });
            }
            Ok(set)
        }))
    }
}

/// Readers of the JSON forms, made once.
pub(super) struct Readers {
    card: Reader,
    application: Reader,
}

impl Readers {
    pub(super) fn new() -> anyhow::Result<Self> {
        let of = |name: &str| Reader::of(&format!("eid.issuance.v1.{name}"));
        Ok(Self { card: of("ResidenceCard")?, application: of("Application")? })
    }
}

/// Reads the files of one document.
pub(super) fn read(parts: &BTreeMap<Part, PathBuf>, readers: &Readers) -> Result<Set, Wrong> {
    let (mut set, mut chip, mut challenge, mut response) = (Set::default(), ReadChip::default(), None, None);
    for (part, path) in parts {
        match part {
            Part::Sod => chip.sod = bytes(path, SOD_MAX)?,
            Part::Com => chip.com = Some(bytes(path, COM_MAX)?),
            Part::Group(group) => {
                chip.groups.insert(*group, bytes(path, group_max(*group))?);
            }
            Part::Challenge => challenge = Some(bytes(path, CHALLENGE_LEN)?),
            Part::Response => response = Some(bytes(path, RESPONSE_MAX)?),
            Part::Zone => set.zone = Some(zone(&path.display().to_string(), &text(path, ZONE_BYTES_MAX)?)?),
            Part::Card => set.card = Some(json(path, &readers.card, read_residence_card)?),
            Part::Application => set.application = Some(json(path, &readers.application, read_application)?),
        }
    }
    if set.application.is_some() && (set.zone.is_some() || set.card.is_some()) {
        return Err(Wrong("the application holds zone and card itself: leave out either it or them".to_owned()));
    }
    chip.active = match (challenge, response) {
        (Some(challenge), Some(response)) => Some(ActiveEvidence { challenge, response }),
        (None, None) => None,
        _ => return Err(Wrong("challenge and response belong together: give both or none".to_owned())),
    };
    if parts.contains_key(&Part::Sod) {
        set.chip = Some(chip);
    } else if chip.com.is_some() || chip.active.is_some() || !chip.groups.is_empty() {
        return Err(Wrong("there are files of a chip without EF.SOD: add it, nothing is proven without it".to_owned()));
    }
    Ok(set)
}

/// The content of a file, up to one byte more than it may have.
pub(super) fn bytes(path: &Path, max: usize) -> Result<Vec<u8>, Wrong> {
    let wrong = |what: &dyn fmt::Display, cure| Wrong(format!("{}: {what}; {cure}", path.display()));
    let mut content = Vec::new();
    let most = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    let file = File::open(path).map_err(|error| wrong(&error, "check the name and who may read it"))?;
    file.take(most).read_to_end(&mut content).map_err(|error| wrong(&error, "check that it is a file"))?;
    if content.is_empty() { Err(wrong(&"it is empty", "read it again")) } else { Ok(content) }
}

fn text(path: &Path, max: usize) -> Result<String, Wrong> {
    let content = bytes(path, max)?;
    let wrong = |what: &str| Wrong(format!("{}: {what}", path.display()));
    if content.len() > max {
        return Err(wrong(&format!("it has more than {} KiB; it is another file than was meant", max >> 10)));
    }
    let content = String::from_utf8(content).map_err(|_| wrong("it is not UTF-8; save it as UTF-8"))?;
    Ok(content.strip_prefix('\u{feff}').map(ToOwned::to_owned).unwrap_or(content))
}

fn zone(named: &str, lines: &str) -> Result<Zone, Wrong> {
    let wrong = |fault: crate::domain::text::Malformed| format!("{named}: {} / {}", fault.en(), fault.vi());
    Zone::parse(lines).map_err(|fault| Wrong(wrong(fault)))
}

/// Reads a message in JSON, and then what it says as the calls do.
fn json<M: Message + Default, T>(
    path: &Path,
    reader: &Reader,
    parse: impl Fn(&M) -> Result<T, tonic::Status>,
) -> Result<T, Wrong> {
    let message: M = reader.message(&text(path, JSON_BYTES_MAX)?).map_err(|fault| {
        let field = if fault.field.is_empty() { "the file" } else { &fault.field };
        Wrong(format!("{}:{}: {field} {}", path.display(), fault.line, fault.wrong))
    })?;
    parse(&message).map_err(|status| {
        let details = status.get_error_details();
        let violations = details.bad_request().map(|bad| bad.field_violations.as_slice()).unwrap_or_default();
        let fields = violations.iter().map(|wrong| format!("\n  {}: {}", wrong.field, wrong.description));
        Wrong(format!("{}: fields that cannot be read:{}", path.display(), fields.collect::<String>()))
    })
}
