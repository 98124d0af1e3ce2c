"""The compiled program of a run."""

from __future__ import annotations

import threading
from enum import StrEnum
from functools import lru_cache

import tensorflow as tf

from vgdemo.engine import compile_cache
from vgdemo.engine.recipe import Data, Measurement, Plan, Recipe, TrainingState
from vgdemo.engine.traced import Traced
from vgdemo.network.interface import Batch, MovingAverages, Network, Parameters, Variant
from vgdemo.room import Room

MAX_PROGRAMS = 32  # Compiled programs that a process remembers; tens of megabytes each.


class Build(StrEnum):
    """How a program is built, from the fastest to the surest."""

    COMPILED = "compiled, or found among the kept ones"
    ANEW = "compiled anew, under a name that no kept one has"
    PLAIN = "not compiled"


BUILDS = tuple(Build)


class Program:
    """Trains and measures, for arguments that fill a room. It is built at the first call.

    Attributes:
        build: How it is built, which is the fastest way that works here.
    """

    def __init__(self, recipe: Recipe, room: Room) -> None:
        self._recipe = recipe
        self._words = f"{recipe} {room}"
        self._lock = threading.Lock()
        self.build = Build.COMPILED
        self._call = self._built(self.build)

    def __call__(self, state: TrainingState, data: Data, plan: Plan) -> tuple[TrainingState, Measurement]:
        """Train and measure the epochs of the plan.

        Raises:
            tf.errors.OpError: If it fails even where it is not compiled.
        """
        build, call = self.build, self._call
        try:
            return call(state, data, plan)  # type: ignore[no-any-return]
        except tf.errors.OpError:
            if build is Build.PLAIN:
                raise
        with self._lock:
            if self.build is build:  # No other thread has found it out meanwhile.
                self._build_more_surely()
        return self(state, data, plan)

    def _build_more_surely(self) -> None:
        if self.build is Build.COMPILED:  # A kept program may be damaged, and TensorFlow does not look past it.
            compile_cache.forget(limit=0)
        surer = BUILDS[BUILDS.index(self.build) + 1]
        self._call = self._built(surer)
        self.build = surer

    def _built(self, build: Build) -> Traced:
        return Traced(
            self._recipe.train,
            f"{self._words} {build}",
            self._recipe.answer,
            jit_compile=build is not Build.PLAIN,
            is_kept=build is Build.COMPILED,
        )


program_for = lru_cache(maxsize=MAX_PROGRAMS)(Program)


@lru_cache(maxsize=MAX_PROGRAMS)
def surface_for(network: Network, room: Room) -> Traced:
    """Inputs (1, 2, P), variant, weights and moving averages to the probability of class 1, (R, P).

    It is traced, which makes it several times faster, but it runs too seldom to be worth XLA's time.
    """

    def surface(x: tf.Tensor, variant: Variant, parameters: Parameters, moving_averages: MovingAverages) -> tf.Tensor:
        batch = Batch(x, tf.constant(0.0), variant, moving_averages)
        return tf.sigmoid(network.forward(parameters, batch).logits)

    return Traced(surface, f"surface {network} {room}", lambda x, *_: x, jit_compile=False)
