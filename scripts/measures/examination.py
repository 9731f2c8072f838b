"""P6, P7: passive authentication against its bare arithmetic, as `cargo bench --bench chip` takes them in turns."""

import os
import re
import subprocess

from ground import TOP, keep

from .book import row

# Microseconds of an examination with a known signer by algorithm, of this run.
KNOWN = {}


def examine(work, servers):
    if "EID_PROGRAM" in os.environ:
        row("P6", "passive authentication with a new signer, to its signatures", "not measured", "≤ 1.25", None,
            "a program was named, and this is a benchmark of cargo")
        return
    bench = ["cargo", "bench", "--locked", "--bench", "chip", "--", "--quick"]
    done = subprocess.run(bench, cwd=TOP, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"cargo bench failed: {done.stderr[-300:]}")
    cases = re.findall(r"^(\S.*?) +(\d+) +(\d+) +([\d.]+) +(\d+) +([\d.]+)$", done.stdout, re.MULTILINE)
    if not cases:
        raise SystemExit("the benchmark ends without its table")
    for name, bare, new, ratio, known, again in cases:
        keep({"where": "chip", "algorithm": name, "bare": int(bare), "new": int(new), "known": int(known)})
        KNOWN[name] = int(known)
        goal = 1.10 if re.search("P384|Brainpool", name) else 1.25
        row("P6", f"examination with a new signer, {name}, to its signatures", ratio, f"≤ {goal:.2f}", float(ratio) <= goal,
            f"{new} to {bare} µs")
        row("P7", f"the same with a known signer, {name}, to a new one", again, "≤ 0.65", float(again) <= 0.65, f"{known} µs")
