"""The RCSJ junction as an ngspice sub-circuit whose phase is a node.

    p ──┬───────┬──────┬──── n        ph ──┬──── 0
      B1: i    R1     C1                  C2
      Ic·f(v(ph))                         G1: C2·(2π/Φ0)·v(p,n) into ph

so that v(ph) is the phase in radians. `jj_area` scales it. With `rtype=1` R1 is the
sub-gap resistance and B2 adds what the quasiparticle current has above it near and beyond
the gap. With t, tc or d the supercurrent is Haberkorn's and Rn follows the gap, as in JoSIM.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from cosim.constants import BOLTZMANN, ELEMENTARY_CHARGE, PHASE_PER_FLUX
from cosim.netlist.circuit import JunctionModel
from cosim.netlist.deck import ModelStatement
from cosim.netlist.expressions import Expression
from cosim.netlist.models import DEFAULT_TEMPERATURE, PARAMETERS
from cosim.netlist.ngspice_text import Speller

#: Capacitance [F] of the phase node. Small enough that ngspice's charge tolerance (1e-14 C)
#: leaves the time step to the circuit, large enough for its conductances.
PHASE_CAPACITANCE = 1e-15


def junction_subcircuit(name: str, model: ModelStatement, speller: Speller, *, sensed: bool) -> list[str]:
    """Return the lines of the sub-circuit; `sensed` adds the source `vs` that measures its current."""
    fields = {PARAMETERS[key]: values for key, values in model.parameters}

    def given(key: str) -> str:
        values = fields.get(key)
        return repr(getattr(JunctionModel(), key)) if values is None else f"({speller.bare(values[0])})"

    ungapped = given("rtype") in ("(0)", "0")
    warm = bool({"temperature", "critical_temperature", "transparency"} & fields.keys())
    lines = [f".param jj_ic={{{given('critical_current')}*jj_area}}"]
    if warm:
        lines += _temperature_parameters(given, "temperature" in fields)
    else:
        lines.append(f".param jj_rn={{{given('normal_resistance')}/jj_area}}")
    anode = "p" if not sensed else "q"
    if sensed:
        lines.append("vs p q 0")
    lines.append(f"b1 {anode} n i={_supercurrent(fields, speller, given, warm)}")
    if ungapped:
        lines.append(f"r1 {anode} n {{jj_rn}}")
    else:
        lines.append(f".param jj_r0={{{given('subgap_resistance')}/jj_area}}")
        lines.append(f".param jj_vl={{{given('gap_voltage')}-0.5*{given('gap_width')}}}")
        lines.append(f".param jj_vh={{{given('gap_voltage')}+0.5*{given('gap_width')}}}")
        lines.append(f".param jj_gl={{jj_ic/({given('current_factor')}*{given('gap_width')})}}")
        lines.append(f"r1 {anode} n {{jj_r0}}")
        v = f"v({anode},n)"
        lines.append(
            f"b2 {anode} n i=abs({v})<{{jj_vl}} ? 0 : abs({v})<{{jj_vh}} ? "
            f"sgn({v})*(abs({v})-{{jj_vl}})*({{jj_gl}}-1/{{jj_r0}}) : {v}*(1/{{jj_rn}}-1/{{jj_r0}})"
        )
    lines.append(f"c1 {anode} n {{{given('capacitance')}*jj_area}}")
    lines.append(f"g1 0 ph {anode} n {PHASE_PER_FLUX * PHASE_CAPACITANCE!r}")
    lines.append(f"c2 ph 0 {PHASE_CAPACITANCE!r}")
    return [f"* {model.name}: RCSJ junction, v(ph) is its phase [rad]", *lines, f".ends {name}"]


def _temperature_parameters(given: Callable[[str], str], has_temperature: bool) -> list[str]:
    temperature = given("temperature") if has_temperature else repr(DEFAULT_TEMPERATURE)
    gap = f"{1.76 * BOLTZMANN!r}*{given('critical_temperature')}"
    reduced = f"({temperature}/{given('critical_temperature')})"
    return [
        f".param jj_gap={{{gap}*sqrt(cos({math.pi / 2!r}*{reduced}*{reduced}))}}",
        f".param jj_th={{jj_gap/({2.0 * BOLTZMANN!r}*{temperature})}}",
        f".param jj_rn={{{math.pi / (2.0 * ELEMENTARY_CHARGE)!r}*jj_gap/jj_ic*tanh(jj_th)}}",
    ]


def _supercurrent(
    fields: Mapping[str, tuple[Expression, ...]], speller: Speller, given: Callable[[str], str], warm: bool
) -> str:
    phase = "v(ph)" if "phase_offset" not in fields else f"(v(ph)-{{{given('phase_offset')}}})"
    amplitudes = [speller.value(item) for item in fields.get("harmonics", ())] or ["1"]

    def series(argument: str) -> str:
        terms = []
        for order, amplitude in enumerate(amplitudes, start=1):
            inner = argument if order == 1 else f"{order}*{argument}"
            terms.append(f"sin({inner})" if amplitude == "1" else f"{amplitude}*sin({inner})")
        return "+".join(terms) if len(terms) == 1 else f"({'+'.join(terms)})"

    if not warm:
        return f"{{jj_ic}}*{series(phase)}"
    half = series(f"{phase}/2") if len(amplitudes) == 1 else series(f"({phase}/2)")
    root = f"sqrt(1-{{{given('transparency')}}}*({half})^2)"
    scale = f"{{{math.pi / (2.0 * ELEMENTARY_CHARGE)!r}*jj_gap/jj_rn}}"
    return f"{scale}*{series(phase)}/{root}*tanh({{jj_th}}*{root})"
