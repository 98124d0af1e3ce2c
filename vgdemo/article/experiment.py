"""An experiment: its runs, its claims, and what its findings say together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from scipy.stats import fisher_exact

from vgdemo.article.claims import Claim, Finding, Judgement
from vgdemo.config import RunConfig
from vgdemo.wording import listed, number

CHANCE = 0.05  # A difference that equal networks show less often than this is more than chance.

Answer = Callable[[Sequence[Finding]], str]


@dataclass(frozen=True)
class Experiment:
    """One of the article's experiments, repeated.

    Attributes:
        number: The article's number of it, E and a number for what it leaves to the reader.
        title: What to call it.
        story: What it is and why, in a sentence or two.
        runs: Name and settings of each run; the first is the experiment's own.
        claims: What to hold against the records.
        pictures: What to draw: "outcome", "curves", "gradients", "density", "norms", "depths".
        details: What to draw for those who ask for more.
        answer: A sentence computed from the findings of all claims, for what no single claim says.
        remark: What may explain that the measurement is not the article's; empty if nothing is to be explained.

    Example:
        >>> from vgdemo.article import experiments
        >>> experiment = experiments()[0]
        >>> experiment.label, [claim.row for claim in experiment.claims]
        ('1 · Shallow tanh', ['training', 'validation', 'slowing down'])
    """

    number: str
    title: str
    story: str
    runs: tuple[tuple[str, RunConfig], ...]
    claims: tuple[Claim, ...]
    pictures: tuple[str, ...] = ("outcome", "curves")
    details: tuple[str, ...] = ("gradients", "density")
    answer: Answer | None = None
    remark: str = ""

    @property
    def label(self) -> str:
        """Number and title."""
        return f"{self.number} · {self.title}"

    @property
    def configs(self) -> tuple[RunConfig, ...]:
        """The settings of its runs."""
        return tuple(config for _, config in self.runs)

    def conclusion(self, findings: Sequence[Finding | None]) -> str | None:
        """The answer, once all claims are judged."""
        whole = [
            finding for finding in findings if finding is not None and finding.judgement is not Judgement.CUT_SHORT
        ]
        return self.answer(whole) if self.answer and len(whole) == len(self.claims) else None

    def with_changes(self, **changes: Any) -> Experiment:
        """The same experiment with some settings of every run changed."""
        return replace(self, runs=tuple((name, config.with_changes(**changes)) for name, config in self.runs))


def configs(experiments: Sequence[Experiment]) -> tuple[RunConfig, ...]:
    """The settings of all runs, each once: several experiments look at the same one."""
    return tuple(dict.fromkeys(config for experiment in experiments for config in experiment.configs))


def contrast(findings: Sequence[Finding]) -> str:
    """Whether two claims hold for different shares of the replicates."""
    shares = [finding.share for finding in findings]
    p = float(fisher_exact([[share.count, share.total - share.count] for share in shares]).pvalue)
    counts = " against ".join(f"{f.share.count} of {f.share.total} ({f.claim.row})" for f in findings)
    judgement = "more than chance" if p < CHANCE else "no more than chance may do"
    return f"{counts}: the difference is {judgement} (Fisher's exact test, p = {number(p)})."


def depth_limit(findings: Sequence[Finding]) -> str:
    """Up to which depth most replicates learn, and from which on none does; one claim for each depth, in order."""
    rows = [finding.claim.row for finding in findings]
    most = list(takewhile(lambda finding: finding.share.value > 0.5, findings))
    some = len(findings) - len(list(takewhile(lambda finding: finding.share.count == 0, reversed(findings))))
    limit = f"Most replicates learn up to {rows[len(most) - 1]}" if most else "Most replicates learn at no depth"
    return f"{limit}; none learns from {rows[some]} on." if some < len(rows) else f"{limit}; at every depth some learn."


def growth(findings: Sequence[Finding]) -> str:
    """How much larger the weights of each run become."""
    medians = [
        f"×{number(float(finding.quartiles[2]))} with {finding.claim.row}"
        for finding in findings
        if finding.quartiles is not None
    ]
    return f"In the median replicate all weights together change by {listed(medians)}."
