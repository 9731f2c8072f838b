//! Where settings come from: the compiled-in defaults, under a file, under the environment.
//!
//! Owns the reading and the merging. The defaults are the list of what may be set: a key they do not have is refused, and
//! so is a value of another kind than theirs. What is refused is left out, so that the rest can still be judged.

use std::path::Path;

use figment::providers::{Env, Format as _, Toml};
use figment::util::nest;
use figment::value::{Dict, Map, Num, Value};
use figment::{Error, Figment, Metadata, Profile, Provider};

use super::fault::Fault;

/// The commented defaults.
pub const DEFAULTS: &str = include_str!("default.toml");

/// What the variables of the environment begin with.
const PREFIX: &str = "EID__";

/// How long a configuration file may be.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The name of the defaults among the origins.
const COMPILED_IN: &str = "default";

/// The text of a configuration file, with the name to call it by.
pub(super) struct File {
    name: String,
    text: String,
}

impl File {
    /// Reads a file, within reason.
    pub(super) fn read(path: &Path) -> Result<Self, Fault> {
        let name = path.display().to_string();
        let fault = |wrong: String, cure| Fault::new(&name, "", wrong, cure);
        let size = std::fs::metadata(path)
            .map_err(|error| fault(format!("cannot be read ({error})"), "name a file that is there, with --config"))?
            .len();
        if size > FILE_BYTES_MAX {
            return Err(fault(format!("is {size} bytes long"), "name a configuration file, with --config"));
        }
        let text = std::fs::read_to_string(path)
            .map_err(|error| fault(format!("cannot be read ({error})"), "make it a text file in UTF-8"))?;
        Ok(Self { name, text })
    }

    #[cfg(test)]
    pub(super) fn of(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), text: text.to_owned() }
    }
}

/// The variables that begin with [`PREFIX`], as keys with their values.
pub(super) fn environment() -> Vec<(String, String)> {
    Env::prefixed(PREFIX).split("__").iter().map(|(key, value)| (key.as_str().to_owned(), value)).collect()
}

/// All settings by key, each with its origin.
pub(super) struct Layers {
    figment: Figment,
}

impl Layers {
    /// Puts the environment over the file over the defaults. Adds what is wrong with them to `faults`.
    pub(super) fn merge(file: Option<&File>, environment: Vec<(String, String)>, faults: &mut Vec<Fault>) -> Self {
        let known = parse(DEFAULTS).unwrap_or_default();
        let mut figment = Figment::from(Layer { origin: COMPILED_IN.to_owned(), settings: known.clone() });
        if let Some(file) = file {
            match parse(&file.text) {
                Ok(settings) => figment = figment.merge(Layer::sifted(&file.name, settings, &known, faults)),
                Err(wrong) => faults.push(Fault::new(&file.name, "", wrong, "correct the TOML there")),
            }
        }
        for (key, text) in environment {
            let origin = variable(&key);
            let value = as_kind_of(find(&known, &key), text);
            let settings = nest(&key, value).into_dict().unwrap_or_default();
            figment = figment.merge(Layer::sifted(&origin, settings, &known, faults));
        }
        Self { figment }
    }

    /// The value of a key.
    pub(super) fn value(&self, key: &str) -> Option<Value> {
        self.figment.find_value(key).ok()
    }

    /// Where the value of a key comes from.
    pub(super) fn origin(&self, key: &str) -> &str {
        self.figment.find_metadata(key).map_or(COMPILED_IN, |origin| &*origin.name)
    }

    /// Whether the value of a key is the compiled-in one because nobody gave another.
    pub(super) fn is_default(&self, key: &str) -> bool {
        self.origin(key) == COMPILED_IN
    }
}

/// The settings of one origin.
struct Layer {
    origin: String,
    settings: Dict,
}

impl Layer {
    fn sifted(origin: &str, settings: Dict, known: &Dict, faults: &mut Vec<Fault>) -> Self {
        Self { origin: origin.to_owned(), settings: sift(settings, known, "", origin, faults) }
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Profile::Default.collect(self.settings.clone()))
    }
}

/// Keeps what the defaults know by name and by kind.
fn sift(found: Dict, known: &Dict, table: &str, origin: &str, faults: &mut Vec<Fault>) -> Dict {
    let mut kept = Dict::new();
    for (name, value) in found {
        let key = if table.is_empty() { name.clone() } else { format!("{table}.{name}") };
        match (known.get(&name), value) {
            (None, _) => faults.push(Fault::new(&key, origin, "no such setting", names(table, known))),
            (Some(Value::Dict(_, known)), Value::Dict(tag, found)) => {
                kept.insert(name, Value::Dict(tag, sift(found, known, &key, origin, faults)));
            }
            (Some(default), value) if kind(default) == kind(&value) => {
                kept.insert(name, value);
            }
            (Some(default), value) => {
                let wrong = format!("is {}, not {}", kind(&value), kind(default));
                faults.push(Fault::new(&key, origin, wrong, format!("write {}", example(default))));
            }
        }
    }
    kept
}

fn names(table: &str, known: &Dict) -> String {
    let names = known.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    match table {
        "" => format!("there are: {names}"),
        table => format!("[{table}] has: {names}"),
    }
}

/// What a value is, as the words of a fault.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Dict(..) => "a table",
        Value::String(..) | Value::Char(..) => "a text",
        Value::Bool(..) => "true or false",
        Value::Num(..) if whole(value).is_some() => "a whole number",
        Value::Num(_, Num::F32(_) | Num::F64(_)) => "a number with a point",
        Value::Num(..) => "a negative number",
        Value::Array(..) => "a list",
        Value::Empty(..) => "nothing",
    }
}

/// The whole number that a value is, if it is one. Which kind of integer holds it depends on where it comes from.
pub(super) fn whole(value: &Value) -> Option<u64> {
    let unsigned = || value.to_u128().and_then(|n| u64::try_from(n).ok());
    value.to_i128().map_or_else(unsigned, |n| u64::try_from(n).ok())
}

fn example(default: &Value) -> String {
    match default {
        Value::Dict(..) => "its settings one by one".to_owned(),
        Value::Bool(..) => "true or false, without quotes".to_owned(),
        Value::Num(..) => "digits only, without quotes".to_owned(),
        _ => "it in quotes".to_owned(),
    }
}

/// The environment knows texts only: the default says what is meant.
fn as_kind_of(default: Option<&Value>, text: String) -> Value {
    match default {
        Some(Value::Num(..)) => text.trim().parse::<u64>().map_or_else(|_| Value::from(text), Value::from),
        Some(Value::Bool(..)) => text.trim().parse::<bool>().map_or_else(|_| Value::from(text), Value::from),
        _ => Value::from(text),
    }
}

fn find<'a>(settings: &'a Dict, key: &str) -> Option<&'a Value> {
    match key.split_once('.') {
        None => settings.get(key),
        Some((table, rest)) => find(settings.get(table)?.as_dict()?, rest),
    }
}

/// The variable that sets a key.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

/// Reads TOML. The error says where and what, without the line itself, which may hold a password.
fn parse(text: &str) -> Result<Dict, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match Toml::string(text).data() {
        Ok(mut profiles) => Ok(profiles.remove(&Profile::Default).unwrap_or_default()),
        Err(error) => {
            let text = error.to_string();
            let told = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.contains('|'));
            Err(told.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Every key of the defaults, such as `server.listen`.
#[cfg(test)]
pub(super) fn keys() -> Vec<String> {
    fn walk(table: &Dict, path: &str, keys: &mut Vec<String>) {
        for (name, value) in table {
            let key = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match value {
                Value::Dict(_, table) => walk(table, &key, keys),
                _ => keys.push(key),
            }
        }
    }
    let mut keys = Vec::new();
    walk(&parse(DEFAULTS).unwrap(), "", &mut keys);
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(file: &str, environment: &[(&str, &str)]) -> (Layers, Vec<String>) {
        let mut faults = Vec::new();
        let environment = environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let layers = Layers::merge(Some(&File::of("eid.toml", file)), environment, &mut faults);
        (layers, faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_environment_overrides_the_file_and_the_file_the_defaults() {
        let (layers, faults) = merge(
            "[store]\nconnections = 4\n[server]\nreflection = false",
            &[("store.connections", "9"), ("log.filter", "warn,eid=debug"), ("server.listen", "[::1]:9")],
        );
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(whole(&layers.value("store.connections").unwrap()), Some(9));
        assert_eq!(layers.value("server.reflection").unwrap().to_bool(), Some(false));
        assert_eq!(layers.value("log.filter").unwrap().as_str(), Some("warn,eid=debug"));
        assert_eq!(layers.value("server.listen").unwrap().as_str(), Some("[::1]:9"));
        assert_eq!(layers.origin("store.connections"), "EID__STORE__CONNECTIONS");
        assert_eq!(layers.origin("server.reflection"), "eid.toml");
        assert!(layers.is_default("server.handshake_secs"));
    }

    #[test]
    fn keys_and_kinds_that_the_defaults_do_not_have_are_refused_together() {
        let (_, faults) = merge(
            "hom = 1\nstore = 3\nmode = [1]\n[server]\nlistn = 1\nhandshake_secs = \"5\"\nreflection = 1\nlisten.port = 1",
            &[("store.connections", "-1"), ("vault", "x"), ("codes.lifetime", "60"), ("log.filter.x", "1")],
        );
        assert_eq!(faults.len(), 11, "{faults:#?}");
        let all = faults.join("\n");
        for told in [
            "hom (eid.toml): no such setting; there are: accounts, archive, budgets, carriers, chip",
            "store (eid.toml): is a whole number, not a table",
            "mode (eid.toml): is a list, not a text; write it in quotes",
            "server.listn (eid.toml): no such setting; [server] has: calls_max, certificate, client_ca",
            "server.handshake_secs (eid.toml): is a text, not a whole number; write digits only",
            "server.listen (eid.toml): is a table, not a text",
            "store.connections (EID__STORE__CONNECTIONS): is a text, not a whole number",
            "vault (EID__VAULT): is a text, not a table",
            "codes.lifetime (EID__CODES__LIFETIME): no such setting; [codes] has: email_lifetime_secs, failures_in_row, \
             failures_per_day, lifetime_secs, send_gap_secs, sends_per_day, tries",
        ] {
            assert!(all.contains(told), "{told}\n{all}");
        }
    }

    #[test]
    fn broken_toml_is_told_by_its_place_and_never_quoted() {
        let (_, faults) = merge("[store]\nurl = \"postgres://eid:hunter2@db/eid", &[("hom", "x")]);
        assert_eq!(faults.len(), 2);
        assert!(faults[0].starts_with("eid.toml: TOML parse error at line 2"), "{faults:?}");
        assert!(!faults[0].contains("hunter2"));
    }

    #[test]
    fn a_file_that_is_not_there_or_no_text_is_told_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("eid.toml");
        assert!(File::read(&path).is_err_and(|fault| fault.to_string().contains("eid.toml: cannot be read")));
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(File::read(&path).is_err_and(|fault| fault.cure.contains("UTF-8")));
        assert!(File::read(dir.path()).is_err());
    }
}
