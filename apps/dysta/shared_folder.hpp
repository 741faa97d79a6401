// Where what ships beside the program lies.
#pragma once

#include <string>
#include <vector>

namespace dysta::cli {

/// The folder that holds `experiments`, `python`, `suite` and `data`: `../share/dysta` from where
/// the program lies, as it is installed, or else the nearest folder above the program that has
/// them, as it is built. Throws `FileError` where there is none.
std::string shared_folder();

/// The folders from which names of shipped files are looked for: the current one, then the shared
/// one where there is one.
std::vector<std::string> folders_of_names();

}  // namespace dysta::cli
