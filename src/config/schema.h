#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/plan.h"
#include "config/value_type.h"

namespace crm::config {

/// A plan in the making. `topology-aware` and its alias `memtier` have a section each; which one counts is
/// known when policy.Active is.
struct Draft {
  Plan plan;
  TopologyAwareOptions memtier;
};

/// What the "*" of a path stood for, from left to right.
using Names = std::vector<std::string>;

/// One key of the configuration. In `path` "*" stands for any name and "[]" for any item of a list:
/// "policy.balloons.BalloonTypes[].Name", "cpu.classes.*.minFreq".
struct SchemaRow {
  std::string path;
  ValueType type;
  std::string default_text;  ///< YAML
  std::string help;          ///< one sentence, no full stop
  /// Puts a value into the plan; null for keys of the product family that this version accepts and does not
  /// honour.
  std::function<void(Draft&, const Names&, const Value&)> apply;
  /// False for keys that are in the plan and that nothing of this version acts upon.
  bool honoured = true;

  bool HasEffect() const { return honoured && apply != nullptr; }
};

/// What each name ("*") or item ("[]") at the end of `path` begins with, before its keys are read: one
/// without keys counts, too. Lists are read in order, so that keys of an item belong to the last one.
struct SchemaElement {
  std::string path;
  std::function<void(Draft&, const Names&)> begin;
};

/// A section that may be reconfigured as a whole, and what it is for.
struct SchemaModule {
  std::string path;
  std::string help;
};

/// The one table of the configuration: parser, messages, help, documentation and tests read it. Spec 10
/// section 6.2.
const std::vector<SchemaRow>& SchemaRows();
const std::vector<SchemaElement>& SchemaElements();
/// Sorted by path. The root is not listed.
const std::vector<SchemaModule>& SchemaModules();

/// The parts of SchemaRows.
void AddPolicyRows(std::vector<SchemaRow>& rows);
void AddPoolPolicyRows(std::vector<SchemaRow>& rows);
void AddControlRows(std::vector<SchemaRow>& rows);
void AddDaemonRows(std::vector<SchemaRow>& rows);
void AddControlElements(std::vector<SchemaElement>& elements);

inline constexpr char kNoMatchingModules[] = "No matching modules found.\n";

/// Help on the modules that `pattern` names, "" for all: equal to a module's name or path, ".x" the end of a
/// path, "x." its beginning, ".x." its middle. kNoMatchingModules when there is none. Spec 10
/// section 2.3.
std::string DescribeSchema(std::string_view pattern = "");

/// The whole module tree with its defaults as YAML, for --print-config. `texts` are other defaults by key
/// path, as YAML.
std::string DefaultConfigYaml(const std::map<std::string, std::string>& texts = {});

}  // namespace crm::config
