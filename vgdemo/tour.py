"""The tour: a few runs in order, each with what to look for, from a gradient that vanishes to a network that learns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vgdemo.config import RunConfig


@dataclass(frozen=True)
class Step:
    """One stop of the tour.

    Attributes:
        title: A few words.
        text: What to look for, and where, as Markdown.
        runs: What is shown: one run in the Lab, several in Compare.
        view: How they are looked at, as an address says it; empty for the usual look.
    """

    title: str
    text: str
    runs: tuple[RunConfig, ...]
    view: str = ""

    def is_shown_by(self, runs: Iterable[RunConfig]) -> bool:
        """Whether all of the step's runs are among those on a page.

        Example:
            >>> Step("Two", "Look.", (SIGMOID, TANH)).is_shown_by([TANH, RELU, SIGMOID])
            True
        """
        return set(self.runs) <= set(runs)


# One network three times; it differs in its activation and its first weights alone.
_DEEP = RunConfig(num_hidden_layers=8, units=20, epochs=100)
SIGMOID = _DEEP.with_changes(
    activation="sigmoid", kernel_initializer="glorot_uniform", output_initializer="glorot_uniform"
)
TANH = _DEEP
RELU = _DEEP.with_changes(activation="relu", kernel_initializer="he_uniform", output_initializer="glorot_uniform")
OPENING = (SIGMOID, TANH, RELU)

STEPS = (
    Step(
        "A gradient vanishes",
        "Deep networks often do not learn because the gradient that reaches their first layers is tiny. Here each "
        "row of the heatmap is a layer, the output at the top. Downwards row after row is darker, as each layer hands "
        "on about a quarter of its gradient; hardly any reaches layer 1, and accuracy stays near 0.5, a guess.",
        (SIGMOID,),
    ),
    Step(
        "Saturated units",
        "Another way to fail: tanh, with the article's first weights between 0 and 1. The heatmap now shows the share "
        "of saturated units, at ±1, where tanh is flat: from layer 3 on nearly all, from the first epoch. No gradient "
        "gets through: choose *gradient, RMS* above the heatmap, and grey, exactly zero, fills it up to layer 7.",
        (TANH,),
        "statistic-saturated_share",
    ),
    Step(
        "ReLU learns",
        "ReLU has slope 1 where a unit is active, and He's initialiser suits it. In the heatmap all rows have about "
        "the same colour: the gradient reaches layer 1, and the accuracy climbs above 0.8.",
        (RELU,),
    ),
    Step(
        "Side by side, and a remedy",
        "In the upper figure only C leaves 0.5. Each column says what its run has, and what may help: open *Try for B* "
        "and choose *Glorot initialiser*. The same network trains as column D, with other first weights, and learns.",
        OPENING,
    ),
    Step(
        "The article, and your own",
        "The article fails with these five tanh layers; the heatmap shows why: here, too, units are saturated. "
        "*Article* above repeats all of its experiments. Or set a network of your own at the left: it trains at every "
        "change, and its address is a link to it.",
        (RunConfig(),),
        "statistic-saturated_share",
    ),
)
