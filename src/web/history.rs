//! The history over HTTP: the commands' answers under the commands' names.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use clap::Args;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::ApiState;
use super::problem::Problem;
use crate::insight::answers::EventPage;
use crate::insight::query::{
    self, AdoptionQuery, CollaborationQuery, DiffQuery, EventQuery, PartnerQuery, RecordQuery, RequestQuery,
    SnapshotQuery, WatchQuery,
};

/// `GET /api/v1/watches`.
pub(super) async fn watches(State(state): State<ApiState>, _: Asked<WatchQuery>) -> Result<Response, Problem> {
    Ok(Json(state.reader().watches().await?).into_response())
}

/// `GET /api/v1/events`. Where older events match too, a `Link` with `rel="next"` leads to them.
pub(super) async fn events(
    State(state): State<ApiState>,
    Asked(query): Asked<EventQuery>,
) -> Result<Response, Problem> {
    let page = state.reader().events(&query).await?;
    let next = next_page(&page);
    let mut response = Json(page.events).into_response();
    if let Some(next) = next.and_then(|next| format!("<{next}>; rel=\"next\"").parse().ok()) {
        response.headers_mut().insert(header::LINK, next);
    }
    Ok(response)
}

/// `GET /api/v1/snapshots?watch=`.
pub(super) async fn snapshots(
    State(state): State<ApiState>,
    Asked(query): Asked<SnapshotQuery>,
) -> Result<Response, Problem> {
    Ok(Json(state.reader().snapshots(&query).await?).into_response())
}

/// `GET /api/v1/records?watch=&key=&at=`.
pub(super) async fn records(
    State(state): State<ApiState>,
    Asked(query): Asked<RecordQuery>,
) -> Result<Response, Problem> {
    Ok(Json(state.reader().records(&query).await?.rows).into_response())
}

/// `GET /api/v1/diff?watch=&from=&to=`.
pub(super) async fn diff(State(state): State<ApiState>, Asked(query): Asked<DiffQuery>) -> Result<Response, Problem> {
    Ok(Json(state.reader().diff(&query).await?.rows).into_response())
}

/// `GET /api/v1/requests?view=`.
pub(super) async fn requests(
    State(state): State<ApiState>,
    Asked(query): Asked<RequestQuery>,
) -> Result<Response, Problem> {
    Ok(Json(state.reader().requests(&query).await?.rows).into_response())
}

/// `GET /api/v1/partners?institution=&problems=&at=`: who lends to whom.
pub(super) async fn partners(
    State(state): State<ApiState>,
    Asked(query): Asked<PartnerQuery>,
) -> Result<Response, Problem> {
    Ok(Json(state.reader().partners(&query).await?.rows).into_response())
}

/// `GET /api/v1/partners/records?institution=&at=`: partner records of which it is not certain whom they mean.
pub(super) async fn partner_records(
    State(state): State<ApiState>,
    Asked(query): Asked<PartnerQuery>,
) -> Result<Response, Problem> {
    Ok(Json(state.reader().partners(&query).await?.findings).into_response())
}

/// `GET /api/v1/collaborations?area=&id=`: the catalogue.
pub(super) async fn collaborations(
    State(state): State<ApiState>,
    Asked(query): Asked<CollaborationQuery>,
) -> Result<Response, Problem> {
    Ok(Json(state.reader().collaborations(&query)?).into_response())
}

/// `GET /api/v1/adoption?collaboration=&institution=&area=&at=`: how far each member has come.
pub(super) async fn adoption(
    State(state): State<ApiState>,
    Asked(query): Asked<AdoptionQuery>,
) -> Result<Response, Problem> {
    Ok(Json(state.reader().adoption(&query).await?.rows).into_response())
}

/// The address of the next page. Ages are written out as moments, so that the pages of one walk do not drift.
fn next_page(page: &EventPage) -> Option<String> {
    let last = page.events.last().filter(|_| page.more)?;
    let filter = &page.filter;
    let mut address = url::form_urlencoded::Serializer::new(String::new());
    let mut say = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            address.append_pair(name, &value);
        }
    };
    say("since", filter.since.map(|moment| moment.to_string()));
    say("until", filter.until.map(|moment| moment.to_string()));
    say("institution", filter.institution.clone());
    say("kind", filter.kind.map(|kind| kind.to_string()));
    say("topic", filter.topic.map(|topic| topic.to_string()));
    say("watch", filter.watch.as_ref().map(ToString::to_string));
    say("min_severity", filter.min_severity.map(|severity| severity.to_string()));
    say("before_id", Some(last.id.to_string()));
    say("limit", Some(filter.limit.to_string()));
    Some(format!("/api/v1/events?{}", address.finish()))
}

/// The query of an address: every parameter known, each said once.
#[derive(Debug)]
pub(super) struct Asked<Q>(Q);

impl<Q: Args + DeserializeOwned> FromRequestParts<ApiState> for Asked<Q> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &ApiState) -> Result<Self, Problem> {
        read(parts.uri.query().unwrap_or_default()).map(Asked)
    }
}

fn read<Q: Args + DeserializeOwned>(query: &str) -> Result<Q, Problem> {
    let known = query::parameters::<Q>();
    let mut said = Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if !known.iter().any(|each| *each == name) {
            let help = match known.as_slice() {
                [] => "this address takes none".to_owned(),
                known => format!("this address takes {}", known.join(", ")),
            };
            return Err(Problem::bad_query(
                &name,
                format!("there is no parameter “{name}”; {help}"),
            ));
        }
        if said
            .insert(name.to_string(), Value::String(value.into_owned()))
            .is_some()
        {
            return Err(Problem::bad_query(&name, format!("{name} is said twice; say it once")));
        }
    }
    serde_json::from_value(Value::Object(said)).map_err(|_| Problem::internal())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{Event, EventKind, Severity};
    use crate::model::moment::Moment;
    use crate::model::watch::WatchId;
    use crate::store::events::EventFilter;

    fn event(id: i64) -> Event {
        Event {
            id,
            kind: EventKind::PartnerAdded,
            severity: Severity::Notice,
            institution: None,
            watch: Some("alma.partners/01A".to_owned()),
            key: None,
            title: String::new(),
            summary: String::new(),
            topics: Vec::new(),
            link: None,
            group: id,
            occurred_at: None,
            detected_at: Moment::from_millis(0),
            changes: Vec::new(),
            product: None,
            non_alma: false,
        }
    }

    #[test]
    fn the_next_page_keeps_the_filters_and_goes_on_after_the_last_event() {
        let mut page = EventPage {
            events: vec![event(9), event(7)],
            filter: EventFilter {
                since: Some(Moment::from_millis(0)),
                watch: Some(WatchId::from_text("alma.partners/01A")),
                limit: 2,
                ..EventFilter::default()
            },
            more: true,
        };
        let next = next_page(&page).unwrap();
        assert_eq!(
            next,
            "/api/v1/events?since=1970-01-01T00%3A00%3A00.000Z&watch=alma.partners%2F01A&before_id=7&limit=2"
        );
        let query: EventQuery = read(next.split_once('?').unwrap().1).unwrap();
        assert_eq!(query.before_id.as_deref(), Some("7"));
        page.more = false;
        assert_eq!(next_page(&page), None);
    }
}
