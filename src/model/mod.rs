//! Plain data: the words of this program (DESIGN: institution, watch, record, coverage, change, event), without any I/O.

pub mod adoption_rule;
pub mod answer;
pub mod change;
pub mod collaboration;
pub mod event;
pub mod institution;
pub mod message;
pub mod moment;
pub mod observation;
pub mod open_hours;
pub mod reciprocity;
pub mod request;
pub mod request_month;
pub mod request_status;
pub mod sharing_job;
pub mod watch;
