-- Portals of partners: certification of receivers, what was refused of publishers, when a key was last used, and the times that a monthly report reads by.

-- The report as the kit wrote it, as far as the run has come.
CREATE TABLE certifications (
    certification_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    connector_no     smallint NOT NULL,
    by               text NOT NULL,
    began_at         timestamptz NOT NULL,
    changed_at       timestamptz NOT NULL,
    ended_at         timestamptz,
    passed           boolean NOT NULL DEFAULT false,
    report           text
);
-- One at a time for a receiver, whichever node runs it.
CREATE UNIQUE INDEX certifications_running ON certifications (connector_no) WHERE ended_at IS NULL;
CREATE INDEX certifications_connector ON certifications (connector_no, certification_id);

-- What publishers sent and was not taken: counted by what was wrong, never with a body.
CREATE TABLE refusals (
    partner  text NOT NULL,
    code     text NOT NULL,
    error    text NOT NULL,
    pointer  text NOT NULL,
    times    bigint NOT NULL,
    first_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL,
    PRIMARY KEY (partner, code, error, pointer)
);

ALTER TABLE api_keys ADD COLUMN last_used_at timestamptz;

-- Rows are appended as time goes, so a few bytes for each stretch of the table find a month.
CREATE INDEX deliveries_recorded ON deliveries USING brin (recorded_at);
CREATE INDEX answers_recorded ON answers USING brin (recorded_at);
