"""P13, P18: what a million accounts change, and how soon a service that has them answers after its start."""

import copy
import shutil

from ground import SETTINGS, Ground, keep

from .accounts import CODES, typed
from .book import at_least, at_most, micros, rate, turns
from .filling import Lite, Postgres, fill, named
from .first_answer import first_answer
from .limits import Echo

FEW = 10_000
# Messages that wait when the service starts.
WAITING = 1_000
# Accounts that are asked about, from anywhere among all.
ASKED = 20_000
GROWN = {}


def grown(work, servers, engine, accounts):
    """A ground with so many accounts, made once, and one beside it that asks about some from anywhere among them."""
    if (engine, accounts) not in GROWN:
        people = 30_000 + 20_000 * SETTINGS["turns"]
        ground = Ground(work, f"grown_{engine.lower()}_{accounts}", servers if engine == "PostgreSQL" else None, people)
        with ground:
            ground.accounts(CODES * (SETTINGS["turns"] + 1))
            typed(ground, 32)
        database = filled(ground, servers)
        originals, there = fill(database, accounts)
        asked = copy.copy(ground)
        asked.folder = ground.folder.with_name(f"{ground.folder.name}_asked")
        shutil.copytree(ground.folder, asked.folder, ignore=shutil.ignore_patterns("eid.sqlite*", "*.csv", "*.jsonl"))
        (asked.folder / "accounts.jsonl").write_text(named(database, ground, originals, min(ASKED, there), there))
        database.close()
        keep({"where": ground.name, "accounts": there})
        GROWN[engine, accounts] = ground, asked
    return GROWN[engine, accounts]


def filled(ground, servers):
    return Postgres(ground, servers) if ground.database else Lite(ground)


def wait(ground, servers):
    """Some of the messages wait, due now, and no others."""
    database = filled(ground, servers)
    some = f"SELECT id FROM outbox WHERE state = 'sent' ORDER BY id LIMIT {WAITING}"
    database.do("UPDATE outbox SET state = 'sent' WHERE state = 'waiting'",
                f"UPDATE outbox SET state = 'waiting', sent_at = NULL, attempts = 0, due_at = created_at WHERE id IN ({some})")
    if not ground.database:
        database.close()


def growth(work, servers):
    many = SETTINGS["accounts"]
    for engine in ("PostgreSQL", "SQLite"):
        (small, asks_small), (big, asks_big) = (grown(work, servers, engine, number) for number in (FEW, many))
        with small, big:
            few, all_of_them = turns(lambda: asks_small.load("status", 32), lambda: asks_big.load("status", 32))
            what = f"on {engine} with {many:,} accounts, to that with {FEW:,}"
            at_most("P13", f"GetStatus p50 at 32 in flight {what}", all_of_them["p50"], few["p50"], 1.3,
                    f"{micros(all_of_them)} to {micros(few)}")
            at_most("P13", f"GetStatus p99 {what}", all_of_them["p99"], few["p99"], 2,
                    f"{all_of_them['p99']:.0f} to {few['p99']:.0f} µs")
            few, all_of_them = turns(lambda: small.submit(32), lambda: big.submit(32))
            at_least("P13", f"Submit at 32 in flight {what}", all_of_them["per_second"], few["per_second"], 0.7,
                     f"{rate(all_of_them)} to {rate(few)}")
            few, all_of_them = turns(lambda: typed(small, 32), lambda: typed(big, 32))
            at_least("P13", f"Activate at 32 in flight {what}", all_of_them["per_second"], few["per_second"], 0.7,
                     f"{rate(all_of_them)} to {rate(few)}")


def start(work, servers):
    many = min(SETTINGS["accounts"], 1_000_000)
    for engine in ("PostgreSQL", "SQLite"):
        ground, asked = grown(work, servers, engine, many)
        account = (asked.folder / "accounts.jsonl").read_text().split('"')
        message = b"".join(bytes([tag, len(value)]) + value.encode() for tag, value in [(0x0a, account[3]), (0x12, account[7])])
        echo = Echo(ground, 20)

        def began(spawn, port, path):
            wait(ground, servers)
            process, seconds = first_answer(spawn, port, ground, path, message)
            process.terminate()
            process.wait()
            keep({"where": ground.name, "path": path, "first_answer_secs": seconds})
            return {"seconds": seconds}

        ours, bare = turns(lambda: began(ground.spawn, ground.port, "/eid.issuance.v1.ActivationService/GetStatus"),
                           lambda: began(echo.spawn, echo.port, "/eid.load.v1.Echo/Answer"))
        messages, = ground.rows(servers, "SELECT count(*) FROM outbox")
        at_most("P18", f"start to first answer on {engine}, to the echo", ours["seconds"], bare["seconds"], 5,
                f"{ours['seconds'] * 1e3:.0f} to {bare['seconds'] * 1e3:.0f} ms; {many:,} accounts, {int(messages[0]):,} messages")
