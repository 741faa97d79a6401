"""Figures of traces: how sparsity and latency vary, and what predictors make of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.colors import TwoSlopeNorm
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from ..data import Experiment, Trace
from ..drawn import Drawn, Panel, Table
from ..style import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, SKY, VERMILLION, legend_below, panel
from ..style import plain_log_axis
from ..traces import (
    correlations,
    effectual_macs,
    kept_macs,
    listed_macs,
    mean_correlation,
    relative_range,
)

ORIGIN_WORDS = {
    "measured": "measured",
    "synthesised": "SYNTHESISED from a statistical model",
    "unknown": "of unknown origin",
}


@dataclass(frozen=True)
class _SetStyle:
    """How boxes of a kind of inputs look."""

    label: str
    colour: str
    hatch: str

    def properties(self) -> dict[str, Any]:
        return {
            "facecolor": self.colour,
            "edgecolor": INK,
            "linewidth": 0.7,
            "hatch": self.hatch,
        }

    def patch(self) -> Patch:
        return Patch(label=self.label, **self.properties())


# By whether the inputs are dark.
_SETS = {
    False: _SetStyle("normal inputs", ORANGE, ""),
    True: _SetStyle("low light", SKY, "////"),
}


def _origin(origin: str) -> str:
    return ORIGIN_WORDS.get(origin, origin)


def layer_latency(experiment: Experiment) -> Drawn:
    """Latency of each layer over inputs, relative to its mean."""
    drawn = Drawn()
    rows = []
    for group in experiment.trace_groups:
        for trace in group.traces:
            latency = trace.latency_s / trace.latency_s.mean(axis=0)
            figure, axes = panel(3.5)
            layers = np.arange(1, latency.shape[1] + 1)
            bands = np.percentile(latency, [0, 5, 50, 95, 100], axis=0)
            axes.fill_between(
                layers, bands[0], bands[4], color=SKY, alpha=0.25, lw=0, label="all inputs"
            )
            axes.fill_between(
                layers, bands[1], bands[3], color=SKY, alpha=0.55, lw=0, label="90% of inputs"
            )
            axes.plot(layers, bands[2], color=BLUE, marker="o", markersize=4, label="median")
            axes.set_xlabel("layer")
            axes.set_ylabel("latency / mean of the layer")
            axes.set_ylim(bottom=0)
            axes.set_title(f"{trace.name}, {len(latency)} inputs")
            legend_below(axes, 3)
            caption = f"{group.title}: {_origin(group.origin)}."
            drawn.panels.append(Panel(trace.name, caption, figure))
            ranges = np.ptp(latency, axis=0)
            rows.append(
                [
                    trace.name,
                    _origin(group.origin),
                    f"{latency.min():.2f} to {latency.max():.2f}",
                    f"{latency.std(axis=0, ddof=1).mean():.3f}" if len(latency) > 1 else "-",
                    f"{ranges.min():.2f} to {ranges.max():.2f}",
                    f"{relative_range(trace.latency_s.sum(axis=1)):.3f}",
                ]
            )
    head = [
        "trace",
        "origin",
        "extremes of a layer / its mean",
        "mean deviation of a layer",
        "relative range of layers",
        "of the network",
    ]
    drawn.tables.append(Table("How layers' latency varies over inputs", head, rows))
    return drawn


def sparsity(experiment: Experiment) -> Drawn:
    """Box plots of network sparsity a set of inputs, and relative ranges."""
    drawn = Drawn()
    rows = []
    for group in experiment.trace_groups:
        figure, axes = panel(1.6 + 0.3 * len(group.traces))
        drawn_sets: set[bool] = set()
        for row, trace in enumerate(group.traces):
            network = trace.sparsity.mean(axis=1)
            parts = {
                dark: np.concatenate(chosen) if chosen else None
                for dark in (False, True)
                for chosen in [
                    [network[where] for name, where in trace.sets() if ("dark" in name) is dark]
                ]
            }
            for dark, offset in ((False, -0.19), (True, 0.19)):
                values = parts[dark]
                if values is None:
                    continue
                both = parts[True] is not None
                axes.boxplot(
                    values,
                    positions=[row + (offset if both else 0)],
                    widths=0.3 if both else 0.5,
                    vert=False,
                    manage_ticks=False,
                    patch_artist=True,
                    boxprops=_SETS[dark].properties(),
                    medianprops={"color": INK, "linewidth": 1.2},
                    whiskerprops={"color": INK, "linewidth": 0.7},
                    capprops={"color": INK, "linewidth": 0.7},
                    flierprops={"marker": ".", "markersize": 3, "markeredgecolor": GREY},
                )
                drawn_sets.add(dark)
            cells = [trace.name, _origin(group.origin)]
            for dark in (False, True):
                values = parts[dark]
                cells += (
                    ["-", "-"]
                    if values is None
                    else [f"{values.mean():.3f}", f"{relative_range(values):.3f}"]
                )
            rows.append([*cells, f"{relative_range(network):.3f}"])
        axes.set_yticks(range(len(group.traces)))
        axes.set_yticklabels([trace.name for trace in group.traces])
        axes.set_ylim(len(group.traces) - 0.4, -0.6)
        axes.set_xlabel("share of zeros (mean over layers)")
        legend_below(axes, 2, handles=[_SETS[dark].patch() for dark in sorted(drawn_sets)])
        caption = (
            f"{group.title}: {_origin(group.origin)}. Boxes: quartiles over inputs; whiskers to 1.5 "
            "times the box."
        )
        drawn.panels.append(Panel(group.name, caption, figure))
    head = [
        "trace",
        "origin",
        "mean",
        "range",
        "mean, low light",
        "range, low light",
        "range, all inputs",
    ]
    drawn.tables.append(
        Table("Network sparsity over inputs", head, rows, "range: (largest - least) / mean")
    )
    return drawn


def patterns(experiment: Experiment) -> Drawn:
    """Effectual multiply-accumulates of one network under several patterns."""
    drawn = Drawn()
    rows = []
    for group in experiment.trace_groups:
        names, weights, works = [], [], []
        # Where whole channels went, their work is not even listed: all is what the densest has.
        dense = max((listed_macs(trace) for trace in group.traces), default=0.0)
        for trace in group.traces:
            work = effectual_macs(trace)
            if work is None or dense == 0:
                continue
            density = kept_macs(trace) / dense
            names.append(trace.name)
            weights.append(density)
            works.append([value / dense for value in work])
            latency = trace.latency_s.sum(axis=1).mean()
            rows.append(
                [
                    trace.name,
                    _origin(group.origin),
                    f"{density:.3f}",
                    f"{works[-1][0]:.4f}",
                    f"{works[-1][0] / density:.4f}",
                    f"{latency * 1e3:.3f}",
                    f"{latency / (work[0] * 1e-9):.3f}",
                ]
            )
        if not names:
            continue
        figure, axes = panel(1.6 + 0.34 * len(names))
        positions = np.arange(len(names))
        mean = np.array([work[0] for work in works])
        axes.barh(
            positions - 0.19,
            weights,
            0.36,
            color=GREY,
            edgecolor=INK,
            lw=0.6,
            hatch="////",
            label="weight not zero",
        )
        axes.barh(
            positions + 0.19,
            mean,
            0.36,
            color=VERMILLION,
            edgecolor=INK,
            lw=0.6,
            xerr=[mean - [w[1] for w in works], np.array([w[2] for w in works]) - mean],
            error_kw={"ecolor": INK, "elinewidth": 0.9},
            label="effectual (neither is zero)",
        )
        axes.set_yticks(positions)
        axes.set_yticklabels(names)
        axes.invert_yaxis()
        axes.set_xlabel("share of all multiply-accumulates")
        legend_below(axes, 2)
        caption = (
            f"{group.title}: {_origin(group.origin)}. Error bars: least and largest of all inputs."
        )
        drawn.panels.append(Panel(group.name, caption, figure))
    head = [
        "trace",
        "origin",
        "weight not zero",
        "effectual",
        "effectual / weight not zero",
        "latency (ms)",
        "ms a million effectual",
    ]
    drawn.tables.append(Table("Work left by each pattern, as a share of all", head, rows))
    return drawn


def correlation(experiment: Experiment) -> Drawn:
    """Heat maps of the correlation of layers' sparsity over inputs."""
    drawn = Drawn()
    rows = []
    for group in experiment.trace_groups:
        for trace in group.traces:
            table = correlations(trace.sparsity)
            figure, axes = panel(3.9)
            image = axes.imshow(
                table,
                cmap="RdBu_r",
                norm=TwoSlopeNorm(0, -1, 1),
                interpolation="nearest",
                extent=(0.5, len(table) + 0.5, len(table) + 0.5, 0.5),
            )
            axes.grid(False)
            axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
            axes.yaxis.set_major_locator(MaxNLocator(8, integer=True))
            axes.set_xlabel("layer")
            axes.set_ylabel("layer")
            axes.set_title(trace.name)
            bar = figure.colorbar(image, ax=axes, shrink=0.85, label="correlation over inputs")
            bar.outline.set_linewidth(0.5)
            caption = f"{group.title}: {_origin(group.origin)}. Blank: layers that do not vary."
            drawn.panels.append(Panel(trace.name, caption, figure))
            next_to = np.diag(table, 1)
            next_to = next_to[~np.isnan(next_to)]
            rows.append(
                [
                    trace.name,
                    _origin(group.origin),
                    f"{len(trace.sparsity)}",
                    f"{mean_correlation(trace.sparsity):.2f}",
                    f"{next_to.mean():.2f}" if len(next_to) else "-",
                ]
            )
    head = ["trace", "origin", "inputs", "mean of all pairs", "of neighbours"]
    drawn.tables.append(Table("Correlation between layers", head, rows))
    return drawn


_PREDICTORS = {
    "none": (GREY, "s"),
    "last_one": (PURPLE, "v"),
    "last_n": (ORANGE, "D"),
    "average_all": (VERMILLION, "o"),
    "regression": (BLUE, "^"),
    "length": (GREEN, "P"),
}


def predictors(experiment: Experiment) -> Drawn:
    """Errors of the predictors, a row a trace."""
    drawn = Drawn()
    errors = experiment.predictions
    facts = experiment.fact("predictions")
    names = [name for name in _PREDICTORS if any(name in by for by in errors.values())]
    summary = []
    for group in experiment.trace_groups:
        traces = [trace.name for trace in group.traces if trace.name in errors]
        if not traces:
            continue
        figure, axes = panel(1.7 + 0.23 * len(traces))
        for name in names:
            colour, marker = _PREDICTORS[name]
            known = [(row, errors[t][name]) for row, t in enumerate(traces) if name in errors[t]]
            if known:
                axes.plot(
                    [e * 100 for _, e in known],
                    [row for row, _ in known],
                    marker,
                    color=colour,
                    mfc="none" if name == "none" else colour,
                    label=name,
                    markersize=5.5,
                )
        plain_log_axis(axes, "x")
        axes.set_yticks(range(len(traces)))
        axes.set_yticklabels(traces)
        axes.set_ylim(len(traces) - 0.5, -0.5)
        axes.set_xlabel("RMSE of remaining latency\n(% of the mean latency)")
        legend_below(axes, 3, 50)
        caption = f"{group.title}: {_origin(group.origin)}. Left is better."
        drawn.panels.append(Panel(group.name, caption, figure))
        means = [[errors[t][name] for t in traces if name in errors[t]] for name in names]
        summary.append(
            [
                group.title,
                _origin(group.origin),
                str(len(traces)),
                *(f"{np.mean(values) * 100:.3g}" if values else "-" for values in means),
            ]
        )
    drawn.tables.append(
        Table(
            "RMSE of the remaining latency, % of the mean latency: mean over traces",
            ["traces", "origin", "number", *names],
            summary,
            f"{facts['folds']} parts, each predicted from the others; last_n looks back "
            f"{facts['last_n']} layers; length: lines in the input's length, known at arrival",
        )
    )
    return drawn
