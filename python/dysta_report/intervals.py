"""Means over independent runs with 95% confidence intervals, as the program computes them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Estimated:
    """A mean, the half-width of its confidence interval (Student's t), and how many runs.

    The half-width of a single run is infinite: it says nothing of others.
    """

    mean: float
    half_width: float
    runs: int

    @property
    def least(self) -> float:
        return self.mean - self.half_width

    @property
    def largest(self) -> float:
        return self.mean + self.half_width

    @property
    def bar(self) -> float:
        """The half-width as error bars take it: 0 where there is none."""
        return self.half_width if math.isfinite(self.half_width) else 0.0


def student_t(degrees: int, confidence: float = 0.95) -> float:
    """The t with P(|T| <= t) = `confidence` for whole degrees of freedom from 1.

    The distribution function is the finite sum of Abramowitz and Stegun 26.7.3 and 26.7.4.
    """

    def inside(t: float) -> float:
        angle = math.atan(t / math.sqrt(degrees))
        cosine = math.cos(angle)
        if degrees == 1:
            return 2 * angle / math.pi
        even = degrees % 2 == 0
        term = 1.0 if even else cosine
        total = term
        for k in range(2 if even else 3, degrees, 2):
            term *= cosine * cosine * (k - 1) / k
            total += term
        total *= math.sin(angle)
        return total if even else 2 / math.pi * (angle + total)

    low, high = 0.0, 1.0
    while inside(high) < confidence:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(middle) < confidence else (low, middle)
    return (low + high) / 2


def estimated(values: Sequence[float], comparisons: int = 1) -> Estimated:
    """Mean and interval of at least one value.

    `comparisons` such intervals hold together with a confidence of 95% (Bonferroni).
    """
    runs = len(values)
    mean = sum(values) / runs
    if runs < 2:
        return Estimated(mean, math.inf, runs)
    squares = sum((value - mean) ** 2 for value in values)
    t = student_t(runs - 1, 1 - 0.05 / comparisons)
    return Estimated(mean, t * math.sqrt(squares / (runs - 1) / runs), runs)


def estimated_ratio(
    above: Sequence[float], below: Sequence[float], comparisons: int = 1
) -> tuple[float, float, float]:
    """Mean ratio of paired positive values with the limits of its interval, as of `estimated`.

    The mean is geometric and the interval that of the logarithms, so that a ratio and its inverse
    tell the same.
    """
    logs = estimated([math.log(a / b) for a, b in zip(above, below, strict=True)], comparisons)
    # Beyond what a float can hold the limit says nothing anyway.
    largest = math.exp(logs.largest) if logs.largest < 700 else math.inf
    return math.exp(logs.mean), math.exp(max(logs.least, -745.0)), largest
