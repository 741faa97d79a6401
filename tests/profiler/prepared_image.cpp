// Writes what a network would see of a picture to standard output, for comparison with other
// libraries: prepared_image FILE STEPS > values. Height and width, then 32-bit floats.
#include <cstdio>
#include <exception>

#include "dysta/io/csv.hpp"
#include "preparation.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    using namespace dysta::profiler;
    const PreparedImage image =
        prepare(argv[1], decode_image(argv[1], dysta::read_file(argv[1])), {.steps = argv[2]});
    const float size[] = {static_cast<float>(image.height), static_cast<float>(image.width)};
    std::fwrite(size, sizeof(float), 2, stdout);
    std::fwrite(image.values.data(), sizeof(float), image.values.size(), stdout);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
