"""Statistics of traces, by the formulas of `dysta traces describe`."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .data import Trace
from .errors import ReportError

Array = npt.NDArray[np.float64]


def relative_range(values: Array) -> float:
    """(largest - least) / mean, the literature's measure of how dynamic a network is."""
    mean = float(values.mean())
    return float(values.max() - values.min()) / mean if mean else 0.0


def correlations(sparsity: Array) -> Array:
    """Pearson's correlation of each pair of layers over inputs; NaN for layers that do not vary."""
    centred = sparsity - sparsity.mean(axis=0)
    norms = np.sqrt((centred**2).sum(axis=0))
    # A layer that never changes leaves rounding errors, not zero.
    norms[np.ptp(sparsity, axis=0) == 0] = np.nan
    scaled = centred / norms
    return np.asarray(scaled.T @ scaled)


def mean_correlation(sparsity: Array) -> float:
    """The mean over pairs of different layers that vary; 0 where fewer than two do."""
    table = correlations(sparsity)
    pairs = table[np.triu_indices(len(table), 1)]
    pairs = pairs[~np.isnan(pairs)]
    return float(pairs.mean()) if len(pairs) else 0.0


def listed_macs(trace: Trace) -> float:
    """Multiply-accumulates of one input's layers with nothing skipped; 0 where nothing says."""
    return float(sum(layer["dense_macs"] for layer in trace.provenance.get("layers", [])))


def kept_macs(trace: Trace) -> float:
    """Those whose weight is not zero."""
    layers = trace.provenance.get("layers", [])
    return float(sum(layer["dense_macs"] * layer.get("weight_density", 1.0) for layer in layers))


def effectual_macs(trace: Trace) -> tuple[float, float, float] | None:
    """Mean, least and largest over inputs of the products of two non-zeros."""
    sets = [s for s in trace.provenance.get("inputs", []) if "effectual_macs" in s]
    if not sets:
        return None
    inputs = sum(s["inputs"] for s in sets)
    mean = sum(s["inputs"] * s["effectual_macs"]["mean"] for s in sets) / inputs
    return (
        mean,
        min(s["effectual_macs"]["least"] for s in sets),
        max(s["effectual_macs"]["largest"] for s in sets),
    )


def pattern_range(traces: Sequence[Trace]) -> float:
    """Relative range over patterns of the share of kept multiply-accumulates that is effectual: 0
    where the number of weights left says all about the work left."""
    shares = []
    for trace in traces:
        work, kept = effectual_macs(trace), kept_macs(trace)
        if work is None or kept == 0:
            raise ReportError(trace.path, "has no provenance that tells its multiply-accumulates")
        shares.append(work[0] / kept)
    return relative_range(np.array(shares))


def statistic_of(trace: Trace, name: str) -> float:
    """One of the statistics that claims may be about."""
    if name == "sparsity_range":
        return relative_range(trace.sparsity.mean(axis=1))
    if name == "latency_range":
        return relative_range(trace.latency_s.sum(axis=1))
    if name == "layer_correlation":
        return mean_correlation(trace.sparsity)
    raise ReportError(trace.path, f"has no statistic '{name}'")
