"""The article's experiments and extensions, and recurrent networks, as runs with a name."""

from __future__ import annotations

from dataclasses import dataclass

from vgdemo.config import RunConfig


@dataclass(frozen=True)
class Preset:
    """A run that is worth looking at.

    Attributes:
        number: The article's number of the experiment, E and a number for what it leaves to the reader, T and a number
            for recurrent networks, which it names alone.
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

SMALL_START = RunConfig(
    network="simple_rnn", recurrent_initializer="glorot_uniform", recurrent_gain=0.7, time_steps=200
)
IDENTITY_START = RunConfig(
    network="simple_rnn",
    activation="relu",
    recurrent_initializer="identity",
    optimizer="adam",
    learning_rate=0.001,
    time_steps=200,
)
_EXPLODING = RunConfig(network="simple_rnn", activation="relu", recurrent_gain=1.5, time_steps=50)
_LSTM = RunConfig(network="lstm", optimizer="adam", time_steps=50)

OF_ARTICLE = (
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
THROUGH_TIME = (
    Preset(
        "T1",
        "SimpleRNN, 20 steps",
        "Recurrent weights a little small: from 20 steps back enough arrives.",
        SMALL_START.with_changes(time_steps=20),
    ),
    Preset("T2", "SimpleRNN, 200 steps", "The same network: 200 steps back the gradient is gone.", SMALL_START),
    Preset(
        "T3",
        "Orthogonal start",
        "A recurrent kernel that keeps lengths: the gradient arrives, until training saturates the states.",
        SMALL_START.with_changes(recurrent_initializer="orthogonal", recurrent_gain=1),
    ),
    Preset(
        "T4",
        "Identity start, ReLU",
        "Le's cure: ReLU states that are handed on as they are, and small steps by Adam.",
        IDENTITY_START,
    ),
    Preset("T5", "ReLU that explodes", "The gradient grows with every step back, until it is no number.", _EXPLODING),
    Preset(
        "T6",
        "The same, clipped",
        "A bound on the norm of each step's gradient: most replicates learn.",
        _EXPLODING.with_changes(gradient_clip="global_norm"),
    ),
    Preset(
        "T7",
        "LSTM, forget bias 0",
        "Forget gates at one half lose half of the cell's state in every step.",
        _LSTM.with_changes(unit_forget_bias=False),
    ),
    Preset("T8", "LSTM, forget bias 1", "Keras's default: the gates begin at 0.73.", _LSTM),
    Preset("T9", "GRU", "Its update gates begin at one half, as those of T7 do.", _LSTM.with_changes(network="gru")),
)
PRESETS = (*OF_ARTICLE, *THROUGH_TIME)
