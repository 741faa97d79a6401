"""Made-up experiments, as `dysta reproduce` leaves them."""

import json
import math
import shutil
import tempfile
import unittest
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

program = Path("dysta")  # set by the runner

POINT_HEADER = "scenario,rate_hz,utilisation,slo_multiplier,seed,policy,metric,value"

FACTS: dict[str, Any] = {
    "schema": 1,
    "name": "made_up",
    "order": 1,
    "title": "Made up & <odd>",
    "restates": "Fig. 0",
    "about": "One paragraph.\n\nAnother.",
    "notes": "",
    "figures": [],
    "baseline": "a",
    "dysta": "0.0.0",
    "command": "dysta reproduce made_up --out out",
    "reduced": "",
    "machine": {"cpu": "none", "cores": 1, "system": "none"},
    "wall_s": 1.0,
    "claims": [],
    "sweeps": [],
    "traces": [],
}

Values = Mapping[tuple[float, str, str], Sequence[float]]


class ReportTest(unittest.TestCase):
    """A test with a temporary folder of its own."""

    maxDiff = 2000

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dysta-report-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def sweep(self, values: Values) -> dict[str, Any]:
        """A sweep; `values` are by rate, policy and metric, one a seed."""
        rows = [
            f"s,{rate},{rate / 10},10,{seed},{policy},{metric},{value}"
            for (rate, policy, metric), by_seed in values.items()
            for seed, value in enumerate(by_seed, start=1)
            if not math.isnan(value)  # as a sweep leaves out what has no value
        ]
        self.write("made_up/sweep/points.csv", "\n".join([POINT_HEADER, *rows, ""]))
        seeds = list(range(1, 1 + max(len(by_seed) for by_seed in values.values())))
        return {
            "name": "sweep",
            "title": "A sweep",
            "points": "sweep/points.csv",
            "seeds": seeds,
            "requests": 1000,
            "points_run": 3,
            "points_reused": 0,
            "origins": "measured",
        }

    def trace(self, name: str, sparsity: Sequence[Sequence[float]], latency_s: float = 1.0) -> str:
        """A CNN trace; sparsity by input and layer."""
        rows = ["sim_lat,overall-sparsity,batch-indx,layer-indx"]
        for s, layers in enumerate(sparsity):
            rows += [f"{latency_s * (1 - x)},{x},{s},{l}" for l, x in enumerate(layers)]
        self.write(f"made_up/traces/{name}.csv", "\n".join([*rows, ""]))
        return f"traces/{name}.csv"

    def experiment(self, **facts: Any) -> Path:
        """The folder of an experiment with these facts."""
        self.write("made_up/experiment.json", json.dumps({**FACTS, **facts}))
        return self.folder / "made_up"
