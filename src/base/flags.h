#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace crm {

/// An option whose values somebody else understands.
struct FlagReader {
  std::string type;     ///< as help shows it, "" for an option that may stand without a value, meaning "true"
  std::string initial;  ///< as help shows it
  std::function<absl::Status(std::string_view)> read;
};

/// One command line option. `target` points to the variable, which holds the default and outlives the
/// parsing. One without name is a heading of the help.
struct Flag {
  std::string name;
  std::variant<std::string*, bool*, int*, absl::Duration*, FlagReader> target;
  std::string help;
};

/// The options of a program as one table that the parser and --help share. Go-style: one or two dashes,
/// `-x=v`, `-x v`, booleans bare or `=value`; parsing stops at the first other word; the last occurrence
/// wins.
class FlagTable {
 public:
  /// `usage` is what the program is for, shown above the options.
  FlagTable(std::string program, std::string usage)
      : program_(std::move(program)), usage_(std::move(usage)) {}

  template <typename T>
  FlagTable& Add(std::string name, T* target, std::string help) {
    flags_.push_back({std::move(name), target, std::move(help)});
    return *this;
  }

  /// Begins a section of the help.
  FlagTable& Heading(std::string title) {
    flags_.push_back({"", static_cast<bool*>(nullptr), std::move(title)});
    return *this;
  }
  FlagTable& Add(std::string name, FlagReader reader, std::string help) {
    flags_.push_back({std::move(name), std::move(reader), std::move(help)});
    return *this;
  }

  enum class Outcome {
    kRun,   ///< go on
    kHelp,  ///< help was asked for and printed to stdout: exit 0
    kBad,   ///< the error and the usage were printed to stderr: exit 2
  };
  /// Words after the options land in `rest`.
  Outcome Parse(int argc, const char* const* argv, std::vector<std::string>* rest = nullptr) const;

  /// The same without printing.
  absl::Status ParseWords(const std::vector<std::string>& words, std::vector<std::string>* rest) const;
  std::string Help() const;

 private:
  std::string program_;
  std::string usage_;
  std::vector<Flag> flags_;
};

}  // namespace crm
