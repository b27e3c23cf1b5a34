//! Stories of Almanac, told from outside. One file a capability.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod api;
mod command_line;
