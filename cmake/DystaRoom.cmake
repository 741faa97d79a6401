# What every target of the project is compiled with, and how a room becomes a library.

add_library(dysta_options INTERFACE)
target_compile_features(dysta_options INTERFACE cxx_std_20)
target_compile_options(
  dysta_options
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wconversion
            -Wsign-conversion
            -Wnon-virtual-dtor
            -Woverloaded-virtual
            # One rounding per operation on every machine: no fused multiply-add behind our back.
            -ffp-contract=off
            # False alarms of GCC 12 on std::string concatenation (GCC bug 105651).
            $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(DYSTA_SANITIZE)
  add_compile_options(-fsanitize=${DYSTA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${DYSTA_SANITIZE})
endif()

# dysta_room(NAME SOURCES file... [DEPENDS room...] [PRIVATE target...])
# A room is the folder src/dysta/NAME and the library dysta::NAME. DEPENDS are rooms of lower levels;
# PRIVATE are third-party targets that its headers do not show.
function(dysta_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  set(target dysta_${name})
  add_library(${target} STATIC ${ROOM_SOURCES})
  add_library(dysta::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  target_include_directories(
    ${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
                     $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(${target} PUBLIC cxx_std_20)
  list(TRANSFORM ROOM_DEPENDS PREPEND dysta::)
  target_link_libraries(
    ${target}
    PUBLIC ${ROOM_DEPENDS}
    PRIVATE $<BUILD_INTERFACE:dysta_options> ${ROOM_PRIVATE})
  install(TARGETS ${target} EXPORT dysta_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(
    DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/dysta/${name}
    FILES_MATCHING
    PATTERN "*.hpp")
endfunction()

# dysta_embed_texts(SOURCE HEADER STRUCT FUNCTION file...)
# Writes the source that defines `std::vector<STRUCT> FUNCTION()`, declared in HEADER: an entry of
# name (the file's, without its ending) and text for each file.
function(dysta_embed_texts source header struct function)
  set(entries "")
  foreach(file IN LISTS ARGN)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(name ${file} NAME_WLE)
    file(READ ${file} text)
    string(APPEND entries "      {\"${name}\", R\"yaml(${text})yaml\"},\n")
  endforeach()
  file(
    CONFIGURE
    OUTPUT ${source}
    CONTENT "#include \"${header}\"

namespace dysta {

std::vector<${struct}> ${function}() {
  return {
@entries@  };
}

}  // namespace dysta
"
    @ONLY)
endfunction()
