"""Reference simulator: what the schedulers compute, written as plainly as possible.

The yardstick of the differential tests. Every score is recomputed from its formula for every
ready task at every decision; nothing is kept that a formula does not name.

    reference.py --traces PATH... [--seq-len 512] --requests FILE --policies LIST
                 [--preemption-cost S] [--decision-cost S] > completions.csv

LIST is NAME[:key=value[,key=value]][,NAME...].
"""

import argparse
import csv
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


# ---- traces and tables ----------------------------------------------------------------------


@dataclass
class Variant:
    """One trace file: a model with one pattern."""

    name: str
    model: str
    latency: list[list[float]]  # [sample][layer], seconds
    sparsity: list[list[float]]  # [sample][layer]
    lengths: list[float]  # [sample], tokens; 0 where inputs have none
    avg_pattern: list[float] = field(default_factory=list)  # [layer]
    avg_model: list[float] = field(default_factory=list)  # [layer]
    avg_sparsity: list[float] = field(default_factory=list)  # [layer]
    fitted: "Conditional | None" = None


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def column_means(rows: list[list[float]]) -> list[float]:
    return [mean(list(column)) for column in zip(*rows, strict=True)]


def attention_latency(density: float, balance: float, length: float) -> float:
    """Seconds of one attention layer on the 64x64 array."""
    width = 768
    n = 4 * length * density / balance
    return (
        6 * length * width**2 / 2048e9
        + 2 * length * width**2 * (density / balance) / 2048e9
        + (n / 64) * (length / 64) * (width + 64 + n + 64) * 1e-9
    )


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def load_variant(path: Path, seq_len: float) -> Variant:
    rows = read_csv(path)
    attention = "50%-skip" in rows[0]
    cells: dict[tuple[int, int], tuple[float, float]] = {}
    lengths: dict[int, float] = {}
    for row in rows:
        value = float(row["overall-sparsity"])
        if "sim_lat" in row:
            latency = float(row["sim_lat"])
        else:
            latency = attention_latency(
                value, float(row["50%-skip"]), float(row.get("seq-len", seq_len))
            )
        key = int(row["batch-indx"]), int(row["layer-indx"])
        if key in cells:
            raise ValueError(f"{path}: sample {key[0]}, layer {key[1]} occurs twice")
        cells[key] = latency, 1 - value if attention else value
        lengths[key[0]] = float(row.get("seq-len", 0))
    samples = range(1 + max(sample for sample, _ in cells))
    layers = range(1 + max(layer for _, layer in cells))
    return Variant(
        name=path.stem,
        model=path.stem if attention else path.stem.split("_")[0],
        latency=[[cells[s, l][0] for l in layers] for s in samples],
        sparsity=[[cells[s, l][1] for l in layers] for s in samples],
        lengths=[lengths[s] for s in samples],
    )


def load_traces(paths: list[Path], seq_len: float = 512) -> dict[str, Variant]:
    """The variants by name, with their tables."""
    files: list[Path] = []
    for path in paths:
        files += sorted(path.glob("*.csv")) if path.is_dir() else [path]
    variants: dict[str, Variant] = {}
    for file in files:
        if file.stem in variants:
            raise ValueError(f"two trace files named {file.stem}")
        variants[file.stem] = load_variant(file, seq_len)
    for variant in variants.values():
        family = [v for v in variants.values() if v.model == variant.model]
        variant.avg_pattern = column_means(variant.latency)
        variant.avg_sparsity = column_means(variant.sparsity)
        variant.avg_model = column_means([row for v in family for row in v.latency])
        variant.fitted = Conditional(variant)
    return variants


# ---- conditional expectations ---------------------------------------------------------------


def line_through(lengths: list[float], values: list[float]) -> Callable[[float], float]:
    """Least squares, not below half of the least value."""
    at, middle = mean(lengths), mean(values)
    squares = math.fsum((x - at) ** 2 for x in lengths)
    products = math.fsum((x - at) * (y - middle) for x, y in zip(lengths, values, strict=True))
    slope = products / squares if squares > 0 else 0.0
    return lambda length: max(middle + slope * (length - at), min(values) / 2)


def shrunk(x: list[float], y: list[float], fitted: int) -> float:
    """The slope of y over x through 0, times 1 - (4 + 40/ν)/t² or 0. `fitted` parameters came before."""
    xx = math.fsum(value * value for value in x)
    if len(x) <= fitted + 1 or xx <= 1e-24 * len(x):
        return 0.0
    slope = math.fsum(a * b for a, b in zip(x, y, strict=True)) / xx
    error = math.fsum((b - slope * a) ** 2 for a, b in zip(x, y, strict=True))
    freedom = len(x) - fitted - 1
    chance = (4 + 40 / freedom) * error / freedom / xx
    return slope * max(0.0, 1 - chance / slope**2) if slope else 0.0


def taken_off(x: list[float], y: list[float], fitted: int) -> tuple[float, list[float]]:
    """The shrunk slope of y over x, and what is left of y."""
    slope = shrunk(x, y, fitted)
    return slope, [b - slope * a for a, b in zip(x, y, strict=True)]


def scatter(rest: list[float], fitted: int) -> float:
    """The standard deviation of new values about a fit of so many parameters that leaves these."""
    spare = max(len(rest) - fitted, 1)
    return math.sqrt(math.fsum(r**2 for r in rest) / spare * (len(rest) + fitted) / len(rest))


class Conditional:
    """What one variant's inputs teach about lengths, densities and latencies."""

    def __init__(self, variant: Variant) -> None:
        inputs, self.layers = range(len(variant.latency)), len(variant.latency[0])
        ordered = sorted(variant.lengths)
        buckets = max(1, min(12, len(ordered) // 6))
        lasts = [ordered[b * len(ordered) // buckets - 1] for b in range(1, buckets)]
        self.lasts = sorted({last for last in lasts if last < ordered[-1]})
        remaining = [[math.fsum(row[l:]) for l in range(self.layers)] for row in variant.latency]
        density = [[1 - value for value in row] for row in variant.sparsity]
        self.remaining, self.density, self.latency = (
            [
                [
                    line_through(
                        [variant.lengths[s] for s in inputs if self.bucket(variant.lengths[s]) == b],
                        [rows[s][l] for s in inputs if self.bucket(variant.lengths[s]) == b],
                    )
                    for l in range(self.layers)
                ]
                for b in range(len(self.lasts) + 1)
            ]
            for rows in (remaining, density, variant.latency)
        )
        self.elasticity, self.gains, self.deviation = [0.0], [], []
        fitted = (2 if variant.lengths[0] > 0 else 1) * (len(self.lasts) + 1)
        surplus = [
            self.surplus(variant.lengths[s], density[s], variant.latency[s]) for s in inputs
        ]
        expected = [0.0 for _ in inputs]
        for l in range(self.layers):
            left = [remaining[s][l] / self.by_length(variant.lengths[s], l) - 1 for s in inputs]
            if l == 0:
                self.deviation.append(scatter(left, fitted))
                continue
            means = [mean([d for d, _ in surplus[s][:l]]) for s in inputs]
            self.elasticity.append(shrunk(means, left, fitted))
            dense, slow = ([surplus[s][l - 1][i] for s in inputs] for i in (0, 1))
            # Each is taken off those behind it: e, the density's news, the latency's news.
            carried, rest = taken_off(expected, left, fitted)
            density_foreseen, dense = taken_off(expected, dense, fitted)
            latency_foreseen, slow = taken_off(expected, slow, fitted)
            by_density, rest = taken_off(dense, rest, fitted + 1)
            shared, slow = taken_off(dense, slow, fitted + 1)
            by_latency = shrunk(slow, rest, fitted + 2)
            gain = by_density - by_latency * shared
            keep = carried - gain * density_foreseen - by_latency * latency_foreseen
            self.gains.append((keep, gain, by_latency))
            expected = [
                self.step(l - 1, e, *surplus[s][l - 1]) for s, e in enumerate(expected)
            ]
            unforeseen = [y - e for y, e in zip(left, expected, strict=True)]
            self.deviation.append(scatter(unforeseen, fitted + 3))

    def step(self, layer: int, e: float, density: float, latency: float) -> float:
        """The recursion at the end of `layer`, with surpluses."""
        keep, gain, time_gain = self.gains[layer]
        return keep * e + gain * density + time_gain * latency

    def surplus(
        self, length: float, densities: list[float], latencies: list[float]
    ) -> list[tuple[float, float]]:
        """Of density and latency over what the length lets expect, by layer."""
        bucket = self.bucket(length)
        return [
            (d / self.density[bucket][l](length) - 1, t / self.latency[bucket][l](length) - 1)
            for l, (d, t) in enumerate(zip(densities, latencies, strict=True))
        ]

    def bucket(self, length: float) -> int:
        return sum(length > last for last in self.lasts)

    def by_length(self, length: float, layer: int) -> float:
        """Seconds that remain before `layer`."""
        if layer == self.layers:
            return 0.0
        return self.remaining[self.bucket(length)][layer](length)

    def expected(self, predictor: str, length: float, ran: list[tuple[float, float]]) -> float:
        """What remains over what the length lets expect, less 1, after layers of these densities
        and latencies."""
        surplus = self.surplus(length, [d for d, _ in ran], [t for _, t in ran])
        if not surplus or predictor == "length":
            return 0.0
        if predictor == "elasticity":
            return self.elasticity[len(surplus)] * mean([d for d, _ in surplus])
        e = 0.0
        for l, (density, latency) in enumerate(surplus):
            e = self.step(l, e, density, latency)
        return e


# ---- requests and tasks ---------------------------------------------------------------------


@dataclass
class Request:
    index: int
    arrival: float
    variant: Variant
    sample: int
    priority: int
    slo: float

    @property
    def latency(self) -> list[float]:
        return self.variant.latency[self.sample]


def load_requests(path: Path, variants: dict[str, Variant]) -> list[Request]:
    return [
        Request(
            index=index,
            arrival=float(row["arrival_s"]),
            variant=variants[row["model"]],
            sample=int(row["sample"]),
            priority=int(row["priority"]),
            slo=float(row["slo_s"]),
        )
        for index, row in enumerate(read_csv(path))
    ]


@dataclass(eq=False)
class Task:
    """A request in execution."""

    request: Request
    last_run: float
    next_layer: int = 0
    ratios: list[float] = field(default_factory=list)  # the monitor's r, one per layer run
    densities: list[float] = field(default_factory=list)  # what it saw, likewise
    token: float | None = None  # prema; None until the policy has seen the task

    @property
    def arrival(self) -> float:
        return self.request.arrival

    @property
    def priority(self) -> int:
        return self.request.priority

    @property
    def deadline(self) -> float:
        return self.request.arrival + self.request.slo

    @property
    def finished(self) -> bool:
        return self.next_layer == len(self.request.latency)

    def run_layer(self, now: float) -> float:
        """Runs the next layer from `now`; returns its end."""
        variant, layer = self.request.variant, self.next_layer
        density = 1 - variant.sparsity[self.request.sample][layer]
        self.densities.append(density)
        self.ratios.append(density / (1 - variant.avg_sparsity[layer]))
        self.last_run = now + self.request.latency[layer]
        self.next_layer += 1
        return self.last_run


# ---- policies -------------------------------------------------------------------------------


def quotient(numerator: float, time_left: float) -> float:
    return math.inf if time_left == 0 else numerator / time_left


def smallest(tasks: list[Task], score: Callable[[Task], float]) -> Task:
    return min(tasks, key=lambda t: (score(t), t.arrival, t.request.index))


def largest(tasks: list[Task], score: Callable[[Task], float]) -> Task:
    return smallest(tasks, lambda t: -score(t))


def published_scan(tasks: list[Task], score: Callable[[Task], float]) -> Task:
    """The published search for the largest score, with its slip on negative ones.

    `tasks` are in arrival order. A negative best yields to any other score, even a smaller one;
    an equal score, negative or not, never replaces it.
    """
    best, best_score = tasks[0], score(tasks[0])
    for task in tasks[1:]:
        candidate = score(task)
        if candidate > best_score or (best_score < 0 and candidate != best_score):
            best, best_score = task, candidate
    return best


class Policy:
    """Base: the parameters and the estimates every policy may use."""

    def __init__(self, parameters: dict[str, str], variants: dict[str, Variant]) -> None:
        self.parameters = parameters
        self.mean_e2e = mean([math.fsum(v.avg_pattern) for v in variants.values()])
        self.preemption_cost = 0.0  # seconds
        self.ran_last: Task | None = None

    def option(self, key: str, *allowed: str) -> str:
        if self.parameters[key] not in allowed:
            raise ValueError(f"{key}={self.parameters[key]}: not one of {', '.join(allowed)}")
        return self.parameters[key]

    @property
    def oracle(self) -> bool:
        return self.parameters["predictor"] == "oracle"

    @property
    def conditional(self) -> bool:
        return self.parameters["predictor"] in ("length", "elasticity", "recursive")

    def factor(self, task: Task) -> float:
        variant = task.request.variant
        length = variant.lengths[task.request.sample]
        ran = list(zip(task.densities, task.request.latency[: task.next_layer], strict=True))
        return max(1 + variant.fitted.expected(self.parameters["predictor"], length, ran), 0.1)

    def by_length(self, task: Task, layer: int) -> float:
        variant = task.request.variant
        return variant.fitted.by_length(variant.lengths[task.request.sample], layer)

    def gamma(self, task: Task) -> float:
        predictor = self.option(
            "predictor", "none", "average_all", "last_one", "last_n", "oracle"
        )
        if predictor in ("none", "oracle") or not task.ratios:
            return 1.0
        if predictor == "last_one":
            return task.ratios[-1]
        if predictor == "last_n":
            return mean(task.ratios[-int(self.parameters["n"]) :])
        return mean(task.ratios)

    def table(self, task: Task) -> list[float]:
        """Latency by layer as the policy believes it: the truth for the oracle."""
        tables = self.option("tables", "pattern", "model")
        if self.oracle:
            return task.request.latency
        variant = task.request.variant
        return variant.avg_pattern if tables == "pattern" else variant.avg_model

    def static_isolated(self, task: Task) -> float:
        """The isolated time as dysta's software level estimates it at arrival."""
        return math.fsum(self.table(task))

    def static_remaining(self, task: Task) -> float:
        return math.fsum(self.table(task)[task.next_layer :])

    def isolated(self, task: Task) -> float:
        if self.conditional:
            done = max(self.by_length(task, 0) - self.by_length(task, task.next_layer), 0.0)
            return done + self.remaining(task)
        return self.gamma(task) * self.static_isolated(task)

    def remaining(self, task: Task) -> float:
        if self.conditional:
            return self.by_length(task, task.next_layer) * self.factor(task)
        return self.gamma(task) * self.static_remaining(task)

    def next_latency(self, task: Task) -> float:
        if self.conditional:
            now = self.by_length(task, task.next_layer)
            layer = now - self.by_length(task, task.next_layer + 1)
            layers = task.request.variant.fitted.layers
            return max(layer, 0.1 * now / layers) * self.factor(task)
        return self.gamma(task) * self.table(task)[task.next_layer]

    def deviation(self, task: Task) -> float:
        """Of what remains; 0 of predictors that tell none."""
        if self.parameters["predictor"] != "recursive":
            return 0.0
        deviation = task.request.variant.fitted.deviation[task.next_layer]
        return self.by_length(task, task.next_layer) * deviation

    def choose(self, now: float, ready: list[Task]) -> Task:
        raise NotImplementedError


class Fcfs(Policy):
    def choose(self, now: float, ready: list[Task]) -> Task:
        return smallest(ready, lambda t: t.arrival)


class Edf(Policy):
    def choose(self, now: float, ready: list[Task]) -> Task:
        if self.option("deadlines", "request", "layer") == "request":
            return smallest(ready, lambda t: t.deadline)

        def layer_deadline(task: Task) -> float:
            isolated = self.isolated(task)
            done = isolated - self.remaining(task) + self.next_latency(task)
            return task.arrival + task.request.slo * done / isolated

        return smallest(ready, layer_deadline)


class Sjf(Policy):
    def choose(self, now: float, ready: list[Task]) -> Task:
        if self.option("weight", "none", "isolated") == "none":
            return smallest(ready, self.remaining)
        return smallest(ready, lambda t: self.remaining(t) * self.isolated(t))


class Llf(Policy):
    def choose(self, now: float, ready: list[Task]) -> Task:
        return smallest(ready, lambda t: t.deadline - now - self.remaining(t))


class Hrrn(Policy):
    def choose(self, now: float, ready: list[Task]) -> Task:
        for task in ready:
            if task.next_layer > 0:
                return task

        def response_ratio(task: Task) -> float:
            isolated = self.static_isolated(task)
            return (now - task.arrival + isolated) / isolated

        return largest(ready, response_ratio)


class Aged(Policy):
    def choose(self, now: float, ready: list[Task]) -> Task:
        ageing = float(self.parameters["ageing"])

        def score(task: Task) -> float:
            isolated = self.isolated(task)
            age = (now - task.arrival) / isolated
            return self.remaining(task) * isolated / (1 + ageing * age)

        return smallest(ready, score)


class Punctual(Policy):
    def __init__(self, parameters: dict[str, str], variants: dict[str, Variant]) -> None:
        super().__init__(parameters, variants)
        self.bonus = float(parameters["bonus"])

    def choose(self, now: float, ready: list[Task]) -> Task:
        most, budget, horizon, stretch = (
            float(self.parameters[name]) for name in ("bonus", "budget", "horizon", "stretch")
        )
        value = self.option("value", "normalised", "plain", "priority")
        lost = 1.0 if self.option("lost", "plain", "urgent") == "urgent" else 0.0

        def arrived(task: Task) -> float:
            """What a task there let expect of its isolated time as it arrived."""
            return self.isolated(Task(task.request, task.arrival))

        queue_hz = math.fsum(1 / arrived(task) for task in ready)

        def cost_hz(task: Task) -> float:
            if value == "plain":
                return 1 / self.mean_e2e
            return (task.priority if value == "priority" else 1) / arrived(task)

        def ratio(task: Task) -> float:
            cost = self.remaining(task)
            cost *= self.mean_e2e if value == "plain" else self.isolated(task)
            return cost / task.priority if value == "priority" else cost

        def score(task: Task) -> float:
            remaining, isolated = self.remaining(task), self.isolated(task)
            slack = task.deadline - remaining - now
            urgency = max(0.0, 1 - slack / (isolated * (horizon + stretch * isolated * queue_hz)))
            if slack < 0:
                urgency = lost
            return ratio(task) * (1 - self.bonus * urgency)

        given = self.parameters["preemption_s"]
        paid = self.preemption_cost if given == "auto" else float(given)
        paid *= math.fsum(cost_hz(task) for task in ready)
        chosen = self.worth_a_switch(ready, score, ratio, cost_hz, paid)
        # Who is not worth a preemption waits for that, and not for a deadline.
        saved = paid / cost_hz(chosen) ** 2 if chosen is self.ran_last else 0.0
        if budget < 1:
            # Places in Smith's order are 64 to an octave.
            place = {id(t): math.frexp(ratio(t)) for t in ready}
            place = {k: (e, int(m * 128)) for k, (m, e) in place.items()}
            m, e = math.frexp(max(0.0, ratio(chosen) - saved))
            ahead = [t for t in ready if place[id(t)] < (e, int(m * 128))] if m > 0 else []
            several = 1 + 10 * max(0, len(ahead) - 1)
            charged = several * math.fsum(cost_hz(t) for t in ahead)
            allowed = budget * math.fsum(cost_hz(t) for t in ready)
            self.bonus += 0.005 * self.next_latency(chosen) * (allowed - charged)
            self.bonus = min(most, max(0.0, self.bonus))
        return chosen

    def worth_a_switch(
        self,
        ready: list[Task],
        score: Callable[[Task], float],
        ratio: Callable[[Task], float],
        cost_hz: Callable[[Task], float],
        paid: float,
    ) -> Task:
        """The first by its score, unless what ran last should go on: to put it aside delays all,
        which costs `paid`."""
        stays = self.ran_last
        others = [task for task in ready if task is not stays]
        if paid == 0 or stays is None or stays.finished or not others:
            return smallest(ready, score)
        first = smallest(others, score)
        charge = paid / cost_hz(stays) / cost_hz(first)
        # The score with the charge on the ratio: what urgency takes is a share.
        return first if score(first) * (1 + charge / ratio(first)) < score(stays) else stays


class LikelyFirst(Policy):
    def choose(self, now: float, ready: list[Task]) -> Task:
        bonus = float(self.parameters["bonus"])

        def score(task: Task) -> float:
            slack = task.deadline - now - self.remaining(task)
            deviation = self.deviation(task)
            missed = 1.0 if slack < 0 else 0.0
            if deviation > 0:
                missed = math.erfc(slack / deviation / math.sqrt(2)) / 2
            # 1 - bonus * (1 - missed), in which the smallest chances of a miss would get lost.
            return self.remaining(task) * self.isolated(task) * (1 - bonus + bonus * missed)

        return smallest(ready, score)


class Prema(Policy):
    def choose(self, now: float, ready: list[Task]) -> Task:
        once = self.option("tokens", "published", "once") == "once"
        judged: list[float] = []  # the tokens that set the threshold
        tokens: dict[int, float] = {}
        for task in ready:
            gain = task.priority * (now - task.last_run) / self.isolated(task)
            if once:
                token = task.priority + gain
                judged.append(token)
            elif task.token is None:
                token = float(task.priority)
            else:
                token = task.token + gain
                judged.append(token)
            task.token = tokens[task.request.index] = token
        top = max(judged, default=0.0)
        threshold = 9 if top >= 9 else 3 if top >= 3 else 1
        return smallest(
            [t for t in ready if tokens[t.request.index] >= threshold], self.remaining
        )


class Planaria(Policy):
    def choose(self, now: float, ready: list[Task]) -> Task:
        urgent = self.option("overdue", "published", "urgent") == "urgent"

        def score(task: Task) -> float:
            if urgent and task.deadline < now:
                return math.inf
            return quotient(task.priority, task.deadline - now)

        return largest(ready, score) if urgent else published_scan(ready, score)


class Sdrm3(Policy):
    def choose(self, now: float, ready: list[Task]) -> Task:
        alpha = float(self.parameters["alpha"])
        urgent = self.option("overdue", "published", "urgent") == "urgent"

        def score(task: Task) -> float:
            urgency = min(1.0, quotient(self.remaining(task), task.deadline - now))
            if urgent and task.deadline < now:
                urgency = 1.0
            return urgency + alpha * (now - task.last_run) / self.next_latency(task)

        return largest(ready, score) if urgent else published_scan(ready, score)


class Dysta(Policy):
    def choose(self, now: float, ready: list[Task]) -> Task:
        beta = float(self.parameters["beta"])
        unit_text = self.parameters["wait_unit_s"]
        unit = self.mean_e2e if unit_text == "auto" else float(unit_text)

        def boundary_score(task: Task) -> float:
            remaining = self.remaining(task)
            slack = max(0.0, task.deadline - now - remaining)
            waiting = (now - task.last_run) / (self.static_isolated(task) * len(ready))
            return remaining + beta * (slack + unit * waiting)

        def static_score(task: Task) -> float:
            isolated = self.static_isolated(task)
            first = isolated + beta * max(0.0, task.request.slo - isolated)
            return first - (isolated - self.static_remaining(task))

        static = self.option("refresh", "boundary", "static") == "static"
        return smallest(ready, static_score if static else boundary_score)


def estimated(tables: str, predictor: str, **others: str) -> dict[str, str]:
    return {"tables": tables, "predictor": predictor, "n": "3", **others}


SDRM3 = {"overdue": "published", "alpha": "1"}
PUNCTUAL = {"budget": "0.02", "bonus": "0.8", "horizon": "2", "stretch": "0.5"}
PUNCTUAL |= {"preemption_s": "auto", "lost": "plain", "value": "normalised"}
FEASIBLE_FIRST = {"budget": "1", "bonus": "0.999999", "horizon": "1e9", "stretch": "0"}
FEASIBLE_FIRST |= {"preemption_s": "0"}
DYSTA = {"beta": "0.01", "wait_unit_s": "1", "refresh": "boundary"}
POLICIES: dict[str, tuple[type[Policy], dict[str, str]]] = {
    "fcfs": (Fcfs, {}),
    "edf": (Edf, estimated("pattern", "none", deadlines="request")),
    "sjf": (Sjf, estimated("model", "none", weight="none")),
    "sjf_sparse": (Sjf, estimated("pattern", "average_all", weight="none")),
    "srpt": (Sjf, estimated("pattern", "oracle", weight="none")),
    "srpt_weighted": (Sjf, estimated("pattern", "oracle", weight="isolated")),
    "llf": (Llf, estimated("pattern", "average_all")),
    "hrrn": (Hrrn, estimated("pattern", "none")),
    "aged": (Aged, estimated("pattern", "recursive", ageing="0.1")),
    "prema": (Prema, estimated("model", "none", tokens="published")),
    "prema_sparse": (Prema, estimated("pattern", "average_all", tokens="published")),
    "planaria": (Planaria, {"overdue": "published"}),
    "sdrm3": (Sdrm3, estimated("model", "none", **SDRM3)),
    "sdrm3_sparse": (Sdrm3, estimated("pattern", "average_all", **SDRM3)),
    "punctual": (Punctual, estimated("pattern", "recursive", **PUNCTUAL)),
    "punctual_oracle": (Punctual, estimated("pattern", "oracle", **PUNCTUAL)),
    "feasible_first": (
        Punctual,
        estimated("pattern", "oracle", **PUNCTUAL | FEASIBLE_FIRST),
    ),
    "likely_first": (LikelyFirst, estimated("pattern", "recursive", bonus="0.999999")),
    "dysta": (Dysta, estimated("pattern", "average_all", **DYSTA)),
    "dysta_naive": (Dysta, estimated("model", "none", **DYSTA)),
    "dysta_oracle": (Dysta, estimated("pattern", "oracle", **DYSTA)),
}


def split_policies(text: str) -> list[str]:
    """The policies of a list, each in full (`name:key=value,...`)."""
    policies: list[str] = []
    for part in text.split(","):
        starts_policy = "=" not in part or ":" in part.split("=")[0]
        if starts_policy:
            policies.append(part)
        else:
            policies[-1] += "," + part
    return policies


def make_policy(text: str, variants: dict[str, Variant]) -> Policy:
    name, _, settings = text.partition(":")
    policy_class, defaults = POLICIES[name]
    parameters = dict(defaults)
    for setting in settings.split(",") if settings else []:
        key, _, value = setting.partition("=")
        if key not in defaults:
            raise ValueError(f"{name} has no parameter {key}")
        parameters[key] = value
    return policy_class(parameters, variants)


# ---- the engine -----------------------------------------------------------------------------


def simulate(
    requests: list[Request], policy: Policy, preemption_cost: float, decision_cost: float
) -> list[float]:
    """The completion time of every request."""
    completions = [math.nan] * len(requests)
    policy.preemption_cost = preemption_cost
    waiting = list(requests)
    ready: list[Task] = []
    ran_last: Task | None = None
    now = 0.0
    while waiting or ready:
        if not ready:
            now = max(now, waiting[0].arrival)
        while waiting and waiting[0].arrival <= now:
            request = waiting.pop(0)
            ready.append(Task(request, last_run=request.arrival))
        policy.ran_last = ran_last
        task = policy.choose(now, ready)
        now += decision_cost
        if ran_last is not None and task is not ran_last and not ran_last.finished:
            now += preemption_cost
        now = task.run_layer(now)
        ran_last = task
        if task.finished:
            completions[task.request.index] = now
            ready.remove(task)
    return completions


def main() -> None:
    parser = argparse.ArgumentParser(description="Completion times by the reference simulator.")
    parser.add_argument("--traces", type=Path, nargs="+", required=True)
    parser.add_argument("--seq-len", type=float, default=512)
    parser.add_argument("--requests", type=Path, required=True)
    parser.add_argument("--policies", required=True)
    parser.add_argument("--preemption-cost", type=float, default=0.0)
    parser.add_argument("--decision-cost", type=float, default=0.0)
    options = parser.parse_args()

    variants = load_traces(options.traces, options.seq_len)
    requests = load_requests(options.requests, variants)
    names = split_policies(options.policies)
    columns = [
        simulate(
            requests, make_policy(name, variants), options.preemption_cost, options.decision_cost
        )
        for name in names
    ]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["request", "isolated_s", *names])
    for request in requests:
        times = [column[request.index] for column in columns]
        writer.writerow([request.index, *map(repr, [math.fsum(request.latency), *times])])


if __name__ == "__main__":
    main()
