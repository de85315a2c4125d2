-- By which business numbers a case is found (统一社会信用代码, address, supply point …): a digest of the kind and the number, never the number itself.
CREATE TABLE case_numbers (
    number  uuid NOT NULL,
    case_id bigint NOT NULL,
    PRIMARY KEY (number, case_id)
);

-- Cases with clocks: looked at again when a calendar or a pack changes. The others, which are many more, are not in it.
CREATE INDEX cases_clocked ON cases (case_id) WHERE NOT closed AND type IN ('connection', 'permit_case');

-- The legal due time of the waiting command: what the law waits for goes first.
ALTER TABLE waits ADD COLUMN legal_due_at timestamptz;
CREATE INDEX waits_legal ON waits (connector_no, legal_due_at) WHERE state = 'waiting' AND legal_due_at IS NOT NULL;
