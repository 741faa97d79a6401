"""Draws one experiment: figures as SVG, PDF and PNG, and results.json with all that the page says."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

from . import claims
from .data import Experiment
from .drawn import Drawn, Panel
from .errors import ReportError
from .figures import KINDS
from .style import settings

# No dates, no versions: the same data gives the same bytes.
_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "png": {"Software": None},
}


def _save(panel: Panel, folder: Path) -> None:
    """The three forms of a panel."""
    for form, metadata in _METADATA.items():
        panel.figure.savefig(
            folder / f"{panel.name}.{form}",
            format=form,
            metadata=metadata,
            facecolor="white" if form == "png" else "none",
        )


def _replace_figures(panels: Sequence[Panel], folder: Path) -> None:
    """Puts all figures in the place of earlier ones, once all are there."""
    figures, beside = folder / "figures", folder / ".figures.new"
    figures.mkdir(exist_ok=True)
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        for panel in panels:
            _save(panel, beside)
        made = {file.name for file in beside.iterdir()}
        for name in made:
            (beside / name).replace(figures / name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    for stale in figures.iterdir():
        if stale.name not in made and stale.suffix[1:] in _METADATA:
            stale.unlink()


def draw(folder: Path) -> dict[str, Any]:
    """Draws the experiment in `folder`; returns what results.json says."""
    experiment = Experiment(folder)
    try:
        return _draw(experiment)
    except KeyError as missing:
        raise ReportError(experiment.file, f"lacks {missing}, as of another version") from None


def _draw(experiment: Experiment) -> dict[str, Any]:
    folder = experiment.folder
    matplotlib.rcParams.update(settings())
    parts: list[Drawn] = []
    for kind in experiment.fact("figures"):
        if kind not in KINDS:
            raise ReportError(experiment.file, f"'{kind}' is no kind of figure")
        part = KINDS[kind](experiment)
        for panel in part.panels:
            panel.name = f"{kind}_{panel.name}"
        parts.append(part)
    panels = [panel for part in parts for panel in part.panels]
    results: dict[str, Any] = {
        "claims": [
            {**vars(verdict), "headline": claim.get("headline", False)}
            for claim, verdict in zip(
                experiment.facts["claims"], claims.verdicts(experiment), strict=True
            )
        ],
        "panels": [{"name": panel.name, "caption": panel.caption} for panel in panels],
        "tables": [vars(table) for part in parts for table in part.tables],
    }
    _replace_figures(panels, folder)
    beside = folder / ".results.json"
    text = json.dumps(results, indent=1, ensure_ascii=False)
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(folder / "results.json")
    return results
