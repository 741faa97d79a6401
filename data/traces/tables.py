#!/usr/bin/env python3
"""Tables of the traces that ship, from the traces and their provenance.

    tables.py sources     which network, weights, pruning and inputs each trace is from
    tables.py dynamic     how much sparsity and work vary over inputs, in the dark, between layers
    tables.py attention   how much of what varies in attention is the length of the input
"""

import csv
import json
import statistics
import sys
from itertools import combinations
from pathlib import Path

HERE = Path(__file__).resolve().parent


def provenances():
    """(folder, variant, provenance) of every trace, in order."""
    for path in sorted(HERE.rglob("*.json")):
        yield str(path.parent.relative_to(HERE)), path.stem, json.loads(path.read_text())


def print_table(head, rows):
    """Columns as wide as their widest cell: the first flush left, the others right."""
    rows = [head, *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())


def number(value, text):
    """A number in a format, or a dash for none."""
    return "-" if value is None else format(value, text)


def mean_weight_density(provenance):
    """Share of weights that are not zero, over all layers."""
    count = nonzero = 0
    for layer in provenance["layers"]:
        if layer["kind"] != "convolution":
            continue
        taps = layer["kernel"][0] * layer["kernel"][1]
        weights = layer["out_channels"] * layer["in_channels"] // layer["groups"] * taps
        count += weights
        nonzero += weights * layer["weight_density"]
    return nonzero / count if count else None


def busy(provenance):
    """Share of the element cycles of Eyeriss-V2 in which a product of non-zeros is made."""
    parameters = dict(
        line.split(":", 1)
        for line in provenance["accelerator"]["parameters"].splitlines()
        if ":" in line and not line.lstrip().startswith("#")
    )
    if parameters["kind"].strip() != "eyeriss_v2":
        return None
    elements = 1
    for key in ("clusters", "cluster_rows", "cluster_columns"):
        elements *= int(parameters[key])
    macs = sum(s["inputs"] * s["effectual_macs"]["mean"] for s in provenance["inputs"])
    seconds = sum(s["inputs"] * s["latency_s"]["mean"] for s in provenance["inputs"])
    return macs / (seconds * float(parameters["clock_hz"]) * elements)


def quality(description):
    """What is left of the accuracy, and whether that is too little."""
    judged = description["quality"]
    if judged is None:
        return "-"
    text = f"{judged['this']:.1f} of {judged['unpruned']:.1f}"
    return text + (" damaged" if judged["damaged"] else "")


def sources():
    rows = []
    for folder, variant, provenance in provenances():
        description = provenance["network"]["description"]
        dark = {s["name"]: s["inputs"] for s in provenance["inputs"] if s["name"].endswith("_dark")}
        inputs = ", ".join(
            f"{s['name']} {s['inputs']}"
            + (f"+{dark[s['name'] + '_dark']}" if s["name"] + "_dark" in dark else "")
            for s in provenance["inputs"]
            if s["name"] not in dark
        )
        density = mean_weight_density(provenance)
        rows.append(
            (
                f"{folder}/{variant}",
                str(len(provenance["layers"])),
                number(density, ".3f"),
                number(busy(provenance), ".2f"),
                quality(description),
                description["weights"]["training"],
                inputs,
            )
        )
    print_table(("trace", "layers", "weights", "busy", "quality", "trained", "inputs"), rows)
    print(
        "weights: share that is not zero; busy: share of element cycles with a product of\n"
        "non-zeros; inputs: normal + dark"
    )


def layer_columns(folder, variant):
    """Sparsity of each layer over the inputs."""
    columns = {}
    with open(HERE / folder / f"{variant}.csv", newline="") as file:
        for row in csv.DictReader(file):
            columns.setdefault(int(row["layer-indx"]), []).append(float(row["overall-sparsity"]))
    return [columns[layer] for layer in sorted(columns)]


def correlation(columns):
    """Mean over pairs of layers; layers that do not vary have none."""
    scores = []
    for column in columns:
        mean, deviation = statistics.fmean(column), statistics.pstdev(column)
        if deviation > 1e-12:
            scores.append([(value - mean) / deviation for value in column])
    pairs = [sum(a * b for a, b in zip(x, y)) / len(x) for x, y in combinations(scores, 2)]
    return statistics.fmean(pairs) if pairs else None


def relative_range(sets, what):
    """(largest - least) / mean over the inputs of these sets."""
    count = sum(s["inputs"] for s in sets)
    mean = sum(s["inputs"] * s[what]["mean"] for s in sets) / count
    return (max(s[what]["largest"] for s in sets) - min(s[what]["least"] for s in sets)) / mean


def dark_shift(sets):
    """Of network sparsity from each set to its dark one, in deviations of the normal one."""
    normal = {s["name"]: s["network_sparsity"] for s in sets}
    shifts = [
        (normal[name]["mean"] - normal[name.removesuffix("_dark")]["mean"])
        / normal[name.removesuffix("_dark")]["sd"]
        for name in normal
        if name.endswith("_dark")
    ]
    return statistics.fmean(shifts) if shifts else None


def dynamic():
    rows = []
    for folder, variant, provenance in provenances():
        sets = provenance["inputs"]
        normal = [s for s in sets if not s["name"].endswith("_dark")]
        columns = layer_columns(folder, variant)
        first = sum(s["inputs"] for s in normal)
        count = sum(s["inputs"] for s in sets)
        mean = sum(s["inputs"] * s["network_sparsity"]["mean"] for s in sets) / count
        shift = dark_shift(sets)
        rows.append(
            (
                f"{folder}/{variant}",
                str(count),
                f"{mean:.3f}",
                f"{relative_range(normal, 'network_sparsity'):.3f}",
                f"{relative_range(normal, 'effectual_macs'):.3f}",
                f"{relative_range(sets, 'effectual_macs'):.3f}",
                number(correlation([column[:first] for column in columns]), ".2f"),
                number(correlation(columns), ".2f"),
                number(shift, "+.1f"),
            )
        )
    head = ("trace", "inputs", "zeros", "range", "work", "all", "corr.", "all", "dark")
    print_table(head, rows)
    print(
        "zeros: mean network sparsity; range, work: (largest - least) / mean over normal inputs of\n"
        "network sparsity and of effectual multiply-accumulates; corr.: mean correlation between\n"
        "layers; all: dark inputs included; dark: shift of network sparsity in deviations"
    )


def rest_without_length(values, lengths):
    """What is left of `values` after a parabola in the length is fitted to them."""
    scale = max(lengths)
    basis = [[1.0, length / scale, (length / scale) ** 2] for length in lengths]
    size = len(set(lengths))
    terms = min(3, size)
    matrix = [
        [sum(row[i] * row[j] for row in basis) for j in range(terms)]
        + [sum(row[i] * value for row, value in zip(basis, values))]
        for i in range(terms)
    ]
    for i in range(terms):  # Gauss and Jordan; the matrix is positive definite
        pivot = matrix[i][i]
        matrix[i] = [entry / pivot for entry in matrix[i]]
        for j in range(terms):
            if j != i:
                factor = matrix[j][i]
                matrix[j] = [a - factor * b for a, b in zip(matrix[j], matrix[i])]
    weights = [matrix[i][-1] for i in range(terms)]
    return [v - sum(w * b for w, b in zip(weights, row)) for v, row in zip(values, basis)]


def attention():
    rows = []
    for folder, variant, provenance in provenances():
        if provenance["layers"][0]["kind"] != "attention":
            continue
        densities, latencies, lengths = {}, {}, {}
        with open(HERE / folder / f"{variant}.csv", newline="") as file:
            for row in csv.DictReader(file):
                sample = int(row["batch-indx"])
                densities.setdefault(int(row["layer-indx"]), []).append(
                    float(row["overall-sparsity"])
                )
                latencies[sample] = latencies.get(sample, 0) + float(row["sim_lat"])
                lengths[sample] = float(row["seq-len"])
        length = [lengths[sample] for sample in sorted(lengths)]
        latency = [latencies[sample] for sample in sorted(latencies)]
        columns = [densities[layer] for layer in sorted(densities)]
        network = [statistics.fmean(values) for values in zip(*columns)]

        def unexplained(values):
            whole = statistics.pvariance(values)
            if whole == 0:
                return None
            return statistics.pvariance(rest_without_length(values, length)) / whole

        def adjacent(columns):
            found = [correlation(pair) for pair in zip(columns, columns[1:])]
            found = [value for value in found if value is not None]
            return statistics.fmean(found) if found else None

        rests = [rest_without_length(column, length) for column in columns]
        rows.append(
            (
                f"{folder}/{variant}",
                f"{min(length):.0f}-{max(length):.0f}",
                f"{statistics.fmean(network):.3f}",
                f"{(max(latency) - min(latency)) / statistics.fmean(latency):.2f}",
                number(unexplained(latency), ".3f"),
                number(unexplained(network), ".3f"),
                number(adjacent(columns), ".2f"),
                number(adjacent(rests), ".2f"),
            )
        )
    print_table(
        ("trace", "tokens", "kept", "range", "latency", "kept", "corr.", "rest"), rows
    )
    print(
        "kept: mean share of scores; range: of latency, (largest - least) / mean; latency, kept:\n"
        "share of the variance over inputs that a parabola in the length leaves; corr.: between\n"
        "adjacent layers; rest: the same after that parabola is taken off each layer"
    )


if __name__ == "__main__":
    commands = {"sources": sources, "dynamic": dynamic, "attention": attention}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]]()
