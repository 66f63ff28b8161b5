"""The figures of a benchmark's rounds, and what is said of them."""

import dataclasses
import os
import statistics
import sys


class Figures:
    """Of all rounds: case -> who -> [{what: figure}]."""

    def __init__(self):
        self.rounds, self.faults = {}, []

    def add(self, case, who, figures):
        self.rounds.setdefault(case, {}).setdefault(who, []).append(figures)

    def medians(self, case):
        return {who: {what: statistics.median(found[what] for found in rounds) for what in rounds[0]}
                for who, rounds in self.rounds.get(case, {}).items()}

    def lack(self, server, title, fault):
        print(f"{server.name}, {title}: {fault}\n{server.log()}", file=sys.stderr)
        self.faults.append(f"{server.name}, {title}: {fault}")


@dataclasses.dataclass(frozen=True)
class Aim:
    """`what` (a figure's key) of Metka is at most 1/`part`, or at least `times`, that of the best peer."""

    what: str
    words: str
    part: float = None
    times: float = None
    stretch: float = None

    def judge(self, ours, peers):
        best = min if self.part else max
        who, figure = best(((who, found[self.what]) for who, found in peers.items()), key=lambda pair: pair[1])
        if self.times:
            times = ours[self.what] / figure
            return verdict(self.words, f"{times:.1f} times {who}", f"at least {self.times:g} times", times >= self.times)
        times = figure / ours[self.what]
        stretch = f" (stretch 1/{self.stretch:g} {'met' if times >= self.stretch else 'missed'})" if self.stretch else ""
        return verdict(self.words, f"1/{times:.1f} of {who}", f"at most 1/{self.part:g}{stretch}", times >= self.part)


def verdict(what, ours, aim, met):
    return f"  {what}: {ours}; aim {aim}: {'met' if met else 'MISSED'}"


def in_turn(servers, number):
    """The servers of this round: none is always the first."""
    return servers[number % len(servers):] + servers[:number % len(servers)]


def drop_caches():
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as kernel:
        kernel.write("3\n")
