//! The published lists of reasons: why a request was refused, returned for correction, withdrawn.

/// A list of reasons with the names that the store keeps.
macro_rules! reasons {
    ($(#[$about:meta])* $list:ident { $($(#[$why:meta])* $reason:ident = $name:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $list {
            $($(#[$why])* $reason,)+
        }

        impl $list {
            /// Every reason, in a fixed order.
            pub const ALL: &[Self] = &[$(Self::$reason,)+];

            /// The name the store keeps.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$reason => $name,)+
                }
            }

            /// Reads a name that [`Self::name`] wrote.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.name() == name)
            }
        }
    };
}

reasons! {
    /// Why a request was refused.
    RefusalReason {
        /// Face or fingerprints do not match the immigration record.
        IdentityNotConfirmed = "identity-not-confirmed",
        /// Passport or card is not valid according to the authority's sources.
        DocumentNotValid = "document-not-valid",
        /// The person has an account already.
        Duplicate = "duplicate",
        /// The person is not eligible.
        NotEligible = "not-eligible",
        /// Another reason, given to the person in writing.
        Other = "other",
        /// A supervisor of the office did not override what was referred. Never the authority's.
        DeclinedAtOffice = "declined-at-office",
    }
}

reasons! {
    /// What is to be corrected in a request that was returned.
    ReturnReason {
        /// What was typed is incomplete or differs from the documents.
        Data = "data",
        /// A document is missing, cannot be read or must be shown again.
        Document = "document",
        /// The face image cannot be used.
        Face = "face",
        /// Fingerprints are missing or cannot be used.
        Fingerprints = "fingerprints",
        /// Consent or representation is not shown.
        Consent = "consent",
        /// Something else: the explanation says what.
        Other = "other",
    }
}

reasons! {
    /// Why a request was given up.
    WithdrawalReason {
        /// The applicant asked for it.
        Applicant = "applicant",
        /// It was captured twice.
        CapturedTwice = "captured-twice",
        /// It was captured by mistake, for the wrong person or with documents that are another's.
        CapturedInError = "captured-in-error",
        /// It was returned, and the applicant did not come back.
        NotCorrected = "not-corrected",
    }
}
