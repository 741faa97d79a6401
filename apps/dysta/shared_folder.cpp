#include "shared_folder.hpp"

#include <filesystem>

#include "dysta/core/error.hpp"

namespace dysta::cli {

std::string shared_folder() {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const auto holds_all = [&](const fs::path& folder) {
    return fs::is_directory(folder / "experiments", error) &&
           fs::is_directory(folder / "python" / "dysta_report", error);
  };
  const fs::path installed = program.parent_path().parent_path() / "share" / "dysta";
  if (holds_all(installed)) return installed.string();
  for (fs::path folder = program.parent_path(); folder != folder.root_path();
       folder = folder.parent_path()) {
    if (holds_all(folder)) return folder.string();
  }
  throw FileError(installed.string(), 0,
                  "holds no experiments; they ship with the source and with an installed program");
}

std::vector<std::string> folders_of_names() {
  std::vector<std::string> folders{"."};
  try {
    folders.push_back(shared_folder());
  } catch (const FileError&) {
    // What ships is not beside this program: names are looked for from here alone.
  }
  return folders;
}

}  // namespace dysta::cli
