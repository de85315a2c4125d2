-- The console: its people and their sessions, the incidents it follows, what needs two people, and bulk retries.

CREATE TABLE operators (
    name          text PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9._-]{1,63}$'),
    title         text NOT NULL,
    roles         text[] NOT NULL CHECK (roles <@ ARRAY['viewer', 'operator', 'approver', 'security_officer', 'auditor'] AND cardinality(roles) > 0),
    partner       text,
    password_hash text NOT NULL,
    totp_secret   bytea,
    totp_step     bigint NOT NULL DEFAULT 0,
    failures      integer NOT NULL DEFAULT 0,
    locked_until  timestamptz,
    disabled      boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL
);

-- Only the hash of what the browser holds: a copy of this table opens no session.
CREATE TABLE operator_sessions (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    operator   text NOT NULL REFERENCES operators,
    client     text NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX operator_sessions_operator ON operator_sessions (operator);

-- Keys behind the forms' tokens, the same on every node; sealed as bodies are.
CREATE TABLE form_keys (
    key_id  bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    content text NOT NULL
);

-- The running totals as they were at the beginning of each quarter of an hour; what happened in between is the difference of two rows. Connector 0 counts
-- events. So the chart costs the path of an event nothing.
CREATE TABLE traffic (
    quarter      timestamptz NOT NULL,
    connector_no smallint NOT NULL,
    queued       bigint NOT NULL,
    taken        bigint NOT NULL,
    skipped      bigint NOT NULL,
    failed       bigint NOT NULL,
    PRIMARY KEY (quarter, connector_no)
);

CREATE TABLE incidents (
    incident_id  bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    connector_no smallint NOT NULL,
    class        text NOT NULL CHECK (class IN ('unreachable', 'rejected', 'slow', 'signature', 'schema', 'certificate')),
    opened_at    timestamptz NOT NULL,
    seen_at      timestamptz NOT NULL,
    closed_at    timestamptz,
    reason       text NOT NULL,
    affected     integer NOT NULL,
    most         integer NOT NULL,
    oldest_at    timestamptz,
    due_at       timestamptz,
    owner        text REFERENCES operators
);
-- One at a time for a receiver and a class of reasons, whichever node sees it first.
CREATE UNIQUE INDEX incidents_open ON incidents (connector_no, class) WHERE closed_at IS NULL;

CREATE TABLE incident_notes (
    note_id     bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    incident_id bigint NOT NULL REFERENCES incidents,
    at          timestamptz NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('opened', 'changed', 'owned', 'note', 'closed')),
    by          text,
    text        text NOT NULL
);
CREATE INDEX incident_notes_incident ON incident_notes (incident_id, note_id);

-- What one person asks for and another one allows.
CREATE TABLE approvals (
    approval_id  bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    kind         text NOT NULL,
    subject      text NOT NULL,
    reason       text NOT NULL,
    requested_by text NOT NULL REFERENCES operators,
    requested_at timestamptz NOT NULL,
    decided_by   text REFERENCES operators,
    decided_at   timestamptz,
    granted      boolean,
    note         text,
    CHECK (decided_by IS NULL OR decided_by <> requested_by)
);
CREATE UNIQUE INDEX approvals_open ON approvals (kind, subject) WHERE decided_at IS NULL;

CREATE TABLE bulk_jobs (
    job_id      bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    by          text NOT NULL REFERENCES operators,
    reason      text NOT NULL,
    filter      text NOT NULL,
    canary      integer NOT NULL CHECK (canary > 0),
    rate        integer NOT NULL CHECK (rate > 0),
    state       text NOT NULL CHECK (state IN ('asked', 'canary', 'ramp', 'stopped', 'failed', 'done')),
    partner     text,
    created_at  timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL,
    lease_until timestamptz NOT NULL
);
CREATE INDEX bulk_jobs_open ON bulk_jobs (job_id) WHERE state IN ('canary', 'ramp');

CREATE TABLE bulk_items (
    job_id       bigint NOT NULL REFERENCES bulk_jobs,
    item         integer NOT NULL,
    connector_no smallint NOT NULL,
    case_id      bigint NOT NULL,
    lane_seq     bigint NOT NULL,
    key_hash     uuid NOT NULL,
    state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'sent', 'taken', 'again', 'refused')),
    note         text,
    sent_at      timestamptz,
    PRIMARY KEY (job_id, item)
);
CREATE INDEX bulk_items_sent ON bulk_items (job_id, item) WHERE state = 'sent';

-- A case's events in their order, for people who look at the case.
CREATE INDEX events_case ON events (case_id, event_id);

-- What people did, all of it and to one delivery.
CREATE INDEX exchange_log_acts ON exchange_log (seq) WHERE kind = 'operator.acted';
CREATE INDEX exchange_log_acts_on ON exchange_log (ref) WHERE kind = 'operator.acted';
