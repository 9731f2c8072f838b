"""P1, P2, P3, P8, P12, P15, P17: requests are handed in."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time

from ground import SETTINGS, Ground, keep, peak, rss

from . import examination
from .book import at_least, at_most, micros, rate, row, turns
from .limits import Echo, bare_sqlite, pgbench

# What the benchmark calls the algorithm of practice chips.
P256 = "P256 Named Sha256"


def submit(work, servers):
    people = 40_000 + 30_000 * SETTINGS["turns"]
    with Ground(work, "submit_postgresql", servers, people) as postgres, Ground(work, "submit_sqlite", None, people) as sqlite:
        officer = servers.sql(postgres.database, "SELECT id FROM staff WHERE role = 'officer' LIMIT 1")
        peer = lambda clients: lambda: pgbench(servers, postgres.database, "submit", clients, officer=officer,
                                               content=secrets.token_hex(1_040))
        ours32, ours128, limit = turns(lambda: postgres.submit(32), lambda: postgres.submit(128), peer(32))
        at_least("P1", "Submit on PostgreSQL at 32 in flight, to pgbench at 32 clients", ours32["per_second"],
                 limit["per_second"], 0.8, f"{rate(ours32)} to {rate(limit)}")
        at_least("P1", "the same at 128", ours128["per_second"], limit["per_second"], 1.0, rate(ours128))
        lite, bare = turns(lambda: sqlite.submit(128), lambda: bare_sqlite(sqlite))
        at_least("P2", "Submit on SQLite at 128 in flight, to one row set for each commit", lite["per_second"],
                 bare["per_second"], 1.5, f"{rate(lite)} to {rate(bare)}")
        with Echo(postgres, ours32["answer_bytes"]) as echo:
            one, statement, bounced = turns(lambda: postgres.submit(1), peer(1), lambda: echo.load("submit", 1))
            at_most("P3", "Submit p50 at 1 in flight on PostgreSQL, to echo and one statement", one["p50"],
                    statement["p50"] + bounced["p50"], 2.0, f"{micros(one)} to {micros(bounced)} + {micros(statement)}")


def chips(work, servers):
    """Both grounds take turns, so that the rates with and without chips are of one run.

    The time of an examination is that of the benchmark with a known signer, as all these chips have one signer, if the benchmark
    was run before. Otherwise it is what a chip adds to the processor's time for a request at one in flight, which is more: to
    read and write the files of the chip is in it.
    """
    cores = len(os.sched_getaffinity(0))
    # To make a chip costs far more than to check it: a turn is so many people, not so many seconds.
    each, alone = 2_000, 400
    people = (each + alone) * SETTINGS["turns"]
    many = lambda ground: lambda: ground.load("submit", 64, "--calls", each, "--warm-up", 0, seconds=60)
    with (Ground(work, "with_chips", servers, people, chips=True) as with_chips,
          Ground(work, "without_chips", servers, people) as without):
        examined, whose = examination.KNOWN.get(P256, 0) / 1e6, "by the benchmark"
        if not examined:
            one, other = turns(lambda: processor(with_chips, alone), lambda: processor(without, alone))
            examined, whose = max(one["seconds"] - other["seconds"], 0.0), "all that a chip adds"
        ours, plain = turns(many(with_chips), many(without))
        series = 1 / (1 / plain["per_second"] + examined / cores)
        at_least("P8", "Submit with a P-256 chip at 64 in flight, to the series rate", ours["per_second"], series, 0.75,
                 f"{rate(ours)} to 1/(1/{plain['per_second']:.0f} + {examined * 1e6:.0f} µs/{cores}) = {series:.0f}/s, {whose}")


def processor(ground, calls):
    """Seconds of the processor that the service takes for a request, one at a time."""
    # The kernel's clock of a process, as clock_getcpuclockid(3) names it: /proc tells hundredths of a second only.
    spent = lambda: time.clock_gettime(~ground.service.pid << 3 | 2)
    before = spent()
    told = ground.load("submit", 1, "--calls", calls, "--warm-up", 0, seconds=60)
    told = {"where": ground.name, "seconds": (spent() - before) / told["answered"]}
    keep(told)
    return told


def memory(work, servers):
    with Ground(work, "memory_idle", people=1) as idle:
        time.sleep(2)
        resident = rss(idle.service.pid)
        row("P12", "resident memory, idle", f"{resident:.0f} MiB", "≤ 25 MiB", resident <= 25)
    with Ground(work, "memory_busy", servers, people=40_000) as busy:
        busy.submit(128)
        resident = rss(busy.service.pid)
        row("P12", "resident memory after 128 in flight on PostgreSQL", f"{resident:.0f} MiB", "≤ 48 MiB", resident <= 48,
            f"at most {peak(busy.service.pid):.0f} MiB")


def overload(work, servers):
    """As many callers as saturate the service, then four times as many; whoever is refused comes back when it was told to."""
    with Ground(work, "overload", servers, people=60_000 + 40_000 * SETTINGS["turns"]) as ground:
        most = {at: ground.submit(at)["per_second"] for at in (32, 64, 128)}
        # The fewest in flight that reach what can be reached, as nearly as a noisy machine tells.
        saturating = min(at for at, reached in most.items() if reached >= 0.95 * max(most.values()))
        # That many are more than the service takes at once by default.
        many = 4 * max(saturating, 128)
        peak(ground.service.pid)

        def measured(in_flight):
            # Whoever is refused comes with the next person, half a second later.
            people = round((2 * in_flight + 1.5 * max(most.values())) * (SETTINGS["seconds"] + 1))
            told = ground.load("submit", in_flight, "--calls", people)
            return {**told, "peak": peak(ground.service.pid)}

        ours, full = turns(lambda: measured(saturating), lambda: measured(many))
        at_least("P15", f"Submit at {many} in flight, to its peak at {saturating}", full["per_second"], ours["per_second"], 0.9,
                 f"{rate(full)} to {rate(ours)}, p99 {full['p99'] / 1000:.0f} ms")
        if "refused" in full:
            row("P15", "refused then, p99", f"{full['refused_p99'] / 1000:.1f} ms", "≤ 10 ms",
                full["refused"] > 0 and full["refused_p99"] <= 10_000, f"{full['refused']:.0f} refused")
        at_most("P15", "most memory then, to that at the peak", full["peak"], ours["peak"], 2,
                f"{full['peak']:.0f} to {ours['peak']:.0f} MiB")


def trips(work, servers):
    """Statements and flushes of a Submit: counted by PostgreSQL itself, and of SQLite by the kernel."""
    with Ground(work, "trips", servers, people=10_000) as ground:
        servers.sql("trips", "CREATE EXTENSION pg_stat_statements")
        for at, goal in [(1, 1.0), (128, 0.125)]:
            ground.load("submit", at, "--calls", 300, "--warm-up", 0, seconds=60)
            since = reset_counters(servers, "trips")
            told = ground.load("submit", at, "--calls", 1_000, "--warm-up", 0, seconds=60)
            flushed = flushes(servers) / told["answered"]
            if at == 1:
                each = statements(servers, "trips", told["answered"], since)
                row("P17", "statements for a Submit at 1 in flight", f"{each:.1f}", "≤ 1", each <= 1.05)
            row("P17", f"flushes for a Submit at {at} in flight", f"{flushed:.2f}", f"≤ {goal}", 0 < flushed <= 1.05 * goal)
    with Ground(work, "trips_sqlite", people=10_000) as ground:
        for at, goal in [(1, 1.0), (128, 0.125)]:
            ground.load("submit", at, "--calls", 300, "--warm-up", 0, seconds=60)
            if not shutil.which("strace"):
                row("P17", f"flushes for a Submit at {at} in flight on SQLite", "not counted", f"≤ {goal}", None,
                    "strace is missing; on Debian it is the package strace")
                continue
            with Flushes(ground.service.pid) as counted:
                told = ground.load("submit", at, "--calls", 1_000, "--warm-up", 0, seconds=60)
            flushed = counted.flushes / told["answered"]
            row("P17", f"flushes for a Submit at {at} in flight on SQLite", f"{flushed:.2f}", f"≤ {goal}",
                0 < flushed <= 1.05 * goal)


def reset_counters(servers, database):
    """Resets the counters, and says when."""
    servers.sql(database, "SELECT pg_stat_statements_reset(), pg_stat_reset_shared('wal')")
    if version(servers) >= 18:
        servers.sql(database, "SELECT pg_stat_reset_shared('io')")
    return time.monotonic()


def flushes(servers):
    """Of the write-ahead log since the counters were reset, whoever asked for them."""
    # Backends tell what they have done at most once a second.
    time.sleep(1.5)
    moved = "SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal'"
    return float(servers.sql("postgres", moved if version(servers) >= 18 else "SELECT wal_sync FROM pg_stat_wal"))


def version(servers):
    return int(servers.sql("postgres", "SHOW server_version_num")) // 10_000


def statements(servers, database, calls, since):
    """Statements for each of so many calls, made since the counters were reset: all of them, less as many as run by the clock in
    the same time while nobody calls."""
    told, took = counted_statements(servers, database), time.monotonic() - since
    reset_counters(servers, database)
    time.sleep(took)
    at_rest = counted_statements(servers, database)
    for times, text in told:
        keep({"where": database, "for_each_call": times / calls, "statement": text})
    return (sum(times for times, _ in told) - sum(times for times, _ in at_rest)) / calls


def counted_statements(servers, database):
    """How often each statement was run since the counters were reset."""
    asked = f"""
        SELECT calls, left(regexp_replace(query, '\\s+', ' ', 'g'), 120)
        FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
        WHERE datname = '{database}' AND query !~ 'pg_stat' ORDER BY calls DESC"""
    return [(int(times), text) for times, text in (line.split("|", 1) for line in servers.sql(database, asked).splitlines())]


class Flushes:
    """Counts the flushes of a process while it is entered."""

    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        self.told = tempfile.NamedTemporaryFile("r")
        self.strace = subprocess.Popen(["strace", "-f", "-c", "-e", "trace=fdatasync,fsync", "-p", str(self.pid), "-o",
                                        self.told.name], stderr=subprocess.PIPE, text=True)
        # It says so when it is there.
        self.strace.stderr.readline()
        return self

    def __exit__(self, *_):
        self.strace.send_signal(signal.SIGINT)
        self.strace.wait()
        lines = [line.split() for line in self.told.read().splitlines()]
        self.flushes = sum(int(line[3]) for line in lines if line and line[-1] in ("fdatasync", "fsync"))
        self.told.close()
