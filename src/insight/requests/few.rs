//! Numbers that could point to a reader are withheld in what leaves one library (USERS.md §6): counts of 1 to 4, and what
//! they could be worked out from.

use crate::meaning::requests::FEW;
use crate::model::request_month::MonthSums;

/// Whether a count is so small that it could point to someone. Nothing at all points to nobody.
pub const fn is_few(count: u64) -> bool {
    count > 0 && count < FEW
}

/// How much of a month's sums may be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// Everything.
    All,
    /// How many were requested, and no more: another number is small.
    Requested,
    /// Nothing.
    Nothing,
}

/// What may be told of sums, by themselves.
pub fn told(sums: &MonthSums) -> Told {
    if is_few(sums.requested) {
        return Told::Nothing;
    }
    let parts = [sums.supplied, sums.unfilled, sums.unknown, sums.open, sums.uncertain];
    if parts.into_iter().any(is_few) {
        Told::Requested
    } else {
        Told::All
    }
}

/// What may be told of each of several parts whose total is told too: where what is withheld could be worked out as the
/// rest, more is withheld, the smallest first.
pub fn told_beside_total(parts: &[&MonthSums]) -> Vec<Told> {
    let mut all: Vec<Told> = parts.iter().map(|sums| told(sums)).collect();
    for wanted in [Told::Nothing, Told::Requested] {
        while is_rest_small(parts, &all, wanted) {
            let smallest = (0..parts.len())
                .filter(|place| rank(all[*place]) < rank(wanted) && parts[*place].requested > 0)
                .min_by_key(|place| parts[*place].requested);
            match smallest {
                Some(place) => all[place] = wanted,
                None => break,
            }
        }
    }
    all
}

/// Whether each of several counts is withheld where their total is told too, under the rules of [`told_beside_total`].
pub fn withheld_beside_total(counts: &[u64]) -> Vec<bool> {
    let sums = |count: &u64| MonthSums {
        requested: *count,
        ..MonthSums::default()
    };
    let parts: Vec<MonthSums> = counts.iter().map(sums).collect();
    let told = told_beside_total(&parts.iter().collect::<Vec<_>>());
    told.into_iter().map(|told| told == Told::Nothing).collect()
}

/// Whether something small could be worked out of the parts of which no more is told than `wanted`: a single one is the
/// rest, and several may say as much by the sum of any one number that is withheld.
fn is_rest_small(parts: &[&MonthSums], told: &[Told], wanted: Told) -> bool {
    let withheld: Vec<&MonthSums> = parts
        .iter()
        .zip(told)
        .filter(|(_, told)| rank(**told) >= rank(wanted))
        .map(|(sums, _)| *sums)
        .collect();
    let is_small = |number: fn(&MonthSums) -> u64| is_few(withheld.iter().map(|sums| number(sums)).sum());
    match withheld.len() {
        0 => false,
        1 => true,
        _ if wanted == Told::Nothing => is_small(|sums| sums.requested),
        _ => {
            let numbers: [fn(&MonthSums) -> u64; 5] = [
                |sums| sums.supplied,
                |sums| sums.unfilled,
                |sums| sums.unknown,
                |sums| sums.open,
                |sums| sums.uncertain,
            ];
            numbers.into_iter().any(is_small)
        }
    }
}

const fn rank(told: Told) -> u8 {
    match told {
        Told::All => 0,
        Told::Requested => 1,
        Told::Nothing => 2,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sums(requested: u64, supplied: u64) -> MonthSums {
        MonthSums {
            requested,
            supplied,
            unfilled: requested - supplied,
            ..MonthSums::default()
        }
    }

    #[test]
    fn small_numbers_are_withheld_and_nothing_is_no_small_number() {
        assert_eq!(told(&sums(0, 0)), Told::All);
        assert_eq!(told(&sums(4, 4)), Told::Nothing);
        assert_eq!(told(&sums(20, 18)), Told::Requested);
        assert_eq!(told(&sums(20, 20)), Told::All);
        assert_eq!(told(&sums(20, 10)), Told::All);
    }

    #[test]
    fn a_single_withheld_part_is_not_the_rest_of_the_total() {
        let parts = [sums(3, 3), sums(40, 20), sums(8, 8)];
        let parts: Vec<&MonthSums> = parts.iter().collect();
        assert_eq!(told_beside_total(&parts), [Told::Nothing, Told::All, Told::Nothing]);
    }

    #[test]
    fn several_withheld_parts_are_not_worked_out_by_the_sum_of_one_number() {
        // Of the first two together one request was unfilled, as the total and the third would say.
        let parts = [sums(20, 19), sums(3, 3), sums(40, 30), sums(60, 60)];
        let parts: Vec<&MonthSums> = parts.iter().collect();
        let told = told_beside_total(&parts);
        let withheld = parts.iter().zip(&told).filter(|(_, told)| **told != Told::All);
        let unfilled: u64 = withheld.map(|(sums, _)| sums.unfilled).sum();
        assert!(!is_few(unfilled), "{told:?}");
    }

    #[test]
    fn counts_are_withheld_where_the_rest_of_their_total_is_small() {
        assert_eq!(withheld_beside_total(&[5, 2]), [true, true]);
        assert_eq!(withheld_beside_total(&[5, 0]), [false, false]);
        assert_eq!(withheld_beside_total(&[9, 7, 2]), [false, true, true]);
        assert_eq!(withheld_beside_total(&[2]), [true]);
    }

    proptest! {
        /// Whoever has the total and everything that is told cannot work out a small count: what is withheld is nothing, or
        /// at least two parts with five or more requests together, unless there is no other part.
        #[test]
        fn what_is_withheld_cannot_be_worked_out(counts in proptest::collection::vec(0u64..12, 1..8)) {
            let parts: Vec<MonthSums> = counts.iter().map(|count| sums(*count, *count)).collect();
            let parts: Vec<&MonthSums> = parts.iter().collect();
            let told = told_beside_total(&parts);
            let withheld: Vec<u64> = counts.iter().zip(&told).filter(|(_, told)| **told == Told::Nothing).map(|(count, _)| *count).collect();
            for (count, told) in counts.iter().zip(&told) {
                prop_assert!(!is_few(*count) || *told == Told::Nothing);
            }
            let others = counts.iter().zip(&told).any(|(count, told)| *told != Told::Nothing && *count > 0);
            if !withheld.is_empty() && others {
                prop_assert!(withheld.len() >= 2 && withheld.iter().sum::<u64>() >= FEW, "{counts:?} {told:?}");
            }
        }
    }
}
