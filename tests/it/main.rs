//! Stories, one file a capability.

mod partners_and_views;
