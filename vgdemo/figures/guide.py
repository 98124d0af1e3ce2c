"""How to read each figure: the sentences that the pages and the report say of it, in one place."""

from __future__ import annotations

from collections.abc import Iterable

from vgdemo.figures.scales import Statistic
from vgdemo.record import Panel, RunRecord

MEDIAN = (
    "Of several replicates, each with weights and batches of its own, a line is the median: half of them lie above it. "
    "The band, 10–90 %, holds the middle 80 % of them."
)
POWERS = "Sizes stand on a scale of powers of ten, so that equal steps are equal factors."
BEYOND = "The scale is the same for all runs, so that they can be compared; what lies beyond it is counted."
SPECIAL = "Exact zeros, NaN (not a number) and ∞ have no place on the scale and are grey, red and pink."
SPECIAL_BUT_ZERO = "NaN (not a number) and ∞ have no place on the scale and are red and pink."
HEALTHY = (
    "A healthy gradient has a similar size in all layers; one that shrinks from the output towards layer 1 vanishes, "
    "one that grows explodes."
)
SURFACE = (
    "The colour at a point of the plane is the probability that the network gives to class 1 there, of several "
    "replicates the median; on the line it is one half. Dots are points of the training half, whose colour and shape "
    "are their true class. It is recorded at some epochs only, at which the slider stops."
)
OUTCOME = (
    "A dot is one replicate, its height within a row means nothing. The box holds the middle half of them, the line in "
    "it is the median. A red diamond or bar is what was published. Squares at the ends are values without a place on "
    "the axis."
)
STUDY_MAP = (
    "A cell is a run. Its colours are the same for all studies, so that they can be compared; what lies beyond them is "
    "counted. A dot is a run that is not trained yet, a cross one that failed, a dash one in which it was not measured."
)
STUDY_SHARES = (
    "A line is the share of the replicates that learn; the band or bar is an interval of 95 % confidence. Below are "
    "final validation accuracies: a dot is one replicate, the line the median."
)
STUDY_MEDIANS = "A line is the median over the replicates of each run; the band or bar, 10–90 %, holds the middle 80 %."
STUDY_VERDICTS = "The area of a dot is the share of the replicates of a run that have the verdict."
EDGE = (
    "Along the dashed line, χ = 1, wide networks keep their gradient: with a smaller gain it vanishes, with a larger "
    "one it explodes."
)
OF_STUDIES = {
    "learned": "A replicate learns if it ends more accurate than guessing hardly ever is.",
    "accuracy": "The accuracy is that on points that were not trained on, after the last epoch.",
    "first_ratio": "Mean |g| of layer 1 over that of the output, before any update: far below 1 it vanishes, far "
    "above 1 it explodes.",
    "last_ratio": "Mean |g| of layer 1 over that of the output, after the last epoch: far below 1 it vanishes, far "
    "above 1 it explodes.",
    "first_factor": "What the RMS of the gradient is multiplied by from one hidden layer to the one below, before any "
    "update, on average; it is not a number where the gradient of a layer is exactly zero.",
    "last_factor": "What the RMS of the gradient is multiplied by from one hidden layer to the one below, after the "
    "last epoch, on average; it is not a number where the gradient of a layer is exactly zero.",
    "dead": "A unit is dead if it is zero on all points, so that none of them can change it.",
    "verdict": "A verdict is what a run has, found by the rules that stand in the glossary.",
}
THEORIES = {
    "learned": "The dotted line is the share of networks in which a given point reaches the last hidden layer. It is "
    "no strict bound: a network that is dead for one point may learn from others.",
    "first_ratio": "The dotted line is what theory expects of the median of many networks. It is of the RMS of both "
    "gradients, where mean |g| is measured, so it may lie a little beside it.",
    "first_factor": "The dotted line is what theory expects of the median of many networks.",
}
PHASES = (
    "Left of the dashed line χ = 1 the gradient shrinks on its way through the layers (blue), right of it it grows "
    "(red), the more the deeper the network. The star is this network; on the line a deep one can be trained."
)
POINTS = "Each dot is a point of the training half; the network is to tell its class from its two coordinates."
OVERLAY = f"One colour for each column. {MEDIAN}"
UNSEEN = "The points that are counted were not trained on."
STATISTICS = {
    "gradient_rms": "RMS is the root of the mean square of all entries of a layer's gradient: their typical size.",
    "gradient_mean_abs": "Mean |g| is the mean absolute value of all entries of a layer's gradient.",
    "gradient_max_abs": "Max |g| is the largest absolute value among the entries of a layer's gradient.",
    "gradient_zero_share": "The share of the entries of a layer's gradient that are exactly zero, from 0 to 1.",
    "update_ratio": "How far an epoch moved a layer's weights, as a share of their own length: 10⁻³ is usual, 1 is "
    "a leap.",
    "kernel_l1": "The L1 norm is the sum of the absolute values of all weights of a layer.",
    "saturated_share": "The share of a layer's units whose slope is nearly zero; of a ReLU those that are off.",
    "dead_share": "The share of a layer's units that no point of the data reaches: their gradient is exactly zero.",
    "output_gradient_rms": "RMS of the gradient of the loss by a layer's output: its size on the way back from "
    "layer to layer.",
    "state_gradient_rms": "RMS of the gradient of the loss by a layer's state at a time step, through all later steps: "
    "its size on the way back from the last step to the first.",
    "recurrent_gradient_share": "How much of the recurrent weights' gradient comes from each time step: the shares of "
    "all steps add up to 1.",
    "state_gradient_mean_abs": "Mean absolute value of the gradient of the loss by a layer's output at a time step: "
    "its size on the way back from the last step to the first.",
}


CEILING = (
    "The dotted line is what can be reached on these points: the validation accuracy of a good classical model. "
    "Noise lowers it, for every network."
)


def of_curves(record: RunRecord) -> str:
    """Of accuracy and loss over the epochs."""
    return " ".join(
        [
            "Training is measured on the points that are learned from, validation on as many others.",
            MEDIAN,
            _loss(record),
            *of_ceilings([record]),
        ]
    )


def of_overlay(records: Iterable[RunRecord], drawn: str) -> str:
    """Of the curves of several runs over the epochs, such as "validation accuracy"."""
    return " ".join([OVERLAY, *([UNSEEN] if drawn.startswith("validation") else []), *of_ceilings(records)])


def of_study_map(measure: str, *, logarithmic: bool, with_edge: bool) -> str:
    """Of a measure of many runs as colours."""
    special = SPECIAL if logarithmic else "" if measure == "verdict" else SPECIAL_BUT_ZERO
    return " ".join(filter(None, [STUDY_MAP, OF_STUDIES[measure], special, EDGE if with_edge else ""]))


def of_study_curves(measure: str, *, with_theory: bool, with_ceiling: bool) -> str:
    """Of a measure of many runs as curves."""
    drawn = {"learned": STUDY_SHARES, "verdict": STUDY_VERDICTS}.get(measure, STUDY_MEDIANS)
    parts = [drawn, OF_STUDIES[measure], THEORIES[measure] if with_theory else "", CEILING if with_ceiling else ""]
    return " ".join(filter(None, parts))


def of_outcome(ceiling: float | None) -> str:
    """Of what repeats of an experiment have measured; accuracies may have a ceiling."""
    return OUTCOME if ceiling is None else f"{OUTCOME} {CEILING}"


def of_ceilings(records: Iterable[RunRecord]) -> tuple[str, ...]:
    """Of the lines of what can be reached, where it is known."""
    return (CEILING,) if any(record.ceiling is not None for record in records) else ()


def of_layers(shown: Statistic, panel: Panel) -> str:
    """Of a statistic as colour over epochs and layers."""
    order = f"A row is a {panel.axis}{_counted(panel)}, a column an epoch; a colour is the median over the replicates."
    return " ".join(filter(None, [order, _meaning(shown.name), _health(shown.name), *_scale(shown)]))


def of_profile(shown: Statistic, panel: Panel, *, with_theory: bool) -> str:
    """Of a statistic over the layers."""
    order = f"To the right the {panel.axis}s{_counted(panel)}, upwards the size at the chosen epoch. {MEDIAN}"
    theory = "The dotted line is what theory expects of such networks before training." if with_theory else ""
    return " ".join(filter(None, [order, _meaning(shown.name), _health(shown.name), *_scale(shown), theory]))


def of_lines(shown: Statistic, panel: Panel) -> str:
    """Of a statistic over the epochs, a line for each layer."""
    order = (
        f"A line is a {panel.axis}{_counted(panel)}, from dark to light; the dashed one is the output. "
        "Of several replicates it is the median."
    )
    return " ".join(filter(None, [order, _meaning(shown.name), *_scale(shown)]))


def of_distribution(panel: Panel) -> str:
    """Of the entries of a gradient by size, at one epoch."""
    return (
        f"A row is a {panel.axis}{_counted(panel)}. Its hill shows how large the single entries of its gradient are: "
        "the higher, the more of them have that size |g|, all replicates together. "
        "Left of the scale stands the share that is exactly zero, right of it what is not finite; the ends of the "
        f"scale hold all beyond it. {POWERS}"
    )


def of_density(panel: Panel) -> str:
    """Of the entries of a gradient by size, over the epochs."""
    return (
        f"A panel for each {panel.axis}, of many every few. A column is an epoch, and its colours say which share of "
        "the entries of the gradient has which size |g|, all replicates together. The lowest row is the share that is "
        f"exactly zero; the ends of the scale hold all beyond it. {POWERS}"
    )


def _counted(panel: Panel) -> str:
    """What a number of a layer means; the layers of somebody's own network have names."""
    is_counted = panel.of is not None and panel.labels[:1] == ("1",)
    return ", counted from the input: 1 is the first hidden layer, the output comes last" if is_counted else ""


def _loss(record: RunRecord) -> str:
    guessing = record.model.guessing_loss
    if guessing is None:
        return ""
    return (
        "Loss is the cross-entropy in nats, the unit that natural logarithms give: always answering with even odds "
        f"costs {guessing:.2f}."
    )


def _scale(shown: Statistic) -> list[str]:
    """On a scale without logarithms 0 is a number as any other."""
    return [POWERS, BEYOND, SPECIAL] if shown.logarithmic else [BEYOND, SPECIAL_BUT_ZERO]


def _meaning(statistic: str) -> str:
    return STATISTICS.get(statistic, "")


def _health(statistic: str) -> str:
    return HEALTHY if statistic.startswith("gradient") and statistic != "gradient_zero_share" else ""
