//! What comes with the program: the store takes it over once, and from then on the store's own word counts.

use super::{App, Error};

impl App {
    /// Takes over whatever comes with the program and the store has none of yet. To be called before the first call is
    /// answered; several processes may do so at once.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn adopt_shipped(&self) -> Result<(), Error> {
        self.adopt_shipped_calendar().await?;
        self.adopt_shipped_offices().await?;
        Ok(())
    }
}
