//! Letters: what Alma can write to whom.

use super::words::{flag, is_about_sharing, moved, named, novelty, sentences, text, turned};
use super::{Seen, told};
use crate::model::change::Op;
use crate::model::event::{EventDraft, Severity, Topic};

/// Where a librarian finds it.
const PLACE: &str = "In Alma: Configuration > General > Letters > Letters Configuration.";
/// What a letter that nobody had may be.
const NEW_ANYWHERE: &str = "it may come to the others with the same release of Alma";

/// What a change of a letter is told as; `None` where nothing of it is for people. Letters that have nothing to do with
/// resource sharing are good to know at most.
pub(super) fn event_of(seen: &Seen<'_>) -> Option<EventDraft> {
    let library = seen.library;
    let code = seen.change.key;
    let label = text(seen.record(), "name");
    let name = named(label, code);
    let is_of_sharing = is_about_sharing(&[code, label.unwrap_or_default()]);
    let (letter, topics, weighty): (_, &[Topic], _) = if is_of_sharing {
        ("resource sharing letter", &[Topic::ResourceSharing], Severity::Notice)
    } else {
        ("letter", &[], Severity::Info)
    };
    let place = PLACE.to_owned();
    match seen.change.op {
        Op::Added => {
            let title = if seen.change.context.returned {
                format!("{library}: Alma again has this {letter}: {name}")
            } else if seen.is_also_here() {
                format!("{library}: Alma now also has this {letter}: {name}")
            } else {
                format!("{library}: Alma has a new {letter}: {name}")
            };
            let state = match flag(seen.new, "enabled") {
                Some(true) => "It is enabled, so it may go out as it is: look whether its text fits.",
                Some(false) => "It is not enabled yet.",
                None => "",
            };
            let channel = text(seen.new, "channel").map(|channel| format!("Channel: {}.", channel.to_lowercase()));
            let parts = [
                state.to_owned(),
                channel.unwrap_or_default(),
                novelty(seen, NEW_ANYWHERE),
                place,
            ];
            Some(told(weighty, topics, title, sentences(&parts)))
        }
        Op::Removed => {
            let was = match flag(seen.old, "enabled") {
                Some(true) => "It was enabled when last seen: nobody gets it any more.",
                Some(false) => "It was not enabled when last seen.",
                None => "",
            };
            let title = format!("{library}: Alma no longer has this {letter}: {name}");
            Some(told(weighty, topics, title, sentences(&[was.to_owned(), place])))
        }
        Op::Modified => {
            let (old, new) = (seen.old, seen.new);
            let mut titles = Vec::new();
            let mut facts = Vec::new();
            let mut severity = Severity::Info;
            if let Some(is_on) = turned(old, new, "enabled") {
                severity = weighty;
                let (now, means) = if is_on {
                    ("enabled", "It goes out from now on.")
                } else {
                    ("disabled", "Nobody gets it any more.")
                };
                titles.push(format!("{library}: this {letter} is now {now} in Alma: {name}"));
                facts.push(means.to_owned());
            }
            if let Some(is_customized) = turned(old, new, "customized") {
                let state = if is_customized { "now" } else { "no longer" };
                titles.push(format!(
                    "{library}: this {letter} is {state} customized in Alma: {name}"
                ));
                facts.push(format!("It is {state} customized."));
            }
            if let Some((before, after)) = moved(old, new, "channel") {
                titles.push(format!("{library}: this {letter} goes another way in Alma: {name}"));
                facts.push(format!(
                    "Its channel is now {} (it was {}).",
                    after.to_lowercase(),
                    before.to_lowercase()
                ));
            }
            if let Some((before, after)) = moved(old, new, "name") {
                titles.push(format!("{library}: this {letter} has a new name in Alma: {name}"));
                facts.push(format!("Its name is now “{after}” (it was “{before}”)."));
            }
            facts.push(place);
            Some(told(severity, topics, titles.into_iter().next()?, sentences(&facts)))
        }
    }
}
