"""Random small cases for the differential tests.

    make_case.py --seed N --out DIR

Writes DIR/traces/*.csv and DIR/requests.csv. The trace format is FORMATS[seed % 4]. Every third
round of seeds is a *grid* case: all times are multiples of 2**-10 s and all means are over a power
of two, so that sums are exact however they are added, and equal scores and deadlines that fall
on a layer's end are really equal. In every third dozen of seeds, from 12 on, traces have enough inputs
to learn from, and an input that is dense or slow is so in all layers: elsewhere what a layer shows is
chance, and predictors that find that out do not listen.
"""

import argparse
import random
from dataclasses import dataclass
from pathlib import Path

from reference import Variant, load_traces

FORMATS = ("cnn", "attention", "attention with seq-len", "attention with sim_lat")
CNN_MODELS = ("resnet50", "vgg16", "mobilenet", "ssd")
CNN_PATTERNS = ("random80", "nm24", "channel50", "block_4x4")
ATTENTION_MODELS = ("bert_base", "bert_large", "gpt2", "bart")
EXTRA_COLUMNS = {"host": ("a", "b"), "25%-skip": ("0.5", "0.75"), "energy_j": ("1e-3", "2.5")}
TICK = 2**-10


@dataclass
class Case:
    rng: random.Random
    format: str
    grid: bool
    lessons: random.Random | None = None  # of traces to learn from

    def latency(self, scale: float) -> str:
        """Seconds, from a tenth of the scale to the scale."""
        if self.grid:
            return repr(self.rng.randint(1, 16) * TICK)
        return f"{scale * self.rng.uniform(0.1, 1):.9f}"

    def fraction(self, low: float, high: float) -> str:
        if self.grid:
            return repr(self.rng.randint(1, 63) / 64)
        return f"{self.rng.uniform(low, high):.6f}"

    def duration(self, seconds: float) -> float:
        return max(1, round(seconds / TICK)) * TICK if self.grid else seconds

    def write_csv(self, path: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
        """Plain, or with CRLF, or with a byte-order mark, or with both."""
        lines = [",".join(columns)] + [",".join(row[c] for c in columns) for row in rows]
        end = self.rng.choice(("\n", "\n", "\r\n"))
        mark = self.rng.choice(("", "", "\ufeff"))
        path.write_bytes((mark + end.join(lines) + end).encode("utf-8"))

    def write_trace(self, path: Path, layers: int, samples: int) -> None:
        rng = self.rng
        scale = rng.choice((0.002, 0.02, 0.1))
        attention = self.format != "cnn"
        extra = [name for name in EXTRA_COLUMNS if rng.random() < 0.3]
        columns = ["overall-sparsity", "batch-indx", "layer-indx", *extra]
        if attention:
            columns.append("50%-skip")
        if self.format in ("cnn", "attention with sim_lat"):
            columns.append("sim_lat")
        if self.format == "attention with seq-len":
            columns.append("seq-len")
        rows = []
        own = self.lessons
        usual = [own.uniform(0.1, 1) for _ in range(layers)] if own else []
        for sample in range(samples):
            length = rng.choice((64, 128, 200, 384, 512))
            dense, slow = (own.uniform(0.5, 1.5), own.uniform(0.5, 1.5)) if own else (1, 1)
            for layer in range(layers):
                row = {name: rng.choice(EXTRA_COLUMNS[name]) for name in extra}
                row["overall-sparsity"] = self.fraction(0.2, 0.9)
                row["50%-skip"] = f"{rng.uniform(0.6, 1):.6f}"
                row["sim_lat"] = self.latency(scale)
                row["seq-len"] = str(length)
                if own:
                    density = dense * own.uniform(0.5, 0.6)
                    latency = scale * usual[layer] * dense * slow * own.uniform(0.9, 1)
                    row["overall-sparsity"] = f"{density if attention else 1 - density:.6f}"
                    row["sim_lat"] = f"{latency:.9f}"
                row["batch-indx"], row["layer-indx"] = str(sample), str(layer)
                rows.append(row)
        if not attention and not self.grid and rng.random() < 0.3:
            rows[0]["overall-sparsity"] = "0"
        rng.shuffle(columns)
        rng.shuffle(rows)
        self.write_csv(path, columns, rows)

    def write_traces(self, folder: Path) -> None:
        rng = self.rng
        models = CNN_MODELS if self.format == "cnn" else ATTENTION_MODELS
        one_sample = rng.random() < 0.2
        one_layer = rng.random() < 0.1
        for model in rng.sample(models, rng.randint(2, 4)):
            layers = 1 if one_layer or rng.random() < 0.15 else rng.randint(2, 6)
            grid_samples = rng.choice((1, 2, 4))
            stems = [model]
            if self.format == "cnn" and rng.random() < 0.9:
                patterns = rng.randint(1, 2 if self.grid else 3)
                stems = [f"{model}_{p}" for p in rng.sample(CNN_PATTERNS, patterns)]
            for stem in stems:
                samples = grid_samples if self.grid else 1 if one_sample else rng.randint(1, 5)
                if self.lessons:
                    samples = self.lessons.randint(12, 40)
                self.write_trace(folder / f"{stem}.csv", layers, samples)
        if rng.random() < 0.2:  # another model with the very same trace
            original = rng.choice(sorted(folder.iterdir()))
            (folder / f"twin_{original.stem}.csv").write_bytes(original.read_bytes())

    def write_requests(self, path: Path, variants: list[Variant]) -> None:
        rng = self.rng
        e2e = {v.name: sum(v.avg_model) for v in variants}
        load = rng.choice((0.05, 0.5, 0.9, 1.2, 3, 20))
        mean_gap = sum(e2e.values()) / len(e2e) / load
        p_simultaneous = rng.choice((0, 0, 0.3, 0.9))
        p_identical = rng.choice((0, 0.2, 0.8))
        tight, loose = rng.choice(((0.8, 2), (1.5, 10), (0.8, 100), (10, 150)))
        arrival = self.duration(rng.expovariate(1 / mean_gap)) if rng.random() < 0.7 else 0.0
        rows: list[dict[str, str]] = []
        for index in range(rng.randint(20, 60)):
            if index and rng.random() >= p_simultaneous:
                arrival += self.duration(rng.expovariate(1 / mean_gap))
            variant = rng.choice(variants)
            row = {
                "model": variant.name,
                "sample": str(rng.randrange(len(variant.latency))),
                "priority": str(rng.choice((1, 3, 9))),
                "slo_s": repr(self.duration(rng.uniform(tight, loose) * e2e[variant.name])),
            }
            if rows and rng.random() < p_identical:
                row = rng.choice(rows[-5:])
                slo_left = float(row["arrival_s"]) + float(row["slo_s"]) - arrival
                if self.grid and slo_left > 0 and rng.random() < 0.4:  # the very same deadline
                    row = {**row, "slo_s": repr(slo_left)}
            rows.append({**row, "arrival_s": repr(arrival)})
        self.write_csv(path, ["arrival_s", "model", "sample", "priority", "slo_s"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes one random case.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()

    traces = options.out / "traces"
    traces.mkdir(parents=True)
    kind = FORMATS[options.seed % len(FORMATS)]
    grid = "sim_lat" in kind or kind == "cnn"
    grid = grid and options.seed // len(FORMATS) % 3 == 2
    teaches = not grid and options.seed // 12 % 3 == 1
    case = Case(
        rng=random.Random(options.seed),
        format=kind,
        grid=grid,
        lessons=random.Random(f"lessons {options.seed}") if teaches else None,
    )
    case.write_traces(traces)
    case.write_requests(options.out / "requests.csv", list(load_traces([traces]).values()))


if __name__ == "__main__":
    main()
