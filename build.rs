//! Compiles the protocols in pure Rust; no protoc is needed.

use std::path::{Path, PathBuf};

use prost::Message as _;

/// The packages, each with the folder of its files and the name of what is generated beside its code.
const PACKAGES: [(&str, &str, &str); 2] = [
    ("eid.issuance.v1", "proto/eid/issuance/v1", "opaque.rs"),
    ("eid.registry.v1", "proto/eid/registry/v1", "opaque_registry.rs"),
];

fn opaque_debug(name: &str) -> String {
    format!(
        "impl ::core::fmt::Debug for {name} {{\n    \
         fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {{ f.write_str(\"{name}(…)\") }}\n}}\n"
    )
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, std::io::Error> {
    let mut files =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>, std::io::Error>>()?;
    files.sort();
    Ok(files)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_source_info(true).include_imports(true);
    for (_, folder, _) in PACKAGES {
        for file in files(Path::new(folder))? {
            compiler.open_file(file)?;
        }
    }
    let descriptors = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?).join("eid.binpb");
    std::fs::write(&descriptors, compiler.encode_file_descriptor_set())?;

    let mut set = compiler.file_descriptor_set();
    for file in &mut set.file {
        // Comments are read in the .proto files; as Rust docs they would be taken for code to test.
        file.source_code_info = None;
    }
    // Messages carry personal data: printed, they show their name and nothing else. Enumerations show their value.
    let mut paths = Vec::new();
    for (package, _, generated) in PACKAGES {
        let ours = set.file.iter().filter(|file| file.package() == package).flat_map(|file| &file.message_type);
        let names: Vec<String> = ours.map(|message| message.name().to_owned()).collect();
        let opaque: String = names.iter().map(|name| opaque_debug(name)).collect();
        std::fs::write(descriptors.with_file_name(generated), opaque)?;
        paths.extend(names.iter().map(|name| format!(".{package}.{name}")));
    }
    tonic_prost_build::configure().skip_debug(paths).compile_fds(set)?;
    debug_assert!(prost_types::FileDescriptorSet::decode(&*std::fs::read(&descriptors)?).is_ok());
    Ok(())
}
