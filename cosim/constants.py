"""Physical constants in SI units.

The first are exact by the definition of the SI (9th brochure, 2019); the last two are CODATA 2022.
They stand here, and not in an import of SciPy's tables, because that import takes longer than
reading a deck does; a test compares the two.

What lives here: numbers that more than one room needs. Parameters of devices and
technologies live with their devices.
"""

from __future__ import annotations

import math

#: Planck constant [J s].
PLANCK: float = 6.62607015e-34

#: Elementary charge [C].
ELEMENTARY_CHARGE: float = 1.602176634e-19

#: Boltzmann constant [J/K].
BOLTZMANN: float = 1.380649e-23

#: Speed of light in vacuum [m/s].
SPEED_OF_LIGHT: float = 299792458.0

#: Magnetic flux quantum h / 2e [Wb].
FLUX_QUANTUM: float = PLANCK / (2.0 * ELEMENTARY_CHARGE)

#: Phase [rad] of one weber of flux: 2π / Φ0.
PHASE_PER_FLUX: float = 2.0 * math.pi / FLUX_QUANTUM

#: Magnetic constant [H/m].
MAGNETIC_CONSTANT: float = 1.25663706127e-6

#: Electric constant [F/m].
ELECTRIC_CONSTANT: float = 8.8541878188e-12
