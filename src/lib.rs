//! Almanac keeps watch over Ex Libris for a library consortium.
//!
//! The modules stand in the order in which data moves:
//!
//! ```text
//! schedule ─► source asks Ex Libris ─► allow-list + normalise ─► plausible? ─► observation (records + coverage)
//!                                                                                 │  one SQLite transaction:
//!                                     versions ◄─ compare with the snapshot ◄─────┘  poll, versions, changes, events, notices
//!                                        │              │
//!                                        │           changes ─► meaning (pure) ─► events ─► routes ─► notices ─► messages ─► channels
//!                                        ▼
//!                             history: log, snapshots, show --at, diff
//! ```
//!
//! `compare` and `meaning` are pure; only `exlibris` knows Ex Libris' wire, only `store` knows SQL, only `web` serves
//! HTTP. ARCHITECTURE.md has the map.

pub mod model;

pub mod clock;
pub mod pseudonym;
pub mod telemetry;

pub mod compare;
pub mod meaning;

pub mod config;
pub mod exlibris;
pub mod store;

pub mod sources;

pub mod alerts;
pub mod insight;

pub mod poll;

pub mod cli;
pub mod demo;
pub mod web;
