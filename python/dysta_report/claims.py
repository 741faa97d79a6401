"""What the paper says, held against the data: a claim holds, does not hold, or is not decidable.

Policies are compared in pairs, on the same seeds. A claim holds where the 95% confidence interval
lies wholly on its side, does not hold where it lies wholly on the other side, and cannot be decided
where it lies on both.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .data import Experiment, Point, Points
from .errors import ReportError
from .intervals import Estimated, estimated, estimated_ratio
from .traces import statistic_of

HOLDS = "holds"
FAILS = "does not hold"
OPEN = "not decidable"

METRIC_WORDS = {
    "antt": "ANTT",
    "violation_rate": "violation rate",
    "stp_inferences_per_s": "throughput",
    "mean_turnaround_s": "mean turnaround",
}

STATISTIC_WORDS = {
    "sparsity_range": "relative range of network sparsity",
    "latency_range": "relative range of latency",
    "layer_correlation": "mean correlation between layers",
}


@dataclass(frozen=True)
class Verdict:
    """How a claim fared, with the figures that decide."""

    says: str
    verdict: str
    evidence: str


def words_of(metric: str) -> str:
    """A metric in running text."""
    return METRIC_WORDS.get(metric, metric)


def chosen_points(experiment: Experiment, claim: dict[str, Any]) -> tuple[Points, list[Point]]:
    """The points of a sweep that a claim is about."""
    for sweep in experiment.sweeps:
        if sweep.name == claim["sweep"]:
            break
    else:
        raise ReportError(
            experiment.file, f"a claim is about a sweep '{claim['sweep']}' without results"
        )
    filters = {
        "rates_hz": "rate_hz",
        "utilisations": "utilisation",
        "slo_multipliers": "slo_multiplier",
    }
    chosen = sweep.points.points
    for key, field in filters.items():
        if key in claim:
            chosen = [
                point
                for point in chosen
                if any(
                    math.isclose(getattr(point, field) or 0, x, rel_tol=1e-6) for x in claim[key]
                )
            ]
    return sweep.points, chosen


def decide(sides: Iterable[str]) -> str:
    """All have to hold: one that does not decides against the claim."""
    found = list(sides)
    if FAILS in found:
        return FAILS
    return HOLDS if found and OPEN not in found else OPEN


def side(least: float, largest: float, needed: float) -> str:
    """Where an interval lies of what is needed."""
    if least >= needed:
        return HOLDS
    return FAILS if largest < needed else OPEN


def gap_words(gap: Estimated, metric: str) -> str:
    """A difference with its interval, rates in points."""
    scale, unit = (100, " points") if metric == "violation_rate" else (1, "")
    if not math.isfinite(gap.half_width):
        return f"{gap.mean * scale:.3g}{unit} (one run)"
    return f"{gap.mean * scale:.3g} ± {gap.half_width * scale:.2g}{unit}"


def compared(
    experiment: Experiment, claim: dict[str, Any], pairs: list[tuple[str, str]]
) -> Verdict:
    """Whether at every point the metric of each pair's first policy is at least the second's."""
    points, chosen = chosen_points(experiment, claim)
    metric = claim["metric"]
    sides: list[str] = []
    notes: list[str] = []
    for point in chosen:
        for higher, lower in pairs:
            above, below = points.paired(point, higher, lower, metric)
            if not above:
                return Verdict(claim["says"], OPEN, f"{higher} and {lower} have no common runs")
            gaps = [a - b for a, b in zip(above, below, strict=True)]
            gap = estimated(gaps)
            # Equal on every run is no breach, whatever the number of runs.
            sides.append(HOLDS if not any(gaps) else side(gap.least, gap.largest, 0))
            if sides[-1] != HOLDS:
                notes.append(f"{higher} less {lower}: {gap_words(gap, metric)} at {point.words()}")
    if not sides:
        return Verdict(claim["says"], OPEN, "no point of the sweep is the claim's")
    evidence = (
        f"{words_of(metric)}: {sides.count(HOLDS)} of {len(sides)} paired comparisons as claimed, "
        f"{sides.count(FAILS)} the other way round, {sides.count(OPEN)} undecided"
    )
    if notes:
        evidence += ". Not as claimed: " + "; ".join(notes[:3]) + ("; …" if len(notes) > 3 else "")
    return Verdict(claim["says"], decide(sides), evidence)


def order(experiment: Experiment, claim: dict[str, Any]) -> Verdict:
    """`kind: order`: the metric falls, or stays, from each policy to the next."""
    policies = claim["policies"]
    return compared(experiment, claim, list(zip(policies, policies[1:], strict=False)))


def lowest(experiment: Experiment, claim: dict[str, Any]) -> Verdict:
    """`kind: lowest`: one policy has the lowest metric."""
    return compared(experiment, claim, [(other, claim["policy"]) for other in claim["against"]])


def factor(experiment: Experiment, claim: dict[str, Any]) -> Verdict:
    """`kind: factor`: the largest factor by which others exceed a policy reaches what is claimed."""
    points, chosen = chosen_points(experiment, claim)
    metric, policy = claim["metric"], claim["policy"]
    best: tuple[float, float, float, str, Point] | None = None
    for point in chosen:
        for other in claim["against"]:
            theirs, own = points.paired(point, other, policy, metric)
            if not own or min(theirs + own) <= 0:
                continue
            ratio = estimated_ratio(theirs, own)
            if best is None or ratio[0] > best[0]:
                best = (*ratio, other, point)
    if best is None:
        return Verdict(claim["says"], OPEN, "there are no common runs with positive values")
    mean, least, largest, other, point = best
    interval = f" ({least:.2f} to {largest:.2f})" if math.isfinite(largest) else " (one run)"
    evidence = (
        f"largest factor in {words_of(metric)}: {mean:.2f}{interval}, {other} against {policy} at "
        f"{point.words()}; claimed {claim['at_least']:g}"
    )
    return Verdict(claim["says"], side(least, largest, claim["at_least"]), evidence)


def difference(experiment: Experiment, claim: dict[str, Any]) -> Verdict:
    """`kind: difference`: the largest difference to a policy reaches what is claimed."""
    points, chosen = chosen_points(experiment, claim)
    metric, policy = claim["metric"], claim["policy"]
    found = []
    for point in chosen:
        for other in claim["against"]:
            theirs, own = points.paired(point, other, policy, metric)
            if own:
                gap = estimated([a - b for a, b in zip(theirs, own, strict=True)])
                found.append((gap.mean, gap, other, point))
    if not found:
        return Verdict(claim["says"], OPEN, "there are no common runs")
    _, gap, other, point = max(found, key=lambda entry: entry[0])
    percent = 100 if metric == "violation_rate" else 1
    evidence = (
        f"largest difference in {words_of(metric)}: {gap_words(gap, metric)}, {other} less {policy} "
        f"at {point.words()}; claimed {claim['at_least'] * percent:g}"
    )
    return Verdict(claim["says"], side(gap.least, gap.largest, claim["at_least"]), evidence)


def predictor(experiment: Experiment, claim: dict[str, Any]) -> Verdict:
    """`kind: predictor`: one predictor's error is below the others', in the mean over traces."""
    chosen = {
        trace.name
        for group in experiment.trace_groups
        if group.name in claim["traces"]
        for trace in group.traces
    }
    errors = [by for name, by in experiment.predictions.items() if name in chosen]
    own = claim["predictor"]
    sides: list[str] = []
    notes: list[str] = []
    for other in claim["against"]:
        gaps = [by[other] - by[own] for by in errors if own in by and other in by]
        if not gaps:
            return Verdict(claim["says"], OPEN, f"no trace has errors of {own} and {other}")
        gap = estimated(gaps)
        sides.append(side(gap.least, gap.largest, 0))
        interval = f" ± {gap.half_width:.2g}" if math.isfinite(gap.half_width) else ""
        notes.append(
            f"{other} less {own}: {gap.mean:+.3g}{interval} of the mean latency, {own} lower on "
            f"{sum(g > 0 for g in gaps)} of {len(gaps)} traces"
        )
    return Verdict(claim["says"], decide(sides), "; ".join(notes))


def statistic(experiment: Experiment, claim: dict[str, Any]) -> Verdict:
    """`kind: statistic`: a statistic of traces reaches what is claimed, in each of them."""
    values = {
        trace.name: statistic_of(trace, claim["statistic"])
        for group in experiment.trace_groups
        if group.name in claim["traces"]
        for trace in group.traces
    }
    if not values:
        return Verdict(claim["says"], OPEN, "there are no such traces")
    reached = [name for name, value in values.items() if value >= claim["at_least"]]
    lowest_name = min(values, key=lambda name: values[name])
    highest_name = max(values, key=lambda name: values[name])
    evidence = (
        f"{STATISTIC_WORDS[claim['statistic']]}: from {values[lowest_name]:.3g} ({lowest_name}) to "
        f"{values[highest_name]:.3g} ({highest_name}); {len(reached)} of {len(values)} traces reach "
        f"{claim['at_least']:g}"
    )
    return Verdict(claim["says"], HOLDS if len(reached) == len(values) else FAILS, evidence)


def hardware(experiment: Experiment, claim: dict[str, Any]) -> Verdict:
    """`kind: hardware`: a quantity of the synthesis reports stays at or below what is claimed."""
    found = [row for row in experiment.hardware if row.quantity == claim["quantity"]]
    if not found:
        return Verdict(claim["says"], OPEN, f"no synthesis report has '{claim['quantity']}'")
    largest = max(found, key=lambda row: row.value)
    return Verdict(
        claim["says"],
        HOLDS if largest.value <= claim["at_most"] else FAILS,
        f"{claim['quantity']}: largest {largest.value:.4g} {largest.unit} ({largest.design}); "
        f"claimed at most {claim['at_most']:g}",
    )


KINDS: dict[str, Callable[[Experiment, dict[str, Any]], Verdict]] = {
    "order": order,
    "lowest": lowest,
    "factor": factor,
    "difference": difference,
    "predictor": predictor,
    "statistic": statistic,
    "hardware": hardware,
}


def verdicts(experiment: Experiment) -> list[Verdict]:
    """All claims of an experiment, judged."""
    found = []
    for claim in experiment.facts.get("claims", []):
        if claim.get("kind") not in KINDS:
            raise ReportError(
                experiment.file, f"a claim is of the unknown kind '{claim.get('kind')}'"
            )
        try:
            found.append(KINDS[claim["kind"]](experiment, claim))
        except KeyError as missing:
            raise ReportError(experiment.file, f"a claim lacks {missing}") from None
    return found
