"""Synthesised against measured traces: whether a model recovers what it was fitted to."""

import numpy as np

from ..claims import CALIBRATED_WORDS
from ..data import Experiment
from ..drawn import Drawn, Panel, Table
from ..style import BLUE, GREY, ORANGE, VERMILLION, legend_below, panel

# Panels; the tables hold all statistics.
_DRAWN = ("sparsity", "sparsity_deviation", "layer_correlation", "latency_deviation")

_MARKS = ((BLUE, "o"), (VERMILLION, "s"), (ORANGE, "^"), (GREY, "D"))


def calibration(experiment: Experiment) -> Drawn:
    """What comes back of each measured trace from the model that was fitted to it."""
    facts = experiment.fact("calibration")
    traces = facts["traces"]
    drawn = Drawn()
    families = list(dict.fromkeys(str(entry["family"]) for entry in traces))
    for name in _DRAWN:
        figure, axes = panel(3.9)
        values: list[float] = []
        for index, family in enumerate(families):
            chosen = [entry for entry in traces if entry["family"] == family]
            measured = [entry["measured"][name] for entry in chosen]
            synthesised = [entry["synthesised"][name] for entry in chosen]
            deviations = [entry["deviation"][name] for entry in chosen]
            values += measured
            values += [s + sign * d for s, d in zip(synthesised, deviations) for sign in (-1, 1)]
            colour, marker = _MARKS[index % len(_MARKS)]
            axes.errorbar(
                measured,
                synthesised,
                yerr=deviations,
                fmt=marker,
                color=colour,
                mfc="none",
                elinewidth=0.8,
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
        axes.set_title(CALIBRATED_WORDS[name])
        legend_below(axes, 2)
        caption = (
            f"A marker a trace: the mean of {facts['draws']} synthesised from the model fitted to it. "
            "Error bars: one standard deviation of a draw."
        )
        drawn.panels.append(Panel(name, caption, figure))
    gaps = []
    for family in families:
        chosen = [entry for entry in traces if entry["family"] == family]
        cells = [family, str(len(chosen))]
        for name in CALIBRATED_WORDS:
            off = [entry["synthesised"][name] - entry["measured"][name] for entry in chosen]
            cells.append(f"{np.mean(off):+.3g}, at most {np.max(np.abs(off)):.2g}")
        gaps.append(cells)
    words = list(CALIBRATED_WORDS.values())
    drawn.tables.append(
        Table(
            "Synthesised less measured, by family: mean, and largest size",
            ["family", "traces", *words],
            gaps,
            "mean latency in seconds",
        )
    )
    rows = [
        [
            entry["family"],
            entry["name"],
            str(entry["inputs"]),
            *(
                f"{entry['measured'][name]:.3g} / {entry['synthesised'][name]:.3g} ± "
                f"{entry['deviation'][name]:.2g}"
                for name in CALIBRATED_WORDS
            ),
        ]
        for entry in traces
    ]
    drawn.tables.append(
        Table(
            "Measured / synthesised",
            ["family", "trace", "inputs", *words],
            rows,
            f"synthesised: mean ± standard deviation of {facts['draws']} draws of as many inputs; mean "
            "latency in seconds",
        )
    )
    return drawn
