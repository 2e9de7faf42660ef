#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "config/plan.h"

namespace crm::config {

enum class Severity { kError, kWarning };

/// One thing that is wrong with a configuration. `path` is the dotted key ("policy.topology-aware.PinCPU"),
/// `message` names the value and what was expected.
struct Finding {
  Severity severity = Severity::kError;
  std::string path;
  std::string message;

  std::string ToString() const;
};

/// The outcome of compiling: the plan is meaningful only when no finding is an error.
struct Compiled {
  Plan plan;
  std::vector<Finding> findings;

  bool ok() const;
  /// OK, or InvalidArgument with every error, one after another.
  absl::Status status() const;
};

/// Compiles the data of a ConfigMap: each key is a top-level or dotted module name, each value the YAML (or
/// JSON) text of that module. An empty map is the built-in configuration. The one path that the daemon, its
/// --check-config, the agent and the Gardener extension use. Keys that are not given have the value that
/// `defaults` has, whatever was in force before; the debug rules of `defaults` stay beneath those of the
/// configuration. Any thread; never throws. Spec 10 section 6.
Compiled CompileConfigMap(const std::map<std::string, std::string>& data, const Plan& defaults = Plan());

/// Compiles one YAML document holding all modules, the form of configuration files and of Shoot
/// providerConfig texts.
Compiled CompileText(std::string_view yaml, const Plan& defaults = Plan());

/// Splits a YAML mapping into ConfigMap data: one entry per top-level key, its value the subtree as YAML with
/// sorted keys and a trailing newline. "" gives no entries. InvalidArgument for text that is no mapping, for
/// keys that are no ConfigMap keys ([-._a-zA-Z0-9]+), and for YAML that does not parse (with line and
/// column). Spec 61 section 3.6.
absl::StatusOr<std::map<std::string, std::string>> SplitDocument(std::string_view yaml);

}  // namespace crm::config
