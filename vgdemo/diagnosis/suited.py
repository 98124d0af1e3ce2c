"""Which initialiser suits an activation: the one whose variance keeps signal and gradient at about their size."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Suited:
    """An initialiser and what pages call it."""

    name: str
    author: str


GLOROT, HE, LECUN = Suited("glorot_uniform", "Glorot"), Suited("he_uniform", "He"), Suited("lecun_normal", "LeCun")
SUITED = {"linear": GLOROT, "sigmoid": GLOROT, "tanh": GLOROT, "softsign": GLOROT, "selu": LECUN}


def suited_initializer(activation: str) -> Suited:
    """The one of the activation's family: He for all that are flat on one side and not made for another."""
    return SUITED.get(activation, HE)
