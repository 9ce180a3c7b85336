"""Joint spaces: gradients by finite differences, and transfer where it must and must not happen."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.errors import NetworkError
from cosim.reservoir.zero_shot import Weights, contrastive_loss, matching_accuracy, train_joint_space


def test_gradients_match_finite_differences() -> None:
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(9, 5)), generator.normal(size=(9, 7))
    labels = generator.integers(0, 3, 9)
    same = labels[:, None] == labels
    weights = Weights(generator.normal(size=(5, 4)), generator.normal(size=(7, 4)))
    _, slopes = contrastive_loss(a, b, same, weights, 0.3)
    for sense in (0, 1):
        for place in np.ndindex(weights[sense].shape):
            values = []
            for sign in (1, -1):
                moved = [w.copy() for w in weights]
                moved[sense][place] += sign * 1e-6
                values.append(contrastive_loss(a, b, same, Weights(*moved), 0.3)[0])
            assert slopes[sense][place] == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-5, abs=1e-8)


def senses(shared: bool, seed: int = 0):
    """Two senses of ten classes: random views of the same class vectors, or of unrelated ones."""
    generator = np.random.default_rng(seed)
    meanings = generator.normal(size=(10, 6))
    others = meanings if shared else generator.normal(size=(10, 6))
    views = generator.normal(size=(2, 6, 30))
    labels = np.repeat(np.arange(10), 40)
    return (
        labels,
        meanings[labels] @ views[0] + 0.5 * generator.normal(size=(400, 30)),
        others[labels] @ views[1] + 0.5 * generator.normal(size=(400, 30)),
    )


def transferred(shared: bool) -> tuple[float, float]:
    """Return mean accuracy over six draws on seen classes and, among three, on unseen ones."""
    accuracies = []
    for seed in range(6):
        labels, a, b = senses(shared, seed)
        seen = labels < 7
        space = train_joint_space(a[seen], labels[seen], b[seen], labels[seen], dimensions=8, epochs=15)
        assert space.losses[-1] < space.losses[0]
        u, v = space.first(a), space.second(b)
        accuracies.append([matching_accuracy(u[x], labels[x], v[x], labels[x]) for x in (seen, ~seen)])
    seen, unseen = np.mean(accuracies, axis=0)
    return float(seen), float(unseen)


def test_classes_never_seen_are_matched_where_both_senses_share_their_meaning() -> None:
    seen, unseen = transferred(shared=True)
    assert seen > 0.9
    assert unseen > 0.65


def test_there_is_no_transfer_where_they_share_nothing() -> None:
    seen, unseen = transferred(shared=False)
    assert seen > 0.9
    assert abs(unseen - 1 / 3) < 0.2


def test_bad_input_says_what() -> None:
    with pytest.raises(NetworkError, match="class 1 has no sample in the second sense"):
        train_joint_space(np.ones((2, 2)), [0, 1], np.ones((1, 2)), [0])
    with pytest.raises(NetworkError, match="3 and 1 states for 2 and 1 labels"):
        train_joint_space(np.ones((3, 2)), [0, 1], np.ones((1, 2)), [0])
    with pytest.raises(NetworkError, match="class 2 has no candidate"):
        matching_accuracy(np.ones((1, 2)), [2], np.ones((1, 2)), [0])
