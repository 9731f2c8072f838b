//! Passive authentication: did the state sign these data? (Doc 9303-11 section 5.1, Doc 9303-12 section 6.)
//!
//! Owns the order of the steps and when to go on after one has failed. It goes on as long as there is something to look
//! at, so that the officer learns all at once; but nothing is asked of a certificate whose signature over the document does
//! not hold, for then it says nothing of this document.

use super::certificate::{Certificate, same_name, same_serial};
use super::chain::{self, Chain, Untrusted};
use super::countries;
use super::files::ChipFiles;
use super::groups::dg1;
use super::hash::Hash;
use super::key::SignatureFault;
use super::ledger::Ledger;
use super::policy::{Policy, Weakness};
use super::revocation::{self, Revocation};
use super::scheme::Scheme;
use super::signed_data::{SignedData, Signer, SignerId};
use super::sod::{self, LDS_SECURITY_OBJECT, PLAIN_DATA, SecurityObject};
use super::trust::Trust;
use super::{Mode, Proven};
use crate::domain::chip::{Fingerprint, GroupNumber, StepName};
use crate::domain::finding::{
    CHIP_ALGORITHM_UNKNOWN, CHIP_ALGORITHM_WEAK, CHIP_ATTRIBUTES, CHIP_AUTHORITY_COUNTRY, CHIP_AUTHORITY_OUT_OF_DATE,
    CHIP_AUTHORITY_REVOKED, CHIP_AUTHORITY_UNKNOWN, CHIP_CONTENT_TYPE, CHIP_CONTENT_UNNAMED, CHIP_COUNTRY_DIFFERS,
    CHIP_COUNTRY_UNKNOWN, CHIP_CRL_MISSING, CHIP_CRL_STALE, CHIP_DEVIATION, CHIP_DG1_UNREADABLE, CHIP_DIGEST_DIFFERS,
    CHIP_GROUP_DIFFERS, CHIP_GROUP_MANDATORY, CHIP_GROUP_NOT_READ, CHIP_GROUP_UNLISTED, CHIP_LDS_UNREADABLE,
    CHIP_LDS_VERSION, CHIP_SIGNATURE_WRONG, CHIP_SIGNER_DOCUMENT_TYPE, CHIP_SIGNER_FORGED, CHIP_SIGNER_MISSING,
    CHIP_SIGNER_OUT_OF_DATE, CHIP_SIGNER_PROFILE, CHIP_SIGNER_REVOKED, CHIP_SIGNING_TIME, CHIP_SOD_UNREADABLE,
    CHIP_SOD_VERSION, Field, Finding, Rule, Source,
};
use crate::domain::time::Timestamp;
