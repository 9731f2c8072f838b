//! What runs beside the calls, by name.

/// A worker.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Worker {
    /// Sends messages.
    Messages,
    /// Sends codes.
    Codes,
    /// Deletes captures that have ended.
    Eraser,
    /// Sweeps the archive.
    Sweeper,
    /// Makes keys by which duplicates are found.
    Duplicates,
    /// Counts deadlines again.
    Deadlines,
    /// Publishes lists of revoked devices.
    DeviceLists,
    /// Reminds holders.
    Reminders,
    /// Looks after the life of accounts.
    Accounts,
    /// Moves contact changes on.
    Contacts,
    /// Keeps the staff directory.
    Directory,
    /// Watches the trust store.
    Trust,
    /// Follows the streams of events.
    Streams,
    /// Asks after the health of the parts.
    Health,
    /// Counts what waits, for the metrics.
    Backlog,
}

impl Worker {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Messages,
        Self::Codes,
        Self::Eraser,
        Self::Sweeper,
        Self::Duplicates,
        Self::Deadlines,
        Self::DeviceLists,
        Self::Reminders,
        Self::Accounts,
        Self::Contacts,
        Self::Directory,
        Self::Trust,
        Self::Streams,
        Self::Health,
        Self::Backlog,
    ];

    /// The word in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Codes => "codes",
            Self::Eraser => "eraser",
            Self::Sweeper => "sweeper",
            Self::Duplicates => "duplicates",
            Self::Deadlines => "deadlines",
            Self::DeviceLists => "device-lists",
            Self::Reminders => "reminders",
            Self::Accounts => "accounts",
            Self::Contacts => "contacts",
            Self::Directory => "directory",
            Self::Trust => "trust",
            Self::Streams => "streams",
            Self::Health => "health",
            Self::Backlog => "backlog",
        }
    }
}
