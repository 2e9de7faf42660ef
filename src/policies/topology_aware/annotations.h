#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/container.h"
#include "policies/topology_aware/pool_tree.h"

namespace crm::policies::topology_aware {

/// A yes or no with its origin: an annotation counts more than a default. Spec 30 section 5.3.
struct Preference {
  bool value = false;
  bool is_explicit = false;
};

/// The annotations of one container that steer CPUs and memory: spec 30 sections 1.4 and 1.5. What cannot be
/// understood is ignored, as a pod must not be refused for it, and told by Problems(). `pod` outlives the
/// object.
class Annotations {
 public:
  Annotations(const model::Pod& pod, std::string_view container) : pod_(pod), container_(container) {}

  Preference PreferReserved();
  Preference PreferIsolated(bool fallback);
  Preference PreferShared(bool fallback);
  /// 0 when no type is asked for.
  TypeMask MemoryTypes();

  /// Sentences about ignored or outdated annotations, joined by "; ".
  const std::string& Problems() const { return problems_; }

 private:
  Preference Boolean(std::string_view name, bool fallback, bool has_old_form);
  /// The container's value in the deprecated form: a scalar for the pod or a YAML map by container name.
  std::optional<std::string> OldForm(std::string_view name);
  void AddProblem(const std::string& text);

  const model::Pod& pod_;
  std::string container_;
  std::string problems_;
};

/// "dram, PMEM" -> mask; nullopt for an unknown name or an empty list.
std::optional<TypeMask> ParseMemoryTypes(std::string_view text);

}  // namespace crm::policies::topology_aware
