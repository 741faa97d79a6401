# `find_package(dysta)` for other projects: tests/install proves it.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/dysta)
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/dysta-config.cmake.in ${PROJECT_BINARY_DIR}/dysta-config.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/dysta-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/dysta-config.cmake
              ${PROJECT_BINARY_DIR}/dysta-config-version.cmake DESTINATION ${package_dir})
install(
  EXPORT dysta_targets
  FILE dysta-targets.cmake
  NAMESPACE dysta::
  DESTINATION ${package_dir})

# What the program finds beside itself: shared_folder() in apps/dysta.
install(
  DIRECTORY ${PROJECT_SOURCE_DIR}/data ${PROJECT_SOURCE_DIR}/experiments
            ${PROJECT_SOURCE_DIR}/python ${PROJECT_SOURCE_DIR}/suite
  DESTINATION ${CMAKE_INSTALL_DATADIR}/dysta
  PATTERN __pycache__ EXCLUDE)
