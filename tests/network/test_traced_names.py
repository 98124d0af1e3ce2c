from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import tensorflow as tf

from vgdemo.network.traced_names import names_for


def names(of: str, *, after: int = 0) -> list[str]:
    """Of the functions of a program with a loop and a branch, after so many others were traced."""
    for _ in range(after):
        tf.function(lambda x: x + 1).get_concrete_function(tf.TensorSpec((), tf.float32))

    @tf.function(autograph=False)
    def program(x: tf.Tensor) -> tf.Tensor:
        grown = tf.while_loop(lambda x: x < 10, lambda x: [tf.cond(x > 5, lambda: x + 2, lambda: x + 1)], [x])
        return grown[0]

    with names_for(of):
        traced = program.get_concrete_function(tf.TensorSpec((), tf.float32))
    return [traced.name.decode(), *sorted(f.signature.name for f in traced.graph.as_graph_def().library.function)]


def test_names_do_not_depend_on_what_was_traced_before() -> None:
    first = names("a program")
    assert len(set(first)) == len(first) == 5
    assert names("a program", after=3) == first
    assert not set(first) & set(names("another program"))


def test_afterwards_names_are_counted_as_before() -> None:
    with names_for("a program"):
        pass
    plain = tf.function(lambda x: x + 1).get_concrete_function(tf.TensorSpec((), tf.float32))
    assert plain.name.decode().startswith("__inference_")


def test_threads_that_trace_at_the_same_time_do_not_share_names() -> None:
    both = Barrier(2)

    def traced(of: str) -> list[str]:
        with names_for(of):
            both.wait()
            return names(of)

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(traced, ["one program", "another program"]))
    assert found == [names("one program"), names("another program")]


def test_the_same_can_be_traced_twice_in_a_process() -> None:
    kept = [names("a program") for _ in range(3)]
    assert kept[0] == kept[1] == kept[2]
