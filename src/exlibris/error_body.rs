//! error_body
