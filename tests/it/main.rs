//! Stories told from outside: one binary, one file a capability.

mod layouts;
