-- Co-transfers are few among projects: found for the page and the list of tasks without looking at all cases. Neither column ever changes.
CREATE INDEX cases_co_transfer ON cases (case_id) WHERE type = 'co_transfer';
