"""Figures of sweeps: policies against each other."""

import math
from collections.abc import Sequence
from typing import TypeVar

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from ..data import Experiment, Point, Sweep, rate_words
from ..drawn import Drawn, Panel, Table, with_interval
from ..intervals import Estimated, estimated, estimated_ratio
from ..style import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILLION, legend_below, panel
from ..style import plain_log_axis, style_of

# Metric, label of its axis, factor to the unit of the label.
VIOLATIONS = ("violation_rate", "violations (% of requests)", 100.0)
ANTT = ("antt", "ANTT (turnaround / isolated time)", 1.0)
BOUND = ("antt_lower_bound", "no schedule below", 1.0)
THROUGHPUT = ("stp_inferences_per_s", "throughput (inferences/s)", 1.0)

# Points beside each other, where the rows are the policies.
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)


_T = TypeVar("_T")


def _shown(entries: Sequence[_T]) -> list[_T]:
    """At most three of what takes panels of its own, spread over all: tables hold the rest."""
    if len(entries) <= 3:
        return list(entries)
    return [entries[0], entries[len(entries) // 2], entries[-1]]


def _bound_at(sweep: Sweep, point: Point) -> float:
    """The mean over seeds of the bound on ANTT: the same requests, so the same for every policy that
    refuses none. NaN where all do."""
    means = [
        sweep.points.estimate(point, policy, BOUND[0]).mean for policy in sweep.points.policies
    ]
    return next((mean for mean in means if not math.isnan(mean)), math.nan)


def _ratio_words(mean: float, low: float, high: float, digits: str) -> str:
    """A ratio with its limits, as of `estimated_ratio`; "-" for none."""
    if math.isnan(mean):
        return "-"
    if not math.isfinite(high):
        return f"{mean:{digits}}"
    return f"{mean:{digits}} ({low:{digits}} to {high:{digits}})"


def _caption(sweep: Sweep, what: str) -> str:
    """What is shown, of which traces, and what its error bars are."""
    return (
        f"{sweep.title}. Traces: {sweep.origins}. Error bars: 95% confidence of {what} over seeds."
    )


def _panel_name(sweep: Sweep, number: int) -> str:
    return f"{sweep.name}_{number}"


def _bound_line(axes: Axes, level: float) -> None:
    """Marks the ANTT that no schedule is below."""
    axes.axhline(level, color=GREY, linewidth=1, linestyle="--", label=BOUND[1])


def _error_bars(
    estimates: Sequence[Estimated], metric: tuple[str, str, float]
) -> tuple[list[float], list[float]]:
    """Lengths of error bars to either side, no longer than the metric can be: a rate is from 0 to 1,
    an ANTT at least 1."""
    name, _, scale = metric
    least = 1.0 if name == ANTT[0] else 0.0
    most = 1.0 if name == VIOLATIONS[0] else math.inf
    return (
        [min(e.bar, max(e.mean - least, 0)) * scale for e in estimates],
        [min(e.bar, max(most - e.mean, 0)) * scale for e in estimates],
    )


def _curve(
    axes: Axes,
    sweep: Sweep,
    policy: str,
    xs: Sequence[float],
    ys: Sequence[float],
    bars: tuple[list[float], list[float]],
) -> None:
    """A policy's points with error bars, and the line that joins them: of those that have values."""
    if all(map(math.isnan, ys)):
        return
    style = style_of(policy, sweep.points.policies)
    axes.errorbar(
        xs,
        ys,
        yerr=bars,
        color=style.colour,
        marker=style.marker,
        linestyle=style.line,
        mfc=style.colour if style.filled else "none",
        elinewidth=0.8,
        label=policy,
    )


def _violation_axis(axes: Axes) -> None:
    """Percentages, with room for the small ones: linear to 1, logarithmic from there."""
    high = axes.get_xlim()[1]
    axes.set_xscale("symlog", linthresh=1, linscale=0.6)
    ticks = [tick for tick in (0, 0.5, 1, 2, 5, 10, 20, 50, 100) if tick <= max(high, 1)]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlim(-0.15, max(high, 1) * 1.05)
    axes.set_xlabel("violations (% of requests; logarithmic above 1)")


def _table(sweep: Sweep, metrics: tuple[tuple[str, str, float], ...]) -> list[Table]:
    """A table a metric: policies by points, and under every ANTT what bounds it."""

    def row(head: str, policy: str, metric: str, scale: float) -> list[str]:
        cells = [head]
        for point in sweep.points.points:
            estimate = sweep.points.estimate(point, policy, metric)
            cells.append(with_interval(estimate.mean * scale, estimate.half_width * scale))
        return cells

    tables = []
    for metric, label, scale in metrics:
        rows = [row(policy, policy, metric, scale) for policy in sweep.points.policies]
        if metric == ANTT[0]:
            # The same requests, so the same bound, whatever the policy.
            rows.append(row(BOUND[1], sweep.points.policies[0], BOUND[0], scale))
        head = [
            "policy",
            *(sweep.points.words(point, short=True) for point in sweep.points.points),
        ]
        tables.append(
            Table(
                f"{sweep.title}: {label}",
                head,
                rows,
                "requests/s (utilisation); ± 95% confidence of the mean",
            )
        )
    return tables


def tradeoff(experiment: Experiment) -> Drawn:
    """Violations against turnaround, a panel each for some points: lower left is better."""
    drawn = Drawn()
    for sweep in experiment.sweeps:
        for number, point in enumerate(_shown(sweep.points.points), start=1):
            figure, axes = panel(4.3)
            for policy in sweep.points.policies:
                violations = sweep.points.estimate(point, policy, VIOLATIONS[0])
                antt = sweep.points.estimate(point, policy, ANTT[0])
                if math.isnan(antt.mean):
                    continue  # requests were refused: the table tells
                style = style_of(policy, sweep.points.policies)
                axes.errorbar(
                    violations.mean * 100,
                    antt.mean,
                    xerr=_error_bars([violations], VIOLATIONS),
                    yerr=_error_bars([antt], ANTT),
                    fmt=style.marker,
                    color=style.colour,
                    mfc=style.colour if style.filled else "none",
                    elinewidth=0.8,
                    label=policy,
                )
            _bound_line(axes, _bound_at(sweep, point))
            plain_log_axis(axes, "y")
            _violation_axis(axes)
            axes.set_ylabel(ANTT[1])
            axes.set_title(sweep.points.words(point))
            legend_below(axes, 2)
            drawn.panels.append(
                Panel(_panel_name(sweep, number), _caption(sweep, "the mean"), figure)
            )
        drawn.tables += _table(sweep, (VIOLATIONS, ANTT))
    return drawn


def lines(experiment: Experiment) -> Drawn:
    """Metrics over what varies: the rate, or the deadlines."""
    drawn = Drawn()
    for sweep in experiment.sweeps:
        points = sweep.points.points
        over_slo = len({point.slo_multiplier for point in points}) > 1
        # Where both vary, the deadlines do within a panel.
        groups: dict[object, list[Point]] = {}
        for point in points:
            groups.setdefault(
                (point.scenario, point.rate_hz)
                if over_slo
                else (point.scenario, point.slo_multiplier),
                [],
            ).append(point)
        number = 0
        for group in _shown(list(groups.values())):
            # Deadlines hardly change how much is done.
            for metric, label, scale in (VIOLATIONS, ANTT, *(() if over_slo else (THROUGHPUT,))):
                number += 1
                figure, axes = panel(4.0)
                xs = [point.slo_multiplier if over_slo else point.rate_hz for point in group]
                for policy in sweep.points.policies:
                    found = [sweep.points.estimate(point, policy, metric) for point in group]
                    means = [estimate.mean * scale for estimate in found]
                    _curve(
                        axes, sweep, policy, xs, means, _error_bars(found, (metric, label, scale))
                    )
                if metric == ANTT[0]:
                    axes.plot(
                        xs,
                        [_bound_at(sweep, point) for point in group],
                        color=GREY,
                        linewidth=1,
                        linestyle="--",
                        label=BOUND[1],
                    )
                    plain_log_axis(axes, "y")
                else:
                    axes.set_ylim(
                        bottom=min(0, axes.get_ylim()[0]) if metric == VIOLATIONS[0] else None
                    )
                axes.set_ylabel(label)
                if over_slo:
                    axes.set_xscale("log")
                    axes.xaxis.set_major_locator(FixedLocator(xs))
                    axes.xaxis.set_minor_locator(NullLocator())
                    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
                    axes.set_xlabel("deadline (multiples of the mean latency)")
                    first = group[0]
                    axes.set_title(
                        f"{rate_words(first.rate_hz)} requests/s "
                        f"(utilisation {first.utilisation:.2f})"
                    )
                else:
                    axes.set_xticks(xs)
                    axes.set_xticklabels(
                        [f"{rate_words(p.rate_hz)}\n{p.utilisation:.2f}" for p in group]
                    )
                    axes.set_xlabel("arrival rate (requests/s), and utilisation under it")
                legend_below(axes, 2, 36 if over_slo else 50)
                drawn.panels.append(
                    Panel(_panel_name(sweep, number), _caption(sweep, "the mean"), figure)
                )
        drawn.tables += _table(sweep, (VIOLATIONS, ANTT))
    return drawn


def bars(experiment: Experiment) -> Drawn:
    """Policies one above the other, a row a policy, a marker a point."""
    drawn = Drawn()
    for sweep in experiment.sweeps:
        by_scenario: dict[str, list[Point]] = {}
        for point in sweep.points.points:
            by_scenario.setdefault(point.scenario, []).append(point)
        number = 0
        policies = sweep.points.policies
        for scenario, points in by_scenario.items():
            for metric, label, scale in (VIOLATIONS, ANTT):
                number += 1
                figure, axes = panel(1.5 + 0.24 * len(policies) + 0.2 * len(points))
                for index, point in enumerate(points):
                    found = [sweep.points.estimate(point, policy, metric) for policy in policies]
                    offset = (index - (len(points) - 1) / 2) * 0.6 / len(points)
                    axes.errorbar(
                        [estimate.mean * scale for estimate in found],
                        [row + offset for row in range(len(policies))],
                        xerr=_error_bars(found, (metric, label, scale)),
                        fmt=_MARKERS[index % len(_MARKERS)],
                        color=_COLOURS[index % len(_COLOURS)],
                        elinewidth=0.9,
                        label=sweep.points.words(point, scenario=False),
                    )
                if metric == ANTT[0]:
                    plain_log_axis(axes, "x")
                    axes.set_xlabel("ANTT")
                else:
                    _violation_axis(axes)
                    axes.set_xlabel("violations (%; logarithmic above 1)")
                axes.set_yticks(range(len(policies)))
                axes.set_yticklabels(policies)
                axes.invert_yaxis()
                axes.set_title(scenario)
                legend_below(axes, 1)
                drawn.panels.append(
                    Panel(_panel_name(sweep, number), _caption(sweep, "the mean"), figure)
                )
        drawn.tables += _table(sweep, (VIOLATIONS, ANTT))
    return drawn


def bound(experiment: Experiment) -> Drawn:
    """How far each policy is from the proven lower bound on ANTT: over the load, a panel each for
    some scenarios and deadlines. What has one load alone is in the table."""
    drawn = Drawn()
    for sweep in experiment.sweeps:
        points = sweep.points.points
        ratios = {
            (policy, point): estimated_ratio(
                *sweep.points.paired_metrics(point, policy, "antt", "antt_lower_bound")
            )
            for policy in sweep.points.policies
            for point in points
        }
        groups: dict[tuple[str, float | None], list[Point]] = {}
        for point in points:
            groups.setdefault((point.scenario, point.slo_multiplier), []).append(point)
        over_load = [group for group in groups.values() if len(group) > 1]
        for number, group in enumerate(_shown(over_load), start=1):
            figure, axes = panel(4.4)
            for policy in sweep.points.policies:
                found = [ratios[policy, point] for point in group]
                bars = (
                    [mean - low if math.isfinite(high) else 0 for mean, low, high in found],
                    [high - mean if math.isfinite(high) else 0 for mean, _, high in found],
                )
                rates = [point.rate_hz for point in group]
                _curve(axes, sweep, policy, rates, [mean for mean, _, _ in found], bars)
            axes.axhline(1, color=GREY, linewidth=1)
            plain_log_axis(axes, "y")
            axes.set_xticks([point.rate_hz for point in group])
            axes.set_xticklabels([f"{rate_words(p.rate_hz)}\n{p.utilisation:.2f}" for p in group])
            axes.set_xlabel("arrival rate (requests/s), and utilisation under it")
            axes.set_ylabel("ANTT / lower bound")
            if len(over_load) > 1:
                slo = group[0].slo_multiplier
                deadline = "" if slo is None else f", SLO × {slo:g}"
                axes.set_title(f"{group[0].scenario}{deadline}")
            legend_below(axes, 2, 50)
            caption = f"No schedule can be below 1. {_caption(sweep, 'the mean ratio')}"
            drawn.panels.append(Panel(_panel_name(sweep, number), caption, figure))

        drawn.tables.append(
            Table(
                f"{sweep.title}: ANTT / lower bound",
                ["policy", *(sweep.points.words(point, short=True) for point in points)],
                [
                    [policy, *(_ratio_words(*ratios[policy, point], ".3g") for point in points)]
                    for policy in sweep.points.policies
                ],
                "requests/s (utilisation); 95% confidence in brackets",
            )
        )
    return drawn


def differences(experiment: Experiment) -> Drawn:
    """Every policy less the baseline, on the same requests."""
    drawn = Drawn()
    base = str(experiment.fact("baseline"))
    for sweep in experiment.sweeps:
        rows = []
        for point in sweep.points.points:
            for policy in sweep.points.policies:
                if policy == base:
                    continue
                cells = [sweep.points.words(point, short=True), policy]
                for metric, _, scale in (VIOLATIONS, ANTT):
                    theirs, own = sweep.points.paired(point, policy, base, metric)
                    gap = estimated([(a - b) * scale for a, b in zip(theirs, own, strict=True)])
                    cells.append(with_interval(gap.mean, gap.half_width))
                theirs, own = sweep.points.paired(point, policy, base, "antt")
                cells.append(_ratio_words(*estimated_ratio(theirs, own), ".2f"))
                rows.append(cells)
        drawn.tables.append(
            Table(
                f"{sweep.title}: each policy less {base}, on the same requests",
                ["point", "policy", "violations (points)", "ANTT", "ANTT as a factor"],
                rows,
                f"requests/s (utilisation); above 0, or a factor above 1: worse than {base}",
            )
        )
    return drawn
