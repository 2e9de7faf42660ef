#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/expression.h"

namespace crm::engine {

/// What an administrator wants otherwise for some containers, by an Adjustment object of the cluster: a plain
/// value, verified. Spec 10 section 8.
struct Adjustment {
  std::string name;
  /// Each a list of expressions of which one has to hold; an empty list is every container. No scope at all
  /// is every container, too.
  std::vector<std::vector<model::Expression>> scopes;
  std::optional<model::Requirements> resources;
  std::optional<std::string> rdt_class;
  std::optional<std::string> blockio_class;
  std::optional<int64_t> toptier_limit_bytes;

  bool InScope(const model::Pod& pod, const model::Container& container) const;
};

using AdjustmentSet = std::map<std::string, Adjustment>;

struct DecodedAdjustments {
  AdjustmentSet set;
  std::map<std::string, std::string> errors;  ///< name -> what is wrong with it; such are not in `set`
};

/// Reads the payload of SetAdjustment, a JSON object of specifications by name. InvalidArgument when the text
/// as a whole is none.
absl::StatusOr<DecodedAdjustments> DecodeAdjustments(std::string_view json);

}  // namespace crm::engine
