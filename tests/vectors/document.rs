//! The offline tool on the same material: a folder of real documents, a folder of specimens.

use std::fs;
use std::path::Path;
use std::process::Command;

use eid::chip::master_list::MasterList;
use serde_json::Value;

const LIST: &str = "DE_ML_2024-08-07.ml";

/// Runs `eid document check` on a folder with the trust that Germany's list of 2024 gives.
fn check(documents: &Path, trust: &Path) -> (i32, Value, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eid"));
    command.args(["document", "check", "--as-of", "2024-09-01", "--format", "json", "--trust"]).arg(trust);
    let output = command.arg(documents).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap(), said)
}

#[test]
fn the_tool_finds_real_documents_genuine_and_specimens_not() {
    let Some(folder) = super::folder() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (trust, documents) = (dir.path().join("trust"), dir.path().join("documents"));
    for made in [&trust, &documents] {
        fs::create_dir(made).unwrap();
    }
    let lists = [LIST, "DE_ML_2026-05-28.ml"].map(|name| fs::read(folder.join("masterlists").join(name)).unwrap());
    let [list, later] = [0, 1].map(|at| MasterList::read(&lists[at]).unwrap());
    let mut entries = list.entries.certificates.iter().chain(&later.entries.certificates);
    let csca = entries.find(|entry| list.is_vouched_for_by(entry)).expect("an entry issued the signer");
    fs::write(trust.join("csca.cer"), csca.der()).unwrap();
    fs::write(trust.join(LIST), &lists[0]).unwrap();
    let mut real = 0;
    for entry in fs::read_dir(folder.join("sod")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        fs::copy(&path, documents.join(format!("{name}.sod"))).unwrap();
        real += 1;
    }
    let (code, told, said) = check(&documents, &trust);
    assert_eq!((code, told["summary"]["accepted"].as_u64()), (0, Some(real)), "{told:#} {said}");
    for set in told["sets"].as_array().unwrap() {
        assert_eq!(set["data"]["answer"], "proven", "{set:#}");
    }

    let (code, told, _) = check(&folder.join("specimen"), &trust);
    let sets = told["sets"].as_array().unwrap();
    assert!(code != 0 && sets.len() == 2, "{told:#}");
    assert!(sets.iter().all(|set| set["data"]["answer"] == "unknown"), "{told:#}");
    println!("Ran {} documents through the tool.", real + 2);
}
