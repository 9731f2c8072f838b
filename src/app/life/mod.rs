//! The life of accounts after their issue: their documents, what locks them, their end.
//!
//! Whether an account can be used is read from its own row. That of an account from a release before has no documents yet:
//! until they are entered, they are read from the request at each reading.

mod papers;
