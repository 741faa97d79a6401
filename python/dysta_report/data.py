"""What `dysta reproduce` left of an experiment, checked as it is read."""

import csv
import itertools
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from .errors import ReportError
from .intervals import Estimated, estimated

POINT_COLUMNS = (
    "scenario",
    "rate_hz",
    "utilisation",
    "slo_multiplier",
    "seed",
    "policy",
    "metric",
    "value",
)


def read_table(path: Path, columns: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with their lines; all of `columns` have to be there."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise ReportError(path, f"column '{missing[0]}' is missing", 1)
            for row in reader:
                if None in row or None in row.values():
                    raise ReportError(path, "has not as many fields as the header", reader.line_num)
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReportError(path, f"cannot be read: {error}") from error


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReportError(path, f"cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise ReportError(path, "is not a JSON object")
    return value


def rate_words(rate_hz: float) -> str:
    """Three digits of a rate, without powers of ten."""
    return f"{rate_hz:,.0f}" if rate_hz >= 100 else f"{rate_hz:.3g}"


@dataclass(frozen=True)
class Point:
    """Where in its grid a run was made."""

    scenario: str
    rate_hz: float
    utilisation: float
    slo_multiplier: float | None  # None: deadlines are the scenario's


class Points:
    """The results of a sweep: for each point, policy and metric a value a seed, none left out. It is
    NaN where requests were refused and the metric has no value then."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values: dict[tuple[Point, str, str], dict[str, float]] = {}
        known: dict[Point, None] = {}
        policies: dict[str, None] = {}
        metrics: dict[str, None] = {}
        seeds: dict[str, None] = {}
        for line, row in read_table(path, POINT_COLUMNS):

            def number(name: str) -> float:
                try:
                    found = float(row[name])
                except ValueError:
                    found = math.nan
                may_be_0 = name == "value" and not row["metric"].startswith("antt")
                if not 0 <= found < math.inf or (found == 0 and not may_be_0):
                    allowed = f"a number {'from' if may_be_0 else 'above'} 0"
                    raise ReportError(path, f"{name} is '{row[name]}', not {allowed}", line)
                return found

            value = number("value")
            # A scenario may have deadlines of its own.
            slo_multiplier = number("slo_multiplier") if row["slo_multiplier"] else None
            point = Point(row["scenario"], number("rate_hz"), number("utilisation"), slo_multiplier)
            known[point] = policies[row["policy"]] = None
            metrics[row["metric"]] = seeds[row["seed"]] = None
            values = self._values.setdefault((point, row["policy"], row["metric"]), {})
            if row["seed"] in values:
                raise ReportError(path, "repeats an earlier line", line)
            values[row["seed"]] = value
        if not known:
            raise ReportError(path, "has no results")
        scenarios = list(dict.fromkeys(point.scenario for point in known))
        self.points = sorted(
            known, key=lambda p: (scenarios.index(p.scenario), p.slo_multiplier or 0, p.rate_hz)
        )
        self.policies = list(policies)
        for cell in itertools.product(self.points, policies, metrics):
            for seed in seeds:
                if seed in self._values.get(cell, {}):
                    continue
                point, policy, metric = cell
                if self._values.get((point, policy, "refusal_rate"), {}).get(seed, 0) > 0:
                    self._values.setdefault(cell, {})[seed] = math.nan
                    continue
                where = f"'{policy}' at {self.words(point)}, seed {seed}"
                raise ReportError(path, f"has no {metric} of {where}, and of others")

    def words(self, point: Point, *, short: bool = False, scenario: bool = True) -> str:
        """Rate and utilisation of a point, and what else varies; `short` for the heads of tables."""
        words = (
            f"{rate_words(point.rate_hz)}/s ({point.utilisation:.2f})"
            if short
            else f"{rate_words(point.rate_hz)} requests/s (utilisation {point.utilisation:.2f})"
        )
        if scenario and len({p.scenario for p in self.points}) > 1:
            words = f"{point.scenario}, {words}"
        if point.slo_multiplier is not None and len({p.slo_multiplier for p in self.points}) > 1:
            words += f", SLO × {point.slo_multiplier:g}"
        return words

    def values(self, point: Point, policy: str, metric: str) -> dict[str, float]:
        """By seed."""
        if (point, policy, metric) not in self._values:
            raise ReportError(self._path, f"has no {metric} of '{policy}'")
        return self._values[point, policy, metric]

    def estimate(self, point: Point, policy: str, metric: str) -> Estimated:
        """Mean over seeds."""
        return estimated(list(self.values(point, policy, metric).values()))

    def paired(
        self, point: Point, first: str, second: str, metric: str
    ) -> tuple[list[float], list[float]]:
        """The values of two policies, seed by seed."""
        one, other = self.values(point, first, metric), self.values(point, second, metric)
        return list(one.values()), [other[seed] for seed in one]

    def paired_metrics(
        self, point: Point, policy: str, first: str, second: str
    ) -> tuple[list[float], list[float]]:
        """Two metrics of a policy, seed by seed."""
        one, other = self.values(point, policy, first), self.values(point, policy, second)
        return list(one.values()), [other[seed] for seed in one]


class Trace:
    """One trace with its provenance: tables of inputs by layers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem
        sparsity: dict[tuple[int, int], float] = {}
        latency: dict[tuple[int, int], float] = {}
        with open(path, encoding="utf-8") as file:
            attention = "50%-skip" in file.readline()
        for line, row in read_table(path, ("overall-sparsity", "batch-indx", "layer-indx")):
            try:
                key = int(float(row["batch-indx"])), int(float(row["layer-indx"]))
                value = float(row["overall-sparsity"])
                sparsity[key] = 1 - value if attention else value
                latency[key] = float(row.get("sim_lat", "nan"))
            except ValueError:
                raise ReportError(path, "holds what is not a number", line) from None
        inputs = 1 + max((s for s, _ in sparsity), default=-1)
        layers = 1 + max((l for _, l in sparsity), default=-1)
        if not sparsity or len(sparsity) != inputs * layers:
            raise ReportError(path, "does not hold every layer of every input once")
        cells = [(s, l) for s in range(inputs) for l in range(layers)]
        self.sparsity = np.array([sparsity[c] for c in cells]).reshape(inputs, layers)
        self.latency_s = np.array([latency[c] for c in cells]).reshape(inputs, layers)

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Where it is from; empty where nothing says so."""
        path = self.path.with_suffix(".json")
        return read_json(path) if path.exists() else {}

    def sets(self) -> list[tuple[str, slice]]:
        """The sets of inputs, in the order in which they stand in the trace."""
        found: list[tuple[str, slice]] = []
        first = 0
        for entry in self.provenance.get("inputs", []):
            count = int(entry["inputs"])
            found.append((str(entry["name"]), slice(first, first + count)))
            first += count
        if first != len(self.sparsity):
            return [("all inputs", slice(0, len(self.sparsity)))]
        return found


@dataclass(frozen=True)
class Sweep:
    """A sweep of an experiment."""

    name: str
    title: str
    origins: str  # of its traces, in words
    points: Points


@dataclass(frozen=True)
class TraceGroup:
    """Traces that belong together, all of one origin."""

    name: str
    title: str
    origin: str
    traces: list[Trace]


@dataclass(frozen=True)
class HardwareRow:
    """A figure of a synthesis report."""

    design: str
    quantity: str
    value: float
    unit: str


class Experiment:
    """All of one experiment, read when asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "experiment.json"
        self.facts = read_json(self.file)
        if self.facts.get("schema") != 1:
            raise ReportError(self.file, "is of a schema unknown here; allowed is 1")

    def fact(self, key: str) -> Any:
        """An entry that has to be there."""
        if key not in self.facts:
            raise ReportError(self.file, f"'{key}' is missing")
        return self.facts[key]

    @property
    def name(self) -> str:
        return str(self.fact("name"))

    @cached_property
    def sweeps(self) -> list[Sweep]:
        return [
            Sweep(
                entry["name"],
                entry["title"],
                entry["origins"],
                Points(self.folder / entry["points"]),
            )
            for entry in self.facts.get("sweeps", [])
        ]

    @cached_property
    def trace_groups(self) -> list[TraceGroup]:
        return [
            TraceGroup(
                entry["name"],
                entry["title"],
                entry["origin"],
                [Trace(self.folder / file) for file in entry["files"]],
            )
            for entry in self.facts.get("traces", [])
        ]

    @cached_property
    def predictions(self) -> dict[str, dict[str, float]]:
        """Normalised errors by trace and predictor."""
        found: dict[str, dict[str, float]] = {}
        path = self.folder / self.fact("predictions")["file"]
        for line, row in read_table(path, ("trace", "predictor", "rmse_normalised")):
            try:
                value = float(row["rmse_normalised"])
            except ValueError:
                raise ReportError(path, "rmse_normalised is not a number", line) from None
            found.setdefault(row["trace"], {})[row["predictor"]] = value
        return found

    @cached_property
    def hardware(self) -> list[HardwareRow]:
        """What the synthesis reports say; empty where there are none."""
        found = []
        for file in self.fact("hardware")["files"]:
            path = self.folder / file
            for line, row in read_table(path, ("design", "quantity", "value", "unit")):
                try:
                    value = float(row["value"])
                except ValueError:
                    raise ReportError(path, "value is not a number", line) from None
                found.append(HardwareRow(row["design"], row["quantity"], value, row["unit"]))
        return found
