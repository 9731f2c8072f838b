//! What comes with the program and is put in place where the store has none yet.

use super::{App, Error};

impl App {
    /// Puts in place what comes with the program. What the store has already stays as it is, so this may be repeated, and
    /// done by several processes at once.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn adopt_shipped(&self) -> Result<(), Error> {
        self.adopt_shipped_calendar().await?;
        Ok(())
    }
}
