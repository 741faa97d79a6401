// Where what ships beside the program lies.
#pragma once

#include <string>

namespace dysta::cli {

/// The folder that holds `experiments`, `python`, `suite` and `data`: `../share/dysta` from where
/// the program lies, as it is installed, or else the nearest folder above the program that has
/// them, as it is built. Throws `FileError` where there is none.
std::string shared_folder();

}  // namespace dysta::cli
