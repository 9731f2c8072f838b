//! Changes of phone and e-mail address: what must pass before another contact can be proven.

use std::time::Duration;

use super::Item;

/// See [`WAITING_MIN`].
pub const WAITING_ITEM: Item =
    Item { name: "contacts::WAITING_MIN", basis: "NIST SP 800-63B-4 section 3.1.3.3", domain: "DOMAIN 8.2, 8.5" };

/// The least time in which whoever reads another contact can stop a change that the old contact did not confirm. The
/// standard takes another number for the binding of another authenticator and gives no figure; this one is the service's
/// own floor. NIST SP 800-63B-4 sections 3.1.3.3 and 4.6; DOMAIN 8.5.
pub const WAITING_MIN: Duration = Duration::from_hours(24);
