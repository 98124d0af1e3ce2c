"""The article that the project follows, as data and sums: experiments, claims, and what repeated runs say to them."""

from vgdemo.article.chapters import chapters, experiments
from vgdemo.article.claims import Claim, Finding, Judgement, judged
from vgdemo.article.experiment import Experiment, configs
from vgdemo.article.table import table

__all__ = ["Claim", "Experiment", "Finding", "Judgement", "chapters", "configs", "experiments", "judged", "table"]
