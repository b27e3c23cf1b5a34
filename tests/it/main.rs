//! The stories, one file a capability.

mod release_notes;
