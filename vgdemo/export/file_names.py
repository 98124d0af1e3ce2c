"""What the files of a run are called: by the name that the person gave it, or by words that identify it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from vgdemo.config import RunConfig
from vgdemo.record import Source

LONGEST = 100  # Bytes: what follows must fit too, and a file's name has 255 at most.
DIGEST = 6  # Digits of a run's key where its words are too long.
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)  # By Windows.
DENSE = "{activation}-{num_hidden_layers}x{units}-{kernel_initializer}"
RECURRENT = "{network}-{activation}-{num_hidden_layers}x{units}-{time_steps}-steps-{recurrent_initializer}"


def file_name(text: str) -> str:
    """A text as the beginning of a file's name on any system: letters of any language, digits, `.`, `_` and `-`.

    Returns:
        At most 100 bytes in UTF-8; empty if nothing of the text can stay.

    Example:
        >>> file_name("My run: 20 × 5/ReLU?"), file_name("Größe α=0.1"), file_name("../../etc"), file_name("🙂")
        ('My-run-20-x-5-ReLU', 'Größe-α-0.1', 'etc', '')
        >>> file_name("CON")  # Windows has no file of that name.
        'run-CON'
    """
    plain = unicodedata.normalize("NFKC", text).replace("×", "x")
    name = re.sub("-+", "-", "".join(letter if _may_stay(letter) else "-" for letter in plain))
    name = _shortened(name.strip("-._"))
    return _shortened(f"run-{name}") if RESERVED.match(name) else name


def words_of(source: Source) -> str:
    """Words that identify a run, as the beginning of a file's name: its network, then what is unusual about it.

    Example:
        >>> words_of(RunConfig(activation="relu", num_hidden_layers=20, kernel_initializer="he_uniform"))
        'relu-20x5-he_uniform'
        >>> words_of(RunConfig(optimizer="adam", learning_rate=0.1))
        'tanh-5x5-uniform_0_1-optimizer-adam-learning_rate-0.1'
        >>> words_of(RunConfig(network="lstm", time_steps=200, dataset="waves"))
        'lstm-tanh-1x16-200-steps-orthogonal-dataset-waves'
    """
    if not isinstance(source, RunConfig):
        return file_name(source.name) or f"log-{source.run_key[:DIGEST]}"
    network = RECURRENT if source.architecture.is_recurrent else DENSE
    unusual = [f"{name}-{value}" for name, value in source.to_query().items() if f"{{{name}}}" not in network]
    words = "-".join([network.format(**source.to_dict()), *unusual])
    return words if len(words) <= LONGEST else f"{words[: LONGEST - DIGEST - 1].strip('-._')}-{source.run_key[:DIGEST]}"


def run_name(source: Source, own: str = "") -> str:
    """How the names of a run's files begin: the person's own name for it, or words that identify it.

    Example:
        >>> run_name(RunConfig(), "My run!"), run_name(RunConfig(), "?")
        ('My-run', 'tanh-5x5-uniform_0_1')
    """
    return file_name(own) or words_of(source)


def together(names: Iterable[str]) -> str:
    """The name of a file about several runs.

    Example:
        >>> together(["relu", "tanh"]), together(["relu"])
        ('relu-against-tanh', 'relu')
    """
    different = [*dict.fromkeys(names)]
    return "-against-".join(_shortened(name, LONGEST // len(different)) for name in different)


def _may_stay(letter: str) -> bool:
    return letter in "-._" or unicodedata.category(letter)[0] in "LMN"  # Letters, their marks, and numbers.


def _shortened(name: str, longest: int = LONGEST) -> str:
    return name.encode()[:longest].decode(errors="ignore").strip("-._")
