# SPDX-License-Identifier: Apache-2.0
"""Copies of the rules' sources with mistakes in them, one of which is chosen when they run: the proofs have to find each.
A mistake is told by the rule whose proof finds it, the file, what stands there, and what is put in its place."""
import pathlib
import sys

MISTAKES = [
    ("difference", "state.cpp", "int64_t{a.delta} - b.delta", "int64_t{b.delta} - a.delta"),
    ("difference", "state.cpp", "!exact_sum(a) || !exact_sum(b)", "!exact_sum(b)"),
    ("apart", "state.cpp", "int64_t{d.bound} + differences[j].bound", "int64_t{d.bound}"),
    ("each_limit, of what is moved", "state.cpp", "int64_t{from.delta} - to.delta", "int64_t{to.delta} - from.delta"),
    ("each_limit, of a sum", "state.cpp", "x + y - s.delta + more", "x + y + s.delta + more"),
    ("sum_most", "state.cpp", "da + db + most + between - dc", "da + db + most - between - dc"),
    ("below_packet_end", "state.cpp", "int64_t{word.delta} + differences[i].bound", "differences[i].bound - int64_t{word.delta}"),
    ("bounds_of", "state.cpp", "!exact_sum(variable_part(v))", "false"),
    ("below", "state.cpp", "most >= kFar", "most > kFar"),
    ("bound_sum", "state.cpp", "if (is_exact) learn(s.sum", "if (SEEDED) learn(s.sum"),
    ("note_sum", "state.cpp", "!is_delta(da + db - ds)", "false"),
    ("settle", "state.cpp", "-s.delta - least", "s.delta - least"),
    ("narrow", "state.cpp", "v.delta - delta", "delta - v.delta"),
    ("refine", "state.cpp", "symbol == kPacketLength && exact && low > packet_bytes", "symbol == kPacketLength && low > packet_bytes"),
    ("refine", "state.cpp", "high - s.delta", "high + s.delta"),
    ("reading_difference", "cost.cpp", "known ? high - low : 0", "high - low"),
    ("reading_extreme", "cost.cpp", "(w.smin + w.smax < 0) == greatest", "(w.smin + w.smax < 0) != greatest"),
    ("expand", "cost.cpp", "a.coefficient * d * d", "-a.coefficient * d * d"),
    ("cancel", "cost.cpp", "rising ? now.counter : have.counter", "rising ? have.counter : now.counter"),
    ("together", "cost.cpp", "{vertex - 1, vertex, vertex + 1, high}", "{vertex, vertex, vertex, high}"),
    ("go_on", "cost.cpp", "int64_t{sum.delta} + now.counter.delta", "now.counter.delta - int64_t{sum.delta}"),
    ("go_on", "cost.cpp", "sum.sum != now.counter.symbol", "false"),
    ("cost_margin", "cost.cpp", "count++] = {s.ghosts[i], from.terms[i].coefficient", "count++] = {s.ghosts[i], -from.terms[i].coefficient"),
    ("keep_sum", "machine_alu.cpp", "domain::sums_fit(x, y)", "true"),
    ("keep_sum", "machine_alu.cpp", "a.symbol == 0 || !exact_sum(a) || !(op.width", "a.symbol == 0 || !(op.width"),
    ("keep_bits", "machine_alu.cpp", "steps && x.number.wide.umin > 0", "steps"),
    ("distance", "machine_alu.cpp", "b.number.wide.smin < 0 ? b.offset_min() : b.fixed", "b.fixed"),
    ("move_pointer", "machine_alu.cpp", "subtract ? 0 - n.umin : n.umin", "n.umin"),
    ("learn_order", "machine_branch.cpp", "c.is == Condition::lt || c.is == Condition::slt", "c.is == Condition::le || c.is == Condition::slt"),
    ("learn_order", "machine_branch.cpp", "int64_t{b.delta} - a.delta", "int64_t{a.delta} - b.delta"),
    ("compare_numbers", "machine_branch.cpp", "c.is == Condition::lt && not_below", "c.is == Condition::le && not_below"),
    ("learn_packet", "machine_branch.cpp", "p.number.wide.smin >= 0", "true"),
    ("compare_packet, of two places", "machine_branch.cpp", "p.offset_min() >= least", "true"),
    ("compare_packet, of two places", "machine_branch.cpp", "variable_part(r, r.fixed - from)", "variable_part(r, l.fixed - from)"),
    ("keep_distance", "machine_alu.cpp", "variable_part(a, kMost)", "variable_part(a, kMost - 1)"),
    ("keep_distance", "machine_alu.cpp", "a.number.wide.umax > static_cast<uint64_t>(kMost)", "false"),
    ("bits_of", "state.cpp", "end < 64 ? 64 - end : 0", "end < 64 ? 63 - end : 0"),
    ("bits_of", "state.cpp", "end <= 0 || begin >= 64", "end < 0 || begin >= 64"),
    ("all_written", "state.cpp", "(~written[w] & bits_of(w, offset, size)) == 0", "(written[w] & bits_of(w, offset, size)) != 0"),
    ("any_written", "state.cpp", "any || (written[w] & bits_of(w, offset, size)) != 0", "(written[w] & bits_of(w, offset, size)) != 0"),
    ("mark", "state.cpp", "written[w] & ~bits", "written[w] ^ bits"),
    ("before", "state.cpp", "a.frame != b.frame ? a.frame < b.frame : a.offset < b.offset", "a.offset < b.offset"),
    ("lower_bound", "state.cpp", "before(s.cells[mid].at, where)", "!before(where, s.cells[mid].at)"),
    ("first_overlap", "state.cpp", "s.cells[i - 1].at.offset + s.cells[i - 1].at.size > offset", "s.cells[i - 1].at.offset > offset"),
    ("value_at", "state.cpp", "cells[i].at.size != where.size", "cells[i].at.size < where.size"),
    ("holds_pointer", "state.cpp", "cells[i].value.is_pointer()", "cells[i].value.kind == ValueKind::pointer"),
    ("drop", "state.cpp", "c.value.is_pointer()", "c.value.kind == ValueKind::pointer"),
    ("drop", "state.cpp", "cells[first + i - end] = cells[i]", "cells[first] = cells[i]"),
    ("put", "state.cpp", "room || !value.is_pointer()", "true"),
    ("put, of what a call puts away", "state.cpp", "value.kind == ValueKind::unknown) return;", "SEEDED"),
    ("assemble", "state.cpp", "static_cast<unsigned>(first - c.at.offset) * 8", "static_cast<unsigned>(first - offset) * 8"),
    ("assemble", "state.cpp", "unknown_bytes == 0", "true"),
    ("forget_if", "state.h", "dead(cells[i].value)", "dead(cells[i].value) && i > 1"),
    ("clear_stack", "state.cpp", "v.is_pointer() && v.region == Region::stack && v.frame == frame", "v.kind == ValueKind::pointer && v.region == Region::stack && v.frame == frame"),
    ("clear", "state.cpp", "static_cast<Order&>(*this) = Order{}", "static_cast<Order&>(*this)"),
    ("pop_frame", "state.cpp", "cells[cell_count - 1].at.frame == depth", "cells[cell_count - 1].at.frame > depth"),
    ("forget_packet", "state.cpp", "v.symbol == kPacketLength || v.origin == kPacketLength", "v.symbol == kPacketLength"),
    ("forget_packet", "state.cpp", "rule_of(v.region).of_packet", "v.region == Region::packet"),
    ("forget_packet, of relations", "state.cpp", "differences[i].a != kPacketLength && differences[i].b != kPacketLength", "differences[i].a != kPacketLength"),
    ("forget_packet, of relations", "state.cpp", "s.a == kPacketLength || s.b == kPacketLength || s.sum == kPacketLength", "s.a == kPacketLength || s.b == kPacketLength"),
    ("holds_references", "state.cpp", "references[i] != 0", "references[i] > 1"),
    ("name", "state.cpp", "v.symbol = fresh()", "v.symbol = next_symbol"),
    ("name", "machine_memory.cpp", "v.is_number() || (v.kind == ValueKind::pointer && v.region == Region::packet)", "true"),
    ("take_back", "state.cpp", "at(undo->entries[i].index) = undo->entries[i].value", "at(undo->entries[undo->count - 1 - i].index) = undo->entries[undo->count - 1 - i].value"),
    ("in_stack", "machine_memory.cpp", "hi + size > 0", "hi > 0"),
    ("in_stack", "machine_memory.cpp", "touched[base.frame] < static_cast<uint_least32_t>(-lo)", "touched[base.frame] < static_cast<uint_least32_t>(-hi)"),
    ("in_stack", "state.h", "w > kFarOffset ? kFarOffset : w", "w"),
    ("readable_stack", "machine_memory.cpp", "s_.frames[base.frame].all_written(lo, all)", "s_.frames[base.frame].all_written(lo, size)"),
    ("readable_stack", "machine_memory.cpp", "s_.holds_pointer(base.frame, lo, all)", "false"),
    ("overwrite_stack", "machine_memory.cpp", "surely && base.fixed_place()", "surely"),
    ("overwrite_stack", "machine_memory.cpp", "s_.assemble(frame, end, static_cast<unsigned>(last - end))", "s_.assemble(frame, first, static_cast<unsigned>(last - end))"),
    ("load_stack", "machine_memory.cpp", "!whole && !readable_stack(reg, offset, size)", "false"),
    ("store_stack", "machine_memory.cpp", "fits_unsigned(value.number, size * 8)", "fits_unsigned(value.number, size * 8 + 8)"),
    ("store_stack", "machine_memory.cpp", "size != 8 || !base.fixed_place() || at % 8 != 0", "size != 8 || at % 8 != 0"),
    ("within", "cover.cpp", "have.is_bottom() || have.subset_of(stated)", "have.is_bottom() || !have.subset_of(stated)"),
    ("value_covers, of numbers", "cover.cpp", "int64_t{now.delta} - now.stated_delta + e.stated_delta", "int64_t{now.delta} + now.stated_delta - e.stated_delta"),
    ("value_covers, of numbers", "cover.cpp", "e.symbol != now.symbol || e.delta != delta", "e.symbol != now.symbol"),
    ("value_covers, of numbers", "cover.cpp", "have.number.wide.umin - static_cast<uint64_t>(int64_t{stated.delta})", "have.number.wide.umin"),
    ("value_covers, of numbers", "cover.cpp", "have.symbol == kPacketLength && have.delta == stated.delta", "have.symbol == kPacketLength"),
    ("value_covers, of numbers", "cover.cpp", "have.is_congruent(stated.modulus, stated.remainder)", "have.is_congruent(stated.modulus, 0)"),
    ("value_covers, of numbers", "cover.cpp", "now.kind != kNameless && e.symbol == now.symbol", "e.symbol == now.symbol"),
    ("value_covers, of pointers", "cover.cpp", "int64_t{have.fixed} - stated.fixed", "int64_t{stated.fixed} - have.fixed"),
    ("value_covers, of pointers", "cover.cpp", "have.read_only != stated.read_only", "false"),
    ("value_covers, of pointers", "cover.cpp", "stated.size == 0 || meaning.element(stated.size, have.size)", "true"),
    ("value_covers, of what may be null", "cover.cpp", "stated.reference == 0 && meaning.nullable(stated, have)", "meaning.nullable(stated, have)"),
    ("value_covers, of what may be null", "cover.cpp", "have.symbol == 0 ? kNameless : kNullClass", "kNullClass"),
    ("value_covers, of what may be null", "cover.cpp", "move == 0 && have.number.is_constant()", "have.number.is_constant()"),
    ("element", "cover.cpp", "have != 0 && e.have == have", "have != 0"),
    ("element", "cover.cpp", "stated < kGlobalData || have == stated", "true"),
    ("relation", "cover.cpp", "found <= r.bound + move", "found <= r.bound"),
    ("relation", "cover.cpp", "word(s, r.c, z, move, -1)", "word(s, r.c, z, move, 1)"),
    ("relation", "cover.cpp", "exact_sum(stated)", "true"),
    ("shape_covers", "cover.cpp", "a.written[w] & ~b.written[w]", "a.written[w] & b.written[w]"),
    ("shape_covers", "cover.cpp", "stated.packet_bytes > s.packet_bytes", "stated.packet_bytes < s.packet_bytes"),
    ("shape_covers", "cover.cpp", "a.return_slot != b.return_slot && !whoever_called", "false"),
    ("covers, of the stack", "cover.cpp", "v.is_pointer() && stated.frames[at.frame].any_written(at.offset, at.size)", "false"),
    ("covers, of the stack", "cover.cpp", "s.holds_pointer(at.frame, at.offset, at.size)", "false"),
    ("covers, of the stack", "cover.cpp", "s.at(i).kind == ValueKind::pointer_or_null && s.at(i).symbol == 0", "false"),
    ("covers, of the stack", "cover.cpp", "v.is_pointer() && (at.size != 8 || at.offset % 8 != 0)", "false"),
    ("covers, of registers", "cover.cpp", "meaning.relation(s, r)", "true"),
    ("covers, of registers", "cover.cpp", "s.learn(r.a, r.c, r.bound)", "s.learn(r.c, r.a, r.bound)"),
    ("covers, of registers", "cover.cpp", "v.symbol >= s.next_symbol", "false"),
    ("varint", "certificate.cpp", "shift < 64", "shift < 63"),
    ("location_of", "certificate.cpp", "at.offset + at.size <= 0", "true"),
    ("read_number", "certificate.cpp", "!n.is_bottom()", "true"),
    ("read_value", "certificate.cpp", "v.region != Region::none && v.region <= Region::object", "v.region != Region::none"),
    ("read_value", "certificate.cpp", "static_cast<uint32_t>(v.remainder) < v.modulus", "static_cast<uint32_t>(v.remainder) <= v.modulus"),
    ("read_value", "certificate.cpp", "uint64_t{kLastSymbol} - 1", "uint64_t{kLastSymbol}"),
    ("read_relation", "certificate.cpp", "form != 0", "form == 1"),
    ("read_cost", "certificate.cpp", "in.zigzag_within(kMaxCoefficient)", "in.zigzag()"),
    ("read_shape", "certificate.cpp", "in.bounded(kFrameBytes - at)", "in.bounded(kFrameBytes)"),
    ("read_shape", "certificate.cpp", "1 + in.bounded(UINT32_MAX - 1)", "in.bounded(UINT32_MAX)"),
    ("read_part", "certificate.cpp", "size <= static_cast<uint64_t>(in.end - in.at)", "size <= static_cast<uint64_t>(in.end - in.at) + 1"),
    ("open", "certificate.cpp", "point_slot(i - 1) >= point_slot(i)", "point_slot(i - 1) > point_slot(i)"),
    ("open", "certificate.cpp", "static_cast<size_t>(whole.end - whole.at) / 8 < point_count", "static_cast<size_t>(whole.end - whole.at) < point_count"),
    ("find", "certificate.cpp", "offset > static_cast<size_t>(whole.end - nodes)", "false"),
    ("find", "certificate.cpp", "point_slot(mid) < point", "point_slot(mid) <= point"),
    ("stack_of", "certificate.cpp", "in.good && slot == function", "slot == function"),
    ("in_bounds", "machine_memory.cpp", "lo >= 0 && offset + size <= room", "offset + size <= room"),
    ("in_bounds", "machine_memory.cpp", "lo < int64_t{f.offset} + f.size && hi > f.offset", "lo >= f.offset && hi > f.offset"),
    ("in_bounds", "machine_memory.cpp", "is_write ? map.read_only : map.write_only", "is_write && map.read_only"),
    ("in_bounds", "machine_memory.cpp", "unit != 0 && (lo / unit + 1) * unit < limit", "false"),
    ("field_at", "machine_memory.cpp", "last + size <= int64_t{f.offset} + f.size", "at + size <= int64_t{f.offset} + f.size"),
    ("load_context", "machine_memory.cpp", "whole && f->has_range", "f->has_range"),
    ("load_context", "machine_memory.cpp", "aligned && (whole || !f->whole)", "aligned"),
    ("store_context", "machine_memory.cpp", "!f->writable", "false"),
    ("frozen", "machine_memory.cpp", "last + size > map.initial_size", "last >= map.initial_size"),
    ("frozen", "machine_memory.cpp", "8 * i", "8 * (size - 1 - i)"),
    ("object_pointer", "machine_memory.cpp", "!env_.objects[object].writable", "false"),
    ("load", "machine_memory.cpp", "out.is_pointer()", "false"),
    ("store", "machine_memory.cpp", "value.is_pointer() && !env_.pointer_leaks_allowed", "false"),
    ("atomic", "machine_memory.cpp", "(whole.wide.value | whole.wide.mask) & (size - 1)", "whole.wide.value & (size - 1)"),
    ("atomic", "machine_memory.cpp", "(insn.imm & 1) != 0", "(insn.imm & 2) != 0"),
    ("legacy_load", "machine_memory.cpp", "context.offset_max() != 0", "false"),
    ("load", "machine_memory.cpp", "base.kind == ValueKind::pointer_or_null", "false"),
    ("step", "machine_alu.cpp", "atomic(insn, op)", "load(insn, op)"),
    ("fail", "machine_alu.cpp", "failure_.reason == Reason::none", "true"),
    ("fail", "machine_alu.cpp", "s_.regs[reg].kind != ValueKind::unknown", "true"),
    ("name_operands", "machine_branch.cpp", "name_copied(a)", "static_cast<void>(a.symbol = 1)"),
    ("pointer_arithmetic", "machine_alu.cpp", "op.alu == AluOp::sub && a.is_pointer() && b.is_number()", "op.alu == AluOp::sub && b.is_pointer() && a.is_number()"),
    ("fills_gap", "machine_alu.cpp", "amount.number.wide.umax > 7", "false"),
    ("alu", "machine_alu.cpp", "dst.is_pointer() || src.is_pointer()", "dst.is_pointer()"),
    ("load_immediate", "machine_alu.cpp", "static_cast<uint32_t>(second.imm) > map.value_size", "false"),
    ("load_immediate", "machine_alu.cpp", "target >= env_.insn_count", "target > env_.insn_count"),
    ("enter_program", "machine_alu.cpp", "env_.raw_memory ? env_.memory_bytes : env_.context_size", "env_.context_size"),
    ("edge", "machine_branch.cpp", "taken || op.condition != Condition::set", "taken"),
    ("edge", "machine_branch.cpp", "packet && places && !compare_packet(c)", "packet && !compare_packet(c)"),
    ("any_number", "machine_alu.cpp", "Number::unknown_bits(width)", "Number::unknown_bits(width / 2)"),
    ("compare_null", "machine_branch.cpp", "v.offset_min() < (v.region == Region::stack ? -kFrameBytes : 0)", "false"),
    ("compare_null", "machine_branch.cpp", "is_null && holds && all", "is_null && holds"),
    ("compare_null", "machine_branch.cpp", "!v.borrowed", "true"),
]


def main() -> None:
    source, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    texts: dict[str, str] = {}
    for number, (rule, name, right, wrong) in enumerate(MISTAKES, 1):
        text = texts.setdefault(name, (source / "verifier/checker" / name).read_text())
        if right not in text:
            sys.exit(f"seed_mistakes.py: {name} has no `{right}` any more: say what the mistake in {rule} is now")
        chosen = f"::mbpf::symbolic::mistake == {number}"
        # The place of what changes within the two, so that each is an expression.
        if wrong == "SEEDED":
            texts[name] = text.replace(right, right.replace("value.kind ==", f"!({chosen}) && value.kind =="), 1)
        elif "SEEDED" in wrong:
            texts[name] = text.replace(right, right.replace("is_exact", f"is_exact || {chosen}"), 1)
        elif right.startswith("{"):
            inner, other = right.strip("{}").split(", "), wrong.strip("{}").split(", ")
            texts[name] = text.replace(right, "{" + ", ".join(f"({chosen} ? {o} : {i})" for i, o in zip(inner, other)) + "}", 1)
        elif "{s.ghosts" in right:
            texts[name] = text.replace(right, right.replace("from.terms[i].coefficient", f"({chosen} ? -from.terms[i].coefficient : from.terms[i].coefficient)"), 1)
        elif right.endswith("!(op.width"):
            texts[name] = text.replace(right, right.replace("!exact_sum(a)", f"(!({chosen}) && !exact_sum(a))"), 1)
        else:
            texts[name] = text.replace(right, f"(({chosen}) ? ({wrong}) : ({right}))", 1)
    for name, text in texts.items():
        path = out / "verifier/checker" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    table = "".join(f'    {{{n}, "{rule}", "{name}: {wrong}"}},\n' for n, (rule, name, _, wrong) in enumerate(MISTAKES, 1))
    (out / "mistakes.inc").write_text(table)


if __name__ == "__main__":
    main()
