-- Retention takes bodies away once nothing of their case is under way: of events (nullable already), of commands and of answers, and a closed case's sealed
-- state with them. When a case last changed tells how old it is; no index may know it, or every update would have to touch that index.
ALTER TABLE deliveries ALTER COLUMN data DROP NOT NULL;
ALTER TABLE cases ADD COLUMN changed_at timestamptz;
