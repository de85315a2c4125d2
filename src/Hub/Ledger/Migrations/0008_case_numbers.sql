-- By which business numbers a case is found (统一社会信用代码, address, supply point …): a digest of the kind and the number, never the number itself.
CREATE TABLE case_numbers (
    number  uuid NOT NULL,
    case_id bigint NOT NULL,
    PRIMARY KEY (number, case_id)
);
