//! What processes use: time of the processor, and memory. A process counts with its children, as a database's do.

use procfs::process::{Process, all_processes};
use serde::Serialize;

/// The processes that are watched.
#[derive(Debug)]
pub(super) struct Watch {
    pids: Vec<i32>,
}

/// What one of them used.
#[derive(Clone, Copy, Default, Debug, Serialize)]
pub(super) struct Usage {
    /// The process.
    pub(super) pid: i32,
    /// Time of the processor, in microseconds.
    pub(super) cpu_micros: u64,
    /// Resident memory, in KiB.
    pub(super) resident_kib: u64,
}

impl Watch {
    pub(super) fn new(pids: &[i32]) -> Self {
        Self { pids: pids.to_vec() }
    }

    /// What they have used until now. One that is gone has used nothing.
    pub(super) fn look(&self) -> Vec<Usage> {
        self.pids.iter().map(|pid| family(*pid)).collect()
    }
}

fn family(pid: i32) -> Usage {
    let mut used = Usage { pid, ..Usage::default() };
    let children = all_processes().into_iter().flatten().flatten();
    let children = children.filter(|one| one.stat().is_ok_and(|stat| stat.ppid == pid));
    for one in Process::new(pid).into_iter().chain(children) {
        let Ok(stat) = one.stat() else { continue };
        let ticks = stat.utime + stat.stime;
        used.cpu_micros += ticks.saturating_mul(1_000_000) / procfs::ticks_per_second().max(1);
        used.resident_kib += stat.rss.saturating_mul(procfs::page_size()) / 1_024;
    }
    used
}
