#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace crm::gardener {

/// A Kubernetes version as the image vector compares it: three numbers, any "v" and anything from the first
/// of "-+~" on left out. Missing numbers are 0.
struct Version {
  int64_t major = 0;
  int64_t minor = 0;
  int64_t patch = 0;

  friend auto operator<=>(const Version&, const Version&) = default;
};

/// InvalidArgument naming the text when it is no version.
absl::StatusOr<Version> ParseVersion(std::string_view text);

/// A condition on versions as Helm and Gardener write it: terms "= != > < >= <= ~ ^" with a version of one to
/// three numbers or wildcards (1.26.x), "A - B" ranges; comma or space joins with and, "||" with or.
/// Immutable.
class VersionConstraint {
 public:
  static absl::StatusOr<VersionConstraint> Parse(std::string_view text);

  bool Matches(const Version& version) const;
  /// It begins with "=" or with a full [v]X.Y.Z: such a match counts more. Spec 60 section 8.
  bool Exact() const { return exact_; }

 private:
  struct Range {  // low <= version < high, or the opposite
    Version low;
    Version high;
    bool inverted = false;
  };
  static absl::Status AddTerm(std::string_view op, std::string_view version, std::vector<Range>* ranges);

  std::vector<std::vector<Range>> alternatives_;
  bool exact_ = false;
};

}  // namespace crm::gardener
