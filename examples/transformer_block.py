"""A small transformer block that reads a digit row by row.

What the monitor tells: query and key get a tenth of value's gradient, as in every attention that looks at all rows
alike at first, and nothing is wrong with that.

    Healthy: the gradient reaches every layer.
    query 1e-02, key 1e-02, value 1e-01, attention_output 1e-01
"""

import keras
from keras import layers
from sklearn.datasets import load_digits

import vgdemo

WIDTH = 32


def transformer_block(tokens: keras.KerasTensor) -> keras.KerasTensor:
    """Attention, then two layers for each token; both are added to what came in."""
    normalized = layers.LayerNormalization()(tokens)
    attention = layers.MultiHeadAttention(num_heads=2, key_dim=WIDTH // 2)(normalized, normalized)
    tokens = layers.Add()([tokens, attention])
    widened = layers.Dense(2 * WIDTH, "gelu", name="widen")(layers.LayerNormalization()(tokens))
    return layers.Add()([tokens, layers.Dense(WIDTH, name="narrow")(widened)])


def train() -> vgdemo.GradientMonitor:
    """Train the block between an embedding of rows and an answer."""
    keras.utils.set_random_seed(1)
    images, digits = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8) / 16
    rows = keras.Input((8, 8))
    tokens = transformer_block(layers.Dense(WIDTH, name="embed")(rows))
    model = keras.Model(rows, layers.Dense(10, "softmax", name="digit")(layers.Flatten()(tokens)))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    monitor = vgdemo.GradientMonitor(images[:256], digits[:256], log_dir="logs/transformer_block")
    model.fit(images, digits, validation_split=0.2, epochs=5, callbacks=[monitor], verbose=0)
    return monitor


def main() -> None:
    """Train and print what the monitor tells."""
    monitor = train()
    print(monitor.diagnosis.sentence)
    sizes = monitor.record.values("gradient_rms")[0, 0]
    labeled = zip(monitor.record.model.kernel_labels, sizes, strict=True)
    print(", ".join(f"{label} {size:.0e}" for label, size in list(labeled)[1:5]))


if __name__ == "__main__":
    main()
