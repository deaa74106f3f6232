# SPDX-License-Identifier: Apache-2.0
"""Counts what is trusted: the lines of the proof checker by the rule that docs/certificate.md states, and fails when
there are more than it says, or when it says more than there are."""
import pathlib
import re
import sys

# Tables: the instruction set, what values and environments are, and the reasons a refusal is told with.
TABLES = {"environment.h", "kinds.h", "decode.h", "decode.cpp"}
REASONS = re.compile(r"^(?:enum class (?:Reason|CheckError)\b|struct Failure \{).*?^\};$", re.MULTILINE | re.DOTALL)
STATED = re.compile(r"\*\*([0-9,]+) lines\*\* of code and ([0-9,]+) of tables")
# Functions that tests/proofs runs symbolically (decision 10), with the ones they are made of.
PROVED = {
    "state.cpp": "bits_of all_written any_written mark clear name edit begin_undo take_back before lower_bound first_overlap value_at drop holds_pointer put assemble clear_stack pop_frame forget_packet holds_references variable_part range_difference apart difference each_limit parts_of near sum_most packet_length below_packet_end learn put_sum note_sum learn_parts learn_limit learn_sum bound_sum below settle bounds_of learn_zero narrow refine",
    "state.h": "forget_if",
    "certificate.h": "Reader",
    "certificate.cpp": "varint location_of read_parts read_number read_symbol read_value read_relation read_cost read_shape read_head read_part open at find stack_of",
    "cover.cpp": "load_invariant within Meaning value_covers shape_covers covers",
    "cost.cpp": "least_of exact one_symbol moved expand together opposite cancel is_plain go_on step_over counter_at reading_extreme reading_difference cost_margin cost_least",
    "machine_alu.cpp": "move arithmetic keep_sum keep_bits move_pointer packet_least distance keep_distance swap_bytes immediate fail readable enter_program step alu pointer_arithmetic fills_gap any_number load_immediate",
    "machine_memory.cpp": "in_stack readable_stack overwrite_stack name_copied load_stack store_stack field_at load_context store_context in_bounds frozen object_pointer usable_base load store atomic legacy_load",
    "machine_branch.cpp": "turn learn_order compare_numbers has_not_wrapped learn_packet compare_packet compared compare_null name_operands edge",
    "machine_call.cpp": "check_map check_memory check_buffer check_start check_argument wrong_argument at_kernel_field check_helper helper cost_of finish_helper acquire name_element key_most helper_result or_null save saved push_frame restore_caller call leave come_back tail_called tail_call_at helper_at moves_packets callback_at begin_callback enter_run pass_element enter_timer end_run end_callback",
}
PROVED_STATED = re.compile(r"\*\*([0-9,]+) lines\*\* of it are proved")
SLACK = 80  # so that not every line touches the document


def code_lines(text: str) -> int:
    """Lines that are neither blank nor comment alone."""
    return sum(1 for line in text.splitlines() if line.strip() and not line.strip().startswith("//"))


def count(files: dict[str, str]) -> tuple[int, int]:
    """Lines of code, and of tables."""
    code = tables = 0
    for name, text in files.items():
        all_lines = code_lines(text)
        in_tables = all_lines if name in TABLES else sum(code_lines(block) for block in REASONS.findall(text))
        code += all_lines - in_tables
        tables += in_tables
    return code, tables


def function_lines(text: str, name: str) -> int:
    """Lines of code of a function that begins and ends at the margin, or of a class."""
    body = re.search(rf"^(?!using|namespace)[\w:<>&* ]*\b{name}\([^;{{]*\{{(?:[^\n]*\}}$|$.*?^\}}$)|^(?:class|struct) {name} \{{$.*?^\}};$", text, re.MULTILINE | re.DOTALL)
    assert body, f"no function {name}: check_checker.py lists what is proved"
    return code_lines(body.group())


def main() -> int:
    assert function_lines("int f(int a) { return a; }\nint g() {\n    // no\n    f(1);\n}\nint h;\n", "g") == 3
    sample = {"kinds.h": "int a;\n", "x.h": "// no\n\nenum class Reason {\n    none,\n};\nint b;  // yes\n"}
    assert count(sample) == (1, 4), count(sample)
    root = pathlib.Path(sys.argv[1])
    code, tables = count({p.name: p.read_text() for p in sorted((root / "verifier/checker").iterdir())})
    stated = STATED.search((root / "docs/certificate.md").read_text())
    if not stated:
        print("docs/certificate.md states no number of lines")
        return 1
    wanted = tuple(int(n.replace(",", "")) for n in stated.groups())
    print(f"checker: {code} lines of code, {tables} of tables; docs/certificate.md says {wanted[0]} and {wanted[1]}")
    proved = sum(function_lines((root / "verifier/checker" / name).read_text(), f) for name, functions in PROVED.items() for f in functions.split())
    said = PROVED_STATED.search((root / "docs/certificate.md").read_text())
    print(f"proved: {proved} lines; docs/certificate.md says {said and said.group(1)}")
    if not said or not 0 <= proved - int(said.group(1).replace(",", "")) <= SLACK:
        return 1
    return 0 if all(has <= says <= has + SLACK for has, says in zip((code, tables), wanted)) else 1


if __name__ == "__main__":
    sys.exit(main())
