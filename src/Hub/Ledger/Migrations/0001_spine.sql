-- The spine: events, cases, deliveries, answers, waits, the exchange log.
-- Append-only: events, deliveries, answers, exchange_log. Changed in place: cases, waits, the two heads.

CREATE TABLE connectors (
    no            smallint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name          text NOT NULL UNIQUE,
    paused_reason text,
    paused_by     text,
    paused_at     timestamptz
);

CREATE TABLE api_keys (
    key_id      text PRIMARY KEY,
    partner     text NOT NULL,
    direction   text NOT NULL CHECK (direction IN ('publish', 'receive')),
    secret_hash bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
    sources     text[] NOT NULL,
    types       text[] NOT NULL,
    regions     text[] NOT NULL,
    legal_basis text,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz,
    revoked_at  timestamptz
);

-- event_id is a UUID version 7, so the primary key grows at its right end only.
-- identity is the first 16 bytes of SHA-256(source LF id): the name given by the sender, in a fixed 16 bytes.
CREATE TABLE events (
    event_id     uuid PRIMARY KEY,
    identity     uuid NOT NULL UNIQUE,
    case_id      bigint NOT NULL,
    partner      text NOT NULL,
    type         text NOT NULL,
    source       text NOT NULL,
    source_id    text NOT NULL,
    about        uuid,
    region       text NOT NULL,
    occurred_at  timestamptz,
    received_at  timestamptz NOT NULL,
    content      bytea,
    digest       bytea NOT NULL,
    data_start   integer NOT NULL,
    data_length  integer NOT NULL,
    warnings     text,
    refusal      text,
    trace_parent text
);

-- Receipts of an event; the keys are ids of earlier events, so they grow at the right end too.
CREATE INDEX events_about ON events (about) WHERE about IS NOT NULL;

-- A bureau's own list, newest first.
CREATE INDEX events_partner ON events (partner, event_id) WHERE about IS NULL;

-- state and lanes are JSON text, read and written whole under the case's advisory lock.
-- wake_at is coarse and not cleared when a lane drains, so that most updates stay HOT; fillfactor leaves them room.
CREATE SEQUENCE case_ids INCREMENT BY 1000;
CREATE TABLE cases (
    case_id     bigint PRIMARY KEY,
    key_hash    uuid NOT NULL UNIQUE,
    type        text NOT NULL,
    key         text NOT NULL,
    policy      text,
    state       text NOT NULL,
    lanes       text NOT NULL,
    busy        boolean NOT NULL,
    closed      boolean NOT NULL,
    deadline_at timestamptz,
    wake_at     timestamptz
) WITH (fillfactor = 70);
CREATE INDEX cases_wake ON cases (wake_at) WHERE wake_at IS NOT NULL;

CREATE TABLE deliveries (
    case_id      bigint NOT NULL,
    connector_no smallint NOT NULL,
    lane_seq     bigint NOT NULL,
    type         text NOT NULL,
    cause_id     uuid NOT NULL,
    cause_type   text NOT NULL,
    occurred_at  timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    due_at       timestamptz,
    data         bytea NOT NULL,
    trace_parent text,
    PRIMARY KEY (case_id, connector_no, lane_seq)
);

-- One row per release that answered, stale ones too: the fence tells the releases of one command apart.
CREATE TABLE answers (
    case_id           bigint NOT NULL,
    connector_no      smallint NOT NULL,
    lane_seq          bigint NOT NULL,
    fence             bigint NOT NULL,
    attempt           integer NOT NULL,
    outcome           text NOT NULL CHECK (outcome IN ('taken', 'refused', 'unavailable', 'unknown', 'skipped')),
    reason            text,
    partner_code      text,
    partner_reference text,
    request_digest    bytea,
    response          bytea,
    elapsed_ms        integer NOT NULL,
    recorded_at       timestamptz NOT NULL,
    content           text NOT NULL,
    PRIMARY KEY (case_id, connector_no, lane_seq, fence)
);

-- Only lanes that cannot go on by themselves: waiting for a retry, parked, or (connector 0) a case that no operator serves.
CREATE TABLE waits (
    connector_no smallint NOT NULL,
    case_id      bigint NOT NULL,
    key_hash     uuid NOT NULL,
    lane_seq     bigint NOT NULL,
    state        text NOT NULL CHECK (state IN ('waiting', 'parked', 'unserved')),
    reason       text NOT NULL,
    attempts     integer NOT NULL,
    since        timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    not_before   timestamptz,
    PRIMARY KEY (connector_no, case_id)
);
CREATE INDEX waits_due ON waits (connector_no, due_at) WHERE state = 'waiting';

-- Inputs that the engine could not process: kept with their error until somebody looked.
CREATE TABLE quarantine (
    quarantine_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    at            timestamptz NOT NULL,
    partner       text NOT NULL,
    reference     uuid NOT NULL,
    error         text NOT NULL,
    content       bytea
);

CREATE TABLE delivery_totals (
    connector_no   smallint PRIMARY KEY,
    queued         bigint NOT NULL DEFAULT 0,
    taken          bigint NOT NULL DEFAULT 0,
    skipped        bigint NOT NULL DEFAULT 0,
    failed         bigint NOT NULL DEFAULT 0,
    last_taken_at  timestamptz,
    last_failed_at timestamptz,
    last_reason    text
) WITH (fillfactor = 50);

CREATE TABLE nodes (
    node_id     integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    started_at  timestamptz NOT NULL,
    alive_until timestamptz NOT NULL
);

CREATE TABLE idempotency_keys (
    key_hash       uuid PRIMARY KEY,
    request_digest bytea NOT NULL,
    claimed_at     timestamptz NOT NULL,
    status         integer,
    response       bytea
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (claimed_at);

CREATE TABLE exchange_log (
    seq     bigint PRIMARY KEY,
    at      timestamptz NOT NULL,
    kind    text NOT NULL,
    partner text NOT NULL,
    ref     uuid NOT NULL,
    alg     text NOT NULL,
    digest  bytea NOT NULL,
    hash    bytea NOT NULL,
    content bytea
);
CREATE UNIQUE INDEX exchange_log_events ON exchange_log (ref) WHERE kind = 'event.accepted';

CREATE TABLE chain_head (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    seq    bigint NOT NULL,
    hash   bytea NOT NULL,
    at     timestamptz NOT NULL,
    events bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO chain_head (seq, hash, at, events) VALUES (0, decode(repeat('00', 32), 'hex'), 'epoch', 0);

-- Appends a batch to the chain. Called last in a transaction, because its lock on the head is the one every writer needs.
-- The time of the entries is never earlier than that of the entry before: nobody can back-date.
CREATE FUNCTION exchange_append(
    p_at timestamptz, p_kinds text[], p_partners text[], p_refs uuid[], p_digests bytea[], p_contents bytea[],
    OUT first_seq bigint, OUT at timestamptz, OUT hashes bytea[])
LANGUAGE plpgsql AS $$
DECLARE
    v_seq     bigint;
    v_hash    bytea;
    v_at_text text;
    v_events  bigint := 0;
BEGIN
    SELECT h.seq, h.hash, GREATEST(p_at, h.at) INTO v_seq, v_hash, at FROM chain_head h FOR UPDATE;
    first_seq := v_seq + 1;
    v_at_text := to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    hashes := ARRAY[]::bytea[];
    FOR i IN 1 .. cardinality(p_kinds) LOOP
        v_seq := v_seq + 1;
        v_hash := sha256(v_hash || convert_to(
            v_seq || E'\n' || v_at_text || E'\n' || p_kinds[i] || E'\n' || p_partners[i] || E'\n' || p_refs[i] || E'\nsha-256\n'
            || encode(p_digests[i], 'hex'), 'UTF8'));
        hashes := hashes || v_hash;
        v_events := v_events + (p_kinds[i] = 'event.accepted')::int;
    END LOOP;
    INSERT INTO exchange_log (seq, at, kind, partner, ref, alg, digest, hash, content)
    SELECT first_seq + e.n - 1, exchange_append.at, e.kind, e.partner, e.ref, 'sha-256', e.digest, e.hash, e.content
      FROM unnest(p_kinds, p_partners, p_refs, p_digests, hashes, p_contents)
           WITH ORDINALITY AS e (kind, partner, ref, digest, hash, content, n);
    UPDATE chain_head h SET seq = v_seq, hash = v_hash, at = exchange_append.at, events = h.events + v_events;
END $$;

-- Adds one batch's changes to the counters; called under the lock of the chain head, so it never waits for another node.
CREATE FUNCTION delivery_count(
    p_connectors smallint[], p_queued integer[], p_taken integer[], p_skipped integer[], p_failed integer[], p_reasons text[],
    p_at timestamptz)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO delivery_totals AS t (connector_no, queued, taken, skipped, failed, last_taken_at, last_failed_at, last_reason)
    SELECT c.no, c.queued, c.taken, c.skipped, c.failed,
           CASE WHEN c.taken > 0 THEN p_at END, CASE WHEN c.failed > 0 THEN p_at END, c.reason
      FROM unnest(p_connectors, p_queued, p_taken, p_skipped, p_failed, p_reasons) AS c (no, queued, taken, skipped, failed, reason)
    ON CONFLICT (connector_no) DO UPDATE
       SET queued = t.queued + EXCLUDED.queued,
           taken = t.taken + EXCLUDED.taken,
           skipped = t.skipped + EXCLUDED.skipped,
           failed = t.failed + EXCLUDED.failed,
           last_taken_at = COALESCE(EXCLUDED.last_taken_at, t.last_taken_at),
           last_failed_at = COALESCE(EXCLUDED.last_failed_at, t.last_failed_at),
           last_reason = COALESCE(EXCLUDED.last_reason, t.last_reason);
$$;
