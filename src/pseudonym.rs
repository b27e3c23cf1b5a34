//! Keyed hashes in place of request ids: the same request is told again, and nobody without the key can tell which it is.
//!
//! The key is 256 random bits in a file beside the database, never inside it and never in a backup. Every institution has
//! a sub-key of its own, so that hashes of two libraries cannot be joined. A lost key is no disaster: requests are then
//! met anew, silently (DESIGN §3).

use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::moment::Moment;
use crate::model::request::RequestHash;

/// After a rotation the key before is kept for so long: as long as any state that was hashed with it.
pub const FORMER_KEY_KEPT: Duration = Duration::from_hours(90 * 24);
/// What a sub-key is derived for; another text would give other hashes.
const CONTEXT: &str = "almanac 2026-11 request ids of one institution";
/// Two lines of some hundred characters; a larger file is none of ours.
const FILE_BYTES_MAX: u64 = 4096;
/// Characters of a key's id.
const ID_CHARS: usize = 16;

/// The keys under which request ids are hashed.
#[derive(Clone)]
pub struct Pseudonyms {
    path: PathBuf,
    current: Key,
    former: Option<(Key, Moment)>,
}

#[derive(Clone, PartialEq, Eq)]
struct Key([u8; 32]);

impl Pseudonyms {
    /// The file that belongs to the database at `store`.
    pub fn path_beside(store: &Path) -> PathBuf {
        let mut name = store.file_name().unwrap_or_default().to_owned();
        name.push(".request-key");
        store.with_file_name(name)
    }

    /// Reads the keys at `path`; makes a new one, in a file that only its owner may read, where there is none.
    ///
    /// # Errors
    /// A sentence with what to do, where the file cannot be read or made, is readable by others, or holds no keys.
    pub fn open(path: &Path, now: Moment) -> Result<Self, String> {
        match read(path) {
            Ok(text) => Self::parse(path, &text, now),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let made = Self {
                    path: path.to_owned(),
                    current: Key::random()?,
                    former: None,
                };
                made.write()?;
                Ok(made)
            }
            Err(error) => Err(format!("{}: {error}", about(path))),
        }
    }

    /// The keys as they stand in the file now: another process may have rotated them, and a former one may have had its
    /// time. Where the file cannot be read, those in memory stay good.
    pub fn reread(&self, now: Moment) -> Self {
        let text = read(&self.path).map_err(|error| format!("{}: {error}", about(&self.path)));
        match text.and_then(|text| Self::parse(&self.path, &text, now)) {
            Ok(keys) => keys,
            Err(reason) => {
                tracing::warn!("{reason}; the keys read before are used on");
                self.clone()
            }
        }
    }

    /// Puts a new key in the place of the current one, which is kept for [`FORMER_KEY_KEPT`] so that nothing is met anew.
    /// Only one former key is kept: while there is one, `by_force` gives it up, and what was hashed with it is met anew.
    ///
    /// # Errors
    /// A sentence with what to do, where a former key is still kept, or the file cannot be written; then the keys are as
    /// before.
    pub fn rotate(&mut self, now: Moment, by_force: bool) -> Result<(), String> {
        if let Some((_, until)) = self.former.as_ref().filter(|_| !by_force) {
            return Err(format!(
                "{}: the key before is kept until {until}, and only one can be; rotate it then, or with --force where the key \
                 has leaked (what it hashed is then met anew, silently)",
                about(&self.path)
            ));
        }
        let rotated = Self {
            path: self.path.clone(),
            current: Key::random()?,
            former: Some((self.current.clone(), now.plus(FORMER_KEY_KEPT))),
        };
        rotated.write()?;
        *self = rotated;
        Ok(())
    }

    /// Names the current key without telling it.
    pub fn key_id(&self) -> String {
        self.current.id()
    }

    /// Names the key before, while it is kept.
    pub fn former_key_id(&self) -> Option<String> {
        self.former.as_ref().map(|(former, _)| former.id())
    }

    /// The hash of a request's id at an institution.
    pub fn hash(&self, institution: &str, request_id: &str) -> RequestHash {
        self.current.hash(institution, request_id)
    }

    /// The same under the key before, while it is kept.
    pub fn former_hash(&self, institution: &str, request_id: &str) -> Option<RequestHash> {
        self.former
            .as_ref()
            .map(|(former, _)| former.hash(institution, request_id))
    }

    fn parse(path: &Path, text: &str, now: Moment) -> Result<Self, String> {
        let unfit = || {
            format!(
                "{}: it holds no key of Almanac; restore it, or move it away to have a new one made",
                about(path)
            )
        };
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let current = lines.next().and_then(Key::from_hex).ok_or_else(unfit)?;
        let former = match lines.next() {
            None => None,
            Some(line) => {
                let (key, until) = line.split_once(' ').ok_or_else(unfit)?;
                let key = Key::from_hex(key).ok_or_else(unfit)?;
                let until: Moment = until.trim().parse().map_err(|_| unfit())?;
                (until > now).then_some((key, until))
            }
        };
        Ok(Self {
            path: path.to_owned(),
            current,
            former,
        })
    }

    /// Writes a new file beside the old one and moves it into place, so that a crash leaves one or the other.
    fn write(&self) -> Result<(), String> {
        let mut text = format!("{}\n", self.current.hex());
        if let Some((former, until)) = &self.former {
            text.push_str(&format!("{} {until}\n", former.hex()));
        }
        let mut new = self.path.clone().into_os_string();
        new.push(".new");
        let new = PathBuf::from(new);
        let told = |error: std::io::Error| format!("{}: it cannot be written ({error})", about(&self.path));
        if let Some(dir) = self.path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            std::fs::create_dir_all(dir).map_err(told)?;
        }
        let _ = std::fs::remove_file(&new);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new).map_err(told)?;
        file.write_all(text.as_bytes()).map_err(told)?;
        file.sync_all().map_err(told)?;
        std::fs::rename(&new, &self.path).map_err(told)
    }
}

impl fmt::Debug for Pseudonyms {
    /// Without the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pseudonyms")
            .field("path", &self.path)
            .field("key_id", &self.key_id())
            .finish_non_exhaustive()
    }
}

impl Key {
    fn random() -> Result<Self, String> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|error| format!("this computer gives no random numbers: {error}"))?;
        Ok(Self(key))
    }

    fn hash(&self, institution: &str, request_id: &str) -> RequestHash {
        let mut material = self.0.to_vec();
        material.extend_from_slice(institution.as_bytes());
        let sub_key = blake3::derive_key(CONTEXT, &material);
        let mut hash = RequestHash::default();
        let whole = blake3::keyed_hash(&sub_key, request_id.as_bytes());
        let kept = hash.len();
        hash.copy_from_slice(&whole.as_bytes()[..kept]);
        hash
    }

    fn id(&self) -> String {
        let id = blake3::derive_key("almanac 2026-11 id of a request key", &self.0);
        hex(&id).chars().take(ID_CHARS).collect()
    }

    fn hex(&self) -> String {
        hex(&self.0)
    }

    fn from_hex(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let mut key = [0; 32];
        for (place, byte) in key.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
        }
        Some(Self(key))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn about(path: &Path) -> String {
    format!("the key for request ids, {}", path.display())
}

fn read(path: &Path) -> std::io::Result<String> {
    let file = std::fs::File::open(path)?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata()?.permissions());
        if mode & 0o077 != 0 {
            return Err(std::io::Error::new(
                ErrorKind::PermissionDenied,
                "others can read it; make it yours alone with chmod 600",
            ));
        }
    }
    let mut text = String::new();
    file.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Moment {
        "2027-02-03T17:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_same_request_has_the_same_hash_and_another_library_another() {
        let dir = tempfile::tempdir().unwrap();
        let path = Pseudonyms::path_beside(&dir.path().join("almanac.db"));
        let keys = Pseudonyms::open(&path, now()).unwrap();
        let again = Pseudonyms::open(&path, now()).unwrap();
        assert_eq!(keys.hash("01ELM_INST", "1"), again.hash("01ELM_INST", "1"));
        assert_ne!(keys.hash("01ELM_INST", "1"), keys.hash("01OAK_INST", "1"));
        assert_ne!(keys.hash("01ELM_INST", "1"), keys.hash("01ELM_INST", "2"));
        let elsewhere = Pseudonyms::open(&dir.path().join("other"), now()).unwrap();
        assert_ne!(keys.hash("01ELM_INST", "1"), elsewhere.hash("01ELM_INST", "1"));
    }

    #[test]
    fn after_a_rotation_the_key_before_is_known_for_ninety_days() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let mut keys = Pseudonyms::open(&path, now()).unwrap();
        let (id, hash) = (keys.key_id(), keys.hash("E", "1"));
        keys.rotate(now(), false).unwrap();
        assert!(keys.rotate(now(), false).unwrap_err().contains("--force"));
        assert_ne!(keys.key_id(), id);
        let later = now().plus(Duration::from_hours(89 * 24));
        assert_eq!(
            Pseudonyms::open(&path, later).unwrap().former_hash("E", "1"),
            Some(hash)
        );
        let too_late = now().plus(Duration::from_hours(91 * 24));
        assert_eq!(Pseudonyms::open(&path, too_late).unwrap().former_hash("E", "1"), None);
    }

    #[test]
    fn what_another_process_rotated_is_taken_up_and_a_file_that_is_gone_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let daemon = Pseudonyms::open(&path, now()).unwrap();
        let mut other = Pseudonyms::open(&path, now()).unwrap();
        other.rotate(now(), false).unwrap();
        let taken_up = daemon.reread(now());
        assert_eq!(taken_up.key_id(), other.key_id());
        assert_eq!(taken_up.former_key_id(), Some(daemon.key_id()));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(taken_up.reread(now()).key_id(), other.key_id());
    }

    #[test]
    #[cfg(unix)]
    fn a_file_that_others_can_read_or_that_holds_something_else_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        Pseudonyms::open(&path, now()).unwrap();
        let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        mode(0o640);
        assert!(Pseudonyms::open(&path, now()).unwrap_err().contains("chmod 600"));
        mode(0o600);
        std::fs::write(&path, "something else").unwrap();
        assert!(Pseudonyms::open(&path, now()).unwrap_err().contains("holds no key"));
    }
}
