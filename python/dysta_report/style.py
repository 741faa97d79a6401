"""How figures look: one style a policy in all of them, told by marker and line as well as colour."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from matplotlib.transforms import offset_copy

# The page replaces these two by its own colours, so that figures follow dark and light.
INK = "#1b1b1f"
GRID = "#c9c9d1"

# Okabe and Ito's palette, told apart with every kind of colour blindness.
BLUE, VERMILLION, GREEN, ORANGE = "#0072b2", "#d55e00", "#009e73", "#e69f00"
SKY, PURPLE, GREY, OLIVE = "#56b4e9", "#cc79a7", "#808088", "#8a7f00"

PANEL_WIDTH_IN = 4.3  # fits a phone without shrinking much


@dataclass(frozen=True)
class PolicyStyle:
    colour: str
    marker: str
    line: str | tuple[float, tuple[float, ...]]
    filled: bool = True


_DASHDOTDOT = (0.0, (5.0, 1.5, 1.0, 1.5, 1.0, 1.5))

_STYLES = {
    "fcfs": PolicyStyle(GREY, "s", "-"),
    "sjf": PolicyStyle(SKY, "^", "--"),
    "prema": PolicyStyle(ORANGE, "D", "-."),
    "planaria": PolicyStyle(GREEN, "v", ":"),
    "sdrm3": PolicyStyle(PURPLE, "p", _DASHDOTDOT),
    "dysta": PolicyStyle(VERMILLION, "o", "-"),
    "dysta_naive": PolicyStyle(VERMILLION, "P", ":"),
    "dysta_oracle": PolicyStyle(BLUE, "*", "--"),
    "srpt": PolicyStyle(BLUE, "X", "-."),
    "srpt_weighted": PolicyStyle(BLUE, "D", "-"),
    "punctual": PolicyStyle(INK, "H", "-"),
    "punctual_oracle": PolicyStyle(BLUE, "H", "--"),
    "feasible_first": PolicyStyle(BLUE, "P", ":"),
    "aged": PolicyStyle(OLIVE, "h", "-."),
    "likely_first": PolicyStyle(OLIVE, "v", _DASHDOTDOT),
    "edf": PolicyStyle(OLIVE, "<", "-"),
    "llf": PolicyStyle(OLIVE, ">", "--"),
    "hrrn": PolicyStyle(OLIVE, "d", ":"),
}

_FURTHER_MARKERS = "s^Dov<p>*PdhX8H"


def _name_of(policy: str) -> str:
    """Without parameters, and without what is refused."""
    return policy.partition(":")[0].partition(" ")[0]


def style_of(policy: str, beside: Sequence[str] = ()) -> PolicyStyle:
    """A policy's style; one with parameters, with refusals or in a sparse form has open markers and
    other dashes, and of several forms of a policy in the list `beside` each has a marker of its
    own."""
    name = _name_of(policy)
    base = name.removesuffix("_sparse")
    style = _STYLES.get(name) or _STYLES.get(base) or PolicyStyle(INK, "8", "-")
    if policy == base:
        return style
    line = (0.0, (6.0, 2.0)) if policy == name else (0.0, (1.0, 1.0))
    forms = [other for other in beside if _name_of(other) == name != other]
    place = forms.index(policy) if policy in forms else 0
    markers = [style.marker, *(m for m in _FURTHER_MARKERS if m != style.marker)]
    return PolicyStyle(style.colour, markers[place % len(markers)], line, filled=False)


def settings() -> dict[str, object]:
    """What matplotlib is told: the same data gives the same bytes."""
    return {
        "svg.hashsalt": "dysta",
        "svg.fonttype": "none",
        "pdf.fonttype": 42,
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 9,
        "axes.titlesize": 9.5,
        "axes.labelsize": 9,
        "legend.fontsize": 8.5,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "text.color": INK,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": GRID,
        "grid.linewidth": 0.6,
        "lines.linewidth": 1.6,
        "lines.markersize": 6,
        "legend.frameon": False,
        "figure.constrained_layout.use": True,
        "figure.dpi": 100,
        "savefig.dpi": 160,
    }


def panel(height_in: float = 3.4, width_in: float = PANEL_WIDTH_IN) -> tuple[Figure, Axes]:
    """An empty panel."""
    figure = Figure(figsize=(width_in, height_in))
    return figure, figure.subplots()


def _columns_that_fit(labels: Sequence[str], width_in: float, most: int) -> int:
    """Of a legend, whose entries fill one column after the other."""
    entry_in, letter_in = 0.5, 0.068  # at the legend's size of type

    def needed_in(columns: int) -> float:
        rows = -(-len(labels) // columns)
        starts = range(0, len(labels), rows)
        return sum(entry_in + letter_in * max(map(len, labels[i : i + rows])) for i in starts)

    return next((c for c in range(most, 1, -1) if needed_in(c) <= width_in), 1)


def legend_below(
    axes: Axes, columns: int = 3, below_pt: float = 36, handles: Sequence[Artist] | None = None
) -> None:
    """A legend beneath the axes, where it hides nothing, `below_pt` points under their lower edge,
    in at most so many columns: fewer where the figure is not wide enough for its labels, and then the
    figure is higher by the rows that makes."""
    figure = axes.get_figure()
    named = axes.get_legend_handles_labels()[0] if handles is None else handles
    labels = [str(handle.get_label()) for handle in named]
    wanted, columns = columns, _columns_that_fit(labels, figure.get_figwidth(), columns)
    row_in = 0.17
    more_rows = -(-len(labels) // columns) - -(-len(labels) // wanted)
    figure.set_figheight(figure.get_figheight() + row_in * more_rows)
    axes.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.45, 0),
        bbox_transform=offset_copy(axes.transAxes, fig=figure, y=-below_pt, units="points"),
        ncol=columns,
        columnspacing=1.2,
        handlelength=2.4,
        borderaxespad=0,
    )


# Where ticks stand within a decade: as few as give an axis three.
_LOG_STEPS: tuple[tuple[float, ...], ...] = (
    (1,),
    (1, 2, 5),
    (1, 1.5, 2, 3, 4, 5, 7),
    (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 7),
    (*(1 + 0.1 * k for k in range(10)), 2, 2.2, 2.4, 2.6, 2.8, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9),
    tuple(1 + 0.02 * k for k in range(450)),
)


def plain_log_axis(axes: Axes, which: str) -> None:
    """Makes an axis ("x" or "y") logarithmic with few, plain numbers."""
    getattr(axes, f"set_{which}scale")("log")
    axis: Axis = getattr(axes, f"{which}axis")
    low, high = getattr(axes, f"get_{which}lim")()
    for steps in _LOG_STEPS:
        every = [step * 10.0**power for power in range(-9, 10) for step in steps]
        ticks = [tick for tick in every if low <= tick <= high]
        if len(ticks) >= 3:
            break
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))
    # The ticks are chosen for these limits.
    getattr(axes, f"set_{which}lim")(low, high)
