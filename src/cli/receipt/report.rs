//! What was found out about a receipt, for people and for programs.

use std::io::{self, Write};

use serde::Serialize;

use crate::cli::words;
use crate::domain::text::Text;
use crate::domain::time::format_date;
use crate::receipt::{Genuine, NotGenuine};

const GENUINE: Text = Text::new("Genuine: signed by the service.", "Biên nhận thật: do hệ thống ký.");
const OF_THIS: Text = Text::new(
    "Genuine: signed by the service, for this content.",
    "Biên nhận thật: do hệ thống ký, cho đúng nội dung này.",
);

/// The verdict, and what the receipt says if a known key has signed it.
#[derive(Serialize)]
pub(super) struct Report {
    genuine: bool,
    /// A name for programs: `genuine`, or why it is not.
    verdict: &'static str,
    message: Said,
    /// Absent unless a known key has signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<Claimed>,
    /// Key that the receipt names and that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_key: Option<String>,
}

#[derive(Serialize)]
struct Said {
    en: &'static str,
    vi: &'static str,
}

#[derive(Serialize)]
struct Claimed {
    request: String,
    office: String,
    received_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    provisional: bool,
    /// `same`, `other` or `not compared`.
    content: &'static str,
    key_id: String,
}

impl Report {
    pub(super) fn new(read: Option<&Genuine>, verdict: &Result<(), NotGenuine>, compared: bool) -> Self {
        let (name, text) = match verdict {
            Ok(()) => ("genuine", if compared { OF_THIS } else { GENUINE }),
            Err(fault) => (fault.name(), fault.text()),
        };
        let content = match verdict {
            Ok(()) if compared => "same",
            Err(NotGenuine::OtherContent) => "other",
            _ => "not compared",
        };
        let unknown_key = match verdict {
            Err(NotGenuine::UnknownKey(key)) => Some(key.to_string()),
            _ => None,
        };
        let receipt = read.map(|genuine| Claimed {
            request: genuine.claims.request.to_string(),
            office: genuine.claims.office.to_string(),
            received_at: genuine.claims.received_at().to_string(),
            due: genuine.claims.due().map(|due| format_date(due.day)),
            provisional: genuine.claims.due().is_some_and(|due| due.provisional),
            content,
            key_id: genuine.key.to_string(),
        });
        let message = Said { en: text.en, vi: text.vi };
        Self { genuine: verdict.is_ok(), verdict: name, message, receipt, unknown_key }
    }

    pub(super) const fn is_genuine(&self) -> bool {
        self.genuine
    }

    /// The report for people.
    pub(super) fn text(&self, out: &mut impl Write) -> io::Result<()> {
        words::line(out, "verdict", self.verdict)?;
        words::line(out, "verdict (en)", self.message.en)?;
        words::line(out, "verdict (vi)", self.message.vi)?;
        if let Some(key) = &self.unknown_key {
            words::line(out, "unknown key", key)?;
        }
        let Some(receipt) = &self.receipt else { return Ok(()) };
        let mark = if receipt.provisional { " (provisional)" } else { "" };
        let due = receipt.due.as_ref().map_or_else(|| "not set yet".to_owned(), |due| format!("{due}{mark}"));
        words::line(out, "request", &receipt.request)?;
        words::line(out, "office", &receipt.office)?;
        words::line(out, "received", &receipt.received_at)?;
        words::line(out, "legal deadline", &due)?;
        words::line(out, "content", receipt.content)?;
        words::line(out, "key", &receipt.key_id)
    }
}
