//! The remote form against servers in memory, with time that is paused.
