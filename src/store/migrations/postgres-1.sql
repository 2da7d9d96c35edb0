CREATE TABLE vpp_leases (
    location TEXT PRIMARY KEY,
    run TEXT NOT NULL,
    who TEXT NOT NULL,
    since BIGINT NOT NULL,
    ends BIGINT NOT NULL
);

CREATE TABLE vpp_runs (
    id TEXT PRIMARY KEY,
    started BIGINT NOT NULL,
    who TEXT NOT NULL,
    revision TEXT,
    folder TEXT NOT NULL,
    tool TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    locations TEXT NOT NULL,
    ended BIGINT,
    result TEXT,
    summary TEXT,
    report TEXT
);
CREATE INDEX vpp_runs_by_start ON vpp_runs (started);

CREATE TABLE vpp_intents (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    run TEXT NOT NULL,
    location TEXT NOT NULL,
    kind TEXT NOT NULL,
    pairs BIGINT NOT NULL,
    body TEXT NOT NULL,
    written BIGINT NOT NULL,
    sent BIGINT,
    reference TEXT,
    outcome TEXT,
    ended BIGINT
);
CREATE INDEX vpp_intents_by_run ON vpp_intents (run, seq);
CREATE INDEX vpp_intents_open ON vpp_intents (location, seq) WHERE outcome IS NULL;

CREATE TABLE vpp_reclaims (
    location TEXT NOT NULL,
    adam_id TEXT NOT NULL,
    pricing TEXT NOT NULL,
    holder_kind TEXT NOT NULL,
    holder TEXT NOT NULL,
    phase TEXT NOT NULL,
    unfinished BIGINT NOT NULL,
    since BIGINT NOT NULL,
    moved BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (location, adam_id, pricing, holder_kind, holder)
);
CREATE INDEX vpp_reclaims_open ON vpp_reclaims (location, since) WHERE unfinished = 1;
CREATE INDEX vpp_reclaims_closed ON vpp_reclaims (location, moved) WHERE unfinished = 0;

CREATE TABLE vpp_received (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source TEXT NOT NULL,
    event TEXT NOT NULL,
    subject TEXT NOT NULL,
    received BIGINT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (source, event)
);
CREATE INDEX vpp_received_by_subject ON vpp_received (source, subject);
CREATE INDEX vpp_received_by_time ON vpp_received (source, received);

CREATE TABLE vpp_blobs (
    name TEXT PRIMARY KEY,
    value BYTEA NOT NULL,
    kept BIGINT NOT NULL
);
