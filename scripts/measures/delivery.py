"""P16: messages get to their carrier, and a carrier that is slow or dead holds nobody up."""

import statistics
import threading
import time

from ground import SETTINGS, Ground, keep

from .book import at_least, rate, row, turns
from .centre import Centre

# Codes a second that wait for the carrier while requests are handed in.
CODES = 20


def carrier(work, servers):
    with Centre(next(Ground.ports)) as centre:
        password = work / "centre.password"
        password.write_text("secret")
        password.chmod(0o600)
        settings = f"""
[carriers]
sms = "smpp"

[carriers.smpp]
address = "127.0.0.1:{centre.port}"
tls = false
system_id = "eid"
password_file = "{password}"
sender = "19001"
"""
        number = 18_000 if SETTINGS["seconds"] >= 3 else 6_000
        people = number + 60_000 + 40_000 * SETTINGS["turns"]
        with Ground(work, "carrier", servers, people, settings=settings) as ground:
            ground.accounts(number)
            handed_over(ground, servers, centre, number // 3)
            held_up(ground, centre)


def handed_over(ground, servers, centre, most):
    """From the moment when the service read its clock for the code, which is before its commit, to the arrival at the carrier."""
    full = ground.load("send-code", 32, "--calls", most // 2, "--warm-up", 0, seconds=60, connections=4)["per_second"]
    settled(centre)
    before = set(centre.got)
    half = max(1, round(full / 2))
    # Each holder asks once: where they are used up sooner, the run is shorter, and its rate is the same.
    calls = min(most, half * SETTINGS["seconds"])
    told = ground.load("send-code", 64, "--rate", half, "--calls", calls, "--warm-up", 0, connections=4)
    settled(centre)
    written = ground.rows(servers, "SELECT id, created_at FROM outbox WHERE useful_until IS NOT NULL")
    took = sorted(centre.got[name] * 1e3 - int(at) / 1e3 for one, at in written
                  if (name := one.replace("-", "")) in centre.got and name not in before)
    if len(took) < told["answered"]:
        raise SystemExit(f"of {told['answered']} codes the carrier got {len(took)}")
    keep({"where": "carrier", "rate": half, "took_millis": took})
    p99 = took[min(len(took) - 1, int(len(took) * 0.99))]
    row("P16", "code at the carrier after its change began, p99 at half load", f"{p99:.0f} ms", "≤ 100 ms", p99 <= 100,
        f"{half}/s of {full:.0f}/s, {len(took)} codes, p50 {statistics.median(took):.0f} ms; SendCode p50 "
        f"{told['p50'] / 1e3:.0f} ms")


def settled(centre):
    """Waits until the centre gets nothing more."""
    got = -1
    while got != (got := len(centre.got)):
        time.sleep(1.5)


def held_up(ground, centre):
    """Requests while codes wait for a carrier that is quick, slow or dead, in turns."""

    def beside(how):
        centre.turn(how)
        seconds = SETTINGS["seconds"] + 5
        asked = ["send-code", 8, "--rate", CODES, "--warm-up", 0]
        codes = threading.Thread(target=lambda: ground.load(*asked, seconds=seconds, connections=2))
        codes.start()
        # Each run notes in the ground what it takes, at its start: one after the other.
        time.sleep(1.5)
        told = ground.submit(32)
        codes.join()
        return told

    ground.submit(32)
    quick, slow, dead = turns(*(lambda how=how: beside(how) for how in ("quick", "slow", "dead")))
    for how, told in [("takes 5 s a message", slow), ("is dead", dead)]:
        at_least("P16", f"Submit while codes wait for a carrier that {how}, to one that is quick", told["per_second"],
                 quick["per_second"], 0.95, f"{rate(told)} to {rate(quick)}")
