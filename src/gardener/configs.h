#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

/// From the operator's base configurations and the shoot owner's configurations to what is delivered. Spec 60
/// section 7.3, 61 sections 3.5, 3.6 and 6.
namespace crm::gardener {

using Texts = std::map<std::string, std::string>;  ///< configuration name -> text

/// A shoot's text replaces the base text of the same name as a whole; an empty one removes it.
Texts MergeConfigs(const Texts& base, const Texts& shoot);

/// `fallback`, `force` and EXTRA_OPTIONS reach nodes as files, all others as ConfigMaps that the agent
/// follows.
bool IsStaticConfig(std::string_view name);

struct DeliverableConfigs {
  Texts statics;                          ///< verbatim texts
  std::map<std::string, Texts> dynamics;  ///< name -> data of its ConfigMap
};

/// InvalidArgument naming the configuration when one can not be delivered: its name makes no ConfigMap name,
/// or its text is no mapping with keys that a ConfigMap can hold. EXTRA_OPTIONS is no YAML.
absl::StatusOr<DeliverableConfigs> MakeDeliverable(const Texts& configs);

/// What the daemon would refuse or ignore on any machine, one line each. It is delivered nevertheless: the
/// daemon keeps what it has, and an upgrade of the schema must not fail a shoot that worked.
std::vector<std::string> FindProblems(const Texts& configs);

/// The base configurations with a memory: an entry that can not be delivered, or that the daemon would refuse
/// on any machine, fails no shoot; its last good text stays in force. Thread-safe.
class BaseConfigs {
 public:
  struct Accepted {
    Texts texts;
    std::vector<std::string> problems;  ///< for the operator, one line each
    std::set<std::string> lost;  ///< entries that can not be delivered and of which no good text is known
  };
  Accepted Accept(const Texts& raw);

 private:
  absl::Mutex mutex_;
  Texts last_good_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace crm::gardener
