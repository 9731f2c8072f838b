//! The conformance suite of the store: every function and every change, on the engine of the pass. `coverage` fails for
//! one that was forgotten.

mod account_events;
mod accounts;
mod backlog;
mod backup;
mod calendars;
mod captures;
mod challenges;
mod codes;
mod contact_changes;
mod corruption;
mod coverage;
mod devices;
mod duplicates;
mod enrolments;
mod events;
mod follow_up;
mod intake;
mod life;
mod lists;
mod offices;
mod opening;
mod outbox;
mod proposals;
mod receipts;
mod registry;
mod requests;
mod scene;
mod staff;
mod staff_codes;
mod standings;
mod trust;
mod units;
mod workstations;
