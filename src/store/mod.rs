//! The history in one SQLite file: the only code that knows SQL.
//!
//! One writer connection, `BEGIN IMMEDIATE`; a pool of read-only connections beside it (WAL). No network is awaited inside
//! a transaction.

pub mod history;
pub mod outbox;
pub mod write;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::clock::Clock;

static MIGRATOR: Migrator = sqlx::migrate!();

/// Reading connections; more would only queue on two cores.
const READERS_MAX: u32 = 4;
/// How long a statement waits for a lock that another process holds (a poll beside the daemon).
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The open history.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) writer: SqlitePool,
    pub(crate) reader: SqlitePool,
    pub(crate) path: PathBuf,
    pub(crate) clock: Clock,
}

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite said no.
    #[error("the database {path}: {source}")]
    Sql {
        /// The file.
        path: String,
        /// What SQLite said.
        #[source]
        source: sqlx::Error,
    },
    /// The file is not fit for use; the sentence says what to do.
    #[error("{0}")]
    Unfit(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(source: sqlx::Error) -> Self {
        StoreError::Sql {
            path: String::new(),
            source,
        }
    }
}

impl Store {
    /// Opens the file at `path`, makes it if there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] where the file is damaged, empty, not Almanac's or written by a newer program.
    pub async fn open(path: &Path, clock: Clock) -> Result<Store, StoreError> {
        if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            std::fs::create_dir_all(dir)
                .map_err(|error| StoreError::Unfit(format!("cannot make {}: {error}", dir.display())))?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await?;
        MIGRATOR
            .run(&writer)
            .await
            .map_err(|error| StoreError::Unfit(error.to_string()))?;
        let reader = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Store {
            writer,
            reader,
            path: path.to_owned(),
            clock,
        })
    }
}
