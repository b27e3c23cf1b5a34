//! The read side: answers from the history, shared by the command line, the HTTP API and (later) the pages.

pub mod watches;
