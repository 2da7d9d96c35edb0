CREATE TABLE vpp_leases (
    location TEXT PRIMARY KEY,
    run TEXT NOT NULL,
    who TEXT NOT NULL,
    since INTEGER NOT NULL,
    ends INTEGER NOT NULL
) STRICT;

CREATE TABLE vpp_runs (
    id TEXT PRIMARY KEY,
    started INTEGER NOT NULL,
    who TEXT NOT NULL,
    revision TEXT,
    folder TEXT NOT NULL,
    tool TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    locations TEXT NOT NULL,
    ended INTEGER,
    result TEXT,
    summary TEXT,
    report TEXT
) STRICT;
CREATE INDEX vpp_runs_by_start ON vpp_runs (started);

CREATE TABLE vpp_intents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    run TEXT NOT NULL,
    location TEXT NOT NULL,
    kind TEXT NOT NULL,
    pairs INTEGER NOT NULL,
    body TEXT NOT NULL,
    written INTEGER NOT NULL,
    sent INTEGER,
    reference TEXT,
    outcome TEXT,
    ended INTEGER
) STRICT;
CREATE INDEX vpp_intents_by_run ON vpp_intents (run, seq);
CREATE INDEX vpp_intents_open ON vpp_intents (location, seq) WHERE outcome IS NULL;

CREATE TABLE vpp_reclaims (
    location TEXT NOT NULL,
    adam_id TEXT NOT NULL,
    pricing TEXT NOT NULL,
    holder_kind TEXT NOT NULL,
    holder TEXT NOT NULL,
    phase TEXT NOT NULL,
    unfinished INTEGER NOT NULL,
    since INTEGER NOT NULL,
    moved INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (location, adam_id, pricing, holder_kind, holder)
) STRICT;
CREATE INDEX vpp_reclaims_open ON vpp_reclaims (location, since) WHERE unfinished = 1;
CREATE INDEX vpp_reclaims_closed ON vpp_reclaims (location, moved) WHERE unfinished = 0;

CREATE TABLE vpp_received (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    event TEXT NOT NULL,
    subject TEXT NOT NULL,
    received INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (source, event)
) STRICT;
CREATE INDEX vpp_received_by_subject ON vpp_received (source, subject);
CREATE INDEX vpp_received_by_time ON vpp_received (source, received);

CREATE TABLE vpp_blobs (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL,
    kept INTEGER NOT NULL
) STRICT;
