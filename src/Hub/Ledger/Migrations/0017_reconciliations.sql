-- Reconciliation (对账): for each day, publisher and receiver what came in, what was sent of it and what became of that. Counted again while nobody has signed.
CREATE TABLE reconciliations (
    day          date NOT NULL,
    publisher    text NOT NULL,
    connector_no smallint NOT NULL,
    events       integer NOT NULL,
    sent         integer NOT NULL,
    taken        integer NOT NULL,
    skipped      integer NOT NULL,
    receipted    integer NOT NULL,
    counted_at   timestamptz NOT NULL,
    signed_by    text REFERENCES operators,
    signed_at    timestamptz,
    note         text,
    PRIMARY KEY (day, publisher, connector_no),
    CHECK ((signed_by IS NULL) = (signed_at IS NULL))
);
