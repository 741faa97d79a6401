"""Statistics of traces, by the formulas of `dysta traces describe`."""

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


def statistic_of(trace: Trace, name: str) -> float:
    """One of the statistics that claims may be about."""
    if name == "sparsity_range":
        return relative_range(trace.sparsity.mean(axis=1))
    if name == "latency_range":
        return relative_range(trace.latency_s.sum(axis=1))
    if name == "layer_correlation":
        return mean_correlation(trace.sparsity)
    raise ReportError(trace.path, f"has no statistic '{name}'")
