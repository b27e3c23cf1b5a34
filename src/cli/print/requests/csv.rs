//! Requests as tables for spreadsheets.

use super::super::csv::csv as table_of;
use crate::insight::requests::RequestRows;
use crate::model::request_status::WaitsFor;

/// The same rows as CSV, with the names of the JSON.
pub fn csv(rows: &RequestRows) -> String {
    match rows {
        RequestRows::Counts(rows) => table_of(
            [
                "institution",
                "side",
                "status",
                "label",
                "requests",
                "few",
                "waits_for",
                "known",
                "as_of",
            ],
            rows.iter().map(|row| {
                [
                    row.institution.clone(),
                    row.side.to_string(),
                    row.status.clone(),
                    row.label.clone(),
                    cell(row.requests),
                    row.few.to_string(),
                    waits_for(row.waits_for),
                    row.known.to_string(),
                    row.as_of.to_string(),
                ]
            }),
        ),
        RequestRows::Ageing(rows) => table_of(
            [
                "institution",
                "side",
                "status",
                "label",
                "partner",
                "partner_name",
                "requests",
                "over",
                "older_than_hours",
                "median_days",
                "oldest_days",
                "at_least",
                "waits_for",
                "alarm",
                "alarm_since",
                "known",
                "few",
                "as_of",
                "link",
            ],
            rows.iter().map(|row| {
                [
                    row.institution.clone(),
                    row.side.to_string(),
                    row.status.clone(),
                    row.label.clone(),
                    row.partner.clone(),
                    cell(row.partner_name.as_ref()),
                    cell(row.requests),
                    cell(row.over),
                    cell(row.older_than_hours),
                    cell(row.median_days),
                    cell(row.oldest_days),
                    row.at_least.to_string(),
                    waits_for(row.waits_for),
                    row.alarm.to_string(),
                    cell(row.alarm_since),
                    row.known.to_string(),
                    row.few.to_string(),
                    row.as_of.to_string(),
                    cell(row.link.as_ref()),
                ]
            }),
        ),
        RequestRows::Turnaround(rows) => table_of(
            [
                "institution",
                "side",
                "month",
                "partner",
                "partner_name",
                "requested",
                "supplied",
                "unfilled",
                "unknown",
                "open",
                "fill_rate",
                "median_days",
                "uncertain",
                "few",
            ],
            rows.iter().map(|row| {
                [
                    row.institution.clone(),
                    row.side.to_string(),
                    row.month.clone(),
                    cell(row.partner.as_ref()),
                    cell(row.partner_name.as_ref()),
                    cell(row.requested),
                    cell(row.supplied),
                    cell(row.unfilled),
                    cell(row.unknown),
                    cell(row.open),
                    cell(row.fill_rate),
                    cell(row.median_days),
                    cell(row.uncertain),
                    row.few.to_string(),
                ]
            }),
        ),
        RequestRows::Balance(rows) => table_of(
            [
                "institution",
                "month",
                "partner",
                "partner_name",
                "lent",
                "borrowed",
                "borrowed_per_lent",
                "few",
            ],
            rows.iter().map(|row| {
                [
                    row.institution.clone(),
                    row.month.clone(),
                    cell(row.partner.as_ref()),
                    cell(row.partner_name.as_ref()),
                    cell(row.lent),
                    cell(row.borrowed),
                    cell(row.borrowed_per_lent),
                    row.few.to_string(),
                ]
            }),
        ),
        RequestRows::Moves(rows) => table_of(
            [
                "institution",
                "side",
                "partner",
                "partner_name",
                "from",
                "to",
                "requests",
                "few",
            ],
            rows.iter().map(|row| {
                [
                    row.institution.clone(),
                    row.side.to_string(),
                    row.partner.clone(),
                    cell(row.partner_name.as_ref()),
                    cell(row.from.as_ref()),
                    cell(row.to.as_ref()),
                    cell(row.requests),
                    row.few.to_string(),
                ]
            }),
        ),
    }
}

fn waits_for(waits_for: Option<WaitsFor>) -> String {
    match waits_for {
        Some(WaitsFor::Us) => "us",
        Some(WaitsFor::Them) => "them",
        Some(WaitsFor::ExLibris) => "ex-libris",
        Some(WaitsFor::Nobody) => "nobody",
        None => "",
    }
    .to_owned()
}

fn cell<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}
