-- Resource sharing: what sources remember, single requests for ninety days, their sums for ever, webhooks of Alma.

-- JSON: what the watch's source wants to know at its next poll.
ALTER TABLE watch ADD COLUMN memory TEXT;

-- Where each request stands, told apart by a keyed hash. Purged ninety days after it was last seen.
CREATE TABLE request (
    id INTEGER PRIMARY KEY,
    watch_id INTEGER NOT NULL REFERENCES watch (id),
    hash BLOB NOT NULL,
    key_id TEXT NOT NULL,                            -- of the key under which it is hashed
    status TEXT NOT NULL,
    partner TEXT NOT NULL,
    format TEXT NOT NULL,
    library TEXT NOT NULL,
    created_ms INTEGER,                              -- as Alma says
    since_ms INTEGER NOT NULL,                       -- in this status at least since then
    met_in_status INTEGER NOT NULL,                  -- it was in this status when it was first seen: nobody knows since when
    first_seen_ms INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL,
    vanished_ms INTEGER,                             -- when a whole reading no longer held it
    UNIQUE (watch_id, hash)
) STRICT;
CREATE INDEX request_by_age ON request (watch_id, last_seen_ms);

-- Moves from status to status, kept ninety days. An empty to_status: it vanished.
CREATE TABLE request_move (
    id INTEGER PRIMARY KEY,
    watch_id INTEGER NOT NULL REFERENCES watch (id),
    poll_id INTEGER NOT NULL REFERENCES poll (id),
    partner TEXT NOT NULL,
    format TEXT NOT NULL,
    from_status TEXT NOT NULL,                       -- empty: it is new
    to_status TEXT NOT NULL,
    seen_before_ms INTEGER,                          -- last seen in from_status
    seen_ms INTEGER NOT NULL,                        -- first seen in to_status
    created_ms INTEGER
) STRICT;
CREATE INDEX request_move_by_time ON request_move (watch_id, seen_ms);

-- Sums by calendar month (in the consortium's zone) and partner; they hold no request and are kept for ever.
CREATE TABLE request_month (
    watch_id INTEGER NOT NULL REFERENCES watch (id),
    month TEXT NOT NULL,                             -- 2026-11
    partner TEXT NOT NULL,
    body TEXT NOT NULL,                              -- JSON: counts and a histogram of days
    PRIMARY KEY (watch_id, month, partner)
) STRICT, WITHOUT ROWID;

-- Messages of Alma's webhooks that were taken, so that a repeated one does nothing. Purged after a day.
CREATE TABLE webhook_seen (
    institution TEXT NOT NULL,
    hash BLOB NOT NULL,
    seen_ms INTEGER NOT NULL,
    PRIMARY KEY (institution, hash)
) STRICT, WITHOUT ROWID;
