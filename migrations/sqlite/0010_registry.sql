-- What the National Immigration Database holds, as imported: one row for each residence card, its latest state.
CREATE TABLE registry_record (
    card_index     BLOB PRIMARY KEY,  -- blind index of the card's kind and number
    document_index BLOB,  -- blind index of the passport's issuing state and number
    content        BLOB NOT NULL,  -- sealed record
    recorded_at    INTEGER NOT NULL,  -- when it was recorded there; a later state replaces an earlier one
    import_id      BLOB NOT NULL  -- the import that brought it: subject of its audit entries
) STRICT;

CREATE INDEX registry_record_document ON registry_record (document_index, recorded_at);

-- Whether the immigration record told of biometrics on file when the request was taken in; null if it did not tell.
ALTER TABLE enrolment ADD COLUMN face_on_file INTEGER;
ALTER TABLE enrolment ADD COLUMN fingerprints_on_file INTEGER;
