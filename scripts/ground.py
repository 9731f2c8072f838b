"""Grounds on which the service is measured and broken: private servers, a practice installation, its service.

Shared by scripts/measure and tests/faults/run.
"""

import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", TOP / "target"))
EID = pathlib.Path(os.environ.get("EID_PROGRAM", TARGET / "release/eid"))
# How long a run takes and how often each has its turn unless told otherwise, and where raw figures are kept, if anywhere.
SETTINGS = {"seconds": 5, "turns": 3, "raw": None}


def build():
    """Builds the program, unless another one is named."""
    if "EID_PROGRAM" not in os.environ:
        subprocess.run(["cargo", "build", "--release", "--locked"], check=True, cwd=TOP)


class Servers:
    """A private PostgreSQL and Redis, by scripts/servers."""

    def __enter__(self):
        # Answers of the limits are on disk as ours are.
        durable = {**os.environ, "EID_SERVERS_FSYNC": "on"}
        self.process = subprocess.Popen([str(TOP / "scripts/servers")], env=durable, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        settings = {}
        for line in self.process.stdout:
            if line.strip() == "ready":
                break
            name, _, value = line.strip().partition("=")
            settings[name] = value
        self.postgres = settings["EID_TEST_POSTGRES_URL"].rsplit("/", 1)[0]
        self.redis = settings["EID_TEST_REDIS_URL"]
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def database(self, name):
        self.sql("postgres", f"CREATE DATABASE {name}")
        return f"{self.postgres}/{name}"

    def sql(self, database, text):
        asked = ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", f"{self.postgres}/{database}", "-c", text]
        return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()

    def postmaster(self):
        return int(self.sql("postgres", "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"))


class Ground:
    """A practice installation and its service."""

    ports = iter(range(18443, 19000))

    def __init__(self, work, name, servers=None, people=20_000, chips=False, settings=""):
        self.folder, self.port, self.name, self.rates = work / name, next(self.ports), name, {}
        asked = ["--people", str(people), "--officers", "128", "--port", str(self.port)]
        self.database = None
        if servers:
            self.database = name
            asked += ["--store", servers.database(name), "--redis", servers.redis]
        if chips:
            asked.append("--chips")
        run(EID, "load", "prepare", self.folder, *asked)
        with open(self.folder / "eid.toml", "a") as file:
            file.write(settings)

    def spawn(self):
        return subprocess.Popen([EID, "serve", "--config", self.folder / "eid.toml"], stdout=self.log("serve"),
                                stderr=subprocess.STDOUT)

    def __enter__(self):
        begun = time.monotonic()
        self.service = self.spawn()
        self.wait(self.port)
        self.started = time.monotonic() - begun
        return self

    def __exit__(self, *_):
        self.service.send_signal(signal.SIGTERM)
        self.service.wait()

    def log(self, name):
        return open(self.folder.parent / f"{self.name}-{name}.log", "ab")

    def wait(self, port):
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        sys.exit(f"nothing answers on port {port}")

    def load(self, what, in_flight, *more, seconds=None, connections=None):
        connections = connections or (min(in_flight, 64) if what != "submit" or in_flight > 1 else 16)
        asked = [EID, "load", "run", self.folder, what, "--in-flight", in_flight, "--connections", connections, "--json",
                 "--seconds", seconds or SETTINGS["seconds"], *([] if "--warm-up" in more else ["--warm-up", 1]), *more]
        return figures(self.name, what, in_flight, asked)

    def submit(self, in_flight, *more, seconds=None):
        """Requests of people who come once: half as many more are made ready as were served in the same time before."""
        seconds = seconds or SETTINGS["seconds"]
        if in_flight not in self.rates:
            self.rates[in_flight] = self.load("submit", in_flight, "--calls", 300, "--warm-up", 0, seconds=30)["per_second"]
        ready = max(300, round(1.5 * self.rates[in_flight] * (seconds + 1)))
        told = self.load("submit", in_flight, "--calls", ready, *more, seconds=seconds)
        self.rates[in_flight] = max(self.rates[in_flight], told["per_second"])
        return told

    def accounts(self, number):
        """Accounts for whatever asks about them."""
        self.load("submit", 64, "--calls", number, "--warm-up", 0, seconds=600)
        self.load("decide", 32, "--calls", number, "--warm-up", 0, seconds=600, connections=4)

    def rows(self, servers, text):
        """The rows that a statement brings, as texts."""
        if self.database:
            return [line.split("|") for line in servers.sql(self.database, text).splitlines()]
        with sqlite3.connect(self.folder / "eid.sqlite", timeout=60) as lite:
            return [[str(value) for value in one] for one in lite.execute(text)]


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{command[0]} failed: {done.stderr}")
    return done.stdout


def figures(where, what, in_flight, command):
    told = json.loads(run(*command).strip().splitlines()[-1])
    keep({"where": where, **told})
    if told["failed"] and not (told["failures"].keys() <= {"ResourceExhausted", "Unavailable"}):
        print(f"  {where} {what} at {in_flight}: {told['failures']}", file=sys.stderr)
    return told


def keep(raw):
    if SETTINGS["raw"]:
        with open(SETTINGS["raw"], "a") as kept:
            kept.write(json.dumps(raw) + "\n")


def rss(pid):
    """Resident memory, in MiB."""
    return resident(pid, "VmRSS")


def peak(pid):
    """The most that was resident since the start or since the last time that this was asked, in MiB."""
    most = resident(pid, "VmHWM")
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")
    return most


def resident(pid, which):
    return int(re.search(rf"{which}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024
