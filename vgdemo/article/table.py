"""All claims and findings as one table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from vgdemo.article.claims import Claim, Finding
from vgdemo.article.experiment import Experiment
from vgdemo.article.measures import Values

MISSING = "–"


def table(experiment: Experiment, findings: Sequence[Finding | None]) -> pd.DataFrame:
    """A row for each claim: what was published, what is measured, how many replicates bear the claim out."""
    rows = []
    for claim, finding in zip(experiment.claims, findings, strict=True):
        quartiles = finding.quartiles if finding else None
        rows.append(
            {
                "experiment": experiment.label,
                "claim": f"{claim.row}: {claim.words}",
                "published": " to ".join(map(claim.measure.text, claim.published)) or MISSING,
                "min / quartiles / max": MISSING if quartiles is None else _five(claim, quartiles),
                "share, interval": MISSING if finding is None or quartiles is None else _share(finding),
                "verdict": str(finding.judgement) if finding else "not trained",
            }
        )
    return pd.DataFrame(rows)


def _five(claim: Claim, quartiles: Values) -> str:
    least, *middle, largest = map(claim.measure.text, quartiles)
    return f"{least} / {' '.join(middle)} / {largest}"


def _share(finding: Finding) -> str:
    share = finding.share
    return f"{share.count}/{share.total}, {share.interval_in_words}"
