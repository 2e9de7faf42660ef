#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/log.h"

namespace crm::gardener {

/// The command line and environment of the extension. Spec 60 section 3.1.
struct Options {
  std::string kubeconfig;
  std::string master;
  int max_concurrent_reconciles = 1;
  bool ignore_operation_annotation = false;
  std::vector<std::string> classes = {"shoot"};
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kJson;

  std::string config_map_namespace;    ///< EXTENSION_CONFIGMAP_NAMESPACE
  std::string image_vector_overwrite;  ///< IMAGEVECTOR_OVERWRITE

  std::vector<std::string> without_effect;  ///< options that were given and that this version accepts only
};

using Environment = std::function<std::string(const char* name)>;  ///< "" when not set

/// Cancelled when help was asked for and printed; InvalidArgument naming the option otherwise.
absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& words, const Environment& environment);

}  // namespace crm::gardener
