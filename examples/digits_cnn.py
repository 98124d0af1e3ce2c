"""A convolutional network on handwritten digits: steps that are too long kill its ReLUs, shorter ones do not.

What the monitor tells:

    Adam(0.2) · Dead units: the units died in training: …
    in the end 0% of the units that look for strokes are alive; the accuracy is 10%
    Adam(0.001) · Healthy: the gradient reaches every layer.
    in the end 100% of the units that look for strokes are alive; the accuracy is 87%
"""

import keras
from keras import layers
from sklearn.datasets import load_digits

import vgdemo


def train(learning_rate: float) -> vgdemo.GradientMonitor:
    """Train with Adam at this learning rate."""
    keras.utils.set_random_seed(1)
    images, digits = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1) / 16
    model = keras.Sequential(
        [
            layers.Conv2D(16, 3, padding="same", activation="relu", name="edges"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="strokes"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10, "softmax", name="digit"),
        ]
    )
    model.compile(keras.optimizers.Adam(learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    monitor = vgdemo.GradientMonitor(images[:256], digits[:256], log_dir=f"logs/digits_cnn/{learning_rate}")
    model.fit(images, digits, validation_split=0.2, epochs=5, callbacks=[monitor], verbose=0)
    return monitor


def main() -> None:
    """Train twice and print what the monitor tells."""
    for learning_rate in (0.2, 0.001):
        monitor = train(learning_rate)
        strokes = monitor.record.panels["activations"].labels.index("strokes")
        alive = 1 - monitor.record.values("dead_share")[-1, 0, strokes]
        accuracy = monitor.record.curve_arrays["val_accuracy"][-1, 0]
        print(f"Adam({learning_rate}) · {monitor.diagnosis.sentence}")
        print(f"in the end {alive:.0%} of the units that look for strokes are alive; the accuracy is {accuracy:.0%}")


if __name__ == "__main__":
    main()
