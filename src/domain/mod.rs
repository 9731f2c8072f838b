//! The rules. No async, no I/O, no clock, no dice: time and chance come in as arguments.
//!
//! A value that exists is valid; personal data never prints.

pub mod account;
pub mod account_event;
pub mod application;
pub mod audit;
pub mod calendar;
pub mod capture;
pub mod check;
pub mod chip;
pub mod chip_content;
pub mod code;
pub mod consent;
pub mod contact;
pub mod deadline;
pub mod device;
pub mod duplicate;
pub mod enrolment;
pub mod finding;
pub mod follow_up;
pub mod ids;
pub mod law;
pub mod message;
pub mod mrz;
pub mod network;
pub mod office;
pub mod outlook;
pub mod passport;
pub mod person;
pub mod proposal;
pub mod record;
pub mod residence;
pub mod review;
pub mod sealed;
pub mod staff;
pub mod text;
pub mod time;
mod token;
pub mod trust;
pub mod working_list;
pub mod workstation;
