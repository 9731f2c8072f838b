-- What the holder of an account was called since, as documents show it that a supervisor approved. The latest is the name of
-- now; none is deleted, and the name of the request stays where it is.
CREATE TABLE account_name (
    id           UUID PRIMARY KEY,  -- the documents that waited for the supervisor
    account_id   UUID NOT NULL REFERENCES account (id),
    content      BYTEA NOT NULL,  -- sealed: name, day of birth, nationality
    person_index BYTEA NOT NULL,  -- keyed hash of the letters of the name and the day of birth
    since        BIGINT NOT NULL
);

CREATE INDEX account_name_account ON account_name (account_id, since);
CREATE INDEX account_name_person ON account_name (person_index, since);

-- The account as it was when documents were handed to a supervisor; absent: a release before did that.
ALTER TABLE document_update ADD COLUMN account_print BYTEA;

-- The last message that carried a code of a change; absent: none did, or a release before sent it.
ALTER TABLE contact_change ADD COLUMN message_id UUID;
