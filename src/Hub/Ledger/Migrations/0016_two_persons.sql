-- What a parked command said before two people corrected it: attempts up to this fence were of these bytes. Retention takes them with the command's own.
CREATE TABLE delivery_amendments (
    case_id      bigint NOT NULL,
    connector_no smallint NOT NULL,
    lane_seq     bigint NOT NULL,
    fence        bigint NOT NULL,
    data         bytea,
    amended_at   timestamptz NOT NULL,
    PRIMARY KEY (case_id, connector_no, lane_seq, fence)
);

-- What exactly is asked for, sealed as bodies are, until it is decided; and what became of what was allowed ('done', else why not).
ALTER TABLE approvals ADD COLUMN content bytea;
ALTER TABLE approvals ADD COLUMN effect text;

-- Calendars that two people put in force: every node lays them over the packs' own.
CREATE TABLE calendar_notices (
    notice_id   bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    pin         text NOT NULL UNIQUE,
    content     text NOT NULL,
    approved_at timestamptz NOT NULL
);

-- A list's filters under a name.
CREATE TABLE saved_views (
    view_id    bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    owner      text NOT NULL REFERENCES operators,
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
    query      text NOT NULL CHECK (length(query) <= 2000),
    shared     boolean NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (owner, name)
);

-- A partner that asks for fewer calls is not slow.
ALTER TABLE incidents DROP CONSTRAINT incidents_class_check;
ALTER TABLE incidents ADD CONSTRAINT incidents_class_check CHECK (class IN ('unreachable', 'rejected', 'slow', 'busy', 'signature', 'schema', 'certificate'));

-- Co-transfers are few among cases, and their board looks for the newest. Neither column ever changes.
CREATE INDEX cases_transfers ON cases (case_id) WHERE type = 'co_transfer';
