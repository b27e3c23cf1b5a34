//! One daemon a file.

use std::fs::{File, TryLockError};
use std::io::Write;

use super::{Store, StoreError};

/// Held while a daemon runs on the file; the system lets go of it however the process ends.
#[derive(Debug)]
pub struct DaemonLock(#[expect(dead_code, reason = "held for its lock")] File);

impl Store {
    /// Makes this process the only daemon on the file.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] if another daemon runs on it.
    pub fn lock_for_daemon(&self) -> Result<DaemonLock, StoreError> {
        let mut path = self.path.as_os_str().to_owned();
        path.push(".lock");
        let shown = self.path.display();
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| StoreError::Unfit(format!("the lock file of {shown} cannot be made: {error}")))?;
        match file.try_lock() {
            Ok(()) => {
                // For a person who looks; nothing reads it.
                let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
                Ok(DaemonLock(file))
            }
            Err(TryLockError::WouldBlock) => Err(StoreError::Unfit(format!(
                "another almanac run is already at work on {shown}; stop it first, or give this one its own [store] path"
            ))),
            Err(TryLockError::Error(error)) => Err(StoreError::Unfit(format!(
                "the lock file of {shown} cannot be locked: {error}"
            ))),
        }
    }
}
