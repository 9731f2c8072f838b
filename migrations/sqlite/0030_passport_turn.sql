-- Turns at passports: whoever brings records that name a passport and whoever brings the passport to an account take one, hold it
-- until they commit, and look for the other behind it.
CREATE TABLE passport_turn (
    bucket INTEGER PRIMARY KEY,  -- the first seven bits of the passport's blind index
    taken  INTEGER NOT NULL
) STRICT;
