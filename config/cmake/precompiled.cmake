# Precompiled headers: half of what a source costs is parsing Asio, fmt and the standard library.
#
# What ccache takes for their identity is the preprocessed text, not the file that the compiler made of it: that holds
# the path of the build folder, and no other checkout would ever find what this one compiled.

# CMake would name the header once more, with a path that ccache does not see through.
set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -Xclang -include-pch -Xclang <PCH_FILE>)

option(METKA_PRECOMPILE "parse once what nearly every source includes" ON)

# metka_precompile(NAME INCLUDE…): what metka_precompiled(… NAME) uses.
function(metka_precompile name)
  if(NOT METKA_PRECOMPILE)
    return()
  endif()
  set(folder ${CMAKE_BINARY_DIR}/precompiled/${name})
  list(TRANSFORM ARGN REPLACE "(.+)" "<\\1>" OUTPUT_VARIABLE includes)
  list(TRANSFORM includes PREPEND "#include " OUTPUT_VARIABLE lines)
  list(JOIN lines "\n" text)
  file(CONFIGURE OUTPUT ${folder}/all.h CONTENT "${text}\n")
  file(CONFIGURE OUTPUT ${folder}/empty.cpp CONTENT "// for CMake\n")
  add_library(precompiled-${name} OBJECT ${folder}/empty.cpp)
  target_link_libraries(precompiled-${name} PRIVATE fmt::fmt)
  target_precompile_headers(precompiled-${name} PRIVATE ${includes})

  get_property(definitions DIRECTORY ${CMAKE_SOURCE_DIR} PROPERTY COMPILE_DEFINITIONS)
  get_property(options DIRECTORY ${CMAKE_SOURCE_DIR} PROPERTY COMPILE_OPTIONS)
  list(FILTER definitions EXCLUDE REGEX "[$]<") # they do not depend on what is included
  list(TRANSFORM definitions PREPEND -D OUTPUT_VARIABLE defined)
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -std=c++23 ${defined} -E -P -x c++-header ${folder}/all.h
                  OUTPUT_VARIABLE preprocessed COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} --version OUTPUT_VARIABLE compiler)
  # The sum is made anew when a package brings another of these.
  foreach(include fmt/format.h asio/version.hpp doctest/doctest.h)
    find_file(found ${include} NO_CACHE)
    set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${found})
    unset(found)
  endforeach()
  string(SHA256 sum "${compiler} ${CMAKE_BUILD_TYPE} ${CMAKE_CXX_FLAGS} ${options} ${definitions} ${preprocessed}")
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/precompiled-${name}.dir/cmake_pch.hxx.pch.sum CONTENT ${sum})
endfunction()

function(metka_precompiled target name)
  if(METKA_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM precompiled-${name})
  endif()
endfunction()

set(standard algorithm array chrono cstdint expected functional map memory optional ranges span string string_view
    unordered_map utility variant vector fmt/format.h)
set(asynchronous asio/awaitable.hpp asio/co_spawn.hpp asio/io_context.hpp asio/posix/stream_descriptor.hpp
    asio/post.hpp asio/redirect_error.hpp asio/steady_timer.hpp asio/thread_pool.hpp asio/use_awaitable.hpp)
metka_precompile(standard ${standard})
metka_precompile(asynchronous ${standard} ${asynchronous})
metka_precompile(standard-tests ${standard} doctest/doctest.h)
metka_precompile(asynchronous-tests ${standard} ${asynchronous} doctest/doctest.h)

# Sets `result` to which of the first two a target takes that links these.
function(metka_precompiled_for result)
  set(name standard)
  foreach(each ${ARGN})
    if(each MATCHES "^(net|maildir|login|household)$")
      set(name asynchronous)
    endif()
  endforeach()
  set(${result} ${name} PARENT_SCOPE)
endfunction()
