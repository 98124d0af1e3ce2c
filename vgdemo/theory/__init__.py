"""What theory expects of a random network before any training."""

from vgdemo.theory.band import Band
from vgdemo.theory.expected import Expected, expected_of, line_over
from vgdemo.theory.factors import Factors, factors
from vgdemo.theory.finite_width import born_dead, expected_log_jacobian, inverse_width_sum
from vgdemo.theory.forecast import Forecast, factor_per_layer, forecast, forecast_of
from vgdemo.theory.mean_field import FixedPoint, fixed_point, fixed_point_chi
from vgdemo.theory.sentences import against_measurement, expectation, outlook
from vgdemo.theory.through_time import ThroughTime, mean_field_chi, through_time, through_time_of

__all__ = [
    "Band",
    "Expected",
    "Factors",
    "FixedPoint",
    "Forecast",
    "ThroughTime",
    "against_measurement",
    "born_dead",
    "expectation",
    "expected_of",
    "line_over",
    "expected_log_jacobian",
    "factor_per_layer",
    "factors",
    "fixed_point",
    "fixed_point_chi",
    "forecast",
    "forecast_of",
    "inverse_width_sum",
    "mean_field_chi",
    "outlook",
    "through_time",
    "through_time_of",
]
