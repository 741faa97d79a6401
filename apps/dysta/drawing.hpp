// Figures and pages, drawn by the Python that ships beside the program.
#pragma once

#include <string>
#include <vector>

namespace dysta::cli {

/// The first of `python3` and `/usr/bin/python3` that has matplotlib, unless `asked` names one.
/// Throws `FileError` where none has.
std::string drawing_python(const std::string& asked);

/// Runs `dysta_report ACTION FOLDER...` of the shared folder. Standard output of it is ours.
/// Throws `FileError` where it fails; it has said why.
void run_drawing(const std::string& python, const std::string& shared, const std::string& action,
                 const std::vector<std::string>& folders);

}  // namespace dysta::cli
