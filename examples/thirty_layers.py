"""Thirty layers with small first weights: no gradient comes through them, but around them on skip connections.

What the monitor tells:

    plain · Vanishing gradient: the first weights are too small: every layer shrinks the signal …
    at the start the first layer's gradient is 1e-22, the last one's 6e-23
    residual · Healthy: the gradient reaches every layer.
    at the start the first layer's gradient is 2e-01, the last one's 1e+00
"""

import keras
from keras import layers
from sklearn.datasets import load_digits

import vgdemo


def thirty_layers(is_residual: bool) -> keras.Model:
    """28 layers of one width between the first and the last, each with a way around it if the network is residual."""
    pixels = keras.Input((64,))
    signal = layers.Dense(32, name="first")(pixels)
    for number in range(2, 30):
        branch = layers.Dense(32, "relu", kernel_initializer="random_normal", name=f"dense_{number}")(signal)
        signal = layers.Add(name=f"skip_{number}")([signal, branch]) if is_residual else branch
    return keras.Model(pixels, layers.Dense(10, "softmax", name="last")(signal))


def train(is_residual: bool) -> vgdemo.GradientMonitor:
    """Train a plain or a residual network."""
    keras.utils.set_random_seed(1)
    images, digits = load_digits(return_X_y=True)
    images /= 16
    model = thirty_layers(is_residual)
    model.compile(keras.optimizers.SGD(0.03), "sparse_categorical_crossentropy", metrics=["accuracy"])
    name = "residual" if is_residual else "plain"
    monitor = vgdemo.GradientMonitor(images[:256], digits[:256], log_dir=f"logs/thirty_layers/{name}")
    model.fit(images, digits, validation_split=0.2, batch_size=64, epochs=4, callbacks=[monitor], verbose=0)
    return monitor


def main() -> None:
    """Train both and print what the monitor tells."""
    for name, is_residual in {"plain": False, "residual": True}.items():
        monitor = train(is_residual)
        first, *_, last = monitor.record.values("gradient_rms")[0, 0]
        print(f"{name} · {monitor.diagnosis.sentence}")
        print(f"at the start the first layer's gradient is {first:.0e}, the last one's {last:.0e}")


if __name__ == "__main__":
    main()
