-- Who saw whose data is read from the exchange log itself: an entry data.disclosed has the holder's keyed hash as its reference.
CREATE INDEX exchange_log_holder ON exchange_log (ref, seq) WHERE kind = 'data.disclosed';
CREATE INDEX exchange_log_disclosed ON exchange_log (seq) WHERE kind = 'data.disclosed';
