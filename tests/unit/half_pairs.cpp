// half_pairs COUNT: sums, differences, products and comparisons of COUNT random pairs of binary16
// numbers against GCC's own type; every bit pattern is as likely. Without that type exits with 77.
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "dysta/core/random.hpp"
#include "support/float16.hpp"

int main(int argc, char** argv) {
  const std::uint64_t count = argc == 2 ? std::strtoull(argv[1], nullptr, 10) : 0;
  if (count == 0) {
    std::cerr << "usage: half_pairs COUNT\n";
    return 2;
  }
#ifdef DYSTA_HAS_FLOAT16
  using dysta::Half;
  dysta::RandomStream stream(16, dysta::StreamPurpose::samples);
  for (std::uint64_t pair = 0; pair < count; ++pair) {
    const std::uint64_t bits = stream.bits();
    const Half a = Half::from_bits(static_cast<std::uint16_t>(bits));
    const Half b = Half::from_bits(static_cast<std::uint16_t>(bits >> 16));
    if (!dysta::test::agrees_on(a, b)) {
      std::cerr << "pair " << pair << " differs: " << a.bits() << " and " << b.bits() << '\n';
      return 1;
    }
  }
  std::cout << count << " pairs agree\n";
  return 0;
#else
  std::cout << "skipped: this compiler has no _Float16\n";
  return 77;
#endif
}
