"""Verdicts on claims, from figures small enough to be judged by eye."""

import json
import math
from typing import Any

from dysta_report.claims import FAILS, HOLDS, OPEN, Verdict, family_of, verdicts
from dysta_report.data import Experiment
from dysta_report.errors import ReportError
from dysta_report.intervals import estimated, estimated_ratio, student_t
from support import ReportTest, Values


class IntervalsTest(ReportTest):
    def test_student_t(self) -> None:
        """Against printed tables."""
        for degrees, value in ((1, 12.7062), (2, 4.3027), (4, 2.7764), (9, 2.2622), (30, 2.0423)):
            self.assertAlmostEqual(student_t(degrees), value, places=4)
        for degrees, value in ((1, 63.6567), (4, 4.6041), (9, 3.2498)):
            self.assertAlmostEqual(student_t(degrees, 0.99), value, places=3)

    def test_bonferroni(self) -> None:
        """Five intervals at 99% each hold together with 95%."""
        found = estimated([1, 2, 3, 4, 5], comparisons=5)
        self.assertAlmostEqual(found.half_width, 4.6041 * math.sqrt(2.5 / 5), places=3)

    def test_estimate(self) -> None:
        found = estimated([1, 2, 3])
        self.assertEqual((found.mean, found.runs), (2, 3))
        self.assertAlmostEqual(found.half_width, 4.3027 / math.sqrt(3), places=4)
        self.assertEqual(estimated([5]).half_width, math.inf)
        self.assertEqual(estimated([5]).bar, 0)

    def test_ratio(self) -> None:
        mean, least, largest = estimated_ratio([2, 8], [1, 1])
        self.assertAlmostEqual(mean, 4)
        self.assertAlmostEqual(mean / least, largest / mean)
        for value in estimated_ratio([6, 6], [2, 2]):
            self.assertAlmostEqual(value, 3)


class ClaimsTest(ReportTest):
    def verdict(self, claim: dict[str, Any], values: Values | None = None, **facts: Any) -> Verdict:
        """How one claim fares."""
        if values is not None:
            facts["sweeps"] = [self.sweep(values)]
        folder = self.experiment(claims=[{"says": "so", **claim}], **facts)
        (found,) = verdicts(Experiment(folder))
        self.assertEqual(found.says, "so")
        return found

    def compared(self, a: list[float], b: list[float], **claim: Any) -> Verdict:
        """A claim about the ANTT of two policies at one rate."""
        values = {(5.0, "a", "antt"): a, (5.0, "b", "antt"): b}
        return self.verdict({"sweep": "sweep", "metric": "antt", "policy": "a", **claim}, values)

    def test_lowest(self) -> None:
        claim = {"kind": "lowest", "against": ["b"]}
        self.assertEqual(self.compared([1, 2, 3], [2, 3, 4.1], **claim).verdict, HOLDS)
        self.assertEqual(self.compared([2, 3, 4.1], [1, 2, 3], **claim).verdict, FAILS)
        self.assertEqual(self.compared([1, 2, 3], [3, 1, 4], **claim).verdict, OPEN)
        self.assertEqual(self.compared([1, 2, 3], [1, 2, 3], **claim).verdict, HOLDS)

    def test_pairs_decide(self) -> None:
        """Seeds differ by far more than policies do, but not on the same requests."""
        claim = {"kind": "lowest", "against": ["b"]}
        found = self.compared([1, 50, 99], [2, 51, 100.1], **claim)
        self.assertEqual(found.verdict, HOLDS)
        self.assertIn("1 of 1 paired comparisons as claimed", found.evidence)

    def test_one_run_decides_nothing(self) -> None:
        self.assertEqual(self.compared([1], [2], kind="lowest", against=["b"]).verdict, OPEN)

    def test_one_point_decides_against(self) -> None:
        values = {
            (5.0, "a", "antt"): [1.0, 1.0],
            (5.0, "b", "antt"): [2.0, 2.0],
            (6.0, "a", "antt"): [3.0, 3.0],
            (6.0, "b", "antt"): [2.0, 2.0],
        }
        claim = {"sweep": "sweep", "metric": "antt", "kind": "order", "policies": ["b", "a"]}
        found = self.verdict(claim, values)
        self.assertEqual(found.verdict, FAILS)
        self.assertIn("b less a: -1 ± 0 at 6 requests/s (utilisation 0.60)", found.evidence)
        self.assertEqual(self.verdict({**claim, "rates_hz": [5]}, values).verdict, HOLDS)
        self.assertEqual(self.verdict({**claim, "utilisations": [0.6]}, values).verdict, FAILS)
        with self.assertRaisesRegex(ReportError, "about rates_hz 7, where 'sweep' has no point"):
            self.verdict({**claim, "rates_hz": [7]}, values)

    def test_many_comparisons_need_more(self) -> None:
        """What decides as the only comparison need not as one of twenty."""
        gaps = [0.1, 0.9, 0.5, 0.4, 0.6]
        values: dict[tuple[float, str, str], list[float]] = {}
        for rate in range(1, 21):
            values[float(rate), "a", "antt"] = [2.0 + gap for gap in gaps]
            values[float(rate), "b", "antt"] = [2.0] * 5
        claim = {"sweep": "sweep", "metric": "antt", "kind": "lowest", "policy": "a"}
        claim["against"] = ["b"]
        self.assertEqual(self.verdict({**claim, "rates_hz": [1]}, values).verdict, FAILS)
        self.assertEqual(self.verdict(claim, values).verdict, OPEN)
        # That all agree needs no correction.
        claim = {**claim, "policy": "b", "against": ["a"]}
        self.assertEqual(self.verdict(claim, values).verdict, HOLDS)

    def test_rounding_decides_nothing(self) -> None:
        claim = {"kind": "lowest", "against": ["b"]}
        noise = 1 + 1e-13
        self.assertEqual(self.compared([noise, 2 * noise], [1, 2], **claim).verdict, HOLDS)
        self.assertEqual(self.compared([1 + 1e-6, 2 + 1e-6], [1, 2], **claim).verdict, FAILS)

    def test_what_fails_is_told_first(self) -> None:
        values: dict[tuple[float, str, str], list[float]] = {}
        for rate in (1.0, 2.0, 3.0, 4.0, 5.0):
            values[rate, "a", "antt"] = [1.0, 2.0]
            values[rate, "b", "antt"] = [2.0, 1.0]
        values[5.0, "b", "antt"] = [0.5, 1.5]
        claim = {"sweep": "sweep", "metric": "antt", "kind": "lowest", "policy": "a"}
        found = self.verdict({**claim, "against": ["b"]}, values)
        self.assertEqual(found.verdict, FAILS)
        self.assertRegex(
            found.evidence, "The other way round: b less a: -0.5 [^;]* at 5 requests.*Undecided: "
        )

    def test_deadlines_are_told_where_they_vary(self) -> None:
        sweep = self.sweep({(5.0, "a", "antt"): [2.0, 2.0], (5.0, "b", "antt"): [1.0, 1.0]})
        path = self.folder / "made_up" / "sweep" / "points.csv"
        rows = path.read_text().splitlines()
        rows += [row.replace(",10,", ",50,") for row in rows[1:]]
        path.write_text("\n".join([*rows, ""]))
        claim = {"says": "so", "sweep": "sweep", "metric": "antt", "kind": "lowest", "policy": "a"}
        folder = self.experiment(claims=[{**claim, "against": ["b"]}], sweeps=[sweep])
        (found,) = verdicts(Experiment(folder))
        self.assertIn("SLO × 50", found.evidence)

    def test_origin(self) -> None:
        found = self.compared([1, 2], [3, 4], kind="lowest", against=["b"])
        self.assertEqual(found.origin, "measured")

    def test_order(self) -> None:
        values = {
            (5.0, name, "antt"): [at, at + 0.1] for name, at in (("c", 3.0), ("b", 2.0), ("a", 1.0))
        }
        claim = {"sweep": "sweep", "metric": "antt", "kind": "order"}
        self.assertEqual(
            self.verdict({**claim, "policies": ["c", "b", "a"]}, values).verdict, HOLDS
        )
        self.assertEqual(
            self.verdict({**claim, "policies": ["c", "a", "b"]}, values).verdict, FAILS
        )

    def test_factor(self) -> None:
        claim = {"kind": "factor", "against": ["b"], "at_least": 4}
        found = self.compared([1, 2], [4, 8.2], **claim)
        self.assertEqual(found.verdict, OPEN)  # 4 and 4.1: the interval reaches below
        self.assertEqual(self.compared([1, 2], [5, 10], **claim).verdict, HOLDS)
        found = self.compared([1, 2], [3, 6], **claim)
        self.assertEqual(found.verdict, FAILS)
        self.assertIn("b 3.00 (3.00 to 3.00) at 5 requests/s", found.evidence)

    def test_every_policy_has_its_largest_factor(self) -> None:
        values: dict[tuple[float, str, str], list[float]] = {}
        for rate, b, c in ((5.0, 2.0, 6.0), (12.0, 3.0, 5.0)):
            values[rate, "a", "antt"] = [1.0, 1.0]
            values[rate, "b", "antt"] = [b, b]
            values[rate, "c", "antt"] = [c, c]
        claim = {"sweep": "sweep", "metric": "antt", "kind": "factor", "policy": "a"}
        found = self.verdict({**claim, "against": ["b", "c"], "at_least": 4}, values)
        self.assertEqual(found.verdict, HOLDS)
        self.assertRegex(
            found.evidence, r"c 6\.00 [^;]* at 5 requests/s [^;]*; b 3\.00 [^;]* at 12 requests/s"
        )
        self.assertIn("figures grow with the run: 1000 requests here", found.evidence)

    def test_zeros_have_no_factor(self) -> None:
        rates = {(5.0, "a", "violation_rate"): [0, 0], (5.0, "b", "violation_rate"): [0.1, 0.2]}
        claim = {"sweep": "sweep", "metric": "violation_rate", "kind": "factor", "policy": "a"}
        found = self.verdict({**claim, "against": ["b"], "at_least": 4}, rates)
        self.assertEqual(found.verdict, OPEN)
        self.assertIn("Left out for a value of 0: 1 of 1 comparisons", found.evidence)

    def test_difference_in_points(self) -> None:
        values = {
            (5.0, "a", "violation_rate"): [0.1, 0.2],
            (5.0, "b", "violation_rate"): [0.25, 0.35],
        }
        claim = {"sweep": "sweep", "metric": "violation_rate", "kind": "difference", "policy": "a"}
        found = self.verdict({**claim, "against": ["b"], "at_least": 0.1}, values)
        self.assertEqual(found.verdict, HOLDS)
        self.assertIn("15 ±", found.evidence)
        self.assertIn("points", found.evidence)
        self.assertEqual(
            self.verdict({**claim, "against": ["b"], "at_least": 0.2}, values).verdict, FAILS
        )

    def test_missing_policy(self) -> None:
        with self.assertRaisesRegex(ReportError, "points.csv: has no antt of 'x'"):
            self.compared([1, 2], [3, 4], kind="lowest", against=["x"])

    def test_refused_requests_leave_nothing_to_compare(self) -> None:
        """Rows that have no value then are no holes."""
        refusals = {(5.0, "a", "refusal_rate"): [0.1, 0], (5.0, "b", "refusal_rate"): [0, 0]}
        values = {(5.0, "b", "antt"): [1.0, 2.0], **refusals}
        sweep = {"sweep": "sweep", "metric": "antt"}
        for claim in (
            {"kind": "lowest", "policy": "a", "against": ["b"]},
            {"kind": "difference", "policy": "a", "against": ["b"], "at_least": 0},
        ):
            values[5.0, "a", "antt"] = [math.nan, 3.0]
            found = self.verdict({**sweep, **claim}, values)
            self.assertEqual(found.verdict, OPEN)
            self.assertIn("since requests were refused", found.evidence)

    def test_statistic(self) -> None:
        files = [
            self.trace("m_a", [[0.2, 0.3], [0.4, 0.5]]),
            self.trace("m_b", [[0.5, 0.5], [0.5, 0.5]]),
        ]
        traces = [{"name": "t", "title": "T", "origin": "measured", "files": files}]
        claim = {"kind": "statistic", "traces": ["t"], "statistic": "sparsity_range"}
        found = self.verdict({**claim, "at_least": 0.1}, traces=traces)
        self.assertEqual(found.verdict, FAILS)
        self.assertIn("from 0 (m_b) to 0.571 (m_a); 1 of 2 traces reach 0.1", found.evidence)
        claim["statistic"] = "layer_correlation"
        found = self.verdict({**claim, "at_least": 0.9}, traces=traces[:1])
        self.assertIn("to 1 (m_a)", found.evidence)

    def predicted(self, **errors: tuple[float, float]) -> Verdict:
        """Whether `one` is better than `other`, whose errors are given by trace."""
        rows = ["trace,predictor,rmse_normalised"]
        for trace, (one, other) in errors.items():
            rows += [f"{trace},one,{one}", f"{trace},other,{other}"]
        self.write("made_up/predictions.csv", "\n".join([*rows, ""]))
        files = [self.trace(name, [[0.2, 0.3], [0.4, 0.5]]) for name in errors]
        facts = {
            "traces": [{"name": "t", "title": "T", "origin": "measured", "files": files}],
            "predictions": {"file": "predictions.csv", "folds": 2, "last_n": 1},
        }
        claim = {"kind": "predictor", "traces": ["t"], "predictor": "one", "against": ["other"]}
        return self.verdict(claim, **facts)

    def test_predictor(self) -> None:
        found = self.predicted(m_a=(0.1, 0.2), m_b=(0.2, 0.31))
        self.assertEqual(found.verdict, HOLDS)
        self.assertIn("other less one: +0.1 to +0.11 of the mean latency", found.evidence)
        self.assertIn("lower on 2 of 2 traces, on all traces of 1 of 1 families", found.evidence)
        self.assertEqual(self.predicted(m_a=(0.3, 0.2), n_a=(0.4, 0.3)).verdict, FAILS)
        self.assertEqual(self.predicted(m_a=(0.1, 0.2), n_a=(0.4, 0.3)).verdict, OPEN)
        # One form of a network does not make its family.
        self.assertEqual(self.predicted(m_a=(0.1, 0.2), m_b=(0.4, 0.3)).verdict, FAILS)

    def test_families(self) -> None:
        for trace, family in (
            ("resnet20_dense", "resnet"),
            ("mobilenetv1-075_dense", "mobilenet"),
            ("gpttoy-256", "gpttoy"),
            ("vgg16", "vgg"),
            ("posenet_dense", "posenet"),
            ("ssd300-resnet18", "ssd"),
        ):
            self.assertEqual(family_of(trace), family)

    def test_calibration(self) -> None:
        entry = {"family": "f", "inputs": 9, "deviation": {"sparsity": 0.1}}
        traces = [
            {
                **entry,
                "name": name,
                "measured": {"sparsity": 0.5},
                "synthesised": {"sparsity": back},
            }
            for name, back in (("m_a", 0.51), ("m_b", 0.45))
        ]
        facts = {"calibration": {"draws": 3, "traces": traces}}
        claim = {"kind": "calibration", "statistic": "sparsity"}
        found = self.verdict({**claim, "at_most": 0.05}, **facts)
        self.assertEqual(found.verdict, FAILS)
        self.assertIn(
            "1 of 2 traces come back within 5%; furthest off is m_b, by -10.0%", found.evidence
        )
        self.assertEqual(self.verdict({**claim, "at_most": 0.2}, **facts).verdict, HOLDS)

    def test_pattern_range(self) -> None:
        files = []
        for name, density, work in (("m_a", 1.0, 50), ("m_b", 0.5, 30)):
            files.append(self.trace(name, [[0.2, 0.3], [0.4, 0.5]]))
            effectual = {"mean": work, "least": work, "largest": work}
            provenance = {
                "layers": [{"dense_macs": 100, "weight_density": density}],
                "inputs": [{"name": "set", "inputs": 2, "effectual_macs": effectual}],
            }
            self.write(f"made_up/traces/{name}.json", json.dumps(provenance))
        traces = [{"name": "t", "title": "T", "origin": "measured", "files": files}]
        claim = {"kind": "statistic", "traces": ["t"], "statistic": "pattern_range"}
        # 0.5 and 0.6 of the kept work: a range of 0.1 / 0.55.
        self.assertEqual(self.verdict({**claim, "at_least": 0.18}, traces=traces).verdict, HOLDS)
        self.assertEqual(self.verdict({**claim, "at_least": 0.19}, traces=traces).verdict, FAILS)

    def test_hardware(self) -> None:
        claim = {"kind": "hardware", "quantity": "LUTs", "at_most": 5}
        none = {"hardware": {"folder": "hw", "files": []}}
        self.assertEqual(self.verdict(claim, **none).verdict, OPEN)
        self.write("made_up/hw.csv", "design,quantity,value,unit\nx,LUTs,4,1\ny,LUTs,6,1\n")
        some = {"hardware": {"folder": "hw", "files": ["hw.csv"]}}
        found = self.verdict(claim, **some)
        self.assertEqual(found.verdict, FAILS)
        self.assertEqual(found.evidence, "LUTs: 1 of 2 designs are within 5; above it 6 (y)")
        found = self.verdict({**claim, "at_most": 6}, **some)
        self.assertEqual(found.verdict, HOLDS)
        self.assertEqual(found.evidence, "LUTs: 2 of 2 designs are within 6; the largest 6 (y)")

    def test_what_is_wrong(self) -> None:
        for text, message in (
            ("scenario\ns\n", "points.csv:1: column 'rate_hz' is missing"),
            (None, "points.csv: cannot be read: "),
            ("{header}\n", "points.csv: has no results"),
            ("{header}\ns,fast,1,1,1,a,antt,1\n", "points.csv:2: rate_hz is 'fast', not a number"),
            (
                "{header}\ns,1,1,1,1,a,antt,-7\n",
                "points.csv:2: value is '-7', not a number above 0",
            ),
            (
                "{header}\ns,1,1,1,1,a,stp,inf\n",
                "points.csv:2: value is 'inf', not a number from 0",
            ),
            (
                "{header}\ns,1,1,1,1,a,stp,nan\n",
                "points.csv:2: value is 'nan', not a number from 0",
            ),
            ("{header}\ns,1,1\n", "points.csv:2: has not as many fields as the header"),
            ("{header}\n" + 2 * "s,1,1,1,1,a,antt,1\n", "points.csv:3: repeats an earlier line"),
            (
                "{header}\ns,1,1,1,1,a,antt,1\ns,1,1,1,1,b,antt,1\ns,1,1,1,1,a,stp,1\n",
                "points.csv: has no stp of 'b' at 1 requests/s .utilisation 1.00., seed 1, and of",
            ),
            (
                "{header}\ns,1,1,1,1,a,antt,1\ns,1,1,1,1,b,antt,1\ns,1,1,1,2,b,antt,1\n",
                "points.csv: has no antt of 'a' at 1 requests/s .utilisation 1.00., seed 2, and of",
            ),
        ):
            with self.subTest(message):
                sweep = self.sweep({(5.0, "a", "antt"): [1]})
                path = self.folder / "made_up" / "sweep" / "points.csv"
                if text is None:
                    path.unlink()
                else:
                    header = "scenario,rate_hz,utilisation,slo_multiplier,seed,policy,metric,value"
                    path.write_text(text.replace("{header}", header))
                folder = self.experiment(sweeps=[sweep])
                with self.assertRaisesRegex(ReportError, "^[^\n]*" + message):
                    Experiment(folder).sweeps
        folder = self.experiment(claims=[{"says": "so", "kind": "odd"}])
        with self.assertRaisesRegex(ReportError, "unknown kind 'odd'"):
            verdicts(Experiment(folder))
