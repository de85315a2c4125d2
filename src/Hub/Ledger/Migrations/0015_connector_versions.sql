-- Connectors made in the console: every change is a version of its own, and none is ever changed or deleted. The settings are sealed as bodies are, for they hold secrets.
CREATE TABLE connector_versions (
    version_id    bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    connector     text NOT NULL CHECK (connector ~ '^[a-z0-9-]{1,64}$'),
    version       integer NOT NULL CHECK (version > 0),
    enabled       boolean NOT NULL,
    settings      text NOT NULL,
    changes       text NOT NULL,
    made_by       text NOT NULL REFERENCES operators,
    reason        text NOT NULL,
    made_at       timestamptz NOT NULL,
    approved_by   text REFERENCES operators,
    -- One permission, one change of keys.
    approval_id   bigint UNIQUE REFERENCES approvals,
    restored_from integer,
    proof         text CHECK (proof IN ('options', 'code')),
    proven_at     timestamptz,
    UNIQUE (connector, version),
    CHECK ((proof IS NULL) = (proven_at IS NULL)),
    CHECK (approved_by IS DISTINCT FROM made_by)
);

-- What somebody has typed so far; sealed, and forgotten after a week.
CREATE TABLE connector_drafts (
    draft_id   uuid PRIMARY KEY,
    made_by    text NOT NULL REFERENCES operators,
    content    text NOT NULL,
    changed_at timestamptz NOT NULL
);

-- A partner's key that took over from another one by permission of a second person.
ALTER TABLE api_keys ADD COLUMN approval_id bigint UNIQUE REFERENCES approvals;

-- The newest version that a node works with.
ALTER TABLE nodes ADD COLUMN connectors_seen bigint NOT NULL DEFAULT 0;
