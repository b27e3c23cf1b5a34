//! The reading of one partition (a library and a status), cut as finely as it has to be, and whether the parts make up
//! the whole. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::memory::{Cut, List};
use crate::exlibris::alma_requests::{ROWS_MAX, Slice};
use crate::model::moment::Moment;
use crate::model::request::{RequestHash, SeenRequest};

/// Up to so many partners a slice is cut by partner first; with more, by format, of which there are few, in the hope that
/// only some of these parts have to be cut by all the partners.
pub const PARTNERS_FIRST_MAX: usize = 40;
/// A cut whose parts hold fewer requests together is given up: the uncut slice shows them all again. Well below
/// [`ROWS_MAX`], so that it does not go to and fro.
pub const UNCUT_BELOW: usize = 80;
/// Partners or formats that a reason names where requests are in none of the parts.
const CODES_NAMED_MAX: usize = 5;

/// By what a slice is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dimension {
    /// By the code of the partner.
    Partner,
    /// By the code of the format asked for.
    Format,
}

/// An answer for one slice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The rows.
    pub rows: Vec<SeenRequest>,
    /// Rows that name no request.
    pub nameless: usize,
    /// How many there are, as Alma says.
    pub total: Option<u64>,
}

/// One partition while it is read, and after.
#[derive(Debug)]
pub struct Reading {
    nodes: Vec<Node>,
    /// Nodes to be asked for.
    pending: Vec<usize>,
    /// Nodes that are full and not yet cut.
    uncut: Vec<usize>,
    order: Option<[Dimension; 2]>,
    /// Parts of the first cut that are known to be full, so that they are cut without asking.
    known_full: BTreeSet<String>,
    /// Calls made for it.
    pub asked: u32,
    /// Whether it is known to need more calls than there are, so that it is not cut.
    pub too_large: bool,
    /// Why it was not read to the end.
    pub broken_off: Option<String>,
}

#[derive(Debug)]
struct Node {
    slice: Slice,
    state: State,
    children: Vec<usize>,
    /// Why the list of its parts may not be whole.
    cut_doubt: Option<String>,
}

#[derive(Debug)]
enum State {
    /// Not asked for: yet, or at all, since its parts are.
    Unasked,
    Read {
        rows: Vec<RequestHash>,
        total: Option<u64>,
        full: bool,
        doubts: Vec<String>,
    },
    Failed(String),
}

/// What a partition turned out to be.
#[derive(Debug, Default)]
pub struct Verdict {
    /// The requests found in it.
    pub found: BTreeSet<RequestHash>,
    /// Why it is not whole; empty where it is.
    pub reasons: Vec<String>,
    /// Whether anything at all was read.
    pub read_anything: bool,
    /// Whether the cut, if there was one, held against the uncut slice.
    pub cut_holds: bool,
}

impl Reading {
    /// Begins with the whole partition; or, with a cut that worked before, with its parts.
    pub fn new(library: &str, status: &str, cut: Option<&Cut>) -> Self {
        let slice = Slice {
            library: library.to_owned(),
            status: status.to_owned(),
            partner: None,
            format: None,
        };
        let mut reading = Self {
            nodes: vec![Node::new(slice)],
            pending: Vec::new(),
            uncut: Vec::new(),
            order: cut.map(|cut| order(cut.by)),
            known_full: cut.map(|cut| cut.finer.clone()).unwrap_or_default(),
            asked: 0,
            too_large: false,
            broken_off: None,
        };
        match cut {
            Some(_) => reading.uncut.push(0),
            None => reading.pending.push(0),
        }
        reading
    }

    /// The slice to ask for next.
    pub fn next(&self) -> Option<&Slice> {
        self.pending.last().map(|node| &self.nodes[*node].slice)
    }

    /// Whether a slice has to be cut before anything more can be asked.
    pub fn wants_cut(&self) -> bool {
        self.pending.is_empty() && !self.uncut.is_empty()
    }

    /// Calls that the cuts take that are known to be wanted; parts that are full in their turn take more.
    pub fn cuts_cost(&mut self, partners: &List, formats: &List) -> usize {
        let order = self.order_for(partners);
        let cost = |node: &usize| {
            let dimension = next_dimension(&self.nodes[*node].slice, order);
            dimension.map_or(0, |dimension| of(dimension, partners, formats).codes.len())
        };
        self.uncut.iter().map(cost).sum()
    }

    /// Cuts the next slice that wants it.
    pub fn cut(&mut self, partners: &List, formats: &List) {
        let Some(parent) = self.uncut.pop() else { return };
        let order = self.order_for(partners);
        let Some(dimension) = next_dimension(&self.nodes[parent].slice, order) else {
            return;
        };
        let list = of(dimension, partners, formats);
        self.nodes[parent].cut_doubt.clone_from(&list.doubt);
        let is_first = parent == 0;
        // The stack is taken from its end, so that parts are asked for in the order of their codes.
        for code in list.codes.iter().rev() {
            let mut slice = self.nodes[parent].slice.clone();
            match dimension {
                Dimension::Partner => slice.partner = Some(code.clone()),
                Dimension::Format => slice.format = Some(code.clone()),
            }
            let child = self.nodes.len();
            self.nodes.push(Node::new(slice));
            self.nodes[parent].children.push(child);
            if is_first && self.known_full.contains(code) {
                self.uncut.push(child);
            } else {
                self.pending.push(child);
            }
        }
    }

    /// Takes the answer for the slice that [`Reading::next`] named.
    pub fn take(&mut self, answer: &Answer) {
        let Some(node) = self.pending.pop() else { return };
        self.asked += 1;
        let slice = &self.nodes[node].slice;
        let shown = answer.rows.len() + answer.nameless;
        let full = shown >= ROWS_MAX || answer.total.is_some_and(|total| total > shown as u64);
        let mut doubts = Vec::new();
        let others = answer.rows.iter().filter(|row| !slice.holds(row)).count();
        if others > 0 {
            doubts.push(format!("{others} requests came that were not asked for"));
        }
        if answer.nameless > 0 {
            doubts.push(format!(
                "{} requests name no id and cannot be followed",
                answer.nameless
            ));
        }
        if answer.total.is_none() {
            doubts.push("Alma gave no total_record_count, so nothing says that the list is whole".to_owned());
        }
        if full && next_dimension(slice, order(Dimension::Partner)).is_some() {
            self.uncut.push(node);
        }
        self.nodes[node].state = State::Read {
            rows: answer.rows.iter().map(|row| row.hash).collect(),
            total: answer.total,
            full,
            doubts,
        };
    }

    /// Notes that the slice that [`Reading::next`] named could not be read.
    pub fn fail(&mut self, reason: String) {
        let Some(node) = self.pending.pop() else { return };
        self.asked += 1;
        self.nodes[node].state = State::Failed(reason);
    }

    /// Whether the first cut was made without asking for the uncut slice.
    pub fn trusted_a_cut(&self) -> bool {
        matches!(self.nodes[0].state, State::Unasked) && !self.nodes[0].children.is_empty()
    }

    /// What it turned out to be; `newest` holds every request of the whole sweep as it was seen last.
    pub fn verdict(&self, newest: &BTreeMap<RequestHash, SeenRequest>) -> Verdict {
        let mut verdict = self.judge(0, newest);
        if let Some(reason) = &self.broken_off {
            verdict.reasons.insert(0, reason.clone());
        }
        verdict
    }

    /// The cut to remember; `None` where none was needed, or is not any more, or it did not hold.
    pub fn cut_to_remember(&self, verdict: &Verdict, before: Option<&Cut>, now: Moment) -> Option<Cut> {
        if self.broken_off.is_some() {
            return before.cloned();
        }
        let root = &self.nodes[0];
        let [by, _] = self.order.filter(|_| !root.children.is_empty())?;
        if verdict.found.len() < UNCUT_BELOW || !verdict.cut_holds {
            return None;
        }
        let checked = if self.trusted_a_cut() { before?.checked } else { now };
        let cut_again =
            |child: &&usize| !self.nodes[**child].children.is_empty() && self.judge_size(**child) >= UNCUT_BELOW;
        let finer = root
            .children
            .iter()
            .filter(cut_again)
            .filter_map(|child| {
                let slice = &self.nodes[*child].slice;
                match by {
                    Dimension::Partner => slice.partner.clone(),
                    Dimension::Format => slice.format.clone(),
                }
            })
            .collect();
        Some(Cut { by, finer, checked })
    }

    fn order_for(&mut self, partners: &List) -> [Dimension; 2] {
        let by = if partners.codes.len() > PARTNERS_FIRST_MAX {
            Dimension::Format
        } else {
            Dimension::Partner
        };
        *self.order.get_or_insert(order(by))
    }

    /// Requests found in the parts of a node.
    fn judge_size(&self, node: usize) -> usize {
        let node = &self.nodes[node];
        let own = match &node.state {
            State::Read { rows, .. } => rows.len(),
            _ => 0,
        };
        own.max(node.children.iter().map(|child| self.judge_size(*child)).sum())
    }

    /// The codes of requests in the dimension in which a node was cut: `partner P1, P2, (none)`.
    fn codes_of(&self, node: &Node, requests: &[&SeenRequest]) -> String {
        let by_partner = node.slice.partner.is_none()
            && node
                .children
                .first()
                .is_some_and(|child| self.nodes[*child].slice.partner.is_some());
        let codes: BTreeSet<&str> = requests
            .iter()
            .map(|request| if by_partner { &request.partner } else { &request.format })
            .map(|code| if code.is_empty() { "(none)" } else { code })
            .collect();
        let mut named: Vec<&str> = codes.iter().copied().take(CODES_NAMED_MAX).collect();
        if codes.len() > CODES_NAMED_MAX {
            named.push("…");
        }
        format!("{} {}", if by_partner { "partner" } else { "format" }, named.join(", "))
    }

    fn judge(&self, node: usize, newest: &BTreeMap<RequestHash, SeenRequest>) -> Verdict {
        let node = &self.nodes[node];
        let mut verdict = Verdict {
            cut_holds: true,
            ..Verdict::default()
        };
        if let State::Read { rows, full, doubts, .. } = &node.state {
            verdict.read_anything = true;
            verdict.found.extend(rows);
            verdict
                .reasons
                .extend(doubts.iter().map(|doubt| format!("{}: {doubt}", node.slice)));
            if *full && node.children.is_empty() {
                verdict.reasons.push(format!(
                    "{} is unread: it holds {ROWS_MAX} requests or more, and Alma shows no further ones",
                    node.slice
                ));
            }
        }
        match &node.state {
            State::Failed(reason) => {
                verdict.cut_holds = false;
                verdict.reasons.push(reason.clone());
            }
            State::Unasked if node.children.is_empty() => {
                verdict.cut_holds = false;
                verdict.reasons.push(format!("{} was not asked for", node.slice));
            }
            _ => {}
        }
        if node.children.is_empty() {
            return verdict;
        }
        let mut in_parts: BTreeSet<RequestHash> = BTreeSet::new();
        let mut not_whole = Vec::new();
        for child in &node.children {
            let part = self.judge(*child, newest);
            if !part.reasons.is_empty() {
                not_whole.push(&self.nodes[*child].slice);
            }
            in_parts.extend(&part.found);
            verdict.reasons.extend(part.reasons);
            verdict.read_anything |= part.read_anything;
            verdict.cut_holds &= part.cut_holds;
        }
        if let Some(doubt) = &node.cut_doubt {
            verdict.cut_holds = false;
            verdict.reasons.push(format!("{}: {doubt}", node.slice));
        }
        if let State::Read { rows, total, .. } = &node.state {
            let missing: Vec<&SeenRequest> = rows
                .iter()
                .filter(|hash| !in_parts.contains(*hash))
                .filter_map(|hash| newest.get(hash))
                .collect();
            let (here, moved): (Vec<&SeenRequest>, Vec<_>) = missing.into_iter().partition(|row| node.slice.holds(row));
            // What belongs to a part that is named as not whole needs no further reason.
            let lost: Vec<&SeenRequest> = here
                .into_iter()
                .filter(|row| !not_whole.iter().any(|part| part.holds(row)))
                .collect();
            if !lost.is_empty() {
                verdict.cut_holds = false;
                verdict.reasons.push(format!(
                    "{}: {} of its requests are in none of its parts ({})",
                    node.slice,
                    lost.len(),
                    self.codes_of(node, &lost)
                ));
            }
            let accounted = (in_parts.len() + moved.len()) as u64;
            if let Some(total) = total.filter(|total| *total > accounted) {
                // Where a part is unread, it is no wonder, and the part is named already.
                verdict.cut_holds &= !verdict.reasons.is_empty();
                verdict.reasons.push(format!(
                    "{}: Alma counts {total} requests, its parts hold {accounted}",
                    node.slice
                ));
            }
        }
        verdict.found.extend(in_parts);
        verdict
    }
}

impl Node {
    fn new(slice: Slice) -> Self {
        Self {
            slice,
            state: State::Unasked,
            children: Vec::new(),
            cut_doubt: None,
        }
    }
}

impl Slice {
    /// Whether a request belongs into it.
    pub fn holds(&self, request: &SeenRequest) -> bool {
        self.library == request.library
            && self.status == request.status
            && self.partner.as_ref().is_none_or(|partner| *partner == request.partner)
            && self.format.as_ref().is_none_or(|format| *format == request.format)
    }
}

const fn order(first: Dimension) -> [Dimension; 2] {
    match first {
        Dimension::Partner => [Dimension::Partner, Dimension::Format],
        Dimension::Format => [Dimension::Format, Dimension::Partner],
    }
}

/// `None` at the finest cut.
fn next_dimension(slice: &Slice, order: [Dimension; 2]) -> Option<Dimension> {
    order.into_iter().find(|dimension| match dimension {
        Dimension::Partner => slice.partner.is_none(),
        Dimension::Format => slice.format.is_none(),
    })
}

const fn of<'a>(dimension: Dimension, partners: &'a List, formats: &'a List) -> &'a List {
    match dimension {
        Dimension::Partner => partners,
        Dimension::Format => formats,
    }
}
