"""The article's experiments and extensions, as runs with a name."""

from __future__ import annotations

from dataclasses import dataclass

from vgdemo.config import RunConfig


@dataclass(frozen=True)
class Preset:
    """One of the article's experiments.

    Attributes:
        number: The article's number of the experiment, E and a number for what it leaves to the reader.
        title: What to call it.
        description: One sentence: what it is and what to look at.
        config: The run.
        statistic: The statistic of a layer that it is about; None if it is about the run as a whole.
    """

    number: str
    title: str
    description: str
    config: RunConfig
    statistic: str | None = None

    def suits(self, config: RunConfig | None, statistic: str | None) -> bool:
        """Whether a page that shows this run and this statistic shows the experiment."""
        return self.config == config and self.statistic in (None, statistic)

    @property
    def label(self) -> str:
        """Number and title."""
        return f"{self.number} · {self.title}"


DEEP_TANH = RunConfig()
DEEP_RELU = RunConfig(activation="relu", kernel_initializer="he_uniform", output_initializer="glorot_uniform")

PRESETS = (
    Preset("1", "Shallow tanh", "One hidden layer learns the circles.", DEEP_TANH.with_changes(num_hidden_layers=1)),
    Preset("2", "Deep tanh", "Five hidden layers of the same kind hardly learn.", DEEP_TANH),
    Preset("3", "Deep ReLU", "The same depth learns with ReLU and He's initialiser.", DEEP_RELU),
    Preset("4", "ReLU, 15 layers", "Some replicates still learn.", DEEP_RELU.with_changes(num_hidden_layers=15)),
    Preset("5", "ReLU, 20 layers", "Few replicates learn.", DEEP_RELU.with_changes(num_hidden_layers=20)),
    Preset(
        "6",
        "Gradients of deep tanh",
        "Experiment 2 again: read the gradients of its six kernels.",
        DEEP_TANH,
        "gradient_mean_abs",
    ),
    Preset(
        "7",
        "Gradients of deep ReLU",
        "Experiment 3 again: its first layer's gradient stays large.",
        DEEP_RELU,
        "gradient_mean_abs",
    ),
    Preset(
        "E1",
        "Deep tanh, Glorot",
        "Glorot's initialiser alone cures five tanh layers.",
        DEEP_TANH.with_changes(kernel_initializer="glorot_uniform", output_initializer="glorot_uniform"),
    ),
    Preset(
        "E2",
        "Deep tanh, Adam",
        "The optimiser changes, the initial weights stay.",
        DEEP_TANH.with_changes(optimizer="adam", learning_rate=0.001),
    ),
    Preset(
        "E3", "Weight norms", "Deep tanh again: read its kernels' L1 norm, then try deep ReLU.", DEEP_TANH, "kernel_l1"
    ),
    Preset(
        "E4",
        "tanh, 1 to 10 layers",
        "The deepest of the ten: move hidden layers down to 1.",
        DEEP_TANH.with_changes(num_hidden_layers=10),
    ),
    Preset(
        "E5",
        "25 units, 1 to 10 layers",
        "The deepest of the ten wide ones: move hidden layers down to 1.",
        DEEP_TANH.with_changes(num_hidden_layers=10, units=25),
    ),
)
