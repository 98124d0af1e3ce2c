"""A training of somebody's own as the page sees it: a process that appends to a log. Usage: FOLDER EPOCHS SECONDS."""

from __future__ import annotations

import sys
import time

from vgdemo.log import LogWriter
from vgdemo.model import Kernel, Layer, Model

NAMES = ("embed", "encode", "mix", "decode", "answer")
MODEL = Model(
    kernels=tuple(Kernel(name, (8, 8), is_output=name == "answer") for name in NAMES),
    layers=tuple(Layer(name, activation="sigmoid") for name in NAMES),
    optimizer="sgd",
    learning_rate=0.1,
)


def main(folder: str, epochs: int, seconds: float) -> None:
    writer = LogWriter(folder, {"name": "slow", "model": MODEL.to_dict(), "planned": epochs})
    for epoch in range(epochs + 1):
        sizes = [10.0 ** (2 * place - 10) for place in range(len(NAMES))]
        record = {"epoch": epoch, "seconds": epoch * seconds, "curves": {"train_loss": 0.7, "train_accuracy": 0.5}}
        writer.append(record | {"kernels": {"gradient_rms": sizes}, "activations": {"saturated_share": [0.1] * 5}})
        time.sleep(seconds)
    writer.end("complete")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
