-- Ledgers are few among cases; figures are read from the bookings of a stretch of the exchange log. No column of either index ever changes.
CREATE INDEX cases_ledger ON cases (case_id) WHERE type = 'ledger_report';
CREATE INDEX exchange_log_figures ON exchange_log (seq) WHERE kind = 'figure.booked';
