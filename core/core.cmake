# SPDX-License-Identifier: Apache-2.0
mbpf_add_library(core
  SOURCES assemble.cpp btf.cpp core_relocations.cpp core_spec.cpp core_types.cpp diagnostic.cpp disassemble.cpp elf_file.cpp isa.cpp map_fields.cpp object_maps.cpp object_reader.cpp printable.cpp program.cpp
  DEPENDS nlohmann_json::nlohmann_json)
