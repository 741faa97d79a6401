"""What the paper says, held against the data: a claim holds, does not hold, or is not decidable.

Policies are compared in pairs, on the same seeds. Every verdict is wrong with a probability of at
most 5%, however many comparisons a claim is about. Where one comparison decides, as one that goes the
other way does against "the lowest", its interval is that of Bonferroni for all of them. Where all
have to agree, as for "the lowest" to hold, each at 95% is enough (an intersection-union test): the
verdict is wrong only if the one that is not so is.
"""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .data import Experiment, Point, Sweep, TraceGroup
from .errors import ReportError
from .intervals import Estimated, estimated, estimated_ratio
from .traces import pattern_range, statistic_of

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
    "pattern_range": "relative range over patterns of effectual / kept multiply-accumulates",
}


CALIBRATED_WORDS = {
    "sparsity": "mean sparsity",
    "sparsity_deviation": "deviation of network sparsity",
    "sparsity_range": "relative range of network sparsity",
    "layer_correlation": "correlation between layers",
    "latency_s": "mean latency",
    "latency_deviation": "deviation of latency / mean",
}

# Values whose difference is a smaller share of them differ by rounding alone.
EQUAL_WITHIN = 1e-9


@dataclass(frozen=True)
class Verdict:
    """How a claim fared, with the figures that decide."""

    says: str
    verdict: str
    evidence: str
    origin: str = ""  # of the traces behind it, in words; empty where there are none


def words_of(metric: str) -> str:
    """A metric in running text."""
    return METRIC_WORDS.get(metric, metric)


def chosen_points(experiment: Experiment, claim: dict[str, Any]) -> tuple[Sweep, list[Point]]:
    """The sweep that a claim is about, and which of its points."""
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
        if key not in claim:
            continue

        def is_at(point: Point, value: float, field: str = field) -> bool:
            return math.isclose(getattr(point, field) or 0, value, rel_tol=1e-6)

        for value in claim[key]:
            if not any(is_at(point, value) for point in sweep.points.points):
                raise ReportError(
                    experiment.file,
                    f"a claim is about {key} {value:g}, where '{sweep.name}' has no point",
                )
        chosen = [point for point in chosen if any(is_at(point, x) for x in claim[key])]
    if not chosen:
        raise ReportError(
            experiment.file, f"a claim is about points of '{sweep.name}' of which there are none"
        )
    return sweep, chosen


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


def differences(above: list[float], below: list[float]) -> list[float]:
    """Of each pair, 0 where it is but rounding."""
    return [
        0.0 if abs(a - b) <= EQUAL_WITHIN * max(abs(a), abs(b)) else a - b
        for a, b in zip(above, below, strict=True)
    ]


def gap_words(gap: Estimated, metric: str) -> str:
    """A difference with its interval, rates in points."""
    scale, unit = (100, " points") if metric == "violation_rate" else (1, "")
    if not math.isfinite(gap.half_width):
        return f"{gap.mean * scale:.3g}{unit} (one run)"
    return f"{gap.mean * scale:.3g} ± {gap.half_width * scale:.2g}{unit}"


def _without_value(claim: dict[str, Any], sweep: Sweep, policies: str) -> Verdict:
    """Of policies one of which refused requests, so that the metric has no value."""
    refused = f"no {claim['metric']} of {policies} to compare, since requests were refused"
    return Verdict(claim["says"], OPEN, refused, sweep.origins)


def compared(
    experiment: Experiment, claim: dict[str, Any], pairs: list[tuple[str, str]]
) -> Verdict:
    """Whether at every point the metric of each pair's first policy is at least the second's."""
    sweep, chosen = chosen_points(experiment, claim)
    points, metric = sweep.points, claim["metric"]
    comparisons = len(chosen) * len(pairs)
    sides: list[str] = []
    notes: list[tuple[str, str]] = []
    for point in chosen:
        for higher, lower in pairs:
            above, below = points.paired(point, higher, lower, metric)
            if any(map(math.isnan, above + below)):
                return _without_value(claim, sweep, f"{higher} and {lower}")
            gaps = differences(above, below)
            gap = estimated(gaps, comparisons)
            # Equal on every run is no breach, whatever the number of runs.
            equal = not any(gaps)
            sides.append(HOLDS if equal else side(estimated(gaps).least, gap.largest, 0))
            if sides[-1] != HOLDS:
                words = f"{higher} less {lower}: {gap_words(gap, metric)} at {points.words(point)}"
                notes.append((sides[-1], words))
    evidence = (
        f"{words_of(metric)}: {sides.count(HOLDS)} of {len(sides)} paired comparisons as claimed, "
        f"{sides.count(FAILS)} the other way round, {sides.count(OPEN)} undecided"
    )
    # What decides stands first.
    for found, heading in ((FAILS, "The other way round"), (OPEN, "Undecided")):
        told = [words for kind, words in notes if kind == found]
        if told:
            evidence += f". {heading}: " + "; ".join(told[:3]) + ("; …" if len(told) > 3 else "")
    return Verdict(claim["says"], decide(sides), evidence, sweep.origins)


def order(experiment: Experiment, claim: dict[str, Any]) -> Verdict:
    """`kind: order`: the metric falls, or stays, from each policy to the next."""
    policies = claim["policies"]
    return compared(experiment, claim, list(zip(policies, policies[1:], strict=False)))


def lowest(experiment: Experiment, claim: dict[str, Any]) -> Verdict:
    """`kind: lowest`: one policy has the lowest metric."""
    return compared(experiment, claim, [(other, claim["policy"]) for other in claim["against"]])


def overload_words(experiment: Experiment, sweep: Sweep, chosen: list[Point]) -> str:
    """A warning where requests pile up for as long as a run goes on."""
    if all(point.utilisation < 1 - 1e-6 for point in chosen):
        return ""
    (requests,) = (
        entry["requests"] for entry in experiment.facts["sweeps"] if entry["name"] == sweep.name
    )
    return (
        f". Some points are at utilisations of 1 and more, where figures grow with the run: "
        f"{requests} requests here"
    )


def largest_of(
    experiment: Experiment,
    claim: dict[str, Any],
    what: str,
    measure: Callable[[list[float], list[float], int], tuple[float, float, float] | None],
    words: Callable[[tuple[float, float, float]], str],
) -> Verdict:
    """Whether the largest of what `measure` finds between a policy and others reaches a limit.

    `measure` gives mean and limits, from paired values and the number of comparisons that are to
    hold together, or nothing where there is none. One that reaches the limit is enough, so the
    lower limits are those of all comparisons together; all have to stay below it otherwise.
    """
    sweep, chosen = chosen_points(experiment, claim)
    points, metric, policy = sweep.points, claim["metric"], claim["policy"]
    comparisons = len(chosen) * len(claim["against"])
    least, largest, left_out = -math.inf, -math.inf, 0
    told = []
    for other in claim["against"]:
        best: tuple[tuple[float, float, float], Point] | None = None
        for point in chosen:
            theirs, own = points.paired(point, other, policy, metric)
            if any(map(math.isnan, theirs + own)):
                return _without_value(claim, sweep, f"{other} and {policy}")
            found = measure(theirs, own, comparisons)
            if found is None:
                left_out += 1
                continue
            alone = measure(theirs, own, 1)
            assert alone is not None  # as with any number of comparisons
            least, largest = max(least, found[1]), max(largest, alone[2])
            if best is None or found[0] > best[0][0]:
                best = (found, point)
        if best is not None:
            told.append((best[0][0], f"{other} {words(best[0])} at {points.words(best[1])}"))
    told.sort(key=lambda entry: -entry[0])
    evidence = f"{what} in {words_of(metric)} to {policy}, of each at its largest: "
    evidence += "; ".join(text for _, text in told) if told else "none"
    if left_out:
        evidence += f". Left out for a value of 0: {left_out} of {comparisons} comparisons"
    evidence += overload_words(experiment, sweep, chosen)
    # What was left out might have been larger: it can only keep a claim from failing.
    verdict = side(least, math.inf if left_out else largest, claim["at_least"])
    return Verdict(claim["says"], verdict, evidence, sweep.origins)


def factor(experiment: Experiment, claim: dict[str, Any]) -> Verdict:
    """`kind: factor`: the largest factor by which others exceed a policy reaches what is claimed."""

    def measure(
        theirs: list[float], own: list[float], comparisons: int
    ) -> tuple[float, float, float] | None:
        return estimated_ratio(theirs, own, comparisons) if min(theirs + own) > 0 else None

    def words(found: tuple[float, float, float]) -> str:
        mean, low, high = found
        return (
            f"{mean:.2f} ({low:.2f} to {high:.2f})"
            if math.isfinite(high)
            else f"{mean:.2f} (one run)"
        )

    what = f"factors (claimed {claim['at_least']:g})"
    return largest_of(experiment, claim, what, measure, words)


def difference(experiment: Experiment, claim: dict[str, Any]) -> Verdict:
    """`kind: difference`: the largest difference to a policy reaches what is claimed."""
    metric = claim["metric"]

    def measure(
        theirs: list[float], own: list[float], comparisons: int
    ) -> tuple[float, float, float]:
        gap = estimated(differences(theirs, own), comparisons)
        return gap.mean, gap.least, gap.largest

    def words(found: tuple[float, float, float]) -> str:
        mean, _, high = found
        return gap_words(Estimated(mean, high - mean, 1), metric)

    percent = 100 if metric == "violation_rate" else 1
    what = f"differences (claimed {claim['at_least'] * percent:g})"
    return largest_of(experiment, claim, what, measure, words)


def chosen_groups(experiment: Experiment, claim: dict[str, Any]) -> list[TraceGroup]:
    """The groups of traces that a claim is about."""
    return [group for group in experiment.trace_groups if group.name in claim["traces"]]


def origins_of(groups: Iterable[TraceGroup]) -> str:
    """The origins of several groups."""
    return " and ".join(dict.fromkeys(group.origin for group in groups))


def family_of(trace: str) -> str:
    """The family of a network: its name up to a version, size or form. resnet20_dense is a resnet,
    mobilenetv1-075 a mobilenet."""
    return re.split(r"v?\d|[-_]", trace, maxsplit=1)[0] or trace


def predictor(experiment: Experiment, claim: dict[str, Any]) -> Verdict:
    """`kind: predictor`: one predictor's error is below the others', in every family of networks.

    Traces of one family, forms of the same network, are no independent observations, so there is no
    interval: a family is as claimed where all of its traces are. The claim does not hold where no
    family is.
    """
    groups = chosen_groups(experiment, claim)
    own = claim["predictor"]
    kept: dict[str, bool] = {}
    notes = []
    for other in claim["against"]:
        gaps: dict[str, list[float]] = {}
        for group in groups:
            for trace in group.traces:
                by = experiment.predictions.get(trace.name, {})
                if own in by and other in by:
                    gaps.setdefault(family_of(trace.name), []).extend(
                        differences([by[other]], [by[own]])
                    )
        if not gaps:
            return Verdict(
                claim["says"], OPEN, f"no trace has errors of {own} and {other}", origins_of(groups)
            )
        for family, found in gaps.items():
            kept[family] = kept.get(family, True) and min(found) > 0
        every = [gap for found in gaps.values() for gap in found]
        families = [family for family, found in gaps.items() if min(found) > 0]
        notes.append(
            f"{other} less {own}: {min(every):+.3g} to {max(every):+.3g} of the mean latency, {own} "
            f"lower on {sum(gap > 0 for gap in every)} of {len(every)} traces, on all traces of "
            f"{len(families)} of {len(gaps)} families"
            + (f" ({', '.join(families)})" if 0 < len(families) < len(gaps) else "")
        )
    verdict = HOLDS if all(kept.values()) else OPEN if any(kept.values()) else FAILS
    return Verdict(claim["says"], verdict, "; ".join(notes), origins_of(groups))


def statistic(experiment: Experiment, claim: dict[str, Any]) -> Verdict:
    """`kind: statistic`: a statistic of traces reaches what is claimed, in each of them."""
    groups = chosen_groups(experiment, claim)
    if claim["statistic"] == "pattern_range":
        values = {group.title: pattern_range(group.traces) for group in groups}
        unit = "networks"
    else:
        values = {
            trace.name: statistic_of(trace, claim["statistic"])
            for group in groups
            for trace in group.traces
        }
        unit = "traces"
    if not values:
        return Verdict(claim["says"], OPEN, "there are no such traces")
    reached = [name for name, value in values.items() if value >= claim["at_least"]]
    lowest_name = min(values, key=lambda name: values[name])
    highest_name = max(values, key=lambda name: values[name])
    evidence = (
        f"{STATISTIC_WORDS[claim['statistic']]}: from {values[lowest_name]:.3g} ({lowest_name}) to "
        f"{values[highest_name]:.3g} ({highest_name}); {len(reached)} of {len(values)} {unit} reach "
        f"{claim['at_least']:g}"
    )
    verdict = HOLDS if len(reached) == len(values) else FAILS
    return Verdict(claim["says"], verdict, evidence, origins_of(groups))


def calibration(experiment: Experiment, claim: dict[str, Any]) -> Verdict:
    """`kind: calibration`: a statistic of synthesised traces, mean over draws, is within a share of
    the measured one, for each trace that a model was fitted to."""
    name = claim["statistic"]
    off: dict[str, float] = {
        entry["name"]: entry["synthesised"][name] / entry["measured"][name] - 1
        for entry in experiment.fact("calibration")["traces"]
        if entry["measured"][name] != 0
    }
    if not off:
        return Verdict(claim["says"], OPEN, "no measured trace has a value other than 0")
    within = [trace for trace, share in off.items() if abs(share) <= claim["at_most"]]
    worst = max(off, key=lambda trace: abs(off[trace]))
    evidence = (
        f"{CALIBRATED_WORDS[name]}: {len(within)} of {len(off)} traces come back within "
        f"{claim['at_most']:.0%}; furthest off is {worst}, by {off[worst]:+.1%}"
    )
    verdict = HOLDS if len(within) == len(off) else FAILS
    return Verdict(claim["says"], verdict, evidence, "synthesised, held against measured")


def hardware(experiment: Experiment, claim: dict[str, Any]) -> Verdict:
    """`kind: hardware`: a quantity of the synthesis reports stays at or below what is claimed."""
    found = [row for row in experiment.hardware if row.quantity == claim["quantity"]]
    if not found:
        return Verdict(claim["says"], OPEN, f"no synthesis report has '{claim['quantity']}'")
    above = [row for row in found if row.value > claim["at_most"]]
    listed = above or [max(found, key=lambda row: row.value)]
    unit = "" if listed[0].unit == "1" else f" {listed[0].unit}"
    return Verdict(
        claim["says"],
        FAILS if above else HOLDS,
        f"{claim['quantity']}: {len(found) - len(above)} of {len(found)} designs are within "
        f"{claim['at_most']:g}{unit}; {'above it' if above else 'the largest'} "
        + ", ".join(f"{row.value:.3g} ({row.design})" for row in listed),
    )


KINDS: dict[str, Callable[[Experiment, dict[str, Any]], Verdict]] = {
    "order": order,
    "lowest": lowest,
    "factor": factor,
    "difference": difference,
    "predictor": predictor,
    "statistic": statistic,
    "calibration": calibration,
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
