//! primo
