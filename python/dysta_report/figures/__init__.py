"""The kinds of figures: a function each, from an experiment to what is drawn of it."""

from collections.abc import Callable

from ..data import Experiment
from ..drawn import Drawn
from . import calibration, hardware, sweeps, traces

KINDS: dict[str, Callable[[Experiment], Drawn]] = {
    "tradeoff": sweeps.tradeoff,
    "lines": sweeps.lines,
    "bars": sweeps.bars,
    "bound": sweeps.bound,
    "differences": sweeps.differences,
    "layer_latency": traces.layer_latency,
    "sparsity": traces.sparsity,
    "patterns": traces.patterns,
    "correlation": traces.correlation,
    "predictors": traces.predictors,
    "calibration": calibration.calibration,
    "hardware": hardware.hardware,
}
