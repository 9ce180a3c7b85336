"""Hostile and broken decks (`spice/decks/`): the error that each has to give, and a part of its text.

`@CANARY@` in a deck is the path of a file that must not appear. Files without a row here are
included by decks.
"""

from __future__ import annotations

from typing import NamedTuple

from cosim.errors import NetlistError, SimulationError
from cosim.spice import UnsafeDeckError


class Case(NamedTuple):
    """An error and a pattern that its one line holds."""

    error: type[Exception]
    says: str


BLOCK = Case(UnsafeDeckError, "a control block runs commands")
COMMENT = Case(UnsafeDeckError, r"begins with `\*#` is a command")
SECOND = Case(UnsafeDeckError, "`#` is the second character")
SCRIPT = Case(UnsafeDeckError, r"`\*ng_script` turns a deck into a script")
MODEL = Case(UnsafeDeckError, "kind that reads or writes files")
FILE = Case(UnsafeDeckError, "names a file or a program")
OPTION = Case(UnsafeDeckError, "names files or programs, or changes what cards mean")
OUTSIDE = Case(UnsafeDeckError, "outside the allowed folders")
EXPANSION = Case(UnsafeDeckError, "asks for expansion")
DEEP = Case(NetlistError, r"circle_|includes_itself.*deeper than 16; does a file include itself")
STOPPED = Case(SimulationError, r"stopped after \S+ s.*raise time_limit or shorten the run")


def unknown(card: str) -> Case:
    return Case(UnsafeDeckError, rf"\.{card} is not among the cards that are known to be harmless")


def ngspice(says: str) -> Case:
    """An error that carries ngspice's own words."""
    return Case(SimulationError, f"ngspice failed: .*{says}")


#: Refused before ngspice sees them; the message names file and line.
REFUSED = {
    "commands_background": BLOCK,
    "commands_codemodel": BLOCK,
    "commands_comment": COMMENT,
    "commands_comment_backslash": COMMENT,
    "commands_comment_dollar": SECOND,
    "commands_comment_hash": SECOND,
    "commands_comment_indented": COMMENT,
    "commands_comment_pre": COMMENT,
    "commands_comment_semicolon": SECOND,
    "commands_control": BLOCK,
    "commands_control_after_end": BLOCK,
    "commands_control_bom": BLOCK,
    "commands_control_capitals": BLOCK,
    "commands_control_continued": unknown("con"),
    "commands_control_dos": BLOCK,
    "commands_control_exec": BLOCK,
    "commands_control_in_subckt": BLOCK,
    "commands_exec_card": unknown("exec"),
    "commands_loop": BLOCK,
    "commands_option_cards": OPTION,
    "commands_quit": BLOCK,
    "commands_script": SCRIPT,
    "commands_script_bom": SCRIPT,
    "commands_script_parameters": SCRIPT,
    "commands_source": BLOCK,
    "commands_step": unknown("step"),
    "commands_unknown_card": unknown("hdl"),
    "commands_unused_subckt": SECOND,
    "commands_unused_subckt_card": SECOND,
    "commands_write": BLOCK,
    "files_cosimulation": MODEL,
    "files_digital_source": MODEL,
    "files_filesource": MODEL,
    "files_filesource_commas": MODEL,
    "files_filesource_continued": MODEL,
    "files_numerical_device": MODEL,
    "files_option_measurements": OPTION,
    "files_option_path": OPTION,
    "files_option_raw": OPTION,
    "files_process": MODEL,
    "files_state_machine": MODEL,
    "files_table": MODEL,
    "files_touchstone": MODEL,
    "files_waveform": FILE,
    "files_waveform_pspice": FILE,
    "includes_absolute": OUTSIDE,
    "includes_circle": DEEP,
    "includes_commands": Case(UnsafeDeckError, r"commands\.inc:2: a control block"),
    "includes_commands_deep": Case(UnsafeDeckError, r"comment\.inc:2: a line that begins with"),
    "includes_device": OUTSIDE,
    "includes_folder": Case(NetlistError, r"include '\.': no such file"),
    "includes_home": EXPANSION,
    "includes_itself": DEEP,
    "includes_library_outside": OUTSIDE,
    "includes_link": OUTSIDE,
    "includes_link_folder": OUTSIDE,
    "includes_missing": Case(NetlistError, r"include 'none\.inc': no such file"),
    "includes_no_name": Case(NetlistError, r"\.include needs one file name"),
    "includes_odd": Case(UnsafeDeckError, r"commands\.inc:2: a control block"),
    "includes_pipe": Case(NetlistError, r"include 'pipe\.inc': no such file"),
    "includes_section_missing": Case(NetlistError, "has no section 'ff'"),
    "includes_section_open": Case(NetlistError, r"section 'tt' has no \.endl"),
    "includes_section_outside": Case(NetlistError, r"\.lib tt: outside a library"),
    "includes_upwards": OUTSIDE,
    "includes_variable": EXPANSION,
    "syntax_tran_backwards": Case(NetlistError, r"\.tran ends at -10n"),
    "syntax_tran_missing": Case(SimulationError, r"the deck has no \.tran"),
    "syntax_tran_short": Case(NetlistError, r"\.tran has 1 times"),
    "syntax_tran_twice": Case(NetlistError, r"a second \.tran"),
    "text_empty": Case(SimulationError, r"the deck has no \.tran"),
    "text_nul": Case(UnsafeDeckError, "NUL character"),
    "text_title_only": Case(SimulationError, r"the deck has no \.tran"),
    "text_truncated": Case(SimulationError, r"the deck has no \.tran"),
    "text_utf16": Case(UnsafeDeckError, "NUL character"),
}

#: ngspice has to say what is wrong.
BROKEN = {
    "circuit_backwards_points": ngspice("ended at t = 1.8.*short of 1e-08 s"),
    "circuit_contradiction": ngspice("[Tt]imestep too small"),
    "circuit_line_without_delay": ngspice("ended at t = .*short of 1e-08 s"),
    "circuit_logarithm": ngspice("[Tt]imestep too small|out of range for l"),
    "circuit_overflow": ngspice("values that are not numbers|not converge|too small"),
    "circuit_singular": ngspice("singular matrix"),
    "circuit_singular_loop": ngspice("singular matrix"),
    "circuit_temperature": ngspice("[Tt]imestep too small"),
    "circuit_tolerances": ngspice("[Tt]imestep too small"),
    "syntax_brace": ngspice('Closing "}" not found'),
    "syntax_code_model": ngspice("unable to find definition of model"),
    "syntax_condition": ngspice(r"Mismatch of \.if"),
    "syntax_control_source": ngspice("unknown controlling source vnope"),
    "syntax_coupling": ngspice("non-existant inductor"),
    "syntax_csparam": ngspice(r"Undefined parameter \[nope\]"),
    "syntax_division": ngspice("inf"),
    "syntax_double": ngspice("device already exists"),
    "syntax_element": ngspice("valid modelname|not enough|qzz"),
    "syntax_ends": ngspice(r"Mismatch of \.subckt"),
    # ngspice reads memory that is not its own: what follows differs.
    "syntax_expression": ngspice("died of signal|no waveforms|gave up|stopped after"),
    "syntax_external": ngspice("external|No callback supplied for source v2"),
    "syntax_function_recursive": ngspice("died of signal 11"),
    "syntax_function_unknown": ngspice("no such function 'nope'"),
    "syntax_model_kind": ngspice("could not find a valid modelname|unknown model type"),
    "syntax_model_missing": ngspice("can't find model 'nope'"),
    "syntax_nested_minus": ngspice("memory exhausted"),
    "syntax_parameter": ngspice(r"Undefined parameter \[nope\]"),
    "syntax_parameter_circle": ngspice("circular parameter dependency"),
    "syntax_parameter_itself": ngspice(r"Undefined parameter \[a\]"),
    "syntax_quote": ngspice('Closing "}" not found'),
    "syntax_subckt_missing": ngspice("unknown subckt: x1 1 0 nope"),
    "syntax_subckt_open": ngspice(r"Mismatch of \.subckt"),
    "syntax_subckt_pins": ngspice("Too many parameters for subcircuit"),
    "syntax_subckt_recursive": ngspice("unknown subckt|recursion"),
    "syntax_tran_step": ngspice("TSTEP is invalid"),
    "syntax_value": ngspice("xyz"),
    "text_at_sign": ngspice("wrote no waveforms|no circuit|there aren't any circuits"),
    "text_binary": ngspice("not parsed|no waveforms|there aren't any circuits"),
    "text_latin1": ngspice("can't find model|unknown parameter"),
    "text_not_ascii": ngspice("can't find model|unknown parameter"),
    "text_truncated_subckt": ngspice(r"Mismatch of \.subckt"),
}

#: Without end: stopped at the time limit.
ENDLESS = {
    "endless_ac": STOPPED,
    "endless_dc": STOPPED,
    "endless_points": STOPPED,
    "endless_steps": STOPPED,
    "endless_subckts": STOPPED,
    "endless_time": STOPPED,
}

#: They look dangerous and are not.
HARMLESS = ("harmless_backquotes",)
