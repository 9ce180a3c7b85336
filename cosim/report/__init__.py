"""One page of a file: figures, tables, parameters and provenance, in a single HTML file.

It needs nothing from outside: no network, no scripts, no fonts.
"""

from __future__ import annotations

from cosim.report.page import report_page, write_report

__all__ = ["report_page", "write_report"]
