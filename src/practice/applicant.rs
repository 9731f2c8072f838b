//! What the generator hands out: an application, who it is about, and what the rules must say to it.

use crate::practice::contacts;
use crate::practice::country::Chip;
use crate::proto;

/// One practice applicant.
#[derive(Clone, PartialEq)]
pub struct Applicant {
    /// Who it is, for a printed line: "Jürgen Müller, Germany, 41".
    pub label: String,
    /// What the officer captures.
    pub application: proto::Application,
    /// The chip of the passport; `None` unless the generator makes applicants with chips.
    pub chip: Option<Chip>,
    /// What the rules must say.
    pub expected: Expected,
    /// Family name and given names as passport and immigration record have them, whatever is typed.
    pub(super) recorded_name: (String, String),
}

/// What the rules must say to an application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// It is taken in.
    Accepted,
    /// It is not taken in.
    Refused {
        /// The rule that refuses it, by its stable name.
        rule: &'static str,
    },
    /// It is taken in and waits for a supervisor.
    Referred {
        /// The rule that refers it, by its stable name.
        rule: &'static str,
    },
}

impl Applicant {
    /// The phone in E.164, as a carrier addresses it.
    pub fn phone(&self) -> String {
        contacts::e164(&self.application.phone)
    }

    /// Whether somebody else acts for the applicant.
    pub fn is_represented(&self) -> bool {
        self.application.representative.is_some()
    }

    /// The same applicant with one thing that a person must look at: `why` goes into the label.
    pub(super) fn referred(self, rule: &'static str, why: &str) -> Self {
        Self { expected: Expected::Referred { rule }, ..self.failing(rule, why) }
    }

    /// The same applicant with one fault: `why` goes into the label, `rule` is what must refuse it.
    pub(super) fn failing(mut self, rule: &'static str, why: &str) -> Self {
        let (name, rest) = self.label.split_once(", ").unwrap_or((&self.label, ""));
        self.label = format!("{name} ({why}), {rest}");
        self.expected = Expected::Refused { rule };
        self
    }
}
