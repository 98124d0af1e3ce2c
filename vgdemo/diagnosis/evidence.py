"""The evidence in sentences with numbers, for the replicates that have what the verdict names."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from vgdemo.config import SETTINGS
from vgdemo.diagnosis.anatomy import (
    frozen_layers,
    hidden_layers,
    hidden_widths,
    kernel_activations,
    layers_out_of_reach,
    output_kernels,
)
from vgdemo.diagnosis.case import DECAYED, FAR, LITTLE, STRAIGHT_LINE, Case
from vgdemo.diagnosis.rules import UNFINISHED, UNMOVED, Verdict
from vgdemo.diagnosis.symptoms import Array
from vgdemo.initializers import INITIALIZERS
from vgdemo.learning import accuracy_deciles
from vgdemo.model import Model
from vgdemo.record import PROBE_LOSS
from vgdemo.theory import factor_per_layer
from vgdemo.wording import capitalized, listed, number, percent

MOST_NAMED = 6  # Layers; more of them make a sentence that nobody reads.
LARGE_SHARE = 0.5  # Of saturated units: from here on it is worth a sentence.
EVEN_STEPS = 0.8  # Share of layers in which the gradient changes in one direction, for a profile to count as a slope.
SLOPE = 0.1  # A gradient that changes by less than a tenth per layer keeps a third of its size through ten layers.
STEADY = 0.1  # Of its start: a loss on a plateau wanders by a few per cent.
BY_FACTORS = (Verdict.VANISHING, Verdict.EXPLODING)
SILENT_ON_LINES = {
    Verdict.HEALTHY,
    Verdict.NOISE,
    Verdict.STUCK,
    Verdict.LEARNING,
    Verdict.DIVERGED,
    Verdict.UNKNOWN,
}  # It is no fault, or the cause says it.
MENDED = {"weights": "weights that suit it", "slope": "the slope of tanh", "width": "many units"}
# Runs that learn start below 1, as the rules say; ten times the size at which the rules call a gradient vanished.
ORDINARY_SIZE = (1e-4, 1)
# Per layer: over the article's five layers it makes a quarter, or fivefold, of a signal.
ORDINARY_GROWTH = (0.7, 1.5)


def evidence(case: Case) -> tuple[str, ...]:
    """All sentences that this case has something to say for."""
    return tuple(_with_whose(sentence, case, said) for said in EVIDENCE if (sentence := said(case)))


def _with_whose(sentence: str, case: Case, said: Callable[[Case], str]) -> str:
    """The sentence, which says so if it is of some replicates only."""
    if not case.whose or said in OF_ALL:
        return sentence
    median = "" if said is _broken or case.replicates.sum() == 1 else "median of "
    return f"{sentence.removesuffix('.')} ({median}{case.whose})."


def _outcome(case: Case) -> str:
    """Of all replicates, whatever the verdict's own ones do: the number that every other place shows."""
    record = case.symptoms.record
    deciles = accuracy_deciles(record)
    if deciles is None or math.isnan(deciles[1]):
        return ""
    who = "The run" if record.replicates == 1 else "The median of all replicates"
    guess = "guessing" if record.majority_share is None else "always answering the larger class"
    accuracy, guessed = number(deciles[1]), number(case.symptoms.guessing_accuracy)
    reachable = "" if record.ceiling is None else f", and {number(record.ceiling)} can be reached on these points"
    return f"{who} ends at a validation accuracy of {accuracy}; {guess} gives {guessed}{reachable}."


def _broken(case: Case) -> str:
    epoch = case.symptoms.broken_from[case.replicates].min()
    if math.isinf(epoch):
        return ""
    return f"Loss or gradient stop being finite numbers at epoch {epoch:.0f} for the first time."


def _loss(case: Case) -> str:
    loss = case.symptoms.loss
    if loss is None or case.symptoms.trained_epochs < 1:
        return ""
    start, end = case.median(loss.start), case.median(loss.final)
    if start is None or end is None or not (math.isfinite(start) and math.isfinite(end)):
        return ""
    change = "rises" if end > (1 + STEADY) * start else "falls" if end < (1 - STEADY) * start else "stays"
    way = f"from {number(start)} to {number(end)}" if change != "stays" else f"near {number(end)}"
    whose = "loss on the probe" if PROBE_LOSS in case.symptoms.record.curve_arrays else "training loss"
    return f"The {whose} {change} {way}{_price_of_guessing(case.symptoms.model)}."


def _price_of_guessing(model: Model) -> str:
    if model.guessing_loss is None:
        return ""
    answer = "1/2" if model.num_classes == 2 else f"1/{model.num_classes} for every class"
    return f" nats; answering {answer} everywhere costs {number(model.guessing_loss)}"


def _profile(case: Case) -> str:
    """The shape over kernels at the start: a slope, or where its lowest point is."""
    sizes, model = case.profile(case.symptoms.start_gradient), case.symptoms.model
    if sizes is None or len(model.hidden) < 2 or not (np.isfinite(sizes) & (sizes > 0)).all():
        return ""
    shape = _slope(sizes, model) or _lowest(sizes, model)
    return f"At the start the gradient (root mean square) {shape}{_of_output(case, sizes)}."


def _slope(sizes: Array, model: Model) -> str:
    """Empty unless the gradient changes in one direction through layers of one kernel each."""
    hidden = sizes[list(model.hidden)]
    if len(hidden_widths(model)) < len(hidden):
        return ""
    factor, steps = factor_per_layer(hidden), np.sign(np.diff(np.log(hidden)))
    if factor < 1 - SLOPE and (steps > 0).mean() >= EVEN_STEPS:
        return f"shrinks ×{number(factor)} per layer towards the input"
    if factor > 1 + SLOPE and (steps < 0).mean() >= EVEN_STEPS:
        return f"grows ×{number(factor)} per layer towards the input"
    return ""


def _lowest(sizes: Array, model: Model) -> str:
    lowest = min(model.hidden, key=lambda place: float(sizes[place]))
    return (
        f"is smallest in {model.kernel_phrases[lowest]}, {number(sizes[lowest] / sizes.max())} of the largest layer's"
    )


def _of_output(case: Case, sizes: Array) -> str:
    """How the gradient of the first layer compares with the output layer's, at the start and in the end."""
    outputs, first = output_kernels(case.symptoms.model), case.symptoms.model.hidden[0]
    if not outputs:
        return ""
    start = f"; in {case.symptoms.model.kernel_phrases[first]} it is {_times(sizes, first, outputs[-1])} the output's"
    end = case.profile(case.symptoms.final_gradient)
    if case.symptoms.trained_epochs < 1 or end is None or not (np.isfinite(end) & (end > 0)).all():
        return start
    return f"{start}, and {_times(end, first, outputs[-1])} in the end"


def _times(sizes: Array, first: int, output: int) -> str:
    return f"{number(sizes[first] / sizes[output])} times"


def _size(case: Case) -> str:
    sizes = case.profile(case.symptoms.start_gradient)
    if sizes is None or not case.symptoms.model.hidden:
        return ""
    largest = sizes[list(case.symptoms.model.hidden)].max()
    if largest == 0:
        return "At the start the gradient is exactly 0 in every hidden layer."
    if ORDINARY_SIZE[0] < largest < ORDINARY_SIZE[1]:
        return ""
    return f"At the start the largest gradient of a hidden layer (root mean square) is {number(largest)}."


def _late_profile(case: Case) -> str:
    if case.rule.phase != "training" or case.symptoms.trained_epochs < 2:
        return ""
    share = case.median(case.symptoms.late_shrinkage)
    if share is None or not math.isfinite(share):
        return ""
    return f"Over the second half of training the smallest hidden gradient is {number(share)} of the largest."


def _frozen(case: Case) -> str:
    layers = frozen_layers(case.symptoms.record.model)
    return f"Frozen: {_several(layers)}." if layers else ""


def _out_of_reach(case: Case) -> str:
    """Worth saying of a network that learns as well."""
    layers = layers_out_of_reach(case.symptoms.record.model)
    return f"The loss does not depend on all that could learn; not on {_several(layers)}." if layers else ""


def _several(layers: tuple[str, ...]) -> str:
    if len(layers) <= MOST_NAMED:
        return f"{'layer' if len(layers) == 1 else 'layers'} {listed(layers)}"
    return f"{len(layers)} layers from {layers[0]} to {layers[-1]}"


def _through_time(case: Case) -> str:
    """Of each recurrent layer."""
    both = zip(case.symptoms.start_through_time, case.symptoms.late_through_time, strict=True)
    return " ".join(
        _of_state(start.layer, *(one.in_words(case.replicates) for one in (start, late))) for start, late in both
    )


def _of_state(layer: str, start: str, late: str) -> str:
    changed = "" if late == start else f"; later {late}"
    return f"The gradient by the state of layer {layer} at the start: {start}{changed}."


def _saturated(case: Case) -> str:
    """The layer in which most is saturated, at the start and in the end."""
    start, end = case.profile(case.symptoms.start_saturated), case.profile(case.symptoms.final_saturated)
    if start is None or end is None:
        return ""
    place = int(np.fmax(start, end).argmax())
    if not max(start[place], end[place]) >= LARGE_SHARE or not math.isfinite(start[place] + end[place]):
        return ""
    first, last, where = capitalized(percent(start[place])), percent(end[place]), _hidden_phrases(case)[place]
    return f"{first} of the activations of {where} are saturated at the start, {last} in the end."


def _dead(case: Case) -> str:
    """Of all replicates, whatever the verdict's own ones have."""
    start, end = case.symptoms.start_dead, case.symptoms.final_dead
    if start is None or end is None or not (end >= 1).any():
        return ""
    dead, born = (end >= 1).any(axis=1).sum(), (start >= 1).any(axis=1).sum()
    place = int((end >= 1).sum(axis=0).argmax())
    return (
        f"Of all replicates {dead} of {len(end)} have a dead layer in the end, {born} at the start: "
        f"no unit of it fires on any point. Most often it is {_hidden_phrases(case)[place]}."
    )


def _weights(case: Case) -> str:
    scale, mean = case.median(case.symptoms.weight_scale), case.symptoms.shifted_mean
    is_blamed = case.rule.phase == "start" or (mean is not None and case.rule.verdict is not Verdict.HEALTHY)
    if scale is None or not math.isfinite(scale) or not is_blamed:
        return ""
    around = "" if mean is None else f"around {number(mean)}, "
    return f"The first weights are drawn {around}with {number(scale)} times the mean square of {_suited(case)}."


def _suited(case: Case) -> str:
    known = dict.fromkeys(one for one in kernel_activations(case.symptoms.model) if one is not None)
    if len(known) > 1:
        return "the initialisers that suit their layers' activations"
    (activation,) = known
    suits = SETTINGS["activation"].in_words(activation.name)
    return f"{INITIALIZERS[activation.suited].author}'s initialiser, which suits {suits}"


def _factors(case: Case) -> str:
    """What theory expects of a layer, as it is and with the part mended that counts most, where a start is blamed."""
    expected = case.factors
    if expected is None or case.rule.phase != "start" or case.rule.verdict not in BY_FACTORS:
        return ""
    left = number(getattr(expected, expected.leading))
    return (
        f"Theory expects the gradient to change ×{number(expected.actual)} per layer on its way down, and "
        f"×{left} with {MENDED[expected.leading]}."
    )


def _signal(case: Case) -> str:
    signal = case.profile(case.symptoms.start_signal)
    if signal is None or len(signal) < 2 or not (np.isfinite(signal) & (signal > 0)).all():
        return ""
    factor = float((signal[-1] / signal[0]) ** (1 / (len(signal) - 1)))
    if ORDINARY_GROWTH[0] < factor < ORDINARY_GROWTH[1]:
        return ""
    return (
        f"On the way up the signal's standard deviation changes ×{number(factor)} per layer, "
        f"to {number(signal[-1])} in {_hidden_phrases(case)[-1]}."
    )


def _movement(case: Case) -> str:
    movement = case.median(case.symptoms.movement)
    if movement is None or not movement < (LITTLE if case.rule.verdict in UNFINISHED else UNMOVED):
        return ""
    if movement == 0:
        return "Over the whole run no kernel moves at all."
    return f"Over the whole run no kernel moves by more than {number(movement)} of its own length."


def _longest_move(case: Case) -> str:
    move = case.median(case.symptoms.longest_move)
    if move is None or not FAR <= move < math.inf or case.rule.verdict is Verdict.HEALTHY:
        return ""
    return f"In one epoch a kernel moves by as much as {number(move)} times its own length."


def _line(case: Case) -> str:
    """What a linear network cannot do whatever else ails it, where the cause does not say it."""
    return STRAIGHT_LINE if case.is_linear() and case.rule.verdict not in SILENT_ON_LINES else ""


def _decay(case: Case) -> str:
    left = case.median(case.symptoms.weights_left)
    if left is None or not left < DECAYED:
        return ""
    return f"In the end each hidden kernel has at most {number(left)} of the root mean square that it started with."


def _hidden_phrases(case: Case) -> list[str]:
    model = case.symptoms.model
    return [model.layer_phrases[place] for place in hidden_layers(model)]


EVIDENCE: tuple[Callable[[Case], str], ...] = (
    _broken,
    _profile,
    _size,
    _frozen,
    _out_of_reach,
    _through_time,
    _saturated,
    _dead,
    _signal,
    _factors,
    _weights,
    _late_profile,
    _movement,
    _longest_move,
    _decay,
    _line,
    _loss,
    _outcome,
)
OF_ALL = (_dead, _frozen, _line, _out_of_reach, _outcome)  # Whatever the cause is about.
