"""What theory expects of a random network before any training."""

from vgdemo.theory.factors import Factors, factors
from vgdemo.theory.finite_width import born_dead, expected_log_jacobian, inverse_width_sum
from vgdemo.theory.forecast import Forecast, factor_per_layer, forecast, forecast_of
from vgdemo.theory.mean_field import FixedPoint, fixed_point, fixed_point_chi
from vgdemo.theory.sentences import against_measurement, expectation, outlook

__all__ = [
    "Factors",
    "FixedPoint",
    "Forecast",
    "against_measurement",
    "born_dead",
    "expectation",
    "expected_log_jacobian",
    "factor_per_layer",
    "factors",
    "fixed_point",
    "fixed_point_chi",
    "forecast",
    "forecast_of",
    "inverse_width_sum",
    "outlook",
]
