"""What repairs a network of somebody's own where no setting of a run is to blame: Keras code that names the layers."""

from __future__ import annotations

from vgdemo.diagnosis.anatomy import answers, frozen_layers, layers_out_of_reach
from vgdemo.diagnosis.remedies import Recipe, Remedy
from vgdemo.model import Kernel, Layer, Model
from vgdemo.optimizers import OPTIMIZERS
from vgdemo.wording import listed

MOST_NAMED = 6  # Layers; more of them make a line that nobody reads.

FORGET_BIAS_CODE = """\
def forget_bias(shape, dtype=None):  # Of Keras's four gates: input, forget, cell, output.
    units = shape[0] // 4
    zeros, fives = keras.ops.zeros(units, dtype), 5 * keras.ops.ones(units, dtype)
    return keras.ops.concatenate([zeros, fives, zeros, zeros])"""
UPDATE_BIAS_CODE = """\
def update_bias(shape, dtype=None):  # Of Keras's three gates: update, reset, candidate; once for inputs and for states.
    updates = keras.ops.arange(shape[-1]) < shape[-1] // 3
    return keras.ops.broadcast_to(keras.ops.cast(keras.ops.where(updates, 2.5, 0.0), dtype), shape)"""
LSTM_CODE = 'keras.layers.LSTM({units}, unit_forget_bias=False, bias_initializer=forget_bias, name="{layer}")'
GRU_CODE = 'keras.layers.GRU({units}, bias_initializer=update_bias, name="{layer}")'
IDENTITY_CODE = 'keras.layers.SimpleRNN({units}, activation="relu", recurrent_initializer="identity", name="{layer}")'


def _thawed(model: Model, epochs: int) -> Remedy | None:
    """Let the frozen layers learn."""
    frozen = frozen_layers(model)
    if not frozen:
        return None
    code = f"model.trainable = True  # Frozen: {_named(frozen)}. Compile again after it."
    return Remedy("Thaw the layers", "Only what is trainable when the model is compiled learns.", {}, code=code)


def _reached(model: Model, epochs: int) -> Remedy | None:
    """Let the loss depend on all layers that can learn."""
    layers = layers_out_of_reach(model)
    if not layers:
        return None
    code = (
        f"# Of {_named(layers)}: use their outputs in what the loss is computed from, without\n"
        "# keras.ops.stop_gradient, argmax, rounding or .numpy() in between."
    )
    return Remedy("A way to the loss", "A gradient passes only what the loss is a smooth function of.", {}, code=code)


def _movable_answer(model: Model, epochs: int) -> Remedy | None:
    """An answer whose activation has a slope."""
    places = answers(model)
    if not places:
        return None
    layer, kernel = model.layers[places[-1]], _kernel_of(model, model.layers[places[-1]])
    activation = "sigmoid" if model.loss.startswith("binary") else "linear"
    if layer.activation == "softmax" and "categorical" in model.loss:
        code = f'keras.layers.Dense(2, activation="softmax", name="{layer.name}")  # One unit for each class.'
    else:
        code = f'keras.layers.Dense({kernel.shape[-1]}, activation="{activation}", name="{layer.name}")'
    return Remedy("Another output activation", "One that has a slope wherever the answer is wrong.", {}, code=code)


def _labels_as_shares(model: Model, epochs: int) -> Remedy | None:
    """Labels that a cross-entropy is made for."""
    code = 'y = (y == y.max()).astype("float32")  # Of two classes, whatever they are called: 0 and 1.'
    return Remedy(
        "Labels of 0 and 1",
        "Between them the cross-entropy is at least 0, and least where the answer is right.",
        {},
        code=code,
    )


def _scaled_inputs(model: Model, epochs: int) -> Remedy:
    """Inputs of mean 0 and variance 1, for which initialisers are made."""
    code = "x = (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-7)  # The same numbers for all other data."
    return Remedy("Scaled inputs", "Initialisers are made for inputs of mean 0 and variance 1.", {}, code=code)


def _scaled_loss(model: Model, epochs: int) -> Remedy | None:
    """A loss so large that its gradient has a place among 16-bit numbers."""
    named = OPTIMIZERS.get((model.optimizer or "").lower())
    rate = "" if model.learning_rate is None else f"learning_rate={model.learning_rate:g}"
    inner = "optimizer" if named is None else f"keras.optimizers.{named.keras_class}({rate})"
    code = f"optimizer = keras.optimizers.LossScaleOptimizer({inner})  # For model.compile."
    explanation = (
        "The loss is multiplied until its gradient has a place among numbers of 16 bits, which is taken out again."
    )
    return Remedy("Loss scaling", explanation, {}, code=code)


def _wider_numbers(model: Model, epochs: int) -> Remedy:
    """Numbers that reach as far down as those of 32 bits."""
    code = 'keras.config.set_dtype_policy("mixed_bfloat16")  # Before the model is made.'
    return Remedy("bfloat16", "As many bits, but down to 1e-38; fewer digits.", {}, code=code)


def _open_gates(model: Model, epochs: int) -> Remedy | None:
    """Recurrent layers that begin by keeping their state."""
    lines = [_recurrent_code(kernel) for kernel in model.kernels if kernel.name == "recurrent_kernel"]
    if not any(lines):
        return None
    biases = {"forget_bias": FORGET_BIAS_CODE, "update_bias": UPDATE_BIAS_CODE}
    needed = [code for name, code in biases.items() if any(name in line for line in lines)]
    code = "\n".join([*needed, *filter(None, lines)])
    explanation = (
        "The state then passes each step nearly unchanged, and so does its gradient, until training says otherwise."
    )
    return Remedy("Keep the state at first", explanation, {}, code=code)


def _recurrent_code(kernel: Kernel) -> str:
    template = {"LSTM": LSTM_CODE, "GRU": GRU_CODE, "SimpleRNN": IDENTITY_CODE}.get(kernel.kind, "")
    return template.format(units=kernel.shape[0], layer=kernel.layer)


def _kernel_of(model: Model, layer: Layer) -> Kernel:
    return next(kernel for kernel in model.kernels if kernel.layer == layer.name)


def _named(layers: tuple[str, ...]) -> str:
    return listed(layers) if len(layers) <= MOST_NAMED else f"{layers[0]} to {layers[-1]}"


THAWED: Recipe = _thawed
REACHED: Recipe = _reached
MOVABLE_ANSWER: Recipe = _movable_answer
LABELS_AS_SHARES: Recipe = _labels_as_shares
SCALED_INPUTS: Recipe = _scaled_inputs
SCALED_LOSS: Recipe = _scaled_loss
WIDER_NUMBERS: Recipe = _wider_numbers
OPEN_GATES: Recipe = _open_gates
