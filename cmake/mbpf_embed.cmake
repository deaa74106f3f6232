# SPDX-License-Identifier: Apache-2.0
# Files as bytes inside a library, so that a tool needs no folder beside it.
# mbpf_embed(TARGET FUNCTION name ROOT folder FILES a.h b.h …): adds to TARGET a source that defines
#   std::vector<std::pair<std::string_view, std::string_view>> mbpf::FUNCTION();   // (path below ROOT, text)
if(CMAKE_SCRIPT_MODE_FILE)
  # Build step: cmake -DOUT= -DFUNCTION= -DROOT= -DFILES=a,b -P mbpf_embed.cmake
  string(REPLACE "," ";" FILES "${FILES}")
  set(arrays "")
  set(rows "")
  set(n 0)
  foreach(file ${FILES})
    file(READ ${ROOT}/${file} hex HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(APPEND arrays "constexpr unsigned char kFile${n}[] = {${bytes}0};\n")
    string(APPEND rows "        {\"${file}\", {reinterpret_cast<const char*>(kFile${n}), sizeof kFile${n} - 1}},\n")
    math(EXPR n "${n} + 1")
  endforeach()
  file(WRITE ${OUT} "#include <string_view>\n#include <utility>\n#include <vector>\n\nnamespace {\n${arrays}}\n\n"
    "namespace mbpf {\nstd::vector<std::pair<std::string_view, std::string_view>> ${FUNCTION}();\n"
    "std::vector<std::pair<std::string_view, std::string_view>> ${FUNCTION}() {\n    return {\n${rows}    };\n}\n}  // namespace mbpf\n")
  return()
endif()

set(MBPF_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
function(mbpf_embed target)
  cmake_parse_arguments(ARG "" "FUNCTION;ROOT" "FILES" ${ARGN})
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${ARG_FUNCTION}.cpp)
  list(TRANSFORM ARG_FILES PREPEND ${ARG_ROOT}/ OUTPUT_VARIABLE inputs)
  list(JOIN ARG_FILES "," names)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DFUNCTION=${ARG_FUNCTION} -DROOT=${ARG_ROOT} -DFILES=${names} -P ${MBPF_EMBED_SCRIPT}
    DEPENDS ${inputs} ${MBPF_EMBED_SCRIPT} VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
