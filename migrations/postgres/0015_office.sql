-- Province-level units and receiving sites, one dated record for each row. Rows are added, never changed: of those with the
-- same record, code and first day the one of the latest revision counts.
CREATE TABLE office (
    record      TEXT NOT NULL,  -- unit, site
    code        TEXT NOT NULL,
    valid_from  TEXT NOT NULL,  -- first day, YYYY-MM-DD; empty: since before anything that is kept
    revision    BIGINT NOT NULL,  -- the import that brought it
    line        BIGINT NOT NULL,  -- where it stood in the file
    valid_until TEXT NOT NULL,  -- last day; empty: no end is known
    name_vi     TEXT NOT NULL,
    name_ascii  TEXT NOT NULL,
    kind        TEXT NOT NULL,  -- of a unit: city, province
    city_since  TEXT NOT NULL,  -- of a province that became a city: the day, or the year if the day is not known
    seat        TEXT NOT NULL,  -- of a site: where it receives; empty: not known
    successor   TEXT NOT NULL,  -- code of what took its place on the day after
    basis       TEXT NOT NULL,
    PRIMARY KEY (record, code, valid_from, revision)
);

-- How often offices were imported, so that every process notices. One row.
CREATE TABLE office_revision (
    name     TEXT PRIMARY KEY,
    revision BIGINT NOT NULL
);
