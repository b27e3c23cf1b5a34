//! Secrets by reference: an environment variable or a file, never the configuration itself (DESIGN invariant 9).

use std::path::PathBuf;

use secrecy::SecretString;

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretRef {
    /// In an environment variable of this name.
    Env(String),
    /// In a file, less its trailing line break.
    File(PathBuf),
}

/// Why a secret cannot be had. Never holds the secret.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct SecretMissing(pub String);

impl SecretRef {
    /// Reads the secret now.
    ///
    /// # Errors
    /// [`SecretMissing`], with what to do, if the variable is not set or empty, or the file is missing, empty, readable
    /// by others or tracked by git.
    pub fn read(&self) -> Result<SecretString, SecretMissing> {
        Err(SecretMissing("not yet".to_owned()))
    }
}
