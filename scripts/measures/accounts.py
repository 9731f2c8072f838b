"""P4, P5, P9: it is asked where accounts stand, and holders activate them."""

import contextlib
import secrets
import subprocess
import time

from ground import SETTINGS, Ground

from .book import at_least, at_most, micros, rate, row, turns
from .intake import flushes, reset_counters, statements
from .limits import Echo, pgbench

# Codes that are typed in one turn.
CODES = 400


def status(work, servers):
    with Ground(work, "status_sqlite", people=2_000) as sqlite, Ground(work, "status_postgresql", servers, 2_000) as postgres:
        for ground, goal, first in [(sqlite, 0.70, 1.3), (postgres, 0.45, 2.0)]:
            ground.accounts(2_000)
            engine = "PostgreSQL" if ground.database else "SQLite"
            size = ground.load("status", 1)["answer_bytes"]
            with Echo(ground, size) as echo:
                for at in (32, 128):
                    ours, bounced = turns(lambda: ground.load("status", at), lambda: echo.load("status", at))
                    at_least("P4", f"GetStatus on {engine} at {at} in flight, to the echo", ours["per_second"],
                             bounced["per_second"], goal, f"{rate(ours)} to {rate(bounced)}")
                    if at == 32:
                        at_most("P5", f"GetStatus on {engine}, p99 to p50 at 32", ours["p99"], ours["p50"], 4)
                ours, bounced = turns(lambda: ground.load("status", 1), lambda: echo.load("status", 1))
                at_most("P5", f"GetStatus p50 on {engine} at 1 in flight, to the echo", ours["p50"], bounced["p50"], first,
                        f"{micros(ours)} to {micros(bounced)}")


def typed(ground, in_flight, codes=CODES):
    """Codes are sent; when the carrier has them all, they are typed."""
    sent(ground, codes)
    return ground.load("activate", in_flight, "--calls", codes, "--warm-up", 0, seconds=120, connections=4)


def sent(ground, codes):
    """Returns when the carrier, which is a file, gets nothing more."""
    ground.load("send-code", 16, "--calls", codes, "--warm-up", 0, seconds=120, connections=4)
    carried = ground.folder / "messages.jsonl"
    size = -1
    while size != (size := carried.stat().st_size if carried.exists() else 0):
        time.sleep(1)


def activate(work, servers):
    number = CODES * (SETTINGS["turns"] + 1)
    with Ground(work, "activate", servers, people=number) as ground:
        ground.accounts(number)
        servers.sql("activate", "CREATE EXTENSION pg_stat_statements")
        limit_tables(servers)
        backend = servers.sql("activate", "SELECT id FROM staff WHERE role = 'app_backend' LIMIT 1")
        peer = lambda: pgbench(servers, "activate", "activate", 32, staff=backend, accounts=number,
                               content=secrets.token_hex(600))
        ours, limit = turns(lambda: typed(ground, 32), peer)
        at_least("P9", "Activate on PostgreSQL at 32 in flight, to pgbench", ours["per_second"], limit["per_second"], 0.9,
                 f"{rate(ours)} to {rate(limit)}")
        counted(ground, servers)


def limit_tables(servers):
    servers.sql("activate", "CREATE TABLE limit_account AS SELECT row_number() OVER () AS place, account.* FROM account")
    servers.sql("activate", "CREATE TABLE limit_code AS SELECT id AS account_id, 0::bigint AS tries, NULL::bigint AS spent_at, "
                "1::bigint AS version, decode(repeat('ab', 32), 'hex') AS sealed FROM account")
    servers.sql("activate", "ALTER TABLE limit_account ADD PRIMARY KEY (place); ALTER TABLE limit_code ADD PRIMARY KEY "
                "(account_id)")


def counted(ground, servers):
    """One at a time, so that nothing is gathered, while the senders stand still, so that nobody else does anything."""
    few = CODES // 2
    typed(ground, 1, few)
    sent(ground, few)
    with held(servers):
        since = reset_counters(servers, "activate")
        told = ground.load("activate", 1, "--calls", few, "--warm-up", 0, seconds=120, connections=4)
        flushed, each = flushes(servers) / few, statements(servers, "activate", few, since)
    if told["answered"] < few:
        raise SystemExit(f"of {few} codes {told['answered']} were right: {told['failures']}")
    row("P9", "statements for an Activate at 1 in flight", f"{each:.1f}", "≤ 3", each <= 3.05)
    row("P9", "flushes, which are commits, for an Activate at 1 in flight", f"{flushed:.2f}", "1", 0 < flushed <= 1.1)


@contextlib.contextmanager
def held(servers):
    """Nobody claims a message meanwhile: one that is due first of all is locked, and every sender waits for it."""
    session = subprocess.Popen(["psql", "-qAtX", f"{servers.postgres}/activate"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True)
    session.stdin.write("UPDATE outbox SET state = 'waiting', due_at = 0, useful_until = 9000000000000000 WHERE id = (SELECT id "
                        "FROM outbox WHERE state = 'sent' LIMIT 1);\nBEGIN;\nSELECT 'locked' FROM outbox WHERE due_at = 0 FOR "
                        "UPDATE;\n\\echo done\n")
    session.stdin.flush()
    try:
        if session.stdout.readline().strip() != "locked":
            raise SystemExit("a sender was there first")
        yield
    finally:
        session.communicate("ROLLBACK;\n")
