"""P14: the immigration record is imported."""

import pathlib
import re
import sqlite3
import subprocess
import time

from ground import EID, SETTINGS, Ground, keep, run

from .book import at_least, at_most, rate, row, turns
from .limits import bare_copy

# Rows that bare inserts commit together.
TOGETHER = 2_000


def feed(work, servers):
    """Rows validated, sealed, indexed and audited, against COPY of what was written, and against prepared inserts of it."""
    people = 20_000 if SETTINGS["seconds"] < 3 else 100_000
    records = Ground(work, "feed_people", people=people).folder / "records.csv"
    for engine, goal, peer in [("PostgreSQL", 0.30, "binary COPY"), ("SQLite", 0.40, f"prepared inserts, {TOGETHER} a commit")]:
        ground = Ground(work, f"feed_{engine.lower()}", servers if engine == "PostgreSQL" else None, people=1)
        imported(ground, records)
        bare = copied(ground, servers) if ground.database else inserted(ground)

        def ours():
            for table in ("registry_record", "card_fact"):
                emptied(ground, servers, table)
            begun = time.monotonic()
            said = imported(ground, records)
            keep({"where": ground.name, "said": said})
            return {"per_second": people / (time.monotonic() - begun)}

        mine, limit = turns(ours, bare)
        at_least("P14", f"bulk feed of {people} rows on {engine}, to {peer}", mine["per_second"], limit["per_second"], goal,
                 f"{rate(mine)} to {rate(limit)}")


def imported(ground, records):
    return run(EID, "registry", "import", records, "--config", ground.folder / "eid.toml")


def emptied(ground, servers, table):
    if ground.database:
        servers.sql(ground.database, f"TRUNCATE {table}")
    else:
        with sqlite3.connect(ground.folder / "eid.sqlite", timeout=60) as lite:
            lite.execute(f"DELETE FROM {table}")


def copied(ground, servers):
    """COPY of the same rows into a table with the same indexes."""
    name, file = ground.database, ground.folder / "records.bin"
    psql = ["psql", "-qX", f"{servers.postgres}/{name}", "-c"]
    with open(file, "wb") as into:
        subprocess.run([*psql, "COPY registry_record TO STDOUT (FORMAT binary)"], check=True, stdout=into)
    servers.sql(name, "CREATE TABLE limit_record (LIKE registry_record INCLUDING ALL)")
    number = int(servers.sql(name, "SELECT count(*) FROM registry_record"))

    def bare():
        servers.sql(name, "TRUNCATE limit_record")
        begun = time.monotonic()
        with open(file, "rb") as source:
            subprocess.run([*psql, "COPY limit_record FROM STDIN (FORMAT binary)"], check=True, stdin=source)
        return {"per_second": number / (time.monotonic() - begun)}

    return bare


def inserted(ground):
    """Prepared inserts of the same rows into a table with the same indexes, many for each commit."""
    with sqlite3.connect(ground.folder / "eid.sqlite") as lite:
        rows = lite.execute("SELECT * FROM registry_record").fetchall()
    places = ", ".join("?" * len(rows[0]))

    def bare():
        lite = bare_copy(ground, "inserts", ["registry_record"])
        begun = time.monotonic()
        for at in range(0, len(rows), TOGETHER):
            lite.execute("BEGIN")
            lite.executemany(f"INSERT INTO registry_record VALUES ({places})", rows[at:at + TOGETHER])
            lite.execute("COMMIT")
        lite.close()
        return {"per_second": len(rows) / (time.monotonic() - begun)}

    return bare


def follow(work, servers):
    """100,000 rows of people of whom some have accounts, twice: memory, and what came of the second time."""
    for engine in ("PostgreSQL", "SQLite"):
        with Ground(work, f"follow_{engine.lower()}", servers if engine == "PostgreSQL" else None, people=100_000) as ground:
            ground.accounts(400)
            records = (ground.folder / "records.csv").read_text().splitlines()
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            later = [line.replace(",issued,", ",extended,").rsplit(",", 1)[0] + f",{now}" for line in records[1:]]
            some, all_of_them = ground.folder / "some.csv", ground.folder / "all.csv"
            some.write_text("\n".join([records[0], *later[:10_000]]) + "\n")
            all_of_them.write_text("\n".join([records[0], *later]) + "\n")
            small, _ = watched(ground, some)
            big, said = watched(ground, all_of_them)
            _, again = watched(ground, all_of_them)
            at_most("P14", f"peak memory of 100,000 rows on {engine}, to 10,000 rows", big, small, 1.25,
                    f"{big / 1024:.0f} MiB; {said.splitlines()[-1].split(';')[0]}")
            row("P14", f"the same rows again on {engine}", again.splitlines()[-2].split(": ", 1)[-1], "0 new",
                " 0 records new" in again)


def watched(ground, file):
    """The peak of memory of an import, in KiB, and what it said."""
    command = [EID, "registry", "import", file, "--config", ground.folder / "eid.toml"]
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    # The peak is read while it runs: what a process is told of its child when that has ended counts the time before `exec`.
    most = 0
    while process.poll() is None:
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        most = max(most, *map(int, re.findall(r"VmHWM:\s+(\d+)", status)), 0)
        time.sleep(0.02)
    said = process.stdout.read()
    keep({"where": ground.name, "file": file.name, "peak_kib": most, "said": said})
    return most, said
