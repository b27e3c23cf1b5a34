//! The only code that knows Ex Libris' wire, and the only code that calls Ex Libris.

pub mod alma;
pub mod error;
pub mod error_body;
pub mod http;
pub mod knowledge_center;
pub mod pace;
pub mod primo;
