"""A PyTorch loop that writes a log, which vgdemo reads: ten layers with sigmoids do not learn handwritten digits.

What vgdemo tells of the log:

    Vanishing gradient: every layer contracts the gradient, because …
    at the start the first layer's gradient is 3e-10, the last one's 8e-03
"""

import sys

from sklearn.datasets import load_digits

import vgdemo
from vgdemo.log import read_log

try:
    import torch
except ModuleNotFoundError:
    sys.exit("This example needs PyTorch: pip install torch")
from torch.nn import Linear, Sequential, Sigmoid
from torch.nn.functional import cross_entropy

from vgdemo.torch import GradientRecorder


def train() -> vgdemo.RunRecord:
    """Train on all digits at once, and read the log."""
    torch.manual_seed(1)
    pixels, digits = load_digits(return_X_y=True)
    x, y = torch.tensor(pixels / 16, dtype=torch.float32), torch.tensor(digits)
    hidden = [Linear(64, 32), Sigmoid(), *(part for _ in range(8) for part in (Linear(32, 32), Sigmoid()))]
    model = Sequential(*hidden, Linear(32, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    log, settings = "logs/pytorch_loop", {"loss": "sparse_categorical_crossentropy", "num_classes": 10}
    with GradientRecorder(model, optimizer, log, every=10, **settings) as recorder:
        for _ in range(201):
            loss = cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            recorder.curves(train_loss=loss)
            optimizer.step()
    return read_log(recorder.folder)


def main() -> None:
    """Train and print what vgdemo tells of the log."""
    record = train()
    first, *_, last = record.values("gradient_rms")[0, 0]
    print(vgdemo.diagnose(record).sentence)
    print(f"at the start the first layer's gradient is {first:.0e}, the last one's {last:.0e}")


if __name__ == "__main__":
    main()
