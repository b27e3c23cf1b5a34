//! The view configuration of Primo, by either of its two doors (PRIMO.md §1 to §4).

use serde_json::Value;

use super::address::join;
use super::alma;
use super::error::{CallError, Problem};
use super::http::Session;
use crate::config::PrimoDoor;

/// What [`view_configuration`] calls the documented API.
pub const GATEWAY: &str = "gateway";

/// What [`view_configuration`] calls the service of the Primo page itself.
pub const FRONT_END: &str = "front-end";

/// Reads the configuration of a view (`INST:VIEW`); says by which door it came, [`GATEWAY`] or [`FRONT_END`]. One call a
/// door: the front end is not ours, and is left alone when it says no (PRIMO.md §3).
///
/// [`PrimoDoor::Auto`] takes the gateway where the institution has one and a key, and the front end where it has not, or
/// where the key is not accepted or the view is not found there.
///
/// # Errors
/// [`CallError`], of the door asked last. [`Problem::NoKey`] where the settings of the institution open no door.
pub async fn view_configuration(
    session: &Session,
    view: &str,
    door: PrimoDoor,
) -> Result<(Value, &'static str), CallError> {
    let institution = session.institution();
    let has_key = institution.is_some_and(|it| it.gateway.is_some() && it.api_key.is_some());
    let has_front_end = institution.is_some_and(|it| it.primo_host.is_some());
    match door {
        PrimoDoor::Gateway => by_gateway(session, view).await,
        PrimoDoor::FrontEnd => by_front_end(session, view).await,
        PrimoDoor::Auto if has_key => match by_gateway(session, view).await {
            Err(error) if has_front_end && is_shut(&error.problem) => by_front_end(session, view).await,
            other => other,
        },
        PrimoDoor::Auto => by_front_end(session, view).await,
    }
}

/// Whether the other door is worth trying: this one is shut for good, and not just in trouble.
fn is_shut(problem: &Problem) -> bool {
    matches!(problem, Problem::Unauthorized | Problem::NotFound | Problem::NoKey(_))
}

async fn by_gateway(session: &Session, view: &str) -> Result<(Value, &'static str), CallError> {
    let attempted = format!("reading the view {view} through the API");
    let base = alma::gateway(session, &attempted)?;
    let path = ["primo", "v1", "configuration", view];
    let answer = session.get_json(base, &path, &[], &attempted).await?;
    Ok((plausible(answer, &attempted)?, GATEWAY))
}

async fn by_front_end(session: &Session, view: &str) -> Result<(Value, &'static str), CallError> {
    let attempted = format!("reading the view {view} from Primo itself");
    let ours = |problem| CallError::ours(&attempted, problem);
    let host = session
        .institution()
        .and_then(|institution| institution.primo_host.as_ref());
    let host = host.ok_or_else(|| {
        let reason = "neither an API key nor a Primo host is known for it; give it `api_key` or `primo_host`";
        ours(Problem::NoKey(reason.to_owned()))
    })?;
    let path = ["primaws", "rest", "pub", "configuration", "vid", view];
    let url = join(host, &path).map_err(ours)?;
    let answer = session.get_json_without_key(&url, &attempted).await?;
    Ok((plausible(answer, &attempted)?, FRONT_END))
}

/// A body that has neither of the two parts that every configuration has is something else, whatever it is.
fn plausible(answer: Value, attempted: &str) -> Result<Value, CallError> {
    let has = |part: &str| answer.get(part).is_some_and(Value::is_object);
    if has("primo-view") || has("system-configuration") {
        return Ok(answer);
    }
    let reason = "no view configuration: neither `primo-view` nor `system-configuration` is in it";
    Err(CallError::ours(attempted, Problem::Implausible(reason.to_owned())))
}
