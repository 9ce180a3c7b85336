"""What `cosim run` says of a run: slips or signals, statistics of the circuit, rules kept and broken."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cosim.commands.tables import table

if TYPE_CHECKING:
    from cosim.analysis import Report
    from cosim.netlist import Circuit
    from cosim.results import Result

_MOST_ROWS = 20


def summary(path: Path, result: Result, circuit: Circuit | None) -> str:
    """The run in a line, and a table of the junctions that the deck prints, or of its signals."""
    mixed = result.provenance.get("engine") == "lockstep"
    what = "models" if mixed else "junctions"
    end = _duration(float(result.time[-1])) if result.time.size else "nothing"
    lines = [
        f"{path}: {result.status}, {end} simulated in {float(result.stats.get('wall_time', 0.0)):.2f} s "
        f"({result.provenance.get('engine')}; {len(result.pulses.names)} {what}, "
        f"{len(result.signals)} signals, "
        f"{result.time.size} points)"
    ]
    shown = _shown(result, circuit)
    if shown:
        rows = []
        for name in shown[:_MOST_ROWS]:
            times, signs = result.pulses.of(name)
            first, last = (f"{times[0] * 1e12:.3f}", f"{times[-1] * 1e12:.3f}") if times.size else ("-", "-")
            rows.append((name, int((signs > 0).sum()), int((signs < 0).sum()), first, last))
        header = ("model" if mixed else "junction", "slips +", "slips −", "first (ps)", "last (ps)")
        lines.append(table(header, rows, right=(1, 2, 3, 4)))
        if len(shown) > _MOST_ROWS:
            lines.append(f"… and {len(shown) - _MOST_ROWS} more junctions")
    elif result.signals:
        rows = [
            (name, f"{values.min():.6g}", f"{values.max():.6g}", f"{values[-1]:.6g}", result.units[name])
            for name, values in list(result.signals.items())[:_MOST_ROWS]
            if values.size
        ]
        lines.append(table(("signal", "least", "most", "at the end", "unit"), rows, right=(1, 2, 3)))
        if len(result.signals) > _MOST_ROWS:
            lines.append(f"… and {len(result.signals) - _MOST_ROWS} more signals")
    return "\n".join(lines)


def statistics(circuit: Circuit, result: Result | None = None) -> str:
    """How many elements of each kind, and what the run took: `-V 2`."""
    counts: dict[str, int] = {}
    for element in circuit.elements:
        words = "".join(f" {c.lower()}" if c.isupper() else c for c in type(element).__name__).strip()
        counts[words] = counts.get(words, 0) + 1
    if circuit.mutuals:
        counts["mutual inductance"] = len(circuit.mutuals)
    rows: list[tuple[str, object]] = [(f"{kind}s" if n != 1 else kind, n) for kind, n in counts.items()]
    if result is not None:
        for key in ("unknowns", "steps", "rejected_steps", "refactorisations"):
            if key in result.stats:
                rows.append((key.replace("_", " "), result.stats[key]))
    return table(("circuit", ""), rows, right=(1,))


def expanded(circuit: Circuit) -> str:
    """The flat circuit, a line an element with its values in SI: `-V 3`."""
    from dataclasses import fields

    skipped = {"name", "nodes", "location", "model", "waveform"}
    lines = []
    for element in circuit.elements:
        words = [element.name, *element.nodes]
        model, waveform = getattr(element, "model", None), getattr(element, "waveform", None)
        if model is not None:
            words.append(model.name)
        if waveform is not None:
            words.append(_waveform(waveform))
        for item in fields(element):
            value = getattr(element, item.name)
            if item.name not in skipped and value not in (0.0, None, ""):
                words.append(f"{item.name}={value:.6g}" if isinstance(value, float) else str(value))
        lines.append(" ".join(words))
    lines += [f"{m.name} {m.inductors[0]} {m.inductors[1]} {m.coupling:.6g}" for m in circuit.mutuals]
    return "\n".join(lines)


def _waveform(waveform: object) -> str:
    text = repr(waveform)
    return text if len(text) <= 100 else f"{text[:97]}..."


def rules(report: Report) -> str:
    """A line a rule, and the complaints below."""
    rows = [
        (outcome.rule, outcome.asked, outcome.found, "pass" if outcome.passed else "FAIL")
        for outcome in report.outcomes
    ]
    lines = [table(("rule", "asked", "found", ""), rows)]
    lines += [f"broken: {complaint}" for complaint in report.complaints]
    kept = sum(outcome.passed for outcome in report.outcomes)
    return "\n".join([*lines, f"{kept} of {len(report.outcomes)} rules kept"])


def _duration(seconds: float) -> str:
    for factor, unit in ((1e12, "ps"), (1e9, "ns"), (1e6, "µs"), (1e3, "ms")):
        if seconds * factor < 10_000.0:
            return f"{seconds * factor:.6g} {unit}"
    return f"{seconds:.6g} s"


def _shown(result: Result, circuit: Circuit | None) -> list[str]:
    """Junctions that the deck prints, or all of them when it prints none."""
    names = result.pulses.names
    if circuit is not None:
        printed = [probe.element for probe in circuit.probes if probe.element in names]
        chosen = [name for name in dict.fromkeys(printed) if name is not None]
        if chosen:
            return chosen
    return list(names)
