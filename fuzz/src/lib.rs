//! The properties that the tests hold as well, for libFuzzer.

#[path = "../../tests/properties/property.rs"]
pub mod property;
