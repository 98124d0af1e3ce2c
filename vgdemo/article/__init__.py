"""The article that the project follows, as data and sums: experiments, claims, and what repeated runs say to them."""

from vgdemo.article.chapters import CHAPTERS, EXPERIMENTS
from vgdemo.article.claims import Claim, Finding, Verdict, judged
from vgdemo.article.experiment import Experiment, configs
from vgdemo.article.table import table

__all__ = ["CHAPTERS", "EXPERIMENTS", "Claim", "Experiment", "Finding", "Verdict", "configs", "judged", "table"]
