-- Pull feeds: what a receiver fetches by itself, numbered for it without a hole.

-- How a connector's commands leave: pushed by a worker, or offered in the receiver's feed until it acknowledges them.
ALTER TABLE connectors ADD COLUMN mode text NOT NULL DEFAULT 'push' CHECK (mode IN ('push', 'pull'));

-- cursor_key proves that a cursor was made here and for this feed: 32 bytes, 244 of its bits random.
CREATE TABLE feeds (
    connector_no   smallint PRIMARY KEY,
    last_sequence  bigint NOT NULL DEFAULT 0,
    acked_sequence bigint NOT NULL DEFAULT 0 CHECK (acked_sequence BETWEEN 0 AND last_sequence),
    read_sequence  bigint NOT NULL DEFAULT 0 CHECK (read_sequence BETWEEN 0 AND last_sequence),
    cursor_key     bytea NOT NULL DEFAULT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
) WITH (fillfactor = 50);

-- Append-only: one row per offer. A command that is offered anew (after a push that failed, or by an operator) gets a new sequence and keeps its id.
CREATE TABLE feed_items (
    connector_no smallint NOT NULL,
    sequence     bigint NOT NULL,
    case_id      bigint NOT NULL,
    lane_seq     bigint NOT NULL,
    fence        bigint NOT NULL,
    offered_at   timestamptz NOT NULL,
    PRIMARY KEY (connector_no, sequence)
);

-- From an open lane to its items: what is still owed is found from the few open lanes, never from the long history.
CREATE INDEX feed_items_command ON feed_items (connector_no, case_id, lane_seq);

-- An offered head waits for its receiver; due_at has no meaning for it.
ALTER TABLE waits DROP CONSTRAINT waits_state_check;
ALTER TABLE waits ADD CONSTRAINT waits_state_check CHECK (state IN ('waiting', 'parked', 'unserved', 'offered'));
CREATE INDEX waits_offered ON waits (connector_no, since) WHERE state = 'offered';

-- Numbers what one batch offers. The row of the feed is locked until the commit, so numbers become visible in their order, and a batch that rolls
-- back leaves no hole. Called after exchange_append: who holds a feed's row never waits for the chain head.
CREATE FUNCTION feed_append(p_connectors smallint[], p_cases bigint[], p_lane_seqs bigint[], p_fences bigint[], p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_no    smallint;
    v_count bigint;
    v_last  bigint;
BEGIN
    FOR v_no, v_count IN SELECT o.no, count(*) FROM unnest(p_connectors) AS o (no) GROUP BY o.no ORDER BY o.no LOOP
        INSERT INTO feeds AS f (connector_no, last_sequence)
        VALUES (v_no, v_count)
        ON CONFLICT (connector_no) DO UPDATE SET last_sequence = f.last_sequence + v_count
        RETURNING f.last_sequence INTO v_last;
        INSERT INTO feed_items (connector_no, sequence, case_id, lane_seq, fence, offered_at)
        SELECT v_no, v_last - v_count + row_number() OVER (ORDER BY o.n), o.case_id, o.lane_seq, o.fence, p_at
          FROM unnest(p_connectors, p_cases, p_lane_seqs, p_fences) WITH ORDINALITY AS o (no, case_id, lane_seq, fence, n)
         WHERE o.no = v_no;
        PERFORM pg_notify('hub_feeds', v_no::text);
    END LOOP;
END $$;
