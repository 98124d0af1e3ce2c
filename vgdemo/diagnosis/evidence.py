"""The evidence in sentences with numbers, for the replicates that have what the verdict names."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np

from vgdemo.diagnosis.causes import UNMOVED, Case
from vgdemo.diagnosis.suited import suited_initializer
from vgdemo.diagnosis.symptoms import Array
from vgdemo.theory import factor_per_layer

LARGE_SHARE = 0.5  # Of saturated units: from here on it is worth a sentence.
EVEN_STEPS = 0.8  # Share of layers in which the gradient changes in one direction, for a profile to count as a slope.


def evidence(case: Case) -> tuple[str, ...]:
    """All sentences that this case has something to say for."""
    return tuple(sentence for speaks in WITNESSES if (sentence := speaks(case)))


def written(value: float) -> str:
    """A number with two digits: 0.056, 6.3e-9, 47."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "infinite"
    return re.sub(r"e([+-])0*", lambda exponent: "e" + exponent[1].strip("+"), f"{value:.2g}")


def _outcome(case: Case) -> str:
    symptoms = case.symptoms
    accuracy = case.median("final_accuracy")
    if math.isnan(accuracy):
        return ""
    return (
        f"The median replicate ends at a validation accuracy of {accuracy:.2f}; "
        f"always answering the larger class gives {symptoms.majority_share:.2f}."
    )


def _broken(case: Case) -> str:
    epochs = case.symptoms.broken_from[case.members]
    if (epochs < 0).all():
        return ""
    return f"Loss or gradient stop being finite numbers at epoch {epochs[epochs >= 0].min()} for the first time."


def _loss(case: Case) -> str:
    start, end = case.median("start_loss"), case.median("final_loss")
    if not (math.isfinite(start) and math.isfinite(end)) or case.symptoms.trained_epochs < 1:
        return ""
    change = "rises" if end > 1.1 * start else "falls" if end < 0.9 * start else "stays"
    way = f"from {written(start)} to {written(end)}" if change != "stays" else f"near {written(end)}"
    return f"The training loss {change} {way} nats; answering 1/2 everywhere costs 0.69."


def _profile(case: Case) -> str:
    """The shape over layers at the start: a slope, or where its lowest point is."""
    sizes = _median_profile(case)
    if len(sizes) < 3 or not (np.isfinite(sizes) & (sizes > 0)).all():
        return ""
    factor = factor_per_layer(sizes)
    steps = np.sign(np.diff(np.log(sizes[:-1])))
    of_output = f"{written(sizes[0] / sizes[-1])} of the output's at layer 1"
    if factor < 0.9 and (steps > 0).mean() >= EVEN_STEPS:
        return f"At the start the gradient shrinks ×{written(factor)} per layer towards the input, {of_output}."
    if factor > 1.1 and (steps < 0).mean() >= EVEN_STEPS:
        return f"At the start the gradient grows ×{written(factor)} per layer towards the input, {of_output}."
    lowest = int(sizes[:-1].argmin())
    share = written(sizes[lowest] / sizes.max())
    return (
        f"At the start the gradient is smallest in layer {lowest + 1}, {share} of the largest layer's, and {of_output}."
    )


def _size(case: Case) -> str:
    sizes = _median_profile(case)
    hidden = sizes[:-1]
    if (hidden == 0).all():
        return "At the start the gradient is exactly 0 in every hidden layer."
    if 1e-4 < hidden.max() < 1:
        return ""
    return f"At the start the largest gradient of a hidden layer (root mean square) is {written(hidden.max())}."


def _late_profile(case: Case) -> str:
    if case.rule.phase != "training" or case.symptoms.trained_epochs < 2:
        return ""
    share = case.median("late_shrinkage")
    if not math.isfinite(share):
        return ""
    return f"Over the second half of training the smallest hidden gradient is {written(share)} of the largest."


def _saturated(case: Case) -> str:
    """The layer in which most is saturated, at the start and in the end."""
    symptoms, members = case.symptoms, case.members
    start, end = (np.median(of[members], axis=0) for of in (symptoms.start_saturated, symptoms.final_saturated))
    layer = int(np.fmax(start, end).argmax())
    if not max(start[layer], end[layer]) >= LARGE_SHARE or not math.isfinite(start[layer] + end[layer]):
        return ""
    return (
        f"{start[layer]:.0%} of the activations of layer {layer + 1} are saturated at the start, "
        f"{end[layer]:.0%} in the end."
    )


def _dead(case: Case) -> str:
    """Of all replicates, whatever the verdict's own ones have."""
    dead = case.symptoms.final_dead >= 1
    if not dead.any():
        return ""
    born = (case.symptoms.start_dead >= 1).any(axis=1)
    layer = int(dead.sum(axis=0).argmax()) + 1
    return (
        f"{dead.any(axis=1).mean():.0%} of replicates are dead, {born.mean():.0%} from the start: "
        f"no unit of layer {layer} fires on any point."
    )


def _weights(case: Case) -> str:
    config = case.symptoms.config
    scale = case.median("weight_scale")
    if not math.isfinite(scale) or case.rule.phase != "start":
        return ""
    mean = "around 1/2, " if config.kernel_initializer == "uniform_0_1" else ""
    author = suited_initializer(config.activation).author
    return (
        f"The first weights are drawn {mean}with {written(scale)} times the mean square of {author}'s initialiser, "
        f"which suits {config.activation}."
    )


def _signal(case: Case) -> str:
    signal = np.median(case.symptoms.start_signal[case.members], axis=0)
    if len(signal) < 2 or not (np.isfinite(signal) & (signal > 0)).all():
        return ""
    factor = float((signal[-1] / signal[0]) ** (1 / (len(signal) - 1)))
    if 0.7 < factor < 1.5:
        return ""
    return (
        f"On the way up the signal's standard deviation changes ×{written(factor)} per layer, "
        f"to {written(float(signal[-1]))} in layer {len(signal)}."
    )


def _movement(case: Case) -> str:
    movement = case.median("movement")
    if not movement < UNMOVED or case.symptoms.trained_epochs < 1:
        return ""
    return f"Over the whole run no kernel moves by more than {written(movement)} of its own length."


def _median_profile(case: Case) -> Array:
    return np.asarray(np.median(case.symptoms.start_gradient[case.members], axis=0))


WITNESSES: tuple[Callable[[Case], str], ...] = (
    _broken,
    _profile,
    _size,
    _saturated,
    _dead,
    _signal,
    _weights,
    _late_profile,
    _movement,
    _loss,
    _outcome,
)
