"""Synthesised against measured traces: whether a model recovers what it was fitted to."""

from collections.abc import Callable

import numpy as np

from ..data import Experiment, Trace
from ..drawn import Drawn, Panel, Table
from ..style import BLUE, GREY, ORANGE, VERMILLION, legend_below, panel
from ..traces import mean_correlation, relative_range

_STATISTICS: dict[str, Callable[[Trace], float]] = {
    "mean sparsity": lambda trace: float(trace.sparsity.mean()),
    "deviation of network sparsity": lambda trace: float(trace.sparsity.mean(axis=1).std(ddof=1)),
    "relative range of network sparsity": lambda trace: relative_range(trace.sparsity.mean(axis=1)),
    "correlation between layers": lambda trace: mean_correlation(trace.sparsity),
}

_MARKS = ((BLUE, "o"), (VERMILLION, "s"), (ORANGE, "^"), (GREY, "D"))


def calibration(experiment: Experiment) -> Drawn:
    """Each synthesised trace beside the measured one that its model was fitted to."""
    pairs = [
        (
            str(entry["family"]),
            Trace(experiment.folder / entry["measured"]),
            Trace(experiment.folder / entry["synthesised"]),
        )
        for entry in experiment.fact("calibration")
    ]
    drawn = Drawn()
    families = list(dict.fromkeys(family for family, _, _ in pairs))
    for number, (name, statistic) in enumerate(_STATISTICS.items(), start=1):
        figure, axes = panel(3.9)
        values = []
        for index, family in enumerate(families):
            found = [(statistic(m), statistic(s)) for f, m, s in pairs if f == family]
            values += [value for pair in found for value in pair]
            colour, marker = _MARKS[index % len(_MARKS)]
            axes.plot(
                [m for m, _ in found],
                [s for _, s in found],
                marker,
                color=colour,
                mfc="none",
                label=family,
            )
        low, high = min(values), max(values)
        margin = (high - low or 1) * 0.08
        limits = (low - margin, high + margin)
        axes.plot(limits, limits, color=GREY, linewidth=1, linestyle="--", label="equal")
        axes.set_xlim(limits)
        axes.set_ylim(limits)
        axes.set_aspect("equal")
        axes.set_xlabel("measured")
        axes.set_ylabel("synthesised")
        axes.set_title(name)
        legend_below(axes, 2)
        drawn.panels.append(
            Panel(f"{number}", "A marker a trace, fitted and synthesised anew.", figure)
        )
    rows = []
    for family, measured, synthesised in pairs:
        cells = [family, measured.name]
        for statistic in _STATISTICS.values():
            cells.append(f"{statistic(measured):.3g} / {statistic(synthesised):.3g}")
        rows.append(cells)
    drawn.tables.append(
        Table(
            "Measured / synthesised",
            ["family", "trace", *_STATISTICS],
            rows,
        )
    )
    gaps = []
    for family in families:
        cells = [family, str(sum(f == family for f, _, _ in pairs))]
        for statistic in _STATISTICS.values():
            difference = [statistic(s) - statistic(m) for f, m, s in pairs if f == family]
            cells.append(f"{np.mean(difference):+.3g}, at most {np.max(np.abs(difference)):.2g}")
        gaps.append(cells)
    drawn.tables.insert(
        0,
        Table(
            "Synthesised less measured, by family: mean, and largest size",
            ["family", "traces", *_STATISTICS],
            gaps,
        ),
    )
    return drawn
