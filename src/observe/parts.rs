//! The parts that the service stands on, and which of them are well.

use std::collections::BTreeMap;

use crate::domain::time::Timestamp;

/// Something that can be away while the process is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Part {
    /// The database answers.
    Database,
    /// Its schema is at least that of this release.
    Schema,
    /// The Redis in which replicas count together; counting alone is unwell.
    Redis,
    /// The archive of captures.
    Archive,
    /// The immigration record of another service.
    Registry,
    /// The carriers of SMS.
    Sms,
    /// The carriers of mail.
    Email,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Database, Self::Schema, Self::Redis, Self::Archive, Self::Registry, Self::Sms, Self::Email];

    /// The word in metrics, in answers about health, and the name of its service in `grpc.health.v1`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Schema => "schema",
            Self::Redis => "redis",
            Self::Archive => "archive",
            Self::Registry => "registry",
            Self::Sms => "sms",
            Self::Email => "email",
        }
    }

    /// Whether no call can be answered without it. The others cost a part of the service only.
    pub const fn is_needed(self) -> bool {
        matches!(self, Self::Database | Self::Schema)
    }
}

/// How the parts that are set up were when they were last asked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    asked: Option<Timestamp>,
    parts: BTreeMap<Part, bool>,
}

impl Standing {
    /// Each part and whether it is well.
    pub fn parts(&self) -> impl Iterator<Item = (Part, bool)> {
        self.parts.iter().map(|(part, well)| (*part, *well))
    }

    /// When those were last asked without which no call can be answered.
    pub const fn asked(&self) -> Option<Timestamp> {
        self.asked
    }

    /// Whether everything is well without which no call can be answered. Nothing is until it was asked.
    pub fn serves(&self) -> bool {
        self.asked.is_some() && self.parts.iter().all(|(part, well)| *well || !part.is_needed())
    }

    pub(super) fn note(&mut self, at: Timestamp, parts: &[(Part, bool)]) {
        if parts.iter().any(|(part, _)| part.is_needed()) {
            self.asked = Some(at);
        }
        self.parts.extend(parts.iter().copied());
    }
}
