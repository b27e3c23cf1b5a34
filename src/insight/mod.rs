//! The read side: what was asked, made precise, and answered from the history. The command line and the HTTP API both
//! come through here, so that they have the same filters, the same limits and the same answers.

pub mod adoption;
pub mod answers;
pub mod near;
pub mod query;
pub mod reciprocity;
pub mod requests;
pub mod time;
mod watches;

pub use watches::watches;
