//! Secrets by reference: an environment variable or a file, never the configuration itself (DESIGN invariant 9).

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SecretMissing(pub String);

/// API keys have some 40 characters and signing secrets some 100; a file larger than this is no secret of ours.
const LARGEST_SECRET: u64 = 8 * 1024;

/// Where container engines mount secrets, often readable by all inside the container.
const RUN_SECRETS: &str = "/run/secrets";

/// The folder that systemd makes for a service's credentials.
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

impl SecretRef {
    /// Reads the secret now.
    ///
    /// # Errors
    /// [`SecretMissing`], with what to do, if the variable is not set or empty, or the file is missing, empty, readable
    /// by others or tracked by git.
    pub fn read(&self) -> Result<SecretString, SecretMissing> {
        match self {
            SecretRef::Env(name) => {
                let text = std::env::var(name).map_err(|error| match error {
                    std::env::VarError::NotPresent => SecretMissing(format!(
                        "the environment variable {name} is not set; set it where Almanac is started"
                    )),
                    std::env::VarError::NotUnicode(_) => {
                        SecretMissing(format!("the environment variable {name} is not text; set it anew"))
                    }
                })?;
                self.tidy(text)
            }
            SecretRef::File(path) => {
                let file = open(path)?;
                let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
                safe(path, &metadata)?;
                let mut bytes = Vec::new();
                file.take(LARGEST_SECRET + 1)
                    .read_to_end(&mut bytes)
                    .map_err(|error| unreadable(path, &error))?;
                if bytes.len() as u64 > LARGEST_SECRET {
                    return Err(SecretMissing(format!(
                        "{self} is larger than a secret can be ({LARGEST_SECRET} bytes); name the file that holds the \
                         secret and nothing else"
                    )));
                }
                let text = String::from_utf8(bytes).map_err(|_| {
                    SecretMissing(format!("{self} is not text; put the secret and nothing else into it"))
                })?;
                self.tidy(text)
            }
        }
    }

    /// Whether the secret, if it is there, is kept as it should be: a file that others can read or that git tracks is
    /// not. A secret that is not there is no complaint: it may come later.
    ///
    /// # Errors
    /// [`SecretMissing`], with what to do.
    pub fn check_kept_safely(&self) -> Result<(), SecretMissing> {
        match self {
            SecretRef::Env(_) => Ok(()),
            SecretRef::File(path) => match std::fs::metadata(path) {
                Ok(metadata) => safe(path, &metadata),
                Err(_) => Ok(()),
            },
        }
    }

    /// Takes the line break off the end and refuses what no header could carry.
    fn tidy(&self, mut text: String) -> Result<SecretString, SecretMissing> {
        let length = text.trim_end_matches(['\r', '\n']).len();
        text.truncate(length);
        if text.trim().is_empty() {
            return Err(SecretMissing(format!("{self} is empty; put the secret into it")));
        }
        if text.chars().any(char::is_control) {
            return Err(SecretMissing(format!(
                "{self} holds more than one line; put the secret and nothing else into it"
            )));
        }
        Ok(SecretString::from(text))
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretRef::Env(name) => write!(f, "the environment variable {name}"),
            SecretRef::File(path) => write!(f, "the file {}", path.display()),
        }
    }
}

fn open(path: &Path) -> Result<File, SecretMissing> {
    // Asked before opening, since opening a pipe waits for its writer.
    safe_kind(
        path,
        &std::fs::metadata(path).map_err(|error| unreadable(path, &error))?,
    )?;
    File::open(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> SecretMissing {
    let path = path.display();
    SecretMissing(match error.kind() {
        std::io::ErrorKind::NotFound => format!("the file {path} does not exist; put the secret there"),
        std::io::ErrorKind::PermissionDenied => {
            format!("the file {path} cannot be read by the user that runs Almanac; make that user its owner")
        }
        kind => format!("the file {path} cannot be read ({kind}); put the secret into a plain file there"),
    })
}

fn safe_kind(path: &Path, metadata: &std::fs::Metadata) -> Result<(), SecretMissing> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(SecretMissing(format!(
        "{} is not a plain file; name a file that holds the secret and nothing else",
        path.display()
    )))
}

/// Refuses what others can read, and what git would hand on to others.
fn safe(path: &Path, metadata: &std::fs::Metadata) -> Result<(), SecretMissing> {
    let shown = path.display();
    safe_kind(path, metadata)?;
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if is_in_a_folder_for_secrets(&real) {
        return Ok(());
    }
    if others_can_read(metadata) {
        return Err(SecretMissing(format!(
            "the file {shown} can be read by other users of this computer; run: chmod 600 {shown}"
        )));
    }
    if git_tracks(&real) {
        return Err(SecretMissing(format!(
            "the file {shown} is tracked by git, which hands it on to everyone with a copy; ask for a new secret and keep \
             it outside the repository"
        )));
    }
    Ok(())
}

/// Those who run containers and services keep these folders closed as a whole.
fn is_in_a_folder_for_secrets(path: &Path) -> bool {
    let credentials = std::env::var_os(CREDENTIALS_DIRECTORY).map(PathBuf::from);
    [Some(PathBuf::from(RUN_SECRETS)), credentials]
        .into_iter()
        .flatten()
        .filter_map(|folder| std::fs::canonicalize(folder).ok())
        // A credentials folder of "/" would lift the rule for every file there is.
        .any(|folder| folder.parent().is_some() && path.starts_with(folder))
}

#[cfg(unix)]
fn others_can_read(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn others_can_read(_metadata: &std::fs::Metadata) -> bool {
    false
}

/// Whether git has the file in its index. Where git is not installed, nothing is tracked.
fn git_tracks(path: &Path) -> bool {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return false;
    };
    Command::new("git")
        // A repository may name a program to run in this setting; reading a secret must not run it.
        .args([
            "-c",
            "core.fsmonitor=false",
            "--literal-pathspecs",
            "ls-files",
            "--error-unmatch",
            "--",
        ])
        .arg(name)
        .current_dir(folder)
        // Set inside git's own hooks; they would make git look at another repository.
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::*;

    const SECRET: &str = "canary-secret-4711";

    fn file_in(folder: &Path, content: &str, mode: u32) -> SecretRef {
        let path = folder.join("tufts.key");
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        SecretRef::File(path)
    }

    fn refusal(secret: &SecretRef) -> String {
        let text = secret.read().unwrap_err().to_string();
        assert!(!text.contains(SECRET), "{text}");
        text
    }

    #[test]
    fn a_file_of_ones_own_is_read_less_its_line_break() {
        let folder = tempfile::tempdir().unwrap();
        let secret = file_in(folder.path(), &format!("{SECRET}\r\n"), 0o600);
        assert_eq!(secret.read().unwrap().expose_secret(), SECRET);
        assert_eq!(secret.check_kept_safely(), Ok(()));
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for mode in [0o640, 0o604, 0o660, 0o644] {
            let secret = file_in(folder.path(), SECRET, mode);
            assert!(refusal(&secret).contains("chmod 600"));
            assert!(secret.check_kept_safely().is_err());
        }
    }

    #[test]
    #[expect(clippy::print_stdout, reason = "a skipped test says why")]
    fn a_file_that_git_tracks_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let secret = file_in(folder.path(), SECRET, 0o600);
        let git = |args: &[&str]| {
            Command::new("git")
                .args(args)
                .current_dir(folder.path())
                .env_remove("GIT_DIR")
                .env_remove("GIT_WORK_TREE")
                .env_remove("GIT_INDEX_FILE")
                .output()
        };
        match git(&["init", "--quiet"]) {
            Ok(output) if output.status.success() => {}
            _ => {
                println!("skipped: git is not installed here");
                return;
            }
        }
        assert!(secret.read().is_ok(), "not yet tracked");
        assert!(git(&["add", "tufts.key"]).unwrap().status.success());
        assert!(refusal(&secret).contains("tracked by git"));
    }

    #[test]
    fn what_is_missing_says_so_and_is_no_complaint_at_load() {
        let folder = tempfile::tempdir().unwrap();
        let missing = SecretRef::File(folder.path().join("none.key"));
        assert!(refusal(&missing).contains("does not exist"));
        assert_eq!(missing.check_kept_safely(), Ok(()));
        let unset = SecretRef::Env("ALMANAC_TEST_NEVER_SET".to_owned());
        assert!(refusal(&unset).contains("ALMANAC_TEST_NEVER_SET is not set"));
        assert_eq!(unset.check_kept_safely(), Ok(()));
    }

    #[test]
    fn what_cannot_be_a_secret_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (content, complaint) in [
            ("\n".to_owned(), "is empty"),
            (format!("{SECRET}\nsecond line\n"), "more than one line"),
            (SECRET.repeat(1_000), "larger than a secret can be"),
        ] {
            assert!(refusal(&file_in(folder.path(), &content, 0o600)).contains(complaint));
        }
        assert!(refusal(&SecretRef::File(folder.path().to_owned())).contains("not a plain file"));
    }
}
