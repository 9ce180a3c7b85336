"""The equations of JART VCM v1b, device by device, compiled. What they mean is in `jart.py`.

Symbols: N concentration in the disc, Vs voltage over the Schottky contact, A area of the filament,
W00, W0, E' as in thermionic field emission, ψ drop that lowers the barrier, γ field over barrier.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from cosim.constants import BOLTZMANN, ELEMENTARY_CHARGE
from cosim.devices.model import Array

PLANCK = 6.62607015e-34
VACUUM_PERMITTIVITY = 8.8541878128e-12
ELECTRON_MASS = 9.1093837015e-31

#: Voltage by voltage over the contact, so fine is the first branch of a positive voltage looked for.
SCAN = 24


@njit(cache=True)
def contact_current(p: Array, n: float, vs: float, temperature: float) -> float:
    """Current through the contact [A] at `vs` [V]: thermionic above 0, thermionic field emission below."""
    area = math.pi * p[0] * p[0]
    kt = BOLTZMANN * temperature
    barrier = p[12]
    psi = p[12] - p[13] - vs
    if psi > 0.0:
        charge = ELEMENTARY_CHARGE**3 * p[6] * n * psi
        lowered = (charge / (8.0 * math.pi**2 * (p[11] * VACUUM_PERMITTIVITY) ** 3)) ** 0.25
        barrier = max(barrier - lowered, 0.0)
    if vs >= 0.0:
        emitted = area * p[14] * temperature**2 * math.exp(-ELEMENTARY_CHARGE * barrier / kt)
        return emitted * math.expm1(ELEMENTARY_CHARGE * vs / kt)
    w00 = (
        ELEMENTARY_CHARGE
        * PLANCK
        / (4.0 * math.pi)
        * math.sqrt(p[6] * n / (ELECTRON_MASS * p[10] * VACUUM_PERMITTIVITY))
    )
    ratio = w00 / kt
    w0 = w00 / math.tanh(ratio)
    prime = w00 / (ratio - math.tanh(ratio))
    field = -vs + barrier / math.cosh(min(ratio, 300.0)) ** 2
    spread = math.sqrt(math.pi * w00 * ELEMENTARY_CHARGE * field)
    emitted = area * p[14] * temperature / BOLTZMANN * spread * math.exp(-ELEMENTARY_CHARGE * barrier / w0)
    return -emitted * math.expm1(min(-ELEMENTARY_CHARGE * vs / prime, 700.0))


@njit(cache=True)
def series(p: Array, n: float) -> tuple[float, float, float]:
    """Resistances of disc, plug and layer in series with the line at no current [Ω]."""
    area = math.pi * p[0] * p[0]
    carrier = p[6] * ELEMENTARY_CHARGE * p[15] * area
    return p[1] / (n * carrier), (p[2] - p[1]) / (p[5] * carrier), p[18] + p[19]


@njit(cache=True)
def through(p: Array, rest: float, drop: float) -> float:
    """Current [A] of `drop` [V] over `rest` [Ω] and a line that its own current heats: c I³ + R I = V."""
    cubic = p[19] * p[19] * p[21] * p[20]
    if cubic == 0.0:
        return drop / rest
    half = 1.5 * drop / rest * math.sqrt(3.0 * cubic / rest)
    return 2.0 * math.sqrt(rest / (3.0 * cubic)) * math.sinh(math.asinh(half) / 3.0)


@njit(cache=True)
def heated(p: Array, voltage: float, current: float) -> float:
    """Temperature of the filament [K]: power outside of the series resistance."""
    line = p[18] + p[19] * (1.0 + p[19] * p[21] * current * current * p[20])
    resistance = p[16] * (p[22] / p[0]) ** 2
    if voltage > 0.0:
        resistance *= p[17]
    return max(p[23] + resistance * current * (voltage - current * line), p[23])


@njit(cache=True)
def surplus(p: Array, n: float, voltage: float, rest: float, vs: float) -> float:
    """Current of the contact at `vs` [V] less that of what is in series with it [A]."""
    current = through(p, rest, voltage - vs)
    return contact_current(p, n, vs, heated(p, voltage, current)) - current


@njit(cache=True)
def solved(p: Array, n: float, voltage: float) -> tuple[float, float]:
    """Voltage over the contact [V] and current [A] of one device.

    For positive voltages the image force makes the contact's curve fall just below ψ = 0, and there can
    be three solutions: the one that continues from 0 V is that of the smallest voltage at the contact.
    """
    disc, plug, rest = series(p, n)
    rest = rest + disc + plug
    if voltage == 0.0:
        return 0.0, 0.0
    sign = 1.0 if voltage > 0.0 else -1.0
    near, near_value, far = 0.0, -sign * through(p, rest, voltage), voltage
    if voltage > 0.0:
        edge = min(p[12] - p[13], voltage)
        for k in range(1, SCAN + 1):
            at = edge * k / SCAN
            value = surplus(p, n, voltage, rest, at)
            if value >= 0.0:
                far = at
                break
            near, near_value = at, value
    far_value = sign * surplus(p, n, voltage, rest, far)
    a, fa, b, fb = near, near_value, far, far_value
    side = 0
    for _ in range(200):
        c = (fa * b - fb * a) / (fa - fb)
        if not (min(a, b) < c < max(a, b)):
            c = 0.5 * (a + b)
        value = sign * surplus(p, n, voltage, rest, c)
        if value > 0.0:
            b, fb = c, value
            if side == 1:
                fa *= 0.5
            side = 1
        else:
            a, fa = c, value
            if side == -1:
                fb *= 0.5
            side = -1
        if abs(b - a) <= 1e-15 * abs(voltage) or abs(value) <= 1e-13 * abs(through(p, rest, voltage - c)):
            break
    return c, through(p, rest, voltage - c)


@njit(cache=True)
def currents(parameters: Array, n: Array, voltage: Array, out: Array) -> None:
    """Fill `out` (devices,) with currents [A]; `parameters` has one row, or one a device."""
    many = len(parameters) > 1
    for i in range(len(n)):
        out[i] = solved(parameters[i if many else 0], n[i], voltage[i])[1]


@njit(cache=True)
def temperatures(parameters: Array, n: Array, voltage: Array, out: Array) -> None:
    """Fill `out` (devices,) with temperatures [K]."""
    many = len(parameters) > 1
    for i in range(len(n)):
        p = parameters[i if many else 0]
        out[i] = heated(p, voltage[i], solved(p, n[i], voltage[i])[1])


@njit(cache=True)
def rate(p: Array, n: float, volts: float) -> float:
    """dN/dt [1/(m³ s)] of one device."""
    if volts == 0.0:
        return 0.0
    current = solved(p, n, volts)[1]
    line = p[18] + p[19] * (1.0 + p[19] * p[21] * current * current * p[20])
    if volts > 0.0:
        field = (volts - current * line) / p[2]
        limit = 1.0 - (p[3] / n) ** 10
    else:
        field = current * series(p, n)[0] / p[1]
        limit = 1.0 - (n / p[4]) ** 10
    gamma = p[6] * p[7] * field / (math.pi * p[8])
    gamma = min(max(gamma, -1.0), 1.0)
    mean = p[8] * (math.sqrt(1.0 - gamma * gamma) + gamma * math.asin(gamma))
    half = p[8] * gamma * math.pi / 2.0
    thermal = BOLTZMANN * heated(p, volts, current) / ELEMENTARY_CHARGE
    hops = math.exp(-(mean - half) / thermal) - math.exp(-(mean + half) / thermal)
    return -0.5 * (p[5] + n) * p[7] * p[9] / p[1] * hops * max(limit, 0.0)


@njit(cache=True)
def rates(parameters: Array, n: Array, voltage: Array, out: Array) -> None:
    """Fill `out` (devices,) with dN/dt [1/(m³ s)]."""
    many = len(parameters) > 1
    for i in range(len(n)):
        out[i] = rate(parameters[i if many else 0], n[i], voltage[i])


def flat(function: object, parameters: Array, n: Array, voltage: Array) -> Array:
    """Call one of the above on broadcast arrays."""
    states, volts = np.broadcast_arrays(n, voltage)
    out = np.empty(states.size)
    function(  # pyright: ignore[reportCallIssue]
        parameters, np.ascontiguousarray(states).ravel(), np.ascontiguousarray(volts).ravel(), out
    )
    return out.reshape(states.shape)
