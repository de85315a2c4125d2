-- Who is told when something at the hub needs a person. Receivers are sealed as bodies are; a rule that is taken away stays, switched off.
CREATE TABLE alert_rules (
    rule_id    bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    kind       text NOT NULL CHECK (kind IN ('incident_opened', 'incident_unowned', 'deadlines', 'quarantined', 'chain_broken')),
    minutes    integer NOT NULL DEFAULT 0 CHECK (minutes BETWEEN 0 AND 1440),
    receiver   text,
    gateway    text NOT NULL,
    people     bytea NOT NULL,
    enabled    boolean NOT NULL DEFAULT true,
    changed_by text NOT NULL REFERENCES operators,
    changed_at timestamptz NOT NULL
);
