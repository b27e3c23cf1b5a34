//! Events about the watches themselves: silence is news (DESIGN invariant 5).

use crate::model::event::{EventDraft, EventKind};

/// A watch failed, was read only in part, or came back empty, past its tolerance.
pub fn watch_failing(watch: &str, who: Option<&str>, polls: u32, reason: &str) -> EventDraft {
    let of_whom = who.map_or_else(String::new, |name| format!(" ({name})"));
    EventDraft::new(
        EventKind::WatchFailing,
        format!("{watch}{of_whom} could not be read {polls} times running"),
        format!("{reason} Until it works again, Almanac does not know what happens there. It goes on trying."),
    )
}

/// A failing watch works again.
pub fn watch_recovered(watch: &str, who: Option<&str>) -> EventDraft {
    let of_whom = who.map_or_else(String::new, |name| format!(" ({name})"));
    EventDraft::new(
        EventKind::WatchRecovered,
        format!("{watch}{of_whom} can be read again"),
        "What changed there in the meantime is told as of now.".to_owned(),
    )
}

/// An institution's remaining calls fell below the floor.
pub fn quota_low(pool: &str, remaining: i64, floor: i64) -> EventDraft {
    EventDraft::new(
        EventKind::QuotaLow,
        format!("{pool}: only {remaining} API calls are left today"),
        format!(
            "The floor is {floor}. Until the number recovers, Almanac asks only what is marked essential there, so that \
             the library's own tools keep working. Ex Libris resets the number once a day."
        ),
    )
}

/// The event for a message that was given up. `events` is how many events it would have told, `attempts` how often it
/// was tried, `error` why the last attempt failed (a sentence of ours, without addresses or secrets).
pub fn delivery_dead(channel: &str, events: u32, attempts: u32, error: &str) -> EventDraft {
    let told = if events == 1 {
        "1 event was".to_owned()
    } else {
        format!("{events} events were")
    };
    let tried = if attempts == 1 {
        "1 attempt".to_owned()
    } else {
        format!("{attempts} attempts")
    };
    EventDraft::new(
        EventKind::DeliveryDead,
        format!("Alerts could not be delivered to the channel \"{channel}\""),
        format!(
            "{told} not told there after {tried}: {error}. Put the channel right, then queue them again with \
             \"almanac alerts retry\"."
        ),
    )
}
