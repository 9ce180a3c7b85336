"""Linear readouts of spike counts: ridge and multinomial logistic regression, and when to stop listening.

`Ridge`, `RidgeClassifier` and `LogisticClassifier` follow scikit-learn's conventions (`fit`, `predict`,
`score`, `get_params`), without needing it; `estimator.py` has the classifier that holds a whole reservoir.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import NetworkError


class _Parameters:
    """`get_params` and `set_params` as scikit-learn's tools expect them."""

    _names: tuple[str, ...] = ()

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {name: getattr(self, name) for name in self._names}

    def set_params(self, **parameters: Any) -> Self:
        """Set constructor arguments by name."""
        for name, value in parameters.items():
            if name not in self._names:
                raise ValueError(
                    f"{type(self).__name__} has no parameter {name!r}; it has {', '.join(self._names)}"
                )
            setattr(self, name, value)
        return self


class Ridge(_Parameters):
    """Least squares with a penalty on the squared weights; the mean is not penalised."""

    _names = ("penalty",)

    def __init__(self, penalty: float = 1.0) -> None:
        self.penalty = penalty

    def fit(self, states: ArrayLike, targets: ArrayLike) -> Self:
        """Fit targets (samples,) or (samples, outputs) from states (samples, features)."""
        x, y = _matrix(states), np.asarray(targets, dtype=np.float64)
        if len(x) != len(y):
            raise NetworkError(f"readout: {len(x)} states for {len(y)} targets")
        mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
        centred = x - mean_x
        if x.shape[1] <= x.shape[0]:
            gram = centred.T @ centred
            gram[np.diag_indices_from(gram)] += self.penalty
            self.coef_ = np.linalg.solve(gram, centred.T @ (y - mean_y))
        else:
            gram = centred @ centred.T
            gram[np.diag_indices_from(gram)] += self.penalty
            self.coef_ = centred.T @ np.linalg.solve(gram, y - mean_y)
        self.intercept_ = mean_y - mean_x @ self.coef_
        return self

    def predict(self, states: ArrayLike) -> NDArray[np.float64]:
        """Return predictions of the targets' shape."""
        return _matrix(states) @ self.coef_ + self.intercept_


class _Classifier(_Parameters):
    classes_: NDArray

    def decision_function(self, states: ArrayLike) -> NDArray[np.float64]:
        """Return (samples, classes) scores."""
        raise NotImplementedError

    def predict(self, states: ArrayLike) -> NDArray:
        """Return (samples,) the class with the largest score."""
        return self.classes_[np.argmax(self.decision_function(states), axis=1)]

    def score(self, states: ArrayLike, labels: ArrayLike) -> float:
        """Return the share of samples that are classified right."""
        return float(np.mean(self.predict(states) == np.asarray(labels)))

    def _scaled(self, states: ArrayLike) -> NDArray[np.float64]:
        return (_matrix(states) - self.mean_) / self.scale_

    def _start(self, states: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        x, y = _matrix(states), np.asarray(labels)
        if len(x) != len(y):
            raise NetworkError(f"readout: {len(x)} states for {len(y)} labels")
        self.classes_, index = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise NetworkError(f"readout: labels hold {len(self.classes_)} class; expected two or more")
        self.mean_ = x.mean(axis=0)
        self.scale_ = x.std() or 1.0
        return (x - self.mean_) / self.scale_, index


class RidgeClassifier(_Classifier):
    """Ridge regression onto one column a class; states are centred and share one scale."""

    _names = ("penalty",)

    def __init__(self, penalty: float = 100.0) -> None:
        self.penalty = penalty

    def fit(self, states: ArrayLike, labels: ArrayLike) -> Self:
        """Fit labels (samples,) from states (samples, features)."""
        x, index = self._start(states, labels)
        self._ridge = Ridge(self.penalty).fit(x, np.eye(len(self.classes_))[index])
        return self

    def decision_function(self, states: ArrayLike) -> NDArray[np.float64]:
        """Return (samples, classes) fitted columns."""
        return self._ridge.predict(self._scaled(states))


class LogisticClassifier(_Classifier):
    """Multinomial logistic regression by L-BFGS (SciPy); `penalty` times the squared weights is added to
    the loss.
    """

    _names = ("penalty", "iterations")

    def __init__(self, penalty: float = 1e-3, iterations: int = 300) -> None:
        self.penalty = penalty
        self.iterations = iterations

    def fit(self, states: ArrayLike, labels: ArrayLike) -> Self:
        """Fit labels (samples,) from states (samples, features)."""
        from scipy.optimize import minimize

        x, index = self._start(states, labels)
        samples, features = x.shape
        classes = len(self.classes_)
        wanted = np.eye(classes)[index]

        def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            weights, offsets = flat[:-classes].reshape(features, classes), flat[-classes:]
            chance = _softmax(x @ weights + offsets)
            value = -float(np.mean(np.log(chance[np.arange(samples), index] + 1e-300)))
            slope = (chance - wanted) / samples
            gradient = x.T @ slope + 2.0 * self.penalty * weights
            return value + self.penalty * float(np.sum(weights**2)), np.append(
                gradient.ravel(), slope.sum(axis=0)
            )

        found = minimize(
            loss,
            np.zeros((features + 1) * classes),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": self.iterations},
        )
        self.coef_ = found.x[:-classes].reshape(features, classes)
        self.intercept_ = found.x[-classes:]
        return self

    def decision_function(self, states: ArrayLike) -> NDArray[np.float64]:
        """Return (samples, classes) log-odds up to a constant."""
        return self._scaled(states) @ self.coef_ + self.intercept_

    def predict_proba(self, states: ArrayLike) -> NDArray[np.float64]:
        """Return (samples, classes) probabilities."""
        return _softmax(self.decision_function(states))


@dataclass(frozen=True, kw_only=True)
class EarlyDecision:
    """Accuracy against mean time to decide, as the confidence that is asked for rises."""

    threshold: NDArray[np.float64]
    """(thresholds,) probability at which a sample is decided"""
    accuracy: NDArray[np.float64]
    """(thresholds,)"""
    latency: NDArray[np.float64]
    """(thresholds,) mean time of decision [s]"""


def early_decision(
    probabilities: ArrayLike,
    labels: ArrayLike,
    *,
    duration: float,
    classes: ArrayLike,
    thresholds: ArrayLike | None = None,
) -> EarlyDecision:
    """Decide each sample at the first window whose highest probability reaches a threshold, else at the end.

    Args:
        probabilities: (samples, windows, classes) of a readout that listens to growing prefixes; see
            `prefix_probabilities`.
        labels: (samples,). classes: (classes,) label of each column. duration: of a sample [s].
    """
    chance, truth = np.asarray(probabilities, dtype=np.float64), np.asarray(labels)
    if chance.ndim != 3 or len(chance) != len(truth):
        raise NetworkError(f"early_decision: probabilities {chance.shape} for {len(truth)} labels")
    levels = (
        np.linspace(1.0 / chance.shape[2], 1.0, 41) if thresholds is None else np.asarray(thresholds, float)
    )
    best, guess = chance.max(axis=2), np.asarray(classes)[chance.argmax(axis=2)]
    windows = chance.shape[1]
    accuracy, latency = [], []
    for level in levels:
        reached = best >= level
        when = np.where(reached.any(axis=1), reached.argmax(axis=1), windows - 1)
        accuracy.append(np.mean(guess[np.arange(len(truth)), when] == truth))
        latency.append(np.mean(when + 1) * duration / windows)
    return EarlyDecision(threshold=levels, accuracy=np.array(accuracy), latency=np.array(latency))


def prefix_probabilities(
    train_counts: ArrayLike, train_labels: ArrayLike, test_counts: ArrayLike, *, penalty: float = 1e-3
) -> NDArray[np.float64]:
    """Return (samples, windows, classes): a logistic readout for each prefix of (samples, windows, neurons)
    counts.
    """
    train, test = np.asarray(train_counts, float), np.asarray(test_counts, float)
    answers = []
    for stop in range(1, train.shape[1] + 1):
        readout = LogisticClassifier(penalty=penalty)
        readout.fit(features(train[:, :stop]), train_labels)
        answers.append(readout.predict_proba(features(test[:, :stop])))
    return np.stack(answers, axis=1)


def features(counts: ArrayLike) -> NDArray[np.float64]:
    """Return (samples, windows · neurons): square roots of counts, whose Poisson variance does not depend
    on the rate.
    """
    array = np.asarray(counts, dtype=np.float64)
    return np.sqrt(array.reshape(len(array), -1))


def normalised(counts: ArrayLike) -> NDArray[np.float64]:
    """Return (samples, features): counts over their sum in each sample, times the number of features."""
    array = np.asarray(counts, dtype=np.float64).reshape(len(np.asarray(counts)), -1)
    return array * array.shape[1] / np.maximum(array.sum(axis=1, keepdims=True), 1.0)


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _matrix(states: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(states, dtype=np.float64)
    if array.ndim != 2 or not np.all(np.isfinite(array)):
        raise NetworkError(f"readout: states of shape {array.shape}; expected finite (samples, features)")
    return array
