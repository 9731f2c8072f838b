#![no_main]
//! See the property of that name.

libfuzzer_sys::fuzz_target!(|data: &[u8]| eid_fuzz::property::com(data));
