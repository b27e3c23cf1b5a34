//! What an API user is told.
