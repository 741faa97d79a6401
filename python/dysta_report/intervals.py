"""Means over independent runs with 95% confidence intervals, as the program computes them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Estimated:
    """A mean, the half-width of its 95% confidence interval (Student's t), and how many runs.

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


def student_t_95(degrees: int) -> float:
    """The t with P(|T| <= t) = 0.95 for whole degrees of freedom from 1.

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

    low, high = 0.0, 13.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(middle) < 0.95 else (low, middle)
    return (low + high) / 2


def estimated(values: Sequence[float]) -> Estimated:
    """Mean and interval of at least one value."""
    runs = len(values)
    mean = sum(values) / runs
    if runs < 2:
        return Estimated(mean, math.inf, runs)
    squares = sum((value - mean) ** 2 for value in values)
    return Estimated(mean, student_t_95(runs - 1) * math.sqrt(squares / (runs - 1) / runs), runs)


def estimated_ratio(above: Sequence[float], below: Sequence[float]) -> tuple[float, float, float]:
    """Mean ratio of paired positive values with the limits of its 95% interval.

    The mean is geometric and the interval that of the logarithms, so that a ratio and its inverse
    tell the same.
    """
    logs = estimated([math.log(a / b) for a, b in zip(above, below, strict=True)])
    # Beyond what a float can hold the limit says nothing anyway.
    largest = math.exp(logs.largest) if logs.largest < 700 else math.inf
    return math.exp(logs.mean), math.exp(max(logs.least, -745.0)), largest
