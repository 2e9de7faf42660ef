#pragma once

#include <string>

#include "base/flags.h"

namespace crm::agent {

/// The logging options of the family's programs (klog's), which existing command lines carry. `-v` above 0
/// shows debug messages; the others are accepted and have no effect, since lines always go to stderr. Spec 50
/// section 2.1.
class LoggingFlags {
 public:
  /// Defaults from the environment: LOGGER_<NAME>. Invalid ones are told by Apply.
  LoggingFlags();
  void AddTo(FlagTable& flags);
  /// Switches debug sources by -v and LOGGER_DEBUG; one notice names options that were given and have no
  /// effect.
  void Apply() const;

 private:
  struct Option {
    std::string name;
    std::string value;
    std::string initial;
  };
  struct Switch {
    std::string name;
    bool value = false;
    bool initial = false;
  };

  int verbosity_ = 0;
  std::vector<Option> options_;
  std::vector<Switch> switches_;
  std::string environment_error_;
};

}  // namespace crm::agent
