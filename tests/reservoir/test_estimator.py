"""The estimator: scikit-learn's own checks where it is installed, and digits."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest


@pytest.mark.slow
def test_scikit_learns_checks_pass() -> None:
    pytest.importorskip("sklearn")
    from sklearn.utils.estimator_checks import check_estimator

    from cosim.reservoir.estimator import ReservoirClassifier

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(ReservoirClassifier(neurons=100), on_skip=None, on_fail=None)
    failed = [
        f"{result['check_name']}: {result['exception']}" for result in results if result["status"] == "failed"
    ]
    assert not failed, "\n".join(failed)
    assert sum(result["status"] == "passed" for result in results) > 30


@pytest.mark.parametrize("encoding", ["regular", "poisson"])
def test_it_classifies_scikit_learns_digits(encoding: str) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    from sklearn.model_selection import cross_val_score

    from cosim.reservoir.estimator import ReservoirClassifier

    digits = datasets.load_digits()
    classifier = ReservoirClassifier(encoding=encoding, input_density=0.2)
    scores = cross_val_score(classifier, digits.data[:600], digits.target[:600], cv=3)
    assert scores.mean() > 0.8


def test_it_works_without_scikit_learn() -> None:
    code = """
import sys
sys.modules["sklearn"] = None
sys.modules["sklearn.base"] = None
import numpy as np
from cosim.reservoir.estimator import HAS_SKLEARN, ReservoirClassifier
assert not HAS_SKLEARN
generator = np.random.default_rng(0)
labels = np.arange(60) % 2
rows = generator.random((60, 8)) + labels[:, None]
model = ReservoirClassifier(neurons=50).fit(rows, labels)
assert model.score(rows, labels) > 0.9
assert model.get_params()["neurons"] == 50
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_unknown_encoding_is_named() -> None:
    from cosim.errors import NetworkError
    from cosim.reservoir.estimator import ReservoirClassifier

    with pytest.raises(NetworkError, match="encoding = 'morse'"):
        ReservoirClassifier(encoding="morse").fit(np.ones((4, 2)), [0, 1, 0, 1])
