"""What a figure is made of: panels, each small enough for a phone, and tables."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from matplotlib.figure import Figure


@dataclass
class Panel:
    """One drawing; its files are called KIND_NAME, by the kind of figure that it is of."""

    name: str
    caption: str
    figure: Figure


@dataclass
class Table:
    """Rows of text; the first column is flush left."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass
class Drawn:
    """All that one kind of figure shows of an experiment."""

    panels: list[Panel] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def with_interval(mean: float, half_width: float, digits: int = 3) -> str:
    """A mean with its interval, in as many digits as the larger of both needs; "-" for none."""
    if math.isnan(mean):
        return "-"
    if half_width in (0.0, float("inf")):
        return f"{mean:.{digits}g}"
    return f"{mean:.{digits}g} ± {half_width:.2g}"
