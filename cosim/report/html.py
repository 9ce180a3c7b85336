"""Pieces of HTML: every text is escaped here and nowhere else."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

STYLE = """
:root { color-scheme: light; --ink: #222; --grey: #6e6e6e; --line: #dcdcdc; --shade: #f6f7f9; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; color: var(--ink); background: #fff;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; padding-bottom: .2rem;
  border-bottom: 1px solid var(--line); }
.sub { color: var(--grey); margin: 0 0 1rem; }
.facts { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1rem 0; padding: 0; list-style: none; }
.facts li { background: var(--shade); border: 1px solid var(--line); border-radius: .4rem;
  padding: .4rem .8rem; }
.facts b { display: block; font-size: 1.15rem; font-variant-numeric: tabular-nums; }
.facts span { color: var(--grey); font-size: .8rem; }
.good b { color: #0072b2; } .bad b { color: #d55e00; }
figure { margin: 1rem 0; } figure img { max-width: 100%; height: auto; }
figcaption { color: var(--grey); font-size: .85rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; } th { color: var(--grey); font-weight: 600; }
td.number, th.number { text-align: right; white-space: nowrap; } td { overflow-wrap: anywhere; }
pre { background: var(--shade); border: 1px solid var(--line); border-radius: .4rem; padding: .8rem;
  overflow: auto; max-height: 30rem; font-size: .8rem; }
details { margin: .6rem 0; } summary { cursor: pointer; color: var(--grey); }
@media print { details { display: none; } body { max-width: none; } }
"""


def page(title: str, body: Iterable[str]) -> str:
    """A whole document."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in body if part)
        + "\n</body>\n</html>\n"
    )


def text(value: object) -> str:
    """Escaped."""
    return html.escape(str(value))


def heading(value: str, identifier: str = "") -> str:
    mark = f' id="{text(identifier)}"' if identifier else ""
    return f"<h2{mark}>{text(value)}</h2>"


def facts(items: Sequence[tuple[str, str, str]]) -> str:
    """Numbers in boxes: (label, value, "good", "bad" or "")."""
    boxes = "".join(
        f'<li class="{kind}"><b>{text(value)}</b><span>{text(label)}</span></li>'
        for label, value, kind in items
    )
    return f'<ul class="facts">{boxes}</ul>' if boxes else ""


def figure(png: bytes, caption: str, name: str) -> str:
    """A picture inside the page."""
    import base64

    data = base64.b64encode(png).decode("ascii")
    return (
        f'<figure id="figure-{text(name)}"><img alt="{text(caption)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{text(caption)}</figcaption></figure>"
    )


def table(header: Sequence[str], rows: Iterable[Sequence[object]], *, most: int = 200) -> str:
    """A table; numbers flush right, rows beyond `most` counted."""
    everything = list(rows)
    if not everything:
        return ""
    flush = [isinstance(value, (int, float)) for value in everything[0]]
    head = "".join(
        f'<th class="number">{text(name)}</th>' if right else f"<th>{text(name)}</th>"
        for name, right in zip(header, flush, strict=True)
    )
    body = "".join("<tr>" + "".join(cell(value) for value in row) + "</tr>\n" for row in everything[:most])
    rest = len(everything) - most
    more = f'<p class="sub">… and {rest} more rows</p>' if rest > 0 else ""
    whole = f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>"
    return f'<div class="scroll">{whole}</div>{more}'


def cell(value: object) -> str:
    if isinstance(value, float):
        return f'<td class="number">{value:.6g}</td>'
    if isinstance(value, int):
        return f'<td class="number">{value}</td>'
    return f"<td>{text(value)}</td>"


def hidden(summary: str, content: str) -> str:
    """A block that opens at a click."""
    return f"<details><summary>{text(summary)}</summary>{content}</details>"


def code(content: str) -> str:
    return f"<pre>{text(content)}</pre>"
