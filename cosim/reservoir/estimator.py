"""A reservoir with its readout as one scikit-learn estimator.

scikit-learn is optional: where it is installed the class is one of its classifiers (pipelines, grid
searches and cross-validation take it), elsewhere it has the same methods.
"""

from __future__ import annotations

from typing import Any, Literal, Self, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.encoding import Events, poisson, regular
from cosim.errors import NetworkError
from cosim.reservoir.neurons import Lif
from cosim.reservoir.readout import LogisticClassifier, RidgeClassifier, features
from cosim.reservoir.simulate import Reservoir, run
from cosim.reservoir.topology import Kinds, dale, erdos_renyi, random_inputs

try:
    from sklearn.base import BaseEstimator, ClassifierMixin  # pyright: ignore[reportAssignmentType]
    from sklearn.utils.validation import check_is_fitted, validate_data

    HAS_SKLEARN = True
except ImportError:
    from cosim.reservoir.readout import _Parameters as BaseEstimator

    HAS_SKLEARN = False

    class ClassifierMixin:
        """Stands where scikit-learn's would."""


class ReservoirClassifier(ClassifierMixin, BaseEstimator):  # pyright: ignore[reportGeneralTypeIssues]
    """Encode rows of numbers as spikes, run them through a random reservoir, classify its spike counts.

    Columns are scaled to 0 … 1 by the range seen in `fit`; a column is an input channel.

    Args:
        neurons: number of neurons, 80 % of them excitatory.
        encoding: "regular" (nothing drawn) or "poisson".
        duration, step: of a sample and of a time step [s].
        highest_rate: of a channel at the top of its range [1/s].
        density: probability of a recurrent connection; input_density: of an input connection.
        weight, input_weight: magnitudes of weights [V].
        readout: "ridge" or "logistic"; penalty: its own.
        windows: equal parts of a sample whose counts the readout sees apart.
        random_state: seed of everything that is drawn.
    """

    _names = (
        "neurons",
        "encoding",
        "duration",
        "step",
        "highest_rate",
        "density",
        "input_density",
        "weight",
        "input_weight",
        "readout",
        "penalty",
        "windows",
        "random_state",
    )

    def __init__(
        self,
        neurons: int = 200,
        *,
        encoding: Literal["regular", "poisson"] = "regular",
        duration: float = 0.1,
        step: float = 1e-3,
        highest_rate: float = 200.0,
        density: float = 0.05,
        input_density: float = 0.5,
        weight: float = 0.3,
        input_weight: float = 1.5,
        readout: Literal["ridge", "logistic"] = "ridge",
        penalty: float = 10.0,
        windows: int = 2,
        random_state: int = 0,
    ) -> None:
        self.neurons = neurons
        self.encoding = encoding
        self.duration = duration
        self.step = step
        self.highest_rate = highest_rate
        self.density = density
        self.input_density = input_density
        self.weight = weight
        self.input_weight = input_weight
        self.readout = readout
        self.penalty = penalty
        self.windows = windows
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit the readout; X (samples, features), y (samples,) labels."""
        if self.encoding not in ("regular", "poisson"):
            raise NetworkError(
                f"ReservoirClassifier: encoding = {self.encoding!r}; expected 'regular' or 'poisson'"
            )
        if self.readout not in ("ridge", "logistic"):
            raise NetworkError(
                f"ReservoirClassifier: readout = {self.readout!r}; expected 'ridge' or 'logistic'"
            )
        if HAS_SKLEARN:
            from sklearn.utils.multiclass import check_classification_targets

            X, y = validate_data(cast(Any, self), cast(Any, X), cast(Any, y))
            check_classification_targets(y)
        values, labels = np.asarray(X, dtype=np.float64), np.asarray(y)
        self.classes_ = np.unique(labels)
        self.low_ = values.min(axis=0)
        span = values.max(axis=0) - self.low_
        self.span_ = np.where(span > 0, span, 1.0)
        seed = int(self.random_state or 0)
        kinds = Kinds.drawn(self.neurons, seed=seed)
        recurrent = erdos_renyi(
            self.neurons, self.neurons, self.density, weight=self.weight, delay=self.step, seed=seed
        )
        self.reservoir_ = Reservoir(
            neuron=Lif(),
            inputs=random_inputs(
                values.shape[1],
                self.neurons,
                self.input_density,
                weight=self.input_weight,
                negative_share=0.2,
                seed=seed,
            ),
            recurrent=dale(recurrent, kinds),
        )
        readout = RidgeClassifier if self.readout == "ridge" else LogisticClassifier
        if len(self.classes_) > 1:
            self.readout_ = readout(penalty=self.penalty).fit(self._states(values), labels)
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return scores: (samples, classes), or (samples,) of the second of two classes."""
        values = self._checked(X)
        scores = self.readout_.decision_function(self._states(values))
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X: ArrayLike) -> NDArray:
        """Return (samples,) labels."""
        values = self._checked(X)
        if len(self.classes_) == 1:
            return np.repeat(self.classes_, len(values))
        return self.readout_.predict(self._states(values))

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the (weighted) share of samples that are classified right."""
        right = self.predict(X) == np.asarray(y)
        return float(np.average(right, weights=None if sample_weight is None else np.asarray(sample_weight)))

    def _checked(self, X: ArrayLike) -> NDArray[np.float64]:
        if HAS_SKLEARN:
            check_is_fitted(self)
            X = validate_data(cast(Any, self), cast(Any, X), reset=False)
        return np.asarray(X, dtype=np.float64)

    def _states(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        scaled = np.clip((values - self.low_) / self.span_, 0.0, 1.0)
        samples = [self._encoded(row, number) for number, row in enumerate(scaled)]
        activity = run(self.reservoir_, samples, step=self.step, duration=self.duration, windows=self.windows)
        return features(activity.counts)

    def _encoded(self, row: NDArray[np.float64], number: int) -> Events:
        if self.encoding == "regular":
            return regular(row, duration=self.duration, highest_rate=self.highest_rate)
        # The key is the row itself, not its place: a sample is encoded alike in any batch.
        key = np.random.SeedSequence([int(self.random_state or 0), *row.view(np.uint32).tolist()])
        return poisson(
            row,
            duration=self.duration,
            step=self.step,
            highest_rate=self.highest_rate,
            seed=int(key.generate_state(1)[0]),
        )
