"""Every kind of figure drawn, and the page made of them."""

import json
import re
import subprocess
import sys
import warnings
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from dysta_report.claims import CALIBRATED_WORDS
from dysta_report.draw import draw
from dysta_report.errors import ReportError
from dysta_report.figures import KINDS
from dysta_report.page import write_page
from support import ReportTest

VOID = {"meta", "br", "hr", "img", "link", "input"}


class WellFormed(HTMLParser):
    """Fails where an element is not closed in order; gathers ids and references."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "xlink:href"):
                self.references.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            raise AssertionError(f"</{tag}> closes {self.open[-3:]}")
        self.open.pop()


class DrawingTest(ReportTest):
    def calibrated(self, name: str) -> dict[str, Any]:
        """A trace that comes back a tenth too large."""

        def all_at(value: float) -> dict[str, float]:
            return dict.fromkeys(CALIBRATED_WORDS, value)

        return {
            "family": "f",
            "name": name,
            "inputs": 50,
            "measured": all_at(0.5),
            "synthesised": all_at(0.55),
            "deviation": all_at(0.01),
        }

    def everything(self) -> Path:
        """An experiment of all kinds of figures."""
        policies = {"a": 1.0, "dysta": 2.0, "dysta:wait_unit_s=auto": 3.0}
        values: dict[tuple[float, str, str], list[float]] = {}
        for rate in (5.0, 6.0):
            for policy, level in policies.items():
                values[rate, policy, "antt"] = [level + rate, level + rate + 0.5]
                values[rate, policy, "antt_lower_bound"] = [1.0, 1.1]
                values[rate, policy, "violation_rate"] = [0.01 * level, 0.02 * level]
                values[rate, policy, "stp_inferences_per_s"] = [rate, rate]
        files = [
            self.trace("m_a", [[0.2, 0.3, 0.1], [0.4, 0.5, 0.1], [0.1, 0.2, 0.1]]),
            self.trace("m_b", [[0.5, 0.4, 0.2], [0.3, 0.5, 0.2], [0.2, 0.2, 0.3]]),
        ]
        work = {"mean": 50, "least": 40, "largest": 60}
        for name in ("m_a", "m_b"):
            provenance = {
                "layers": [{"dense_macs": 100, "weight_density": 0.5}],
                "inputs": [
                    {"name": "set", "inputs": 2, "effectual_macs": work},
                    {"name": "set_dark", "inputs": 1, "effectual_macs": work},
                ],
            }
            self.write(f"made_up/traces/{name}.json", json.dumps(provenance))
        rows = ["trace,predictor,rmse_normalised"]
        rows += [f"{trace},{p},0.1" for trace in ("m_a", "m_b") for p in ("none", "average_all")]
        self.write("made_up/predictions.csv", "\n".join([*rows, ""]))
        self.write("made_up/hw.csv", "design,quantity,value,unit\nx,LUTs,4,1\n")
        claim = {
            "says": "a < b & so",
            "headline": True,
            "kind": "lowest",
            "sweep": "sweep",
            "metric": "antt",
        }
        return self.experiment(
            figures=list(KINDS),
            sweeps=[self.sweep(values)],
            traces=[{"name": "t", "title": "T", "origin": "measured", "files": files}],
            predictions={"file": "predictions.csv", "folds": 2, "last_n": 1},
            calibration={"draws": 20, "traces": [self.calibrated("m_a"), self.calibrated("m_b")]},
            hardware={"folder": "hw", "files": ["hw.csv"]},
            claims=[{**claim, "policy": "a", "against": ["dysta"]}],
        )

    def test_all_kinds(self) -> None:
        folder = self.everything()
        results = draw(folder)
        names = [panel["name"] for panel in results["panels"]]
        self.assertEqual(len(names), len(set(names)), msg="figures overwrite each other")
        for name in names:
            for form in ("svg", "pdf", "png"):
                self.assertGreater((folder / "figures" / f"{name}.{form}").stat().st_size, 1000)

    def test_same_bytes(self) -> None:
        folder = self.everything()

        def made() -> dict[str, bytes]:
            draw(folder)
            write_page(self.folder)
            return {str(p): p.read_bytes() for p in self.folder.rglob("*") if p.is_file()}

        self.assertEqual(made(), made())

    def test_page(self) -> None:
        draw(self.everything())
        write_page(self.folder)
        text = (self.folder / "index.html").read_text(encoding="utf-8")
        parser = WellFormed()
        parser.feed(text)
        parser.close()
        self.assertEqual(parser.open, [])
        self.assertEqual(len(parser.ids), len(set(parser.ids)))
        for reference in parser.references:
            if reference.startswith("data:image/png;base64,"):
                continue
            self.assertTrue(reference.startswith("#"), msg=reference)
            self.assertIn(reference[1:], parser.ids)
        for used in re.findall(r"url\(([^)]*)\)", text):
            self.assertIn(used.strip("'\"#"), parser.ids)
        self.assertNotIn("http", re.sub(r"xmlns[^ >]*", "", text))
        self.assertIn("Made up &amp; &lt;odd&gt;", text)
        self.assertIn("a &lt; b &amp; so", text)
        self.assertIn('✓<span class="word">&nbsp;holds</span>', text)
        summary = text[text.index('id="summary"') : text.index('id="made_up"')]
        self.assertIn("traces: measured", summary)

    def test_without_hardware(self) -> None:
        folder = self.experiment(figures=["hardware"], hardware={"folder": "hw/syn", "files": []})
        results = draw(folder)
        self.assertEqual(results["panels"], [])
        self.assertIn("hw/syn holds no synthesis report", str(results["tables"]))

    def test_a_reduced_run_says_so(self) -> None:
        draw(self.experiment(reduced="at most 2 seeds"))
        write_page(self.folder)
        text = (self.folder / "index.html").read_text(encoding="utf-8")
        self.assertIn("Reduced: at most 2 seeds.", text)

    def test_stale_figures_go(self) -> None:
        folder = self.experiment()
        stale = self.write("made_up/figures/old.svg", "<svg/>")
        draw(folder)
        self.assertFalse(stale.exists())

    def test_a_failure_leaves_what_was_drawn(self) -> None:
        folder = self.everything()
        draw(folder)

        def drawn() -> dict[str, bytes]:
            return {
                str(path): path.read_bytes()
                for path in sorted(folder.rglob("*"))
                if path.parent.name == "figures" or path.name == "results.json"
            }

        before = drawn()
        facts = json.loads((folder / "experiment.json").read_text())
        (folder / "experiment.json").write_text(json.dumps({**facts, "figures": ["bars", "pie"]}))
        with self.assertRaises(ReportError):
            draw(folder)
        self.assertEqual(drawn(), before)

    def test_few_panels_of_many_points(self) -> None:
        values = {
            (rate, "a", metric): [1.0, 1.5]
            for rate in (5.0, 6.0, 7.0, 8.0, 9.0, 10.0)
            for metric in ("antt", "antt_lower_bound", "violation_rate")
        }
        results = draw(self.experiment(figures=["tradeoff"], sweeps=[self.sweep(values)]))
        self.assertEqual(len(results["panels"]), 3)
        self.assertEqual(len(results["tables"][0]["head"]), 7)

    def test_one_input(self) -> None:
        files = [self.trace("m_a", [[0.2, 0.3]])]
        group = {"name": "t", "title": "T", "origin": "measured", "files": files}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            results = draw(self.experiment(figures=["layer_latency"], traces=[group]))
        self.assertNotIn("nan", str(results["tables"]))

    def test_reused_points_are_told(self) -> None:
        sweep = self.sweep({(5.0, "a", "antt"): [1.0]})
        draw(self.experiment(sweeps=[{**sweep, "points_run": 4, "points_reused": 6}]))
        write_page(self.folder)
        text = (self.folder / "index.html").read_text(encoding="utf-8")
        self.assertIn("1.0 s for the data, without 6 of 10 points, which an earlier run", text)

    def program(self, *arguments: Any) -> tuple[int, str]:
        package = Path(__file__).resolve().parents[2] / "python" / "dysta_report"
        done = subprocess.run(
            [sys.executable, "-B", str(package), *map(str, arguments)],
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stderr

    def test_errors_are_one_line(self) -> None:
        self.assertEqual(
            self.program("page", self.folder),
            (
                1,
                f"dysta: {self.folder}: holds no experiment that was drawn; dysta reproduce makes some\n",
            ),
        )
        status, text = self.program("draw", self.folder)
        self.assertEqual(status, 1)
        self.assertRegex(text, r"\Adysta: [^\n]*experiment.json: cannot be read[^\n]*\n\Z")
        folder = self.experiment(figures=["pie"])
        with self.assertRaisesRegex(ReportError, "'pie' is no kind of figure"):
            draw(folder)
