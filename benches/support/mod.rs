//! What benchmarks share: the use cases over a new SQLite store, with a clock that stands still.

use std::path::Path;

use eid::app::{App, Parts, Registry};
use eid::archive::Archive;
use eid::config::Config;
use eid::domain::time::Timestamp;
use eid::limits::Limits;
use eid::notify::Carriers;
use eid::server;
use eid::store::Store;
use eid::sys::{Clock, Dice};
use eid::vault::{KeyRing, Vault};

/// The use cases over a store in `folder`, at `now`.
pub async fn app(folder: &Path, registry: Registry, now: Timestamp) -> App {
    let dice = Dice::seeded(1);
    let store = Store::open(&format!("sqlite:{}", folder.join("eid.sqlite").display()), 4).await.unwrap();
    store.migrate().await.unwrap();
    let vault = Vault::new(&KeyRing::generate(&dice), dice.clone()).unwrap();
    App::new(Parts {
        store,
        archive: Archive::local(&folder.join("captures"), &vault.namespace()).unwrap(),
        vault,
        carriers: Carriers::file(folder.join("messages.jsonl")),
        limits: Limits::memory(Clock::stopped(now)),
        bells: eid::bells::Bells::Alone,
        registry,
        clock: Clock::stopped(now),
        dice,
        settings: server::settings(&Config::development(folder).unwrap()),
    })
}
