"""The plastic kernel against the published rule written out with dense arrays, and what the rule must do."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cosim.encoding import Events, bernoulli
from cosim.errors import NetworkError
from cosim.reservoir import (
    Astrocyte,
    Homeostasis,
    Kinds,
    Lif,
    PlasticReservoir,
    Reservoir,
    Stdp,
    dale,
    erdos_renyi,
    random_inputs,
    run,
)

STEP = 1e-3


def example(weight: float = 1.0) -> tuple[Reservoir, Events]:
    kinds = Kinds.drawn(30, seed=1)
    reservoir = Reservoir(
        neuron=Lif(excitatory_time=2e-3, inhibitory_time=2e-3),
        inputs=random_inputs(8, 30, 0.5, weight=weight, negative_share=0.3, seed=2),
        recurrent=dale(erdos_renyi(30, 30, 0.2, weight=weight, delay=1e-3, seed=3), kinds),
    )
    return reservoir, bernoulli(np.full(8, 0.15), duration=0.2, step=STEP, seed=4)


def reference(reservoir: Reservoir, rule: Stdp, sample: Events) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Return weights (neurons, channels + neurons), spikes (steps, neurons) and A, by the rule's words."""
    channels, neurons = reservoir.channels, reservoir.neurons
    p = reservoir.neuron.propagators(STEP)
    w = np.hstack([reservoir.inputs.dense(), reservoir.recurrent.dense()])
    mask = w != 0
    inhibitory = np.concatenate([np.zeros(channels, bool), reservoir.recurrent.dense().sum(axis=0) < 0])
    low = np.where(inhibitory, -rule.bound, 0.0) * np.ones_like(w)
    low[:, :channels] = -rule.bound
    high = np.where(inhibitory, 0.0, rule.bound) * np.ones_like(w)
    spikes_in = sample.dense(STEP)
    v, e, s = np.zeros(neurons), np.zeros(neurons), np.zeros(neurons)
    held = np.zeros(neurons, int)
    coming = [np.zeros((2, neurons)) for _ in range(3)]
    trace = np.zeros(channels + neurons)
    a, up, scale = rule.depression, rule.potentiation, 1.0
    raster, history = [], []
    for k in range(len(spikes_in)):
        now = coming.pop(0)
        coming.append(np.zeros((2, neurons)))
        drive = w[:, :channels] * spikes_in[k]
        e += now[0] + np.maximum(drive, 0).sum(axis=1)
        s += now[1] + np.minimum(drive, 0).sum(axis=1)
        v = np.where(held > k, 0.0, v * p.membrane_decay + e * p.excitatory_gain + s * p.inhibitory_gain)
        e, s = e * p.excitatory_decay, s * p.inhibitory_decay
        fired = v >= 1.0
        v[fired] = 0.0
        held[fired] = k + 1 + 2
        sent = w[:, channels:] * fired
        coming[1][0] += np.maximum(sent, 0).sum(axis=1)
        coming[1][1] += np.minimum(sent, 0).sum(axis=1)
        pre = np.concatenate([spikes_in[k] > 0, fired]).astype(float)
        post = fired.astype(float)
        on_post = np.where(inhibitory, -a, up) * post[:, None] * trace
        on_pre = np.where(inhibitory, up, -a) * trace[channels:, None] * pre
        w = np.where(mask, np.clip(w + on_post + on_pre, low, high), 0.0)
        trace = math.exp(-STEP / rule.trace_time) * (trace + rule.trace_increment * pre)
        if rule.astrocyte is not None:
            total = rule.astrocyte.weight * (post.sum() - spikes_in[k].sum()) + rule.depression
            a += (scale * total - a) / (rule.astrocyte.time / STEP)
        a, up, scale = a * rule.shrink, up * rule.shrink, scale * rule.shrink
        raster.append(fired)
        history.append(a)
    return w, np.array(raster), history


@pytest.mark.parametrize("astrocyte", [None, Astrocyte(weight=0.05)])
def test_the_kernel_follows_the_published_rule(astrocyte: Astrocyte | None) -> None:
    reservoir, sample = example(weight=2.0)
    rule = Stdp(astrocyte=astrocyte, shrink=0.995)
    weights, raster, history = reference(reservoir, rule, sample)
    plastic = PlasticReservoir(reservoir, rule)
    answer = plastic.run([sample], step=STEP, record_spikes=True)
    assert raster.sum() > 100
    step, neuron = np.nonzero(raster)
    np.testing.assert_array_equal(np.rint(answer.spikes[0].time / STEP).astype(int) - 1, step)
    np.testing.assert_array_equal(answer.spikes[0].channel, neuron)
    if astrocyte is not None:
        np.testing.assert_allclose(answer.depression[0, :, 0], history, rtol=1e-12)
    unfading = Stdp(astrocyte=astrocyte, shrink=1.0)
    weights, _, _ = reference(reservoir, unfading, sample)
    plastic = PlasticReservoir(reservoir, unfading)
    plastic.adapt([sample], step=STEP)
    present = plastic.present()
    np.testing.assert_allclose(
        np.hstack([present.inputs.dense(), present.recurrent.dense()]), weights, atol=1e-12
    )
    assert np.abs(present.recurrent.weight - reservoir.recurrent.weight).max() > 0.01


def test_traces_go_on_from_one_presentation_to_the_next() -> None:
    reservoir, sample = example()
    together, apart = PlasticReservoir(reservoir, Stdp()), PlasticReservoir(reservoir, Stdp())
    together.adapt([sample, sample], step=STEP)
    apart.adapt([sample], step=STEP)
    apart.adapt([sample], step=STEP)
    assert np.abs(together.weight - apart.weight).max() > 1e-6


def test_a_run_leaves_the_weights_and_does_not_depend_on_threads() -> None:
    reservoir, sample = example()
    plastic = PlasticReservoir(reservoir, Stdp(astrocyte=Astrocyte()))
    before = plastic.weight.copy()
    one = plastic.run([sample] * 5, threads=1)
    four = plastic.run([sample] * 5, threads=4)
    np.testing.assert_array_equal(plastic.weight, before)
    np.testing.assert_array_equal(one.counts, four.counts)
    np.testing.assert_array_equal(one.counts[0], one.counts[4])


def test_without_amplitudes_it_is_the_plain_engine() -> None:
    reservoir, sample = example()
    plastic = PlasticReservoir(reservoir, Stdp(potentiation=0.0, depression=0.0))
    answer = plastic.run([sample], record_spikes=True)
    plain = run(reservoir, [sample], record_spikes=True)
    np.testing.assert_array_equal(answer.spikes[0].time, plain.spikes[0].time)
    np.testing.assert_array_equal(answer.spikes[0].channel, plain.spikes[0].channel)


def test_domains_have_astrocytes_of_their_own() -> None:
    reservoir, sample = example()
    domains = np.concatenate([np.zeros(8, int), np.arange(30) % 3])
    plastic = PlasticReservoir(reservoir, Stdp(astrocyte=Astrocyte(domains=domains)))
    depression = plastic.run([sample]).depression[0]
    assert depression.shape == (200, 3)
    assert np.all(
        depression[-1, 0] < depression[-1, 1:]
    )  # domain 0 holds the inputs, whose spikes count against it


def test_homeostasis_brings_rates_towards_the_target() -> None:
    reservoir, sample = example(weight=0.4)
    rule = Stdp(potentiation=0.0, depression=0.0, shrink=1.0)
    target = 40.0
    homeostatic = Stdp(
        potentiation=0.0,
        depression=0.0,
        shrink=1.0,
        homeostasis=Homeostasis(target=target, rate=0.05, time=0.1),
    )
    excited = np.unique(reservoir.inputs.target[reservoir.inputs.weight > 0])
    before = PlasticReservoir(reservoir, rule).run([sample]).rates()[0, excited]
    plastic = PlasticReservoir(reservoir, homeostatic)
    plastic.adapt([sample] * 40, step=STEP)
    after = PlasticReservoir(plastic.present(), rule).run([sample]).rates()[0, excited]
    assert np.mean(np.abs(after - target)) < 0.6 * np.mean(np.abs(before - target))


def test_bad_input_says_what() -> None:
    reservoir, _ = example(weight=4.0)
    with pytest.raises(NetworkError, match="beyond bound = 3 A"):
        PlasticReservoir(reservoir, Stdp())
    reservoir, _ = example()
    with pytest.raises(NetworkError, match="expected \\(38,\\)"):
        PlasticReservoir(reservoir, Stdp(astrocyte=Astrocyte(domains=[0, 1])))
