"""Studies that are worth a look.

Half a minute (E4), two and a half (E5), nearly four (depth), one and a half (first-weights) and two and a half
(order-and-chaos) is what they took on two workers: half of the processor time of all processes, with nothing compiled
before, on a machine that two cores serve.
"""

from __future__ import annotations

from dataclasses import dataclass

from vgdemo.activations import ACTIVATIONS
from vgdemo.article import experiments
from vgdemo.config import RunConfig
from vgdemo.study.grid import Grid

FAMILIES = ("uniform_0_1", "random_normal", "lecun_normal", "glorot_normal", "he_normal", "orthogonal", "lsuv")


@dataclass(frozen=True)
class StudyPreset:
    """A study with a name.

    Attributes:
        name: Its name in a link.
        title: What to call it.
        description: One sentence: what it is and what to look at.
        grid: What is studied.
        measure: What to show of it first, a name of `MEASURES`.
        as_curves: Whether it is drawn as curves first.

    Example:
        >>> STUDIES[0].title, STUDIES[0].grid.sentence
        ('tanh, 1 to 10 layers', '10 runs: hidden layers, 1 to 10')
    """

    name: str
    title: str
    description: str
    grid: Grid
    measure: str = "learned"
    as_curves: bool = False


def _of_article(number: str, description: str) -> StudyPreset:
    """The very runs that the Article's extension has."""
    experiment = next(one for one in experiments() if one.number == number)
    layers = [config.num_hidden_layers for config in experiment.configs]
    grid = Grid.of(experiment.configs[0], {"num_hidden_layers": layers})
    return StudyPreset(number, experiment.title, description, grid)


def _depth() -> StudyPreset:
    return StudyPreset(
        "depth",
        "How deep may it be?",
        "Three networks from 1 to 30 layers: see at which depth each of them ceases to learn.",
        Grid.of(
            RunConfig(output_initializer="glorot_uniform"),
            {
                "num_hidden_layers": range(1, 31),
                "activation kernel_initializer": [
                    ("tanh", "uniform_0_1"),
                    ("tanh", "glorot_uniform"),
                    ("relu", "he_uniform"),
                ],
            },
        ),
        as_curves=True,
    )


def _first_weights() -> StudyPreset:
    """Of every activation; initialisers that differ in no more than their distribution stand for each other."""
    return StudyPreset(
        "first-weights",
        "Which initialiser for which activation?",
        "Ten layers of every activation from the first weights of every family: see which of them suit each other.",
        Grid.of(
            RunConfig(num_hidden_layers=10, output_initializer="glorot_uniform", epochs=300),
            {"activation": tuple(ACTIVATIONS), "kernel_initializer": FAMILIES},
        ),
    )


def _order_and_chaos() -> StudyPreset:
    return StudyPreset(
        "order-and-chaos",
        "Order and chaos",
        "Gain against depth: the deep learn near the line χ = 1 alone, where gradients neither vanish nor explode.",
        Grid.of(
            RunConfig(
                units=20,
                kernel_initializer="glorot_normal",
                output_initializer="glorot_uniform",
                epochs=100,
                replicates=5,
            ),
            {"gain": (0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.8, 4), "num_hidden_layers": (2, 4, 6, 8, 10, 15, 20, 25, 30)},
        ),
    )


STUDIES = (
    _of_article("E4", "Deep tanh of 5 units: see the depth from which none of 20 replicates learns."),
    _of_article("E5", "The same with 25 units: see whether wide layers help."),
    _depth(),
    _first_weights(),
    _order_and_chaos(),
)
