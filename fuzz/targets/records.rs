//! The property of that name.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eid_fuzz::property::records(data));
