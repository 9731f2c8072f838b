//! What can be wrong between what was typed and the National Immigration Database.

use super::catalogue;

catalogue! {}
