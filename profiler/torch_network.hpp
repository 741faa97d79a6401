// Networks from TorchScript files. Nothing of libtorch shows here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "network.hpp"

namespace dysta::profiler {

/// A TorchScript file. Layers are observed through libtorch's record functions, whose callbacks are
/// told the operands of each operator: the network is not changed. Graph optimisations and fusion
/// are off, and every run uses one thread, so that its zeros do not depend on how many inputs run
/// side by side. A network that draws random numbers draws them from `seed` and its input, one
/// input at a time. Throws `FileError` for what is not a TorchScript file.
std::unique_ptr<const Network> load_torch_script(const std::string& path, std::uint64_t seed);

/// The version of libtorch that this is built with.
std::string libtorch_version();

}  // namespace dysta::profiler
