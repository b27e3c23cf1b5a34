//! Stories told from outside: one binary, one file a capability.

mod demo_world;
mod layouts;
