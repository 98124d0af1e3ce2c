import numpy as np
import pytest
from scipy.integrate import quad

from vgdemo.activations import ACTIVATIONS
from vgdemo.theory.mean_field import fixed_point, fixed_point_chi, fixed_point_variance, gaussian_mean, pair_mean


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("variance", [1e-3, 1.0, 200.0])
def test_gaussian_means_agree_with_adaptive_integration(activation: str, variance: float) -> None:
    for function in (ACTIVATIONS[activation].function, ACTIVATIONS[activation].slope):

        def integrand(z: float, function=function) -> float:
            return float(function(np.array([variance**0.5 * z]))[0] ** 2 * np.exp(-z * z / 2) / np.sqrt(2 * np.pi))

        expected = sum(quad(integrand, *half, limit=200)[0] for half in [(-9, 0), (0, 9)])
        computed = gaussian_mean(lambda h, function=function: function(h) ** 2, np.array(variance))
        assert computed == pytest.approx(expected, rel=1e-5)


def test_pair_means_of_relu_are_the_arc_cosine_kernels() -> None:
    """Cho & Saul 2009."""
    relu = ACTIVATIONS["relu"]
    angle = np.linspace(0, 3, 50)
    variances = np.array([0.3, 2.0])
    values = pair_mean(relu.function, variances, np.broadcast_to(np.cos(angle), (2, 2, 50)))
    slopes = pair_mean(relu.slope, variances, np.broadcast_to(np.cos(angle), (2, 2, 50)))
    expected = np.sqrt(0.6) * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / (2 * np.pi)
    np.testing.assert_allclose(values[0, 1], expected, atol=1e-3)
    np.testing.assert_allclose(slopes[0, 1], (np.pi - angle) / (2 * np.pi), atol=0.01)  # A step is a slow series.


def test_pair_means_agree_with_simulated_pairs() -> None:
    function = ACTIVATIONS["gelu"].function
    generator = np.random.default_rng(0)
    covariance = np.array([[1.0, 0.6], [0.6, 2.0]])
    pairs = generator.multivariate_normal([0, 0], covariance, 1_000_000)
    correlation = np.array([[1, 0.6 / 2**0.5], [0.6 / 2**0.5, 1]])
    computed = pair_mean(function, np.diag(covariance), correlation)
    np.testing.assert_allclose(computed, function(pairs).T @ function(pairs) / len(pairs), rtol=0.01)


@pytest.mark.parametrize(
    ("activation", "weight_variance", "bias_variance", "variance", "chi"),
    [
        ("sigmoid", 1, 0, 0.26469, 0.05572),
        ("sigmoid", 2, 0, 0.55529, 0.10098),
        ("tanh", 1.5, 0, 0.28689, 1.04057),
        ("tanh", 2, 0, 0.61796, 1.10553),
        ("tanh", 0.5, 0.05, 0.08758, 0.43199),
        ("relu", 1, 0.1, 0.2, 0.5),
        ("selu", 1, 0, 1, 1.07157),
    ],
)
def test_fixed_points_have_their_published_values(
    activation: str, weight_variance: float, bias_variance: float, variance: float, chi: float
) -> None:
    point = fixed_point(activation, weight_variance, bias_variance)
    assert point.variance == pytest.approx(variance, abs=6e-6)
    assert point.chi == pytest.approx(chi, abs=6e-6)


def test_critical_tanh_dies_out_slowly_and_lies_at_the_edge_of_chaos() -> None:
    point = fixed_point("tanh", 1)
    assert 1e-3 < point.variance < 1e-2
    assert point.chi == pytest.approx(1, abs=0.01)
    assert point.phase == "edge of chaos"


@pytest.mark.parametrize("weight_variance", [0.5, 1.0, 2.0, 3.0])
def test_piecewise_linear_activations_have_the_same_chi_at_every_variance(weight_variance: float) -> None:
    assert fixed_point("relu", weight_variance).chi == pytest.approx(weight_variance / 2)
    assert fixed_point("leaky_relu", weight_variance).chi == pytest.approx(weight_variance * 1.04 / 2)
    assert fixed_point("linear", weight_variance).chi == pytest.approx(weight_variance)


def test_phases_and_depth_scales_of_tanh() -> None:
    ordered, chaotic = fixed_point("tanh", 0.5, 0.05), fixed_point("tanh", 2)
    assert (ordered.phase, chaotic.phase) == ("ordered", "chaotic")
    assert ordered.gradient_depth == pytest.approx(1.19139, abs=1e-4)


def test_the_phase_picture_is_the_fixed_point_at_each_pixel() -> None:
    weights, biases = np.array([0.5, 1.5, 2.0]), np.array([[0.0], [0.05]])
    picture = fixed_point_chi("tanh", weights, biases)
    assert picture.shape == fixed_point_variance("tanh", weights, biases).shape == (2, 3)
    assert picture[1, 0] == pytest.approx(0.43199, abs=1e-5)
    assert picture[0, 2] == pytest.approx(1.10553, abs=1e-5)
