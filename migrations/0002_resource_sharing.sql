-- Resource sharing: what sources remember, single requests for ninety days, their sums for ever, webhooks of Alma.

-- JSON: what the watch's source wants to know at its next poll.
ALTER TABLE watch ADD COLUMN memory TEXT;
-- Requests that arrived before then were counted under a key that is lost, and are not counted a second time.
ALTER TABLE watch ADD COLUMN counted_until_ms INTEGER;

-- Where each request stands, told apart by a keyed hash. Ninety days after it was last seen it goes into the sums.
CREATE TABLE request (
    id INTEGER PRIMARY KEY,
    watch_id INTEGER NOT NULL REFERENCES watch (id),
    hash BLOB NOT NULL,
    key_id TEXT NOT NULL,                            -- of the key under which it is hashed
    status TEXT NOT NULL,
    partner TEXT NOT NULL,
    format TEXT NOT NULL,
    library TEXT NOT NULL,
    arrived_ms INTEGER NOT NULL,                     -- created, as Alma says; where it does not say, first seen
    followed INTEGER NOT NULL,                       -- it arrived while it was watched for, so its whole way is known
    since_ms INTEGER NOT NULL,                       -- in this status, with this partner, at least since then
    met INTEGER NOT NULL,                            -- it was so when it was first seen: perhaps for longer
    supplied_ms INTEGER,                             -- first seen shipped (lending) or received (borrowing)
    supplied_after_ms INTEGER,                       -- last seen before that, or its arrival
    last_seen_ms INTEGER NOT NULL,
    missed INTEGER NOT NULL,                         -- whole readings running that did not hold it
    vanished_ms INTEGER,                             -- when they were enough to say that it is gone
    UNIQUE (watch_id, hash)
) STRICT;
CREATE INDEX request_by_last_seen ON request (watch_id, last_seen_ms);

-- Moves from status to status, kept ninety days.
CREATE TABLE request_move (
    id INTEGER PRIMARY KEY,
    watch_id INTEGER NOT NULL REFERENCES watch (id),
    poll_id INTEGER NOT NULL REFERENCES poll (id),
    partner TEXT NOT NULL,
    from_status TEXT NOT NULL,                       -- empty: it arrived
    to_status TEXT NOT NULL,                         -- empty: it vanished before it was final
    count INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX request_move_by_time ON request_move (watch_id, seen_ms);

-- What became of requests, by the calendar month (in the consortium's zone) in which they arrived, and by partner: the sums
-- of those requests whose own rows are purged. Kept for ever.
CREATE TABLE request_month (
    watch_id INTEGER NOT NULL REFERENCES watch (id),
    month TEXT NOT NULL,                             -- 2026-11
    partner TEXT NOT NULL,
    sums TEXT NOT NULL,                              -- JSON: counts, and how many days the supply took
    PRIMARY KEY (watch_id, month, partner)
) STRICT, WITHOUT ROWID;

-- Messages of Alma's webhooks that were taken, so that a repeated one does nothing. Purged after a day.
CREATE TABLE webhook_seen (
    institution TEXT NOT NULL,
    hash BLOB NOT NULL,
    seen_ms INTEGER NOT NULL,
    PRIMARY KEY (institution, hash)
) STRICT, WITHOUT ROWID;
