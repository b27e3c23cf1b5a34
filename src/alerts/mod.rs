//! alerts

use crate::clock::Clock;
use crate::config::Config;

/// stub
///
/// # Errors
/// A sentence.
pub async fn send_test(config: &Config, channel: &str, _clock: &Clock) -> Result<String, String> {
    match config.channels.iter().find(|each| each.name == channel) {
        Some(_) => Ok(format!("{channel} took the test message")),
        None => Err(format!("there is no channel “{channel}”")),
    }
}
