"""What the machine can do at best: the bare echo over mutual TLS, pgbench and bare SQLite with the rows that the service writes."""

import os
import pathlib
import re
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time

from ground import EID, SETTINGS, TOP, Ground, keep

PGBENCH = shutil.which("pgbench") or next(map(str, sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pgbench"))), "")


class Echo:
    """The bare echo, with the certificates of a ground."""

    def __init__(self, ground, answer_bytes):
        self.ground, self.bytes, self.port = ground, int(answer_bytes), next(Ground.ports)

    def spawn(self):
        return subprocess.Popen([EID, "load", "echo", self.ground.folder, "--port", str(self.port), "--bytes", str(self.bytes)],
                                stdout=self.ground.log("echo"), stderr=subprocess.STDOUT)

    def __enter__(self):
        self.process = self.spawn()
        self.ground.wait(self.port)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def load(self, what, in_flight):
        return self.ground.load(what, in_flight, "--unread", "--server", f"https://localhost:{self.port}")


def pgbench(servers, database, script, clients, **variables):
    if not PGBENCH:
        raise SystemExit("pgbench is missing; on Debian it comes with the package postgresql")
    with tempfile.TemporaryDirectory() as logs:
        asked = [PGBENCH, "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(SETTINGS["seconds"]), "-l",
                 f"--log-prefix={logs}/log", "-f", str(TOP / f"benches/limits/{script}.sql")]
        for name, value in variables.items():
            asked += ["-D", f"{name}={value}"]
        done = subprocess.run([*asked, f"{servers.postgres}/{database}"], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"pgbench failed: {done.stderr}")
        took = [int(line.split()[2]) for log in pathlib.Path(logs).iterdir() for line in log.read_text().splitlines()]
    if not took:
        raise SystemExit(f"pgbench did nothing in {SETTINGS['seconds']} s: {done.stdout} {done.stderr}")
    told = {"where": f"pgbench {script}", "in_flight": clients, "p50": statistics.median(took),
            "per_second": float(re.search(r"tps = ([\d.]+)", done.stdout).group(1))}
    keep(told)
    return told


def bare_copy(ground, name, tables):
    """A database with some of the tables of a ground and their indexes, empty, as durable as the service's."""
    path = ground.folder / f"{name}.sqlite"
    path.unlink(missing_ok=True)
    bare = sqlite3.connect(path, isolation_level=None)
    bare.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
    with sqlite3.connect(ground.folder / "eid.sqlite") as schema:
        named = ", ".join("?" * len(tables))
        for (text,) in schema.execute(f"SELECT sql FROM sqlite_schema WHERE tbl_name IN ({named}) AND sql IS NOT NULL", tables):
            bare.execute(text)
    return bare


def bare_sqlite(ground):
    """One set of the rows of a request for each commit."""
    lite = bare_copy(ground, "bare", ["request", "enrolment", "enrolment_stream", "enrolment_event", "binding",
                                      "duplicate_bucket", "duplicate_key", "receipt", "audit_entry"])
    blob, sets, begun = os.urandom(1_040), 0, time.monotonic()
    while time.monotonic() < begun + SETTINGS["seconds"]:
        rows_of_a_request(lite, blob, time.time_ns() // 1_000)
        sets += 1
    lite.close()
    told = {"where": "bare sqlite", "per_second": sets / (time.monotonic() - begun)}
    keep(told)
    return told


def rows_of_a_request(lite, blob, now):
    draw = os.urandom
    timed = lambda: (now // 1_000).to_bytes(6, "big") + draw(10)
    enrolment, officer = timed(), bytes(16)
    lite.execute("BEGIN IMMEDIATE")
    lite.execute("INSERT INTO request (caller, request_id, content, answer, at) VALUES (?, ?, ?, ?, ?)",
                 (officer, timed(), draw(32), "x" * 86, now))
    lite.execute("INSERT INTO enrolment (id, office, officer, received_at, since, revision, notes, content, passport_index, "
                 "stage, due_at, deadline_basis, version) VALUES (?, '79-01', ?, ?, ?, 1, '[]', ?, ?, 'forwarded', ?, 'x', 1)",
                 (enrolment, officer, now, now, blob, draw(32), now))
    lite.execute("INSERT INTO enrolment_stream (office, last) VALUES ('79-01', 2) ON CONFLICT (office) DO UPDATE SET last = "
                 "last + 2")
    (last,) = lite.execute("SELECT last FROM enrolment_stream WHERE office = '79-01'").fetchone()
    lite.executemany("INSERT INTO enrolment_event (office, position, enrolment_id, at, verb, to_stage, actor) VALUES "
                     "('79-01', ?, ?, ?, ?, 'forwarded', 'service:rules')",
                     [(last - 1, enrolment, now, "receive"), (last, enrolment, now, "forward")])
    lite.executemany("INSERT INTO binding (kind, value, owner, holders) VALUES (?, ?, ?, 1)",
                     [(kind, draw(32), enrolment) for kind in ("phone", "passport", "card")])
    lite.executemany("INSERT INTO duplicate_bucket (bucket, changes) VALUES (?, 1) ON CONFLICT (bucket) DO UPDATE SET changes "
                     "= changes + 1", [(int.from_bytes(draw(3), "big") >> 4,) for _ in range(9)])
    lite.executemany("INSERT INTO duplicate_key (value, enrolment, kind, form) VALUES (?, ?, 'name-birth', 1)",
                     [(draw(16), enrolment) for _ in range(9)])
    lite.execute("INSERT INTO receipt (enrolment_id, revision, signed) VALUES (?, 1, ?)", (enrolment, "x" * 413))
    lite.executemany("INSERT INTO audit_entry (id, at, actor, subject, action, canonical, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
                     [(timed(), now, "staff", enrolment, "x", blob[:size], draw(32)) for size in (299, 249)])
    lite.execute("COMMIT")
