//! The grounds, and the one table of what holds for each.

use crate::domain::staff::Role;

/// Why an account is locked. Decree 69/2024 art. 15.2 and form TK03; DOMAIN 1.8.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ground {
    /// The holder asked for it.
    HolderRequest,
    /// The terms of use were broken.
    BreachOfTerms,
    /// No passport of the holder is valid.
    PassportExpired,
    /// The right to reside has ended.
    ResidenceExpired,
    /// The holder died.
    Death,
    /// An authority ordered it.
    Order,
    /// Somebody else may have the device, the number or the codes.
    SuspectedCompromise,
}

/// What the app is told of a lock: enough to send the holder to the right place, and nothing of the evidence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LockClass {
    /// Only an office can tell more.
    Office,
    /// For the holder's own safety.
    Security,
    /// A passport must be renewed.
    PassportExpired,
    /// The right to reside must be renewed.
    ResidenceExpired,
    /// As the holder asked.
    HolderRequest,
}

/// How a ground comes and goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comes {
    /// Somebody sets it, and somebody lifts it.
    Set,
    /// With an order, on form TK03.
    ByOrder,
    /// By itself, with the documents: reckoned at each reading, lifted by nobody.
    ByItself,
}

/// What holds for a ground.
#[derive(Clone, Copy, Debug)]
pub struct GroundRule {
    /// The ground.
    pub ground: Ground,
    /// How it comes and goes.
    pub comes: Comes,
    /// Staff who may set it.
    pub setters: &'static [Role],
    /// Whether the holder may, with the bound device.
    pub by_holder: bool,
    /// Who may ask for it to be lifted; a second person agrees.
    pub lifters: &'static [Role],
    /// What the app is told.
    pub class: LockClass,
}

use Role::{Administrator, Hotline, Officer, Supervisor};

/// What holds for each ground, in the order of [`Ground::ALL`].
pub const RULES: [GroundRule; 7] = [
    GroundRule {
        ground: Ground::HolderRequest,
        comes: Comes::Set,
        setters: &[Officer, Supervisor, Hotline],
        by_holder: true,
        lifters: &[Officer, Supervisor],
        class: LockClass::HolderRequest,
    },
    GroundRule {
        ground: Ground::BreachOfTerms,
        comes: Comes::Set,
        setters: &[Administrator],
        by_holder: false,
        lifters: &[Administrator],
        class: LockClass::Office,
    },
    GroundRule {
        ground: Ground::PassportExpired,
        comes: Comes::ByItself,
        setters: &[],
        by_holder: false,
        lifters: &[],
        class: LockClass::PassportExpired,
    },
    GroundRule {
        ground: Ground::ResidenceExpired,
        comes: Comes::ByItself,
        setters: &[],
        by_holder: false,
        lifters: &[],
        class: LockClass::ResidenceExpired,
    },
    GroundRule {
        ground: Ground::Death,
        comes: Comes::Set,
        setters: &[Officer, Supervisor, Administrator],
        by_holder: false,
        lifters: &[Administrator],
        class: LockClass::Office,
    },
    GroundRule {
        ground: Ground::Order,
        comes: Comes::ByOrder,
        setters: &[],
        by_holder: false,
        lifters: &[Administrator],
        class: LockClass::Office,
    },
    GroundRule {
        ground: Ground::SuspectedCompromise,
        comes: Comes::Set,
        setters: &[Officer, Supervisor, Hotline, Administrator],
        by_holder: false,
        lifters: &[Supervisor, Administrator],
        class: LockClass::Security,
    },
];

impl Ground {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::HolderRequest,
        Self::BreachOfTerms,
        Self::PassportExpired,
        Self::ResidenceExpired,
        Self::Death,
        Self::Order,
        Self::SuspectedCompromise,
    ];

    /// The name that the store and the audit log keep.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HolderRequest => "holder_request",
            Self::BreachOfTerms => "breach_of_terms",
            Self::PassportExpired => "passport_expired",
            Self::ResidenceExpired => "residence_expired",
            Self::Death => "death",
            Self::Order => "order",
            Self::SuspectedCompromise => "suspected_compromise",
        }
    }

    /// Reads a name written by [`Ground::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ground| ground.name() == name)
    }

    /// What holds for it.
    pub const fn rule(self) -> &'static GroundRule {
        let [holder, breach, passport, residence, death, order, compromise] = &RULES;
        match self {
            Self::HolderRequest => holder,
            Self::BreachOfTerms => breach,
            Self::PassportExpired => passport,
            Self::ResidenceExpired => residence,
            Self::Death => death,
            Self::Order => order,
            Self::SuspectedCompromise => compromise,
        }
    }
}

impl LockClass {
    /// All of them: the one that takes most to be rid of first.
    pub const ALL: [Self; 5] =
        [Self::Office, Self::Security, Self::PassportExpired, Self::ResidenceExpired, Self::HolderRequest];

    /// The name that the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Office => "office",
            Self::Security => "security",
            Self::PassportExpired => "passport_expired",
            Self::ResidenceExpired => "residence_expired",
            Self::HolderRequest => "holder_request",
        }
    }

    /// Reads a name written by [`LockClass::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}
