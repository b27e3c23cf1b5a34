//! The consortium: what is true, what the wire shows of it, and the gateway that shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use almanac::clock::Clock;
use almanac::model::moment::Moment;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::task_list::{self, Lent, SHOWN_MAX};
use crate::world;

/// Institutions.
pub const INSTITUTIONS: usize = 20;
/// Libraries of each.
pub const LIBRARIES: [&str; 5] = ["ARTS", "LAW", "MAIN", "MEDICAL", "SCIENCE"];
/// Statuses watched.
pub const STATUSES: [&str; 12] = [
    "REQUEST_CREATED_LEND",
    "PENDING_APPROVAL",
    "LOCATE_IN_PROCESS",
    "LOCATE_FAILED",
    "WILL_SUPPLY",
    "CONDITIONAL",
    "SHIPPED_PHYSICALLY",
    "SHIPPED_DIGITALLY",
    "RENEW_REQUESTED",
    "OVERDUE_ITEM",
    "CANCEL_REPLY",
    "LENDER_CHECK_IN",
];
/// Formats.
pub const FORMATS: [&str; 2] = ["PHYSICAL", "DIGITAL"];
/// Partners of each institution.
pub const PARTNERS: usize = 25;
/// Requests in all.
pub const REQUESTS: usize = 40_000;
/// One list in so many is longer than a hundred …
pub const LONG_ONE_IN: usize = 25;
/// … and one in so many has more than a hundred of one partner and format.
pub const UNREADABLE_ONE_IN: usize = 240;
/// The truth, and every call that was made for it.
pub struct Consortium {
    /// The requests of each institution, as they truly are.
    pub requests: BTreeMap<String, Vec<Lent>>,
    /// When each institution was called.
    pub calls: BTreeMap<String, Vec<Moment>>,
    /// Whether `total_record_count` tells the rows that are shown, and not how many there are.
    pub capped_total: bool,
    clock: Clock,
    dice: fastrand::Rng,
    ids: u64,
}

/// A status move that the wire could show: of which institution, with which partner, from where to where.
pub type Move = (String, String, String, String);

/// By institution and id.
pub type Visible = BTreeMap<(String, u64), Lent>;

/// Code of an institution.
pub fn institution(number: usize) -> String {
    format!("01SWEEP{number:02}_INST")
}

impl Consortium {
    /// Forty thousand requests.
    pub fn new(clock: Clock) -> Self {
        let mut made = Self {
            requests: (0..INSTITUTIONS)
                .map(|number| (institution(number), Vec::new()))
                .collect(),
            calls: BTreeMap::new(),
            capped_total: false,
            clock,
            dice: fastrand::Rng::with_seed(20_270_203),
            ids: 35_000_000_000_000_000,
        };
        let lists = INSTITUTIONS * LIBRARIES.len() * STATUSES.len();
        let mut count = 0;
        for list in 0..lists {
            let place = (institution(list / 60), LIBRARIES[list / 12 % 5], STATUSES[list % 12]);
            let shuffled = list * 7 % lists;
            if shuffled % UNREADABLE_ONE_IN == 3 {
                count += made.come(&place.0, place.1, place.2, 130 + list % 40, Some(("P03", "PHYSICAL")));
            } else if shuffled % LONG_ONE_IN == 7 {
                count += made.come(&place.0, place.1, place.2, 120 + list % 160, None);
            }
        }
        while count < REQUESTS {
            let (institution, library, status) = (
                institution(made.dice.usize(..INSTITUTIONS)),
                LIBRARIES[made.dice.usize(..5)],
                STATUSES[made.dice.usize(..12)],
            );
            if made.cell(&institution, library, status).count() < 90 {
                count += made.come(&institution, library, status, 1, None);
            }
        }
        made
    }

    /// Adds requests: of the partner and format named, or of any.
    pub fn come(
        &mut self,
        institution: &str,
        library: &str,
        status: &str,
        count: usize,
        of: Option<(&str, &str)>,
    ) -> usize {
        for _ in 0..count {
            self.ids += 17;
            let format = FORMATS[usize::from(self.dice.u8(..10) < 2)];
            let partner = format!("P{:02}", self.dice.usize(..PARTNERS));
            let (partner, format) = of.map_or((partner, format), |(partner, format)| (partner.to_owned(), format));
            let lent = Lent {
                id: self.ids,
                library: library.to_owned(),
                status: status.to_owned(),
                partner,
                format: format.to_owned(),
                modified: self.clock.now(),
            };
            self.requests.get_mut(institution).unwrap().push(lent);
        }
        count
    }

    /// An hour of work: one request in twenty moves on, one in a hundred ends, as many come.
    pub fn an_hour_of_work(&mut self) {
        let now = self.clock.now();
        for number in 0..INSTITUTIONS {
            let name = institution(number);
            let mut all = self.requests.remove(&name).unwrap();
            let before = all.len();
            all.retain(|_| self.dice.u8(..100) > 0);
            for lent in &mut all {
                if self.dice.u8(..20) == 0 {
                    lent.status = STATUSES[self.dice.usize(..12)].to_owned();
                    lent.modified = now;
                }
            }
            let ended = before - all.len();
            self.requests.insert(name.clone(), all);
            for _ in 0..ended {
                let library = LIBRARIES[self.dice.usize(..5)];
                self.come(&name, library, STATUSES[0], 1, None);
            }
        }
    }

    /// The requests of one library in one status.
    pub fn cell<'a>(&'a self, institution: &str, library: &'a str, status: &'a str) -> impl Iterator<Item = &'a Lent> {
        self.requests[institution]
            .iter()
            .filter(move |lent| lent.library == library && lent.status == status)
    }

    /// The slices that no cut makes readable, by name.
    pub fn unreadable(&self, institution: &str) -> BTreeSet<String> {
        let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
        for lent in &self.requests[institution] {
            *sizes.entry(finest(lent)).or_default() += 1;
        }
        sizes
            .into_iter()
            .filter(|(_, size)| *size >= SHOWN_MAX)
            .map(|(name, _)| name)
            .collect()
    }

    /// Every request that the wire can show, with its status: all but those beyond the hundredth of an unreadable slice.
    pub fn visible(&self) -> Visible {
        let mut visible = BTreeMap::new();
        for (institution, requests) in &self.requests {
            let mut shown: BTreeMap<String, usize> = BTreeMap::new();
            for lent in requests {
                let shown = shown.entry(finest(lent)).or_default();
                *shown += 1;
                if *shown <= SHOWN_MAX {
                    visible.insert((institution.clone(), lent.id), lent.clone());
                }
            }
        }
        visible
    }

    fn answer(&mut self, institution: &str, path: &str, query: &BTreeMap<String, String>) -> Option<String> {
        self.calls
            .entry(institution.to_owned())
            .or_default()
            .push(self.clock.now());
        match path {
            "/conf/general" => Some(json!({"institution": {"value": institution}}).to_string()),
            "/conf/libraries" => {
                let library = |code: &&str| json!({"code": code, "name": code, "resource_sharing": true});
                let libraries: Vec<Value> = LIBRARIES.iter().map(library).collect();
                Some(json!({"library": libraries, "total_record_count": 5}).to_string())
            }
            "/partners" => {
                let partners: Vec<Value> = (0..PARTNERS).map(|n| world::partner(&format!("P{n:02}"))).collect();
                Some(json!({"partner": partners, "total_record_count": PARTNERS}).to_string())
            }
            "/task-lists/rs/lending-requests" => {
                Some(task_list::answer(&self.requests[institution], query, self.capped_total))
            }
            _ => None,
        }
    }
}

fn finest(lent: &Lent) -> String {
    format!(
        "{}/{}, partner {}, format {}",
        lent.library, lent.status, lent.partner, lent.format
    )
}

/// The moves between two rounds that the wire could show: of requests that it shows in both.
pub fn moves(before: &BTreeMap<(String, u64), Lent>, after: &BTreeMap<(String, u64), Lent>) -> BTreeMap<Move, usize> {
    let mut moves = BTreeMap::new();
    for ((institution, id), lent) in after {
        let known = before.get(&(institution.clone(), *id));
        if let Some(known) = known.filter(|known| known.status != lent.status) {
            let one = (
                institution.clone(),
                lent.partner.clone(),
                known.status.clone(),
                lent.status.clone(),
            );
            *moves.entry(one).or_default() += 1;
        }
    }
    moves
}

/// A gateway that costs little: HTTP/1.1 with keep-alive, and nothing that is not needed.
pub async fn serve(consortium: Arc<Mutex<Consortium>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, Arc::clone(&consortium)));
        }
    });
    address
}

async fn converse(mut stream: TcpStream, consortium: Arc<Mutex<Consortium>>) {
    let mut buffer = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        while let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(buffer.drain(..end + 4).collect()).unwrap();
            let target = head.split_whitespace().nth(1).unwrap();
            let url = url::Url::parse(&format!("http://gateway{target}")).unwrap();
            let key = head
                .lines()
                .find_map(|line| line.split_once("apikey key-of-"))
                .map(|(_, key)| key.trim());
            let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
            let path = url.path().trim_start_matches("/almaws/v1");
            let answered = key.and_then(|key| consortium.lock().unwrap().answer(key, path, &query));
            let (status, body) = answered.map_or(("404 Not Found", String::new()), |body| ("200 OK", body));
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nx-exl-api-remaining: 400000\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            if stream
                .write_all(&[head.as_bytes(), body.as_bytes()].concat())
                .await
                .is_err()
            {
                return;
            }
        }
        match stream.read(&mut chunk).await {
            Ok(read) if read > 0 => buffer.extend_from_slice(&chunk[..read]),
            _ => return,
        }
    }
}
