-- The history that Almanac keeps. Times are whole milliseconds UTC. Order is by id, never by time: ids grow in the order of the commits.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What a watch is doing now. A row appears with the first poll or when the daemon first plans it.
CREATE TABLE watch (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,                       -- source/subject
    source TEXT NOT NULL,
    institution TEXT,
    next_due_ms INTEGER,
    schedule TEXT,                                   -- the schedule next_due_ms was computed from
    lease_owner TEXT,                                -- against overlap: who polls now
    lease_until_ms INTEGER,
    last_poll_ms INTEGER,
    last_success_ms INTEGER,
    last_outcome TEXT,
    blocked INTEGER NOT NULL DEFAULT 0,              -- no key: a state, not a failure
    reason TEXT,
    consecutive_failures INTEGER NOT NULL DEFAULT 0,
    consecutive_empty INTEGER NOT NULL DEFAULT 0,
    failing_told INTEGER NOT NULL DEFAULT 0,         -- watch.failing was told and watch.recovered not yet
    records INTEGER NOT NULL DEFAULT 0,
    quota_remaining INTEGER,
    verified INTEGER,
    doubt_hash BLOB,                                 -- an implausible answer that came before: its hash, how often, since when
    doubt_count INTEGER NOT NULL DEFAULT 0,
    doubt_since_ms INTEGER
) STRICT;

-- One run of a watch, failed ones too.
CREATE TABLE poll (
    id INTEGER PRIMARY KEY,
    watch_id INTEGER NOT NULL REFERENCES watch (id),
    started_ms INTEGER NOT NULL,
    committed_ms INTEGER NOT NULL,                   -- never below that of an earlier poll
    outcome TEXT NOT NULL,                           -- ok, partial, failed, skipped
    accepted INTEGER NOT NULL,                       -- a person said that the answer is right, however much it lost
    reason TEXT,
    error_code TEXT,
    tracking_id TEXT,
    calls INTEGER NOT NULL,
    quota_remaining INTEGER,
    added INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    coverage TEXT NOT NULL                           -- JSON: partition -> how its reading ended
) STRICT;
CREATE INDEX poll_by_watch ON poll (watch_id, id);
CREATE INDEX poll_changed ON poll (watch_id, id) WHERE added + removed + modified > 0;
CREATE INDEX poll_by_time ON poll (committed_ms);

-- The parts a watch is asked for. Until a part was read wholly once, what is found in it is a baseline.
CREATE TABLE partition (
    watch_id INTEGER NOT NULL REFERENCES watch (id),
    name TEXT NOT NULL,
    state TEXT NOT NULL,                             -- complete, partial, absent, failed: how the last reading ended
    baselined INTEGER NOT NULL,                      -- shape version under which it was first read wholly or found absent; 0: never
    asked_ms INTEGER NOT NULL,
    PRIMARY KEY (watch_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
    id INTEGER PRIMARY KEY,
    watch_id INTEGER NOT NULL REFERENCES watch (id),
    key TEXT NOT NULL,
    partition TEXT NOT NULL,
    present INTEGER NOT NULL,
    missing_polls INTEGER NOT NULL,                  -- complete polls running that did not find it
    shape_version INTEGER NOT NULL,                  -- of the allow-list and normaliser that last confirmed it
    hash BLOB NOT NULL,                              -- blake3 of the canonical document of the newest present version
    newest_version_id INTEGER,
    versions INTEGER NOT NULL,
    first_seen_ms INTEGER NOT NULL,
    UNIQUE (watch_id, key)
) STRICT;
CREATE INDEX record_by_key ON record (key, first_seen_ms);

-- The canonical document as it stood; NULL body: the record was absent from here on.
CREATE TABLE version (
    id INTEGER PRIMARY KEY,
    record_id INTEGER NOT NULL REFERENCES record (id),
    poll_id INTEGER NOT NULL REFERENCES poll (id),
    number INTEGER NOT NULL,                         -- 1, 2, 3 … within the record
    base_id INTEGER REFERENCES version (id),         -- the version whose document is the dictionary of this one
    depth INTEGER NOT NULL,                          -- length of the chain of bases
    body BLOB,                                       -- zstd
    UNIQUE (record_id, poll_id)
) STRICT;
CREATE INDEX version_by_poll ON version (poll_id);

CREATE TABLE change (
    id INTEGER PRIMARY KEY,
    poll_id INTEGER NOT NULL REFERENCES poll (id),
    record_id INTEGER NOT NULL REFERENCES record (id),
    op TEXT NOT NULL,
    from_version INTEGER REFERENCES version (id),
    to_version INTEGER NOT NULL REFERENCES version (id),
    silent INTEGER NOT NULL,                         -- a baseline or a change of shape: no event
    context TEXT NOT NULL                            -- JSON: what meaning needs from elsewhere
) STRICT;
CREATE INDEX change_by_poll ON change (poll_id);
CREATE INDEX change_by_record ON change (record_id, id);

CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL,
    superseded INTEGER NOT NULL DEFAULT 0,           -- a later generation tells it otherwise
    identity TEXT NOT NULL,                          -- watch, record, version, kind, facet
    poll_id INTEGER REFERENCES poll (id),            -- NULL: no poll made it (a delivery that died)
    watch_id INTEGER REFERENCES watch (id),
    change_id INTEGER REFERENCES change (id),
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    severity_rank INTEGER NOT NULL,
    institution TEXT,
    key TEXT,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    topics TEXT NOT NULL,                            -- JSON array
    product TEXT,
    non_alma INTEGER NOT NULL,
    link TEXT,
    story INTEGER,                                   -- id of the first event of the same story
    occurred_ms INTEGER,
    detected_ms INTEGER NOT NULL,
    UNIQUE (generation, identity)
) STRICT;
CREATE INDEX event_by_time ON event (detected_ms, id) WHERE superseded = 0;
CREATE INDEX event_by_watch ON event (watch_id, detected_ms, id) WHERE superseded = 0;
CREATE INDEX event_by_institution ON event (institution, detected_ms, id) WHERE superseded = 0;
CREATE INDEX event_by_kind ON event (kind, key, id) WHERE superseded = 0;
CREATE INDEX event_by_change ON event (change_id);

-- An event owed to a channel.
CREATE TABLE notice (
    id INTEGER PRIMARY KEY,
    event_id INTEGER NOT NULL REFERENCES event (id),
    channel TEXT NOT NULL,
    due_ms INTEGER NOT NULL,
    message_id INTEGER REFERENCES message (id),      -- NULL until it is composed into a message
    UNIQUE (event_id, channel)
) STRICT;
CREATE INDEX notice_waiting ON notice (channel, due_ms) WHERE message_id IS NULL;
CREATE INDEX notice_by_message ON notice (message_id, event_id);

-- One delivery to a channel; its stable id and body are frozen before the first attempt.
CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    stable_id TEXT NOT NULL UNIQUE,
    channel TEXT NOT NULL,
    state TEXT NOT NULL,                             -- waiting, sending, sent, dead
    attempts INTEGER NOT NULL,
    first_attempt_ms INTEGER,                        -- the day after which it is given up begins here
    attempt_ms INTEGER,                              -- when the attempt under way, or the last one, began
    next_attempt_ms INTEGER,                         -- only while waiting
    last_error TEXT,
    events INTEGER NOT NULL,                         -- how many events it tells
    body TEXT NOT NULL,                              -- JSON: what is sent, frozen
    created_ms INTEGER NOT NULL,
    sent_ms INTEGER
) STRICT;
-- A channel's messages leave in their order: the oldest open one is the next.
CREATE INDEX message_open ON message (channel, id) WHERE state IN ('waiting', 'sending');
CREATE INDEX message_by_state ON message (state, id);

-- Calls and remaining quota, per pool and UTC day.
CREATE TABLE quota_day (
    pool TEXT NOT NULL,
    day INTEGER NOT NULL,                            -- days since 1970-01-01
    calls INTEGER NOT NULL,
    highest_remaining INTEGER,
    last_remaining INTEGER,
    last_seen_ms INTEGER,
    PRIMARY KEY (pool, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE quota_pool (
    pool TEXT PRIMARY KEY,
    low_since_ms INTEGER,                            -- below the floor since then
    last_probe_ms INTEGER
) STRICT, WITHOUT ROWID;
