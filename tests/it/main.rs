//! The integration tests: one binary, run once for each engine. `support::database` says how the engine is chosen.

#[cfg(test)]
mod abuse;
#[cfg(test)]
mod activation;
#[cfg(test)]
mod administration;
#[cfg(test)]
mod archive;
#[cfg(test)]
mod authority;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod bells;
#[cfg(test)]
mod calendar;
#[cfg(test)]
mod captures;
#[cfg(test)]
mod carriers;
#[cfg(test)]
mod chip;
#[cfg(test)]
mod contact;
#[cfg(test)]
mod contact_staff;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod devices;
#[cfg(test)]
mod document;
#[cfg(test)]
mod duplicates;
#[cfg(test)]
mod edge;
#[cfg(test)]
mod enrolment;
#[cfg(test)]
mod erasure;
#[cfg(test)]
mod fault;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod follow_up;
#[cfg(test)]
mod hotline;
#[cfg(test)]
mod life;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod observe;
#[cfg(test)]
mod offices;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod papers;
#[cfg(test)]
mod process;
#[cfg(test)]
mod progress;
#[cfg(test)]
mod proposals;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod registry;
#[cfg(test)]
mod repeats;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod replicas;
#[cfg(test)]
mod review;
#[cfg(test)]
mod revocation;
#[cfg(test)]
mod slip;
#[cfg(test)]
mod spool;
#[cfg(test)]
mod staff;
#[cfg(test)]
mod status;
#[cfg(test)]
mod step_up;
#[cfg(test)]
mod steps;
#[cfg(test)]
mod store;
#[cfg(test)]
mod support;
#[cfg(test)]
mod trust;
#[cfg(test)]
mod watch;
#[cfg(test)]
mod watch_status;
#[cfg(test)]
mod workstation;
