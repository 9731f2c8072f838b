"""The book that figures are entered in: rows of the table, ratios of medians, turns."""

import statistics

from ground import SETTINGS

ROWS = []


def row(name, what, figure, goal, met, more=""):
    """A row of the table; `met` is None where nothing could be measured."""
    ROWS.append((name, what, figure, goal, {True: "yes", False: "**no**", None: "–"}[met], more))
    print(f"{name:4} {what}: {figure} (goal {goal}) {'MISSED ' if met is False else ''}{more}", flush=True)


def at_least(name, what, one, other, goal, more=""):
    ratio = one / other if other else 0.0
    row(name, what, f"{ratio:.2f}", f"≥ {goal}", ratio >= goal, more)


def at_most(name, what, one, other, goal, more=""):
    ratio = one / other if other else 0.0
    row(name, what, f"{ratio:.2f}", f"≤ {goal}", 0 < ratio <= goal, more)


def turns(*measures):
    """Each in its turn, as often as was said; the median of each over its turns, figure by figure."""
    told = [[] for _ in measures]
    for _ in range(SETTINGS["turns"]):
        for kept, measure in zip(told, measures):
            kept.append(measure())
    number = lambda value: isinstance(value, (int, float))
    return [{key: statistics.median(one[key] for one in kept) for key, value in kept[0].items() if number(value)}
            for kept in told]


def rate(told):
    return f"{told['per_second']:.0f}/s"


def micros(told):
    return f"{told['p50']:.0f} µs"


def table():
    lines = ["| | what | figure | goal | met | |", "|---|---|---|---|---|---|"]
    return "\n".join(lines + [f"| {' | '.join(map(str, entries))} |" for entries in ROWS])
