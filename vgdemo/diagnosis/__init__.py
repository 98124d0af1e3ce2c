"""What a run has, why, how sure that is, and what promises to cure it."""

from vgdemo.diagnosis.diagnosis import Diagnosis, diagnose, so_far
from vgdemo.diagnosis.outcomes import HEADLINES, OUTCOMES, headline
from vgdemo.diagnosis.remedies import Remedy, possible
from vgdemo.diagnosis.rules import RULES, Rule, Verdict

__all__ = [
    "HEADLINES",
    "OUTCOMES",
    "RULES",
    "Diagnosis",
    "Remedy",
    "Rule",
    "Verdict",
    "diagnose",
    "headline",
    "possible",
    "so_far",
]
