//! The history in one SQLite file: the only code that knows SQL.
//!
//! One writer connection, `BEGIN IMMEDIATE`; a pool of read-only connections beside it (WAL). No network is awaited inside
//! a transaction.

pub mod backup;
pub mod body;
pub mod events;
pub mod history;
pub mod lock;
pub mod outbox;
pub mod polls;
pub mod quota;
pub mod requests;
pub mod watches;
pub mod webhooks;
pub mod write;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row};

use crate::clock::Clock;

static MIGRATOR: Migrator = sqlx::migrate!();

/// Says in the file's header whose database it is ("Alma" in ASCII).
const APPLICATION_ID: i32 = 0x416c_6d61;
/// Reading connections; more would only queue on two cores.
const READERS_MAX: u32 = 4;
/// How long a statement waits for a lock that another process holds (a poll beside the daemon).
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// The write-ahead log is cut back to this size after a checkpoint.
const WAL_BYTES_KEPT: &str = "8388608";
/// Every SQLite file begins with this.
const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// The open history; cheap to clone.
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
    #[error("the database: {0}")]
    Sql(#[from] sqlx::Error),
    /// The file is not fit for use; the sentence says what to do.
    #[error("{0}")]
    Unfit(String),
}

impl Store {
    /// Opens the file at `path`, makes it if there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] where the file is damaged, empty, not Almanac's or written by a newer program; nothing is
    /// changed then.
    pub async fn open(path: &Path, clock: Clock) -> Result<Store, StoreError> {
        let new = is_new(path)?;
        if new && let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            std::fs::create_dir_all(dir)
                .map_err(|error| unfit(path, &format!("its folder cannot be made ({error})")))?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(new)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("journal_size_limit", WAL_BYTES_KEPT)
            // What is purged after ninety days must not live on in free pages of the file.
            .pragma("secure_delete", "ON")
            .optimize_on_close(true, Some(1000))
            .disable_statement_logging();
        if !new {
            recognise(path).await?;
        }
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(|error| unusable(path, error))?;
        if new {
            // The file is created by this very connection, so nobody else can be in it yet.
            sqlx::query("PRAGMA application_id = 0x416c6d61")
                .execute(&writer)
                .await?;
        }
        MIGRATOR
            .run(&writer)
            .await
            .map_err(|error| migration_failed(path, error))?;
        let reader = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .min_connections(0)
            .connect_with(
                options
                    .read_only(true)
                    .create_if_missing(false)
                    .optimize_on_close(false, None),
            )
            .await
            .map_err(|error| unusable(path, error))?;
        Ok(Store {
            writer,
            reader,
            path: path.to_owned(),
            clock,
        })
    }

    /// Opens an existing file for reading commands; never makes one.
    ///
    /// # Errors
    /// As [`Store::open`], and where there is no file yet.
    pub async fn open_existing(path: &Path, clock: Clock) -> Result<Store, StoreError> {
        if is_new(path)? {
            return Err(unfit(
                path,
                "there is no history yet; start it with almanac run or almanac poll",
            ));
        }
        Self::open(path, clock).await
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Finishes what is under way and closes the file.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Reads every page and index of the file.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] with the first damage found.
    pub async fn check_integrity(&self) -> Result<(), StoreError> {
        let row = sqlx::query("PRAGMA integrity_check(1)").fetch_one(&self.reader).await?;
        match row.try_get::<String, _>(0)?.as_str() {
            "ok" => Ok(()),
            damage => Err(unfit(
                &self.path,
                &format!("it is damaged ({damage}); restore it from a backup"),
            )),
        }
    }
}

/// Whether there is no file yet. A file that lost its content is not a new one.
fn is_new(path: &Path) -> Result<bool, StoreError> {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    match std::fs::File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if Path::new(&wal).exists() {
                return Err(unfit(
                    path,
                    "the file is gone, but its write-ahead log is still there; restore both, or move the log away to start anew",
                ));
            }
            Ok(true)
        }
        Err(error) => Err(unfit(path, &format!("it cannot be read ({error})"))),
        Ok(mut file) => {
            let mut magic = Vec::new();
            file.by_ref()
                .take(SQLITE_MAGIC.len() as u64)
                .read_to_end(&mut magic)
                .map_err(|error| unfit(path, &format!("it cannot be read ({error})")))?;
            if magic.is_empty() {
                return Err(unfit(
                    path,
                    "the file is empty, which no history of ours ever is; restore it from a backup, or delete it to start anew",
                ));
            }
            if magic != SQLITE_MAGIC {
                return Err(unfit(
                    path,
                    "it is not a SQLite database, or its beginning is damaged; restore it from a backup",
                ));
            }
            Ok(false)
        }
    }
}

/// Makes sure, without touching it, that an existing file is Almanac's, whole, and not newer than this program.
async fn recognise(path: &Path) -> Result<(), StoreError> {
    let told = |error| unusable(path, error);
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(BUSY_TIMEOUT);
    let mut reader = options.connect().await.map_err(told)?;
    let found: i32 = sqlx::query_scalar("PRAGMA application_id")
        .fetch_one(&mut reader)
        .await
        .map_err(told)?;
    if found != APPLICATION_ID {
        return Err(unfit(
            path,
            "it is a SQLite database of another program; name another file in [store] path, or restore it from a backup",
        ));
    }
    let newest: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations")
        .fetch_one(&mut reader)
        .await
        .map_err(told)?;
    if MIGRATOR.iter().all(|migration| migration.version < newest) {
        return Err(newer(path));
    }
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count")
        .fetch_one(&mut reader)
        .await
        .map_err(told)?;
    let size: i64 = sqlx::query_scalar("PRAGMA page_size")
        .fetch_one(&mut reader)
        .await
        .map_err(told)?;
    let _ = reader.close().await;
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    let wal_is_empty = std::fs::metadata(&wal).map_or(true, |wal| wal.len() == 0);
    let bytes = std::fs::metadata(path).map_or(0, |file| file.len());
    // With a log beside it the file may rightly be shorter than the database.
    if wal_is_empty && bytes < u64::try_from(pages.saturating_mul(size)).unwrap_or(0) {
        return Err(unfit(path, "it is cut short; restore it from a backup"));
    }
    Ok(())
}

fn migration_failed(path: &Path, error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => unfit(
            path,
            "it was written by a newer Almanac; run that one, or restore a backup made before the upgrade",
        ),
        MigrateError::VersionMismatch(version) => unfit(
            path,
            &format!("its schema step {version} differs from this program's; it was written by another build"),
        ),
        other => unfit(path, &format!("its schema could not be brought up to date ({other})")),
    }
}

fn newer(path: &Path) -> StoreError {
    unfit(
        path,
        "it was written by a newer Almanac; run that one, or restore a backup made before the upgrade",
    )
}

fn unusable(path: &Path, error: sqlx::Error) -> StoreError {
    unfit(
        path,
        &format!("it cannot be opened ({error}); if it is damaged, restore it from a backup"),
    )
}

fn unfit(path: &Path, what: &str) -> StoreError {
    StoreError::Unfit(format!("the database {}: {what}", path.display()))
}

/// The queries whose cost grows with the history, by name, for the test that holds their plans down.
#[doc(hidden)]
pub fn big_queries() -> Vec<(&'static str, String)> {
    let newest_events = |condition: &str| {
        format!(
            "{} WHERE e.superseded = 0{condition} ORDER BY e.detected_ms DESC, e.id DESC LIMIT 50",
            events::SELECT_EVENT
        )
    };
    vec![
        ("snapshot at a moment", history::STANDING.to_owned()),
        ("documents", history::CHAINS.to_owned()),
        ("moment to poll", history::POLL_AT.to_owned()),
        ("snapshots", history::SNAPSHOTS.to_owned()),
        ("first whole reading", history::FIRST_WHOLE.to_owned()),
        ("last whole reading", history::LAST_WHOLE.to_owned()),
        ("versions of records", history::VERSIONS.to_owned()),
        ("versions of records in ranges", history::VERSIONS_BETWEEN.to_owned()),
        ("records that are gone", history::GONE.to_owned()),
        ("newest events", newest_events("")),
        (
            "events since",
            newest_events(" AND e.detected_ms >= ? AND e.detected_ms < ?"),
        ),
        ("events of a library", newest_events(" AND e.institution = ?")),
        ("events of a watch", newest_events(" AND e.watch_id = ?")),
        (
            "next page of events",
            newest_events(" AND (e.detected_ms, e.id) < (?, ?)"),
        ),
        ("records of a watch", polls::KNOWN_RECORDS.to_owned()),
        ("first seen elsewhere", polls::FIRST_SEEN_ELSEWHERE.to_owned()),
        ("requests of a watch", requests::KNOWN_REQUESTS.to_owned()),
        ("requests to purge", requests::REQUESTS_UNSEEN_SINCE.to_owned()),
        ("moves since", requests::MOVES_SINCE.to_owned()),
        ("newest reading", requests::NEWEST_READING.to_owned()),
        ("newest document", history::NEWEST_DOCUMENT.to_owned()),
        ("records under a prefix", history::UNDER_PREFIX.to_owned()),
    ]
}
