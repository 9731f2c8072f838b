-- First answers to calls that create or settle something, by the client's name for the call.
CREATE TABLE request (
    caller     UUID NOT NULL REFERENCES staff (id),
    request_id UUID NOT NULL,
    content    BYTEA NOT NULL,  -- keyed hash of method and content
    answer     TEXT NOT NULL,  -- JSON without personal data
    at         BIGINT NOT NULL,
    PRIMARY KEY (caller, request_id)
);

CREATE INDEX request_at ON request (at);
