"""Physical constants in SI units, from SciPy's CODATA tables.

What lives here: numbers that more than one room needs. Parameters of devices and
technologies live with their devices.
"""

from __future__ import annotations

import math

from scipy import constants as _codata

#: Magnetic flux quantum h / 2e [Wb].
FLUX_QUANTUM: float = _codata.physical_constants["mag. flux quantum"][0]

#: Boltzmann constant [J/K].
BOLTZMANN: float = _codata.k

#: Elementary charge [C].
ELEMENTARY_CHARGE: float = _codata.e

#: Phase [rad] of one weber of flux: 2π / Φ0.
PHASE_PER_FLUX: float = 2.0 * math.pi / FLUX_QUANTUM
