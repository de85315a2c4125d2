-- Rows of polled platforms that were refused: kept once, under the name they would have had as an event. Their reference is made from that name and
-- the problem, so that a row read again is not kept again, and a row that is refused for another reason is.
ALTER TABLE quarantine ADD COLUMN record_id text;
CREATE UNIQUE INDEX quarantine_records ON quarantine (partner, reference) WHERE record_id IS NOT NULL;
