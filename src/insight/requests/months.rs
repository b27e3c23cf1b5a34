//! What became of the requests of a month, and how much a library lends and borrows.

use std::collections::{BTreeMap, BTreeSet};

use super::few::{Told, told, told_beside_total};
use super::{Asked, Source};
use crate::insight::answers::{AskError, Reader};
use crate::model::answer::requests::{BalanceRow, TurnaroundRow};
use crate::model::request::Side;
use crate::model::request_month::{MonthSums, month_of};
use crate::store::requests::Months;

impl Reader<'_> {
    pub(super) async fn turnaround(&self, asked: &Asked) -> Result<Vec<TurnaroundRow>, AskError> {
        let mut rows = Vec::new();
        for source in &asked.sources {
            let names = self.partner_names(&source.institution).await?;
            for (month, partners) in self.months_of(source, asked).await? {
                let all: Vec<&MonthSums> = partners.values().collect();
                let told_parts = if asked.exact {
                    vec![Told::All; all.len()]
                } else {
                    told_beside_total(&all)
                };
                let row = |partner: Option<&String>, sums: &MonthSums, told: Told| {
                    turnaround_row(
                        source,
                        &month,
                        partner,
                        partner.and_then(|code| names.get(code)),
                        sums,
                        told,
                    )
                };
                if asked.partner.is_none() {
                    let total = total(&all);
                    let told = if asked.exact { Told::All } else { told(&total) };
                    rows.push(row(None, &total, told));
                }
                rows.extend(
                    partners
                        .iter()
                        .zip(told_parts)
                        .filter(|((partner, _), _)| asked.concerns(partner))
                        .map(|((partner, sums), told)| row(Some(partner), sums, told)),
                );
            }
        }
        Ok(rows)
    }

    pub(super) async fn balance(&self, asked: &Asked) -> Result<Vec<BalanceRow>, AskError> {
        let mut rows = Vec::new();
        let institutions: Vec<&str> = {
            let mut seen = BTreeSet::new();
            let codes = asked.sources.iter().map(|source| source.institution.as_str());
            codes.filter(|code| seen.insert(*code)).collect()
        };
        for institution in institutions {
            let names = self.partner_names(institution).await?;
            let mut sides: BTreeMap<Side, BTreeMap<String, BTreeMap<String, MonthSums>>> = BTreeMap::new();
            for source in asked.sources.iter().filter(|source| source.institution == institution) {
                sides.insert(source.side, self.months_of(source, asked).await?);
            }
            let months: BTreeSet<&String> = sides.values().flat_map(BTreeMap::keys).collect();
            for month in months {
                let of = |side: Side| {
                    sides
                        .get(&side)
                        .map(|months| months.get(month).cloned().unwrap_or_default())
                };
                let (lent, borrowed) = (of(Side::Lending), of(Side::Borrowing));
                let partners: BTreeSet<&String> = lent.iter().chain(&borrowed).flat_map(BTreeMap::keys).collect();
                let row = |partner: Option<&String>| {
                    let count = |side: &Option<BTreeMap<String, MonthSums>>| {
                        let partners = side.as_ref()?;
                        Some(match partner {
                            Some(partner) => partners.get(partner).map_or(0, |sums| sums.supplied),
                            None => partners.values().map(|sums| sums.supplied).sum(),
                        })
                    };
                    // What was supplied tells the rest beside what was requested, which the turnaround gives.
                    let is_small = |side: &Option<BTreeMap<String, MonthSums>>| {
                        let partners = side.iter().flat_map(BTreeMap::values);
                        told(&total(&partners.collect::<Vec<_>>())) != Told::All
                    };
                    // By partner, what is withheld beside a total could be worked out; so it is given to one library only.
                    let few = !asked.exact && (partner.is_some() || is_small(&lent) || is_small(&borrowed));
                    let (lent, borrowed) = (count(&lent), count(&borrowed));
                    BalanceRow {
                        institution: institution.to_owned(),
                        month: month.clone(),
                        partner: partner.cloned(),
                        partner_name: partner.and_then(|code| names.get(code).cloned()),
                        lent: lent.filter(|_| !few),
                        borrowed: borrowed.filter(|_| !few),
                        borrowed_per_lent: match (lent, borrowed) {
                            (Some(lent @ 1..), Some(borrowed)) if !few => Some(borrowed as f64 / lent as f64),
                            _ => None,
                        },
                        few,
                    }
                };
                if asked.partner.is_none() {
                    rows.push(row(None));
                }
                if asked.exact {
                    rows.extend(
                        partners
                            .into_iter()
                            .filter(|partner| asked.concerns(partner))
                            .map(|partner| row(Some(partner))),
                    );
                }
            }
        }
        Ok(rows)
    }

    /// By month, then by partner.
    async fn months_of(
        &self,
        source: &Source,
        asked: &Asked,
    ) -> Result<BTreeMap<String, BTreeMap<String, MonthSums>>, AskError> {
        let zone = self.config.timezone;
        let months: Months = self.store.request_months(&source.watch, source.side, zone).await?;
        let first = asked.since.map(|since| month_of(since, zone));
        let mut by_month: BTreeMap<String, BTreeMap<String, MonthSums>> = BTreeMap::new();
        for ((month, partner), sums) in months {
            if first.as_ref().is_none_or(|first| month >= *first) {
                by_month.entry(month).or_default().insert(partner, sums);
            }
        }
        Ok(by_month)
    }
}

fn total(parts: &[&MonthSums]) -> MonthSums {
    let mut total = MonthSums::default();
    for part in parts {
        total.merge(part);
    }
    total
}

fn turnaround_row(
    source: &Source,
    month: &str,
    partner: Option<&String>,
    name: Option<&String>,
    sums: &MonthSums,
    told: Told,
) -> TurnaroundRow {
    let all = told == Told::All;
    TurnaroundRow {
        institution: source.institution.clone(),
        side: source.side,
        month: month.to_owned(),
        partner: partner.cloned(),
        partner_name: name.cloned(),
        requested: (told != Told::Nothing).then_some(sums.requested),
        supplied: all.then_some(sums.supplied),
        unfilled: all.then_some(sums.unfilled),
        unknown: all.then_some(sums.unknown),
        open: all.then_some(sums.open),
        fill_rate: sums.fill_rate().filter(|_| all),
        median_days: sums.median_days().flatten().filter(|_| all),
        uncertain: all.then_some(sums.uncertain),
        few: !all,
    }
}
