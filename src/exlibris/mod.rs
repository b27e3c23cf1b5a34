//! The only code that knows Ex Libris' wire, and the only code that calls Ex Libris.
//!
//! [`http`] is the door: a [`http::Session`] pays attention to keys, pace, retries, bounds and quota, whatever is asked.
//! [`alma`], [`alma_conf`], [`alma_offers`], [`alma_requests`], [`analytics`], [`primo`], [`knowledge_center`] and [`developer_network`] know what to ask and how an answer has to look. [`exchange`] is a single
//! request and its answer; [`error_body`] and [`retry`] decide, without any network, what an answer means and when to
//! ask again; [`address`] puts addresses together; [`pace`] is the queue before the door.

pub mod address;
pub mod alma;
pub mod alma_conf;
pub mod alma_offers;
pub mod alma_requests;
pub mod analytics;
pub mod developer_network;
pub mod error;
pub mod error_body;
pub mod exchange;
pub mod http;
pub mod knowledge_center;
pub mod pace;
pub mod primo;
pub mod retry;
