#!/usr/bin/env python3
"""Holds a policy against the strongest published forms, cell by cell.

    experiments/better_than_dysta.py --dysta build/release/dysta --out DIR [--policy punctual]
        [--scenarios NAME|FILE ...]

A cell is a scenario, an offered load and a multiple for deadlines. The baseline of a scenario is
sjf_sparse or dysta with one beta and wait_unit_s of a grid: for ANTT the one with the lowest
(geometric) mean over the cells, for violations the one with the lowest mean, both on the choosing
seeds. So the policy has to beat two baselines at once, each where it is strongest; how it stands
to either of them alone is told too. Differences are paired by seed: ratios of ANTT by their
logarithms, violations in points.
"""

import argparse
import csv
import math
import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SHIPPED = HERE.parent / "suite" / "scenarios"
sys.path.insert(0, str(HERE.parent / "python"))
from dysta_report.intervals import Estimated, estimated, estimated_ratio  # noqa: E402

SCENARIOS = [
    "data_centre",
    "paper_cnn",
    "paper_attention",
    "measured_cnn",
    "measured_attention",
    "phone",
    "wearable",
]
LOADS = [0.5, 0.7, 0.9, 1.0, 1.1]
MULTIPLES = [2, 5, 10, 30, 100]
GRID = [
    "sjf_sparse",
    *(
        f"dysta:beta={beta},wait_unit_s={unit}"
        for beta in ("0.0001", "0.001", "0.01", "0.03", "0.1", "0.3")
        for unit in ("1", "auto")
    ),
]
CLAIRVOYANT = "srpt_weighted"
MOST_ANTT, MOST_VIOLATIONS = 1.02, 0.5  # ratio, points: what counts as not inferior

Cell = tuple[str, float, str]  # scenario, offered load, multiple or ""
Values = dict[tuple[str, str], dict[Cell, list[float]]]  # by policy and metric; by seed in the list


def by_multiple(scenario: str) -> bool:
    """Whether all its deadlines are multiples of latencies, so that they can be replaced."""
    file = Path(scenario) if scenario.endswith(".yaml") else SHIPPED / f"{scenario}.yaml"
    text = file.read_text(encoding="utf-8")
    return re.search(r"^[^#\n]*\bdeadline_(s|periods):", text, re.MULTILINE) is None


def sweep(
    options: argparse.Namespace,
    name: str,
    scenario: str,
    policies: list[str],
    seeds: str,
    requests: int,
) -> Values:
    """Runs a sweep of a scenario and reads its table: points of one cell in the order of seeds."""
    multiples = f"slo_multipliers: {MULTIPLES}\n" if by_multiple(scenario) else ""
    quoted = ", ".join(f'"{policy}"' for policy in policies)
    folder = options.out / name / Path(scenario).stem
    folder.mkdir(parents=True, exist_ok=True)
    plan = folder / "sweep.yaml"
    named = Path(scenario).resolve() if scenario.endswith(".yaml") else scenario
    plan.write_text(
        f"schema: 1\nscenarios: {named}\npolicies: [{quoted}]\nloads: {LOADS}\n"
        f"{multiples}seeds: {seeds}\nrequests: {requests}\n",
        encoding="utf-8",
    )
    subprocess.run([options.dysta, "sweep", plan, "--out", folder], check=True, stdout=sys.stderr)
    values: Values = defaultdict(lambda: defaultdict(list))
    with (folder / "points.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            cell = scenario, float(row["utilisation"]), row["slo_multiplier"]
            values[row["policy"], row["metric"]][cell].append(float(row["value"]))
    return values


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def geometric_mean(values: list[float]) -> float:
    return math.exp(mean([math.log(value) for value in values]))


def cells_of(values: Values, policy: str, scenario: str) -> list[Cell]:
    return sorted(cell for cell in values[policy, "antt"] if cell[0] == scenario)


def baselines(values: Values, scenario: str) -> tuple[str, str]:
    """The strongest in ANTT, and in violations."""

    def antt(policy: str) -> float:
        cells = values[policy, "antt"]
        return geometric_mean([mean(cells[c]) for c in cells_of(values, policy, scenario)])

    def violations(policy: str) -> float:
        cells = values[policy, "violation_rate"]
        return mean([mean(cells[c]) for c in cells_of(values, policy, scenario)])

    return min(GRID, key=antt), min(GRID, key=violations)


def name_of(cell: Cell) -> str:
    multiple = f", multiple {float(cell[2]):g}" if cell[2] else ""
    return f"{Path(cell[0]).stem} at {cell[1]:g}{multiple}"


@dataclass(frozen=True)
class Comparison:
    """A policy in one cell, beside one baseline for ANTT and one for violations."""

    ratio: tuple[float, float, float]  # of ANTT, with its interval
    points: Estimated  # of violations, less the baseline's

    @property
    def holds(self) -> bool:
        """Whether it is shown not to be inferior."""
        return self.ratio[2] <= MOST_ANTT and self.points.largest <= MOST_VIOLATIONS

    @property
    def inferior(self) -> bool:
        return self.ratio[1] > MOST_ANTT or self.points.least > MOST_VIOLATIONS


def comparison(values: Values, policy: str, baseline: tuple[str, str], cell: Cell) -> Comparison:
    antt = (values[who, "antt"][cell] for who in (policy, baseline[0]))
    violations = (values[who, "violation_rate"][cell] for who in (policy, baseline[1]))
    return Comparison(
        estimated_ratio(*antt), estimated([100 * (a - b) for a, b in zip(*violations)])
    )


def show(cell: Cell, found: Comparison) -> None:
    ratio, least, largest = found.ratio
    print(
        f"  {name_of(cell)}: ANTT x{ratio:.3f} ({least:.3f} to {largest:.3f}), violations "
        f"{found.points.mean:+.2f} ±{found.points.half_width:.2f} points"
        + (" - inferior" if found.inferior else "")
    )


def count(
    values: Values, policy: str, chosen: dict[str, tuple[str, str]], against: str
) -> None:
    """Prints how many cells hold, and those that do not."""
    found = {
        cell: comparison(values, policy, baseline, cell)
        for scenario, baseline in chosen.items()
        for cell in cells_of(values, policy, scenario)
    }
    open_cells = {cell: each for cell, each in found.items() if not each.holds}
    inferior = sum(each.inferior for each in open_cells.values())
    print(
        f"{against}: {len(found)} cells, not shown to be non-inferior {len(open_cells)}, "
        f"inferior {inferior}"
    )
    for cell, each in open_cells.items():
        show(cell, each)


def report(values: Values, policy: str, chosen: dict[str, tuple[str, str]]) -> None:
    antt, violations = values[policy, "antt"], values[policy, "violation_rate"]
    bound, clairvoyant = values[policy, "antt_lower_bound"], values[CLAIRVOYANT, "antt"]
    heavy: list[tuple[float, float]] = []
    print(
        f"{'':18} {'ANTT':>6} {'worst':>6} {'viol. %':>8} {'was':>6} {'/bound':>6} {'most':>5} "
        f"{'/clairv.':>8} {'p99':>5} {'most':>5} {'fair':>6}"
    )
    for scenario, baseline in chosen.items():
        best_antt, best_violations = baseline
        ratios, own, was, to_bound, to_marks, p99, fairness = [], [], [], [], [], [], []
        for cell in cells_of(values, policy, scenario):
            ratios.append(comparison(values, policy, baseline, cell).ratio[0])
            own.append(100 * mean(violations[cell]))
            was.append(100 * mean(values[best_violations, "violation_rate"][cell]))
            if cell[1] >= 0.9:
                heavy.append((own[-1], was[-1]))
            to_bound.append(mean(antt[cell]) / mean(bound[cell]))
            if cell[1] <= 0.95:
                to_marks.append(mean(antt[cell]) / mean(clairvoyant[cell]))
            for found, metric in ((p99, "p99_turnaround_s"), (fairness, "fairness_jain")):
                pair = (values[who, metric][cell] for who in (policy, best_antt))
                found.append(tuple(map(mean, pair)))
        tails = [a / b for a, b in p99]
        print(
            f"{Path(scenario).stem:18} {geometric_mean(ratios):6.3f} {max(ratios):6.3f} "
            f"{mean(own):8.2f} {mean(was):6.2f} {mean(to_bound):6.2f} {max(to_bound):5.2f} {max(to_marks):8.3f} "
            f"{geometric_mean(tails):5.2f} {max(tails):5.2f} "
            f"{mean([a - b for a, b in fairness]):+6.3f}"
        )
    own_heavy, was_heavy = (mean(list(side)) for side in zip(*heavy))
    print(
        f"violations at loads of 0.9 and more: {own_heavy:.2f}% instead of {was_heavy:.2f}%, "
        f"{100 * (own_heavy / was_heavy - 1):+.1f}%"
    )
    count(values, policy, chosen, "against both")
    for place, against in enumerate(("the lowest ANTT", "the fewest violations")):
        alone = {scenario: (both[place], both[place]) for scenario, both in chosen.items()}
        count(values, policy, alone, f"against the one with {against} alone")


def main() -> None:
    parser = argparse.ArgumentParser(description="A policy against the strongest published forms.")
    parser.add_argument("--dysta", type=Path, required=True, help="the program")
    parser.add_argument("--out", type=Path, required=True, help="folder of the sweeps")
    parser.add_argument("--policy", default="punctual")
    parser.add_argument("--scenarios", nargs="+", default=SCENARIOS, help="shipped ones, or files")
    parser.add_argument("--seeds", default="1-10")
    parser.add_argument("--choosing-seeds", default="101-103")
    parser.add_argument("--requests", type=int, default=10000, help="in a run")
    parser.add_argument("--choosing-requests", type=int, default=1000, help="for the baselines")
    options = parser.parse_args()

    stems = [Path(scenario).stem for scenario in options.scenarios]
    if len(set(stems)) < len(stems):
        parser.error("--scenarios has two files of one name; allowed is each name once")
    chosen = {}
    for name in options.scenarios:
        grid = sweep(options, "grid", name, GRID, options.choosing_seeds, options.choosing_requests)
        chosen[name] = baselines(grid, name)
        by_antt, by_violations = chosen[name]
        print(f"{Path(name).stem}: {by_antt} by ANTT, {by_violations} by violations", flush=True)
    print()
    values: Values = defaultdict(lambda: defaultdict(list))
    for name in options.scenarios:
        policies = list(dict.fromkeys([*chosen[name], CLAIRVOYANT, options.policy]))
        cells = sweep(options, "cells", name, policies, options.seeds, options.requests)
        for key, found in cells.items():
            values[key].update(found)
    report(values, options.policy, chosen)


if __name__ == "__main__":
    main()
