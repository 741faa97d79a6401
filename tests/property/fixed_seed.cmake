# Read by ctest after the tests have been discovered.
set(parameters "$ENV{RC_PARAMS}")
if(parameters STREQUAL "")
  set(parameters "seed=20231028")
endif()
foreach(test IN LISTS property_test_TESTS)
  set_tests_properties("${test}" PROPERTIES ENVIRONMENT "RC_PARAMS=${parameters}")
endforeach()
