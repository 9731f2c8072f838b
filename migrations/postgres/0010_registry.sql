-- What the National Immigration Database holds, as imported: one row for each residence card, its latest state.
CREATE TABLE registry_record (
    card_index     BYTEA PRIMARY KEY,  -- blind index of the card's kind and number
    document_index BYTEA,  -- blind index of the passport's issuing state and number
    content        BYTEA NOT NULL,  -- sealed record
    recorded_at    BIGINT NOT NULL,  -- when it was recorded there; a later state replaces an earlier one
    import_id      UUID NOT NULL  -- the import that brought it: subject of its audit entries
);

CREATE INDEX registry_record_document ON registry_record (document_index, recorded_at);

-- Whether the immigration record told of biometrics on file when the request was taken in; null if it did not tell.
ALTER TABLE enrolment ADD COLUMN face_on_file BOOLEAN;
ALTER TABLE enrolment ADD COLUMN fingerprints_on_file BOOLEAN;
