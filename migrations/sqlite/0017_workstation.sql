-- Workstations: each belongs to the office of its first capture.
CREATE TABLE workstation (
    id           TEXT PRIMARY KEY,
    office       TEXT NOT NULL,
    first_seen   INTEGER NOT NULL,
    last_seen    INTEGER NOT NULL,
    clock_offset INTEGER  -- microseconds ahead of ours; null until it told what its clock shows
) STRICT;

CREATE INDEX workstation_office ON workstation (office, id);

-- What each number of a workstation stands for. Without a request: it arrived and was not taken in.
CREATE TABLE workstation_capture (
    workstation  TEXT NOT NULL REFERENCES workstation (id),
    number       INTEGER NOT NULL,
    request_id   BLOB NOT NULL,
    content      BLOB NOT NULL,  -- keyed hash
    captured_at  INTEGER NOT NULL,  -- by the workstation's clock
    received_at  INTEGER NOT NULL,
    enrolment_id BLOB REFERENCES enrolment (id),
    doubled      INTEGER NOT NULL,  -- how often another content came under this number
    PRIMARY KEY (workstation, number)
) STRICT;

CREATE INDEX workstation_capture_enrolment ON workstation_capture (enrolment_id) WHERE enrolment_id IS NOT NULL;
CREATE INDEX workstation_capture_doubled ON workstation_capture (workstation, number) WHERE doubled > 0;

-- The numbers that arrived, as runs that do not touch: what is missing is seen without reading every number.
CREATE TABLE workstation_range (
    workstation  TEXT NOT NULL REFERENCES workstation (id),
    first_number INTEGER NOT NULL,
    last_number  INTEGER NOT NULL,
    PRIMARY KEY (workstation, first_number)
) STRICT;
