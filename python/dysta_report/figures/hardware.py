"""What the scheduler costs in hardware, from the reports of its synthesis."""

from ..data import Experiment
from ..drawn import Drawn, Panel, Table
from ..style import BLUE, INK, panel


def hardware(experiment: Experiment) -> Drawn:
    """A panel a quantity; a sentence where nothing was synthesised."""
    drawn = Drawn()
    rows = experiment.hardware
    if not rows:
        folder = experiment.fact("hardware")["folder"]
        drawn.tables.append(
            Table(
                "Hardware cost",
                ["state"],
                [[f"There is no hardware yet: {folder} holds no synthesis report."]],
            )
        )
        return drawn
    for quantity in dict.fromkeys(row.quantity for row in rows):
        chosen = [row for row in rows if row.quantity == quantity]
        figure, axes = panel(1.2 + 0.3 * len(chosen))
        axes.barh(range(len(chosen)), [row.value for row in chosen], color=BLUE, edgecolor=INK)
        axes.set_yticks(range(len(chosen)))
        axes.set_yticklabels([row.design for row in chosen])
        axes.invert_yaxis()
        axes.set_xlabel(f"{quantity} ({chosen[0].unit})")
        drawn.panels.append(Panel(f"{len(drawn.panels) + 1}", quantity, figure))
    drawn.tables.append(
        Table(
            "Hardware cost",
            ["design", "quantity", "value", "unit"],
            [[row.design, row.quantity, f"{row.value:.6g}", row.unit] for row in rows],
        )
    )
    return drawn
