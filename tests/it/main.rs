//! Stories told from outside: one binary, one file a capability.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests"
)]

mod adoption;
mod alerts;
mod alerts_in_trouble;
mod alma_offers;
mod alma_webhooks;
mod api;
mod api_definitions;
mod borrowing_requests;
mod classifier;
mod client;
mod collaborations;
mod command_line;
mod daemon;
mod daemon_troubles;
mod demo_story;
mod demo_world;
mod faults;
mod invariants;
mod kill;
mod layers;
mod layouts;
mod lending_requests;
mod lending_sweep;
mod libraries_and_jobs;
mod notes_through_time;
mod partners_and_views;
mod privacy;
mod real_input;
mod reciprocity;
mod release_note_layouts;
mod release_notes;
mod requests_followed;
mod same_answers;
mod same_world;
mod store;
mod task_list;
mod world;
