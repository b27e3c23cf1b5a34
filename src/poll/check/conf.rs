//! Whether libraries and jobs can be read: what the API area *Configuration* gives.

use super::{bad, good, remedy};
use crate::config::{JobsSettings, LibrariesSettings};
use crate::exlibris::alma_conf;
use crate::exlibris::error::{CallError, Problem};
use crate::model::answer::CheckRow;
use crate::sources::Ask;
use crate::sources::alma_jobs::JobList;
use crate::sources::alma_libraries;

/// One call for the libraries and one for a week of hours of the first that takes part in resource sharing.
pub(super) async fn libraries_row(ask: &Ask<'_>, settings: &LibrariesSettings) -> CheckRow {
    let id = ask.watch.id.as_str();
    match alma_libraries::inspect(ask, settings).await {
        Ok(found) => {
            let mut detail = format!(
                "{} libraries can be read; {} in resource sharing",
                found.libraries,
                match found.sharing {
                    0 => "none takes part".to_owned(),
                    1 => "one takes part".to_owned(),
                    many => format!("{many} take part"),
                }
            );
            if let Some((name, listed, calls)) = found.hours {
                detail.push_str(&format!(
                    "; of the next seven days of {name} Alma lists {listed}; hours take {calls} calls a library"
                ));
            }
            match found.doubt {
                None => good(id, "libraries", detail),
                // It can be polled, but nothing that is missing is ever told.
                Some(doubt) => bad(id, "libraries", format!("{detail}; but {doubt}"), None),
            }
        }
        Err(error) => bad(id, "libraries", error.to_string(), conf_remedy(&error)),
    }
}

/// One call: the first page of the list of jobs. Further ones only as long as none is found that is watched.
pub(super) async fn jobs_row(ask: &Ask<'_>, settings: &JobsSettings) -> CheckRow {
    let id = ask.watch.id.as_str();
    let mut list = JobList::default();
    let mut next = Some(0);
    while let Some(offset) = next.filter(|_| list.counts().1 == 0) {
        match alma_conf::jobs(ask.session, offset).await {
            Ok(page) => next = list.take(&page, settings),
            Err(error) => return bad(id, "jobs", error.to_string(), conf_remedy(&error)),
        }
    }
    let (read, watched) = list.counts();
    let all = list
        .total()
        .map_or_else(|| "an unknown number of".to_owned(), |total| total.to_string());
    if watched == 0 {
        let remedy = "Look in Alma under Admin > Manage Jobs and Sets > Monitor Jobs how the jobs are called that requests \
                      depend on, and give a part of each name as `jobs` in the [[watch]]; or take this watch out.";
        let detail = format!("{all} jobs can be read, but none is watched: no name is one that requests depend on");
        return bad(id, "jobs", detail, Some(remedy.to_owned()));
    }
    let of_which = if next.is_some() {
        format!("watched of the first {read}: {watched}")
    } else {
        format!("watched: {watched}")
    };
    good(id, "jobs", format!("{all} jobs can be read; {of_which}"))
}

fn conf_remedy(error: &CallError) -> Option<String> {
    match error.problem {
        Problem::Unauthorized => Some(
            "Ask for a read-only production key with the area Configuration in the Developer Network, or add that area to \
             this key."
                .to_owned(),
        ),
        _ => remedy(error),
    }
}
