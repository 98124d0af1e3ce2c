"""An LSTM that must remember the first of 200 steps: its gradient vanishes on the way there, unless it forgets less.

At each step the memory keeps sigmoid(forget bias) of itself: of Keras's bias of 1 nothing is left after 200 steps.
What the monitor tells:

    forget bias 1 · Vanishing gradient: the gradient vanishes through time: …
    at the start the state after step 1 gets 1e-20 times the gradient of the last one; in the end the accuracy is 42%
    forget bias 5 · Healthy: it learns although the gradient vanishes through time: …
    at the start the state after step 1 gets 7 times the gradient of the last one; in the end the accuracy is 100%
"""

import keras
import numpy as np
from keras import layers

import vgdemo

STEPS = 200


def bias(forget: float) -> keras.initializers.Initializer:
    """Zeros, with another number at the forget gate, the second of an LSTM's four gates."""
    return lambda shape, dtype: keras.ops.repeat(keras.ops.array([0, forget, 0, 0], dtype), shape[0] // 4)


def sequences(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise, (count, steps, 1), that begins with 1 or -1, and which of both it was, (count,)."""
    generator = np.random.default_rng(1)
    noise, answers = generator.normal(0, 0.1, (count, STEPS, 1)), generator.integers(0, 2, count)
    noise[:, 0, 0] = 2 * answers - 1
    return noise, answers


def train(forget_bias: float) -> vgdemo.GradientMonitor:
    """Train with this forget bias at the start."""
    keras.utils.set_random_seed(1)
    x, y = sequences(256)
    memory = layers.LSTM(16, unit_forget_bias=False, bias_initializer=bias(forget_bias), name="memory")
    model = keras.Sequential([memory, layers.Dense(1, "sigmoid", name="answer")])
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    monitor = vgdemo.GradientMonitor(x[:64], y[:64], log_dir=f"logs/lstm_memory/forget_bias_{forget_bias}")
    model.fit(x, y, validation_split=0.25, batch_size=64, epochs=20, callbacks=[monitor], verbose=0)
    return monitor


def main() -> None:
    """Train twice and print what the monitor tells."""
    for forget_bias in (1, 5):
        monitor = train(forget_bias)
        first, *_, last = monitor.record.values("state_gradient_mean_abs")[0, 0]
        accuracy = monitor.record.curve_arrays["val_accuracy"][-1, 0]
        print(f"forget bias {forget_bias} · {monitor.diagnosis.sentence}")
        start = f"at the start the state after step 1 gets {first / last:.1g} times the gradient of the last one"
        print(f"{start}; in the end the accuracy is {accuracy:.0%}")


if __name__ == "__main__":
    main()
