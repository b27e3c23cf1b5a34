//! A copy of the whole history while polls go on.

use std::path::Path;

use super::{Store, StoreError};

impl Store {
    /// Copies the whole history, as of one moment, into a new file.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] if the file exists or cannot be written; then no half copy is left.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        if to.exists() {
            return Err(StoreError::Unfit(format!(
                "{} exists already; name a new file for the backup",
                to.display()
            )));
        }
        let mut unfinished = to.as_os_str().to_owned();
        unfinished.push(".unfinished");
        let unfinished = Path::new(&unfinished);
        let _ = std::fs::remove_file(unfinished);
        let told = |error: &dyn std::fmt::Display| {
            StoreError::Unfit(format!("the backup {} could not be written: {error}", to.display()))
        };
        let Some(name) = unfinished.to_str() else {
            return Err(told(&"its name is not valid text"));
        };
        let copied = sqlx::query("VACUUM INTO ?").bind(name).execute(&self.reader).await;
        if let Err(error) = copied {
            let _ = std::fs::remove_file(unfinished);
            return Err(told(&error));
        }
        std::fs::File::open(unfinished)
            .and_then(|file| file.sync_all())
            .and_then(|()| std::fs::rename(unfinished, to))
            .map_err(|error| told(&error))
    }
}
