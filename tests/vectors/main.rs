//! Published travel documents and certificates, read from the folder that `EID_VECTORS` names (otherwise
//! `../shared/vectors`). They are no part of the project: without the folder these tests say so and pass, and the project's
//! own tests stand. A folder that was named and is not there is a mistake. Each test prints how many cases it ran.

#![cfg(test)]

mod certificates;
mod document;
mod groups;
mod masterlists;
mod mrz;
mod sods;

use std::path::PathBuf;

/// The folder of vectors, if there is one.
fn folder() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "where the vectors are is told to the tests alone")]
    let named = std::env::var("EID_VECTORS").ok().filter(|folder| !folder.is_empty());
    let told = named.is_some();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(named.unwrap_or_else(|| "../shared/vectors".into()));
    if !folder.exists() {
        assert!(!told, "EID_VECTORS names {}, and there is no such folder", folder.display());
        println!("No vectors: there is no folder {}; EID_VECTORS can name another.", folder.display());
        return None;
    }
    Some(folder)
}
