-- Years of work in seconds, for the benchmark only: stored events with their cases, deliveries, answers and log entries.
-- Keys, spread and number of rows are those of real traffic (two new cases and one amendment in three events; ids that rise
-- with time; hashes in random order), because the depth and the reach of the indexes are what growth costs. Contents are short,
-- and the hashes of the chain are stand-ins: such a database serves a hub, but its chain does not verify.
-- {events}: how many. {start}: Unix time of the first, ms. {step}: ms between two.

-- table events
INSERT INTO events (event_id, identity, case_id, partner, type, source, source_id, region, occurred_at, received_at, content, digest, data_start, data_length)
SELECT (lpad(to_hex({start} + n * {step}), 12, '0') || '70008' || lpad(to_hex(n), 15, '0'))::uuid,
       md5('event ' || n)::uuid,
       n / 3 * 2 + CASE n % 3 WHEN 1 THEN 1 ELSE 0 END + 1,
       'bench',
       CASE n % 3 WHEN 2 THEN 'hub.project_approval.amended.v1' ELSE 'hub.project_approval.created.v1' END,
       'urn:hub:bench', 'filled-' || n, '140201', t.at, t.at, '\x7b7d', sha256(int8send(n)), 0, 2
  FROM generate_series(0, {events} - 1) AS n
 CROSS JOIN LATERAL (SELECT to_timestamp(({start} + n * {step}) / 1000.0) AS at) t;

-- table cases
INSERT INTO cases (case_id, key_hash, type, key, policy, state, lanes, busy, closed)
SELECT c + 1, md5('case ' || c)::uuid, 'project_approval', 'filled-' || c, 'bench@2026.1', '{}',
       CASE c % 2 WHEN 0 THEN '[{"c":1,"n":2,"d":2,"f":2}]' ELSE '[{"c":1,"n":1,"d":1,"f":1}]' END, false, false
  FROM generate_series(0, {events} / 3 * 2 - 1) AS c;

-- table deliveries
INSERT INTO deliveries (case_id, connector_no, lane_seq, type, cause_id, cause_type, occurred_at, recorded_at, data)
SELECT n / 3 * 2 + CASE n % 3 WHEN 1 THEN 1 ELSE 0 END + 1, 1, CASE n % 3 WHEN 2 THEN 2 ELSE 1 END,
       CASE n % 3 WHEN 2 THEN 'lead.update.v1' ELSE 'lead.create.v1' END,
       (lpad(to_hex({start} + n * {step}), 12, '0') || '70008' || lpad(to_hex(n), 15, '0'))::uuid,
       CASE n % 3 WHEN 2 THEN 'hub.project_approval.amended.v1' ELSE 'hub.project_approval.created.v1' END, t.at, t.at, '\x7b7d'
  FROM generate_series(0, {events} - 1) AS n
 CROSS JOIN LATERAL (SELECT to_timestamp(({start} + n * {step}) / 1000.0) AS at) t;

-- table answers
INSERT INTO answers (case_id, connector_no, lane_seq, fence, attempt, outcome, partner_code, elapsed_ms, recorded_at, content)
SELECT n / 3 * 2 + CASE n % 3 WHEN 1 THEN 1 ELSE 0 END + 1, 1, CASE n % 3 WHEN 2 THEN 2 ELSE 1 END, CASE n % 3 WHEN 2 THEN 2 ELSE 1 END,
       1, 'taken', '204', 2, to_timestamp(({start} + n * {step}) / 1000.0), 'attempt 1'
  FROM generate_series(0, {events} - 1) AS n;

-- table exchange_log
INSERT INTO exchange_log (seq, at, kind, partner, ref, alg, digest, hash)
SELECT n * 2 + e.k, to_timestamp(({start} + n * {step}) / 1000.0), e.kind, e.partner,
       (lpad(to_hex({start} + n * {step}), 12, '0') || '70008' || lpad(to_hex(n), 15, '0'))::uuid, 'sha-256', d.digest, d.digest
  FROM generate_series(0, {events} - 1) AS n
 CROSS JOIN LATERAL (SELECT sha256(int8send(n)) AS digest) d
 CROSS JOIN (VALUES (1, 'event.accepted', 'bench'), (2, 'delivery.attempted', 'utility-0')) AS e (k, kind, partner);

-- heads
INSERT INTO connectors (name) VALUES ('utility-0');
INSERT INTO delivery_totals (connector_no, queued, taken) VALUES (1, {events}, {events});
UPDATE chain_head SET seq = {events} * 2, hash = sha256(int8send({events} - 1)), at = to_timestamp(({start} + {events} * {step}) / 1000.0), events = {events};
SELECT setval('case_ids', ({events} / 1000 + 1) * 1000 + 1);

-- parked
/* The last delivery of every case was refused and waits for a person. */
UPDATE cases SET lanes = CASE case_id % 2 WHEN 1 THEN '[{"c":1,"n":2,"d":1,"f":2,"s":3,"a":1}]' ELSE '[{"c":1,"n":1,"d":0,"f":1,"s":3,"a":1}]' END;
UPDATE answers SET outcome = 'refused', reason = 'content_refused', partner_code = '422' WHERE lane_seq = CASE case_id % 2 WHEN 1 THEN 2 ELSE 1 END;
INSERT INTO waits (connector_no, case_id, key_hash, lane_seq, state, reason, attempts, since, due_at)
SELECT 1, case_id, key_hash, CASE case_id % 2 WHEN 1 THEN 2 ELSE 1 END, 'parked', 'content_refused', 1, to_timestamp({start} / 1000.0), to_timestamp({start} / 1000.0)
  FROM cases;
UPDATE delivery_totals SET taken = queued - (SELECT count(*) FROM cases), failed = (SELECT count(*) FROM cases);
