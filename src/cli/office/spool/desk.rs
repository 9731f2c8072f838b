//! A spool in the hands of a program: filled with requests and sent from, with nobody at the screen.

use std::path::Path;
use std::sync::Arc;

use anyhow::ensure;

use super::add;
use super::folder::Folder;
use super::send::Sender;
use crate::cli::client::Target;
use crate::cli::office::delivery::Tally;
use crate::domain::workstation::WorkstationId;
use crate::proto::SubmitRequest;
use crate::sys::{Clock, Dice};

/// A workstation with its spool, and whoever works there.
pub(in crate::cli) struct Desk {
    folder: Arc<Folder>,
    target: Target,
    clock: Clock,
}

impl Desk {
    /// Sets a workstation up: its folder, whose certificate it uses, and the clock on its wall.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub(in crate::cli) fn make(
        path: &Path,
        workstation: &WorkstationId,
        target: Target,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        Folder::make(path, workstation, None, &Dice::system())?;
        Ok(Self { folder: Arc::new(Folder::open(path, None)?), target, clock })
    }

    /// Puts requests into the spool and sends them. Works with files: not for a thread that has other tasks.
    ///
    /// # Errors
    /// If one was not taken in: with what was said about it.
    pub(in crate::cli) async fn hand_in(&self, requests: Vec<SubmitRequest>) -> anyhow::Result<()> {
        add::put(&self.folder, requests, self.clock.now())?;
        let _alone = self.folder.lock_sending()?;
        let mut said = Vec::new();
        let mut sender =
            Sender::new(Arc::clone(&self.folder), self.target.clone(), false, (&mut said, Tally::default()))?;
        sender.clock = self.clock.clone();
        let code = sender.run().await?;
        ensure!(code == 0, "{} had this to say: {}", self.folder.workstation(), String::from_utf8_lossy(&said));
        Ok(())
    }
}
