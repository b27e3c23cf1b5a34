//! Notices and messages: what is owed to channels, and what became of it.
