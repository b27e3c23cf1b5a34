//! Pure: from what was seen to what differs. No I/O, no async, no clock.

pub mod fields;
pub mod matching;
pub mod normalise;
pub mod requests;
pub mod snapshot;
pub mod unread;
