"""Fills a database with copies of what is in it, until it has as many accounts as was said.

A copy has all rows of its original, and every name and index of its own, drawn from the original's and the number of the
copy: so rows that name one another still do, indexes are as random as the service's, and what is ordered by time stays so, each
copy a second before the one after it. What is sealed does not open in a copy, as it is sealed for one row; no measure opens it.
"""

import base64
import hashlib
import hmac
import json
import sqlite3

# What of a row is its own, by kind: M a name ordered by time, D an index or a hash, A an instant, P a position in a stream. What is
# to be done lies days ahead in a copy, so that nobody works on a million of them at once: L when to look at it, S its state.
OWN = {
    "enrolment": {"id": "M", "account_id": "M", "passport_index": "D", "representative_index": "D", "received_at": "A",
                  "decided_at": "A"},
    "account": {"id": "M", "enrolment_id": "M", "number_index": "D", "phone_index": "D", "login_index": "D", "email_index": "D",
                "passport_index": "D", "representative_index": "D", "issued_at": "A", "look_at": "L", "life_look_at": "L"},
    "enrolment_event": {"position": "P", "enrolment_id": "M", "at": "A"},
    "account_event": {"position": "P", "account_id": "M", "at": "A"},
    "binding": {"value": "D", "owner": "D"},
    "duplicate_key": {"value": "D", "enrolment": "M"},
    "receipt": {"enrolment_id": "M"},
    "request": {"request_id": "M", "content": "D", "at": "A"},
    "audit_entry": {"id": "M", "subject": "M", "at": "A", "hash": "D"},
    "code": {"account_id": "M", "code_id": "M", "digest": "D"},
    "account_document": {"id": "M", "account_id": "M", "document_index": "D"},
    "account_name": {"id": "M", "account_id": "M", "person_index": "D"},
    "outbox": {"id": "M", "account_id": "M", "created_at": "A", "sent_at": "A", "state": "S"},
    "attempt": {"message_id": "M", "at": "A"},
    "device": {"id": "M", "account_id": "M", "key_thumbprint": "D"},
    "device_certificate": {"serial": "D", "device_id": "M"},
    "device_totp": {"device_id": "M"},
    "registry_record": {"card_index": "D", "document_index": "D"},
    "card_fact": {"card_index": "D"},
}
STREAMS = {"enrolment_event": ("enrolment_stream", "office"), "account_event": ("account_stream", "shard")}
# Of these a ground has one for each of its people, whether or not they have an account.
PEOPLE = ("registry_record", "card_fact")
# Every bucket of the keys by which duplicates are found: twenty bits.
BUCKETS = 1 << 20
# Accounts of one transaction.
TOGETHER = 10_000

POSTGRESQL = """
SET session_replication_role = replica;
CREATE OR REPLACE FUNCTION drawn(value bytea, copy bigint) RETURNS bytea IMMUTABLE STRICT LANGUAGE sql AS
  $$ SELECT substr(sha256(value || int8send(copy)), 1, least(length(value), 32)) $$;
CREATE OR REPLACE FUNCTION moved(value uuid, copy bigint) RETURNS uuid IMMUTABLE STRICT LANGUAGE sql AS
  $$ SELECT (lpad(to_hex(('x' || left(replace(value::text, '-', ''), 12))::bit(48)::bigint - copy * 1000), 12, '0') || '7'
       || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid FROM md5(value::text || copy) AS hash $$;
"""


def drawn(value, copy):
    return value and hashlib.sha256(value + copy.to_bytes(8, "big")).digest()[:len(value)]


def moved(value, copy):
    if value is None:
        return None
    hashed = hashlib.md5(value + copy.to_bytes(8, "big")).digest()
    at = (int.from_bytes(value[:6], "big") - copy * 1000) % (1 << 48)
    return at.to_bytes(6, "big") + bytes([0x70 | hashed[0] & 0xf, hashed[1], 0x80 | hashed[2] & 0x3f]) + hashed[3:10]


class Lite:
    """The SQLite of a ground."""

    def __init__(self, ground):
        self.lite = sqlite3.connect(ground.folder / "eid.sqlite", isolation_level=None)
        self.lite.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA temp_store = MEMORY")
        for name, function in [("drawn", drawn), ("moved", moved)]:
            self.lite.create_function(name, 2, function, deterministic=True)

    def do(self, *texts):
        self.lite.executescript(";".join(["BEGIN", *texts, "COMMIT"]))

    def ask(self, text):
        return [[one.hex() if isinstance(one, bytes) else one for one in line] for line in self.lite.execute(text)]

    def columns(self, table):
        return [line[1] for line in self.ask(f"PRAGMA table_info({table})")]

    def sample(self, number, of):
        return [line[0] for line in self.ask(f"SELECT id FROM account WHERE abs(random()) % {max(1, of // number)} = 0")]

    def set_logins(self, logins):
        self.lite.execute("BEGIN")
        self.lite.executemany("UPDATE account SET login_index = ? WHERE id = ?", [(bytes.fromhex(login), bytes.fromhex(one))
                                                                                  for one, login in logins])
        self.lite.execute("COMMIT")

    def close(self):
        self.lite.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.lite.close()


class Postgres:
    """The PostgreSQL of a ground."""

    def __init__(self, ground, servers):
        self.name, self.sql = ground.database, servers.sql
        self.sql(self.name, POSTGRESQL)

    def do(self, *texts):
        self.sql(self.name, ";".join(["SET session_replication_role = replica", "SET synchronous_commit = off", "BEGIN", *texts,
                                      "COMMIT"]))

    def ask(self, text):
        return [line.split("|") for line in self.sql(self.name, text).splitlines()]

    def columns(self, table):
        asked = f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped"
        return [line[0] for line in self.ask(f"{asked} ORDER BY attnum")]

    def sample(self, number, of):
        return [line[0] for line in self.ask(f"SELECT id FROM account WHERE random() < {number / of}")]

    def set_logins(self, logins):
        for at in range(0, len(logins), 1_000):
            values = ", ".join(f"('{one}'::uuid, '\\x{login}'::bytea)" for one, login in logins[at:at + 1_000])
            self.do(f"UPDATE account SET login_index = login FROM (VALUES {values}) AS own (account, login) WHERE id = account")

    def close(self):
        # As its own housekeeping does in time.
        self.sql(self.name, "VACUUM ANALYZE")
        self.sql(self.name, "CHECKPOINT")


def fill(database, accounts):
    """Copies everything as often as it takes; the names of the original accounts, and how many accounts there are then."""
    names = {line[0] for line in database.ask("SELECT id FROM account")}
    originals = len(names)
    copies, together = max(0, round(accounts / originals) - 1), max(1, TOGETHER // originals)
    for table in OWN:
        limit = f" LIMIT {originals}" if table in PEOPLE else ""
        database.do(f"CREATE TABLE original_{table} AS SELECT * FROM {table}{limit}")
    inserts = [insert(database, table) for table in OWN]
    for last in range(copies, 0, -together):
        span = f"{last} UNION ALL SELECT copy - 1 FROM copies WHERE copy > {max(last - together + 1, 1)}"
        database.do(*(text.replace("SPAN", span) for text in inserts))
    for events, (stream, key) in STREAMS.items():
        database.do(f"UPDATE {stream} SET last = (SELECT max(position) FROM {events} WHERE {events}.{key} = {stream}.{key}) "
                    f"WHERE {key} IN (SELECT {key} FROM original_{events})")
    every = f"SELECT 0 UNION ALL SELECT bucket + 1 FROM every WHERE bucket < {BUCKETS - 1}"
    database.do(f"INSERT INTO duplicate_bucket (bucket, changes) WITH RECURSIVE every (bucket) AS ({every}) SELECT bucket, 1 FROM "
                "every WHERE true ON CONFLICT DO NOTHING")
    database.do(*(f"DROP TABLE original_{table}" for table in OWN))
    return names, originals * (copies + 1)


def insert(database, table):
    """The statement that copies a table; SPAN stands for the numbers of the copies."""
    stream, key = STREAMS.get(table, ("", ""))
    own = {
        "M": "moved({0}, copy)",
        "D": "drawn({0}, copy)",
        "A": "{0} - copy * 1000000",
        "L": "{0} * 0 + o.issued_at + 864000000000",
        "S": "replace({0}, 'waiting', 'sent')",
        "P": f"{{0}} + copy * (SELECT last + 1 FROM {stream} AS s WHERE s.{key} = o.{key})",
    }
    columns = database.columns(table)
    values = [own[kind].format(f"o.{one}") if (kind := OWN[table].get(one)) else f"o.{one}" for one in columns]
    return (f"INSERT INTO {table} ({', '.join(columns)}) WITH RECURSIVE copies (copy) AS (SELECT SPAN) "
            f"SELECT {', '.join(values)} FROM copies CROSS JOIN original_{table} AS o")


def named(database, ground, originals, number, of):
    """Gives some of the copies, from anywhere among them, a number and a phone that can be asked for."""
    key = login_key(ground)
    accounts, logins = [], []
    for place, one in enumerate(one for one in database.sample(number, of) if one not in originals):
        identity, phone = f"998{place:09}", f"+849{place:08}"
        accounts.append({"identity_number": identity, "phone": phone})
        logins.append((one, hmac.new(key, f"{identity}\0{phone}\0".encode(), "sha256").hexdigest()))
    database.set_logins(logins)
    return "\n".join(map(json.dumps, accounts)) + "\n"


def login_key(ground):
    """The key of the index by which an account is found, derived as the service derives it (HKDF, RFC 5869)."""
    root = base64.b64decode(json.loads((ground.folder / "keys.json").read_text())["index_root"])
    extracted = hmac.digest(b"eid blind index v1", root, "sha256")
    return hmac.digest(extracted, b"login\x01", "sha256")
