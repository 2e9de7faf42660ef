#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace crm {

/// A Kubernetes quantity ("500m", "1Gi", "1e3") with nano precision. Spec 20 section 11.
class Quantity {
 public:
  Quantity() = default;
  static Quantity FromMilli(int64_t milli);
  static Quantity FromBytes(int64_t bytes);

  /// Errors: anything outside the grammar, such as "1K", "1 Gi", "Gi". Finer than nano rounds up; magnitude
  /// is capped.
  static absl::StatusOr<Quantity> Parse(std::string_view text);

  /// Integer units, rounded away from zero.
  int64_t Value() const;
  /// Thousandths, rounded away from zero.
  int64_t MilliValue() const;
  /// The largest suffix without fraction in the family that the text used: "1000m" -> "1", "1024Mi" -> "1Gi".
  std::string ToString() const;

  friend bool operator==(const Quantity& a, const Quantity& b) { return a.nano_ == b.nano_; }
  friend bool operator<(const Quantity& a, const Quantity& b) { return a.nano_ < b.nano_; }

 private:
  enum class Family { kDecimal, kBinary, kExponent };

  __int128 nano_ = 0;
  Family family_ = Family::kDecimal;
};

/// CPU conversions of the kubelet (spec 20 section 11.4 and 11.5).
int64_t MilliCpuToShares(int64_t milli_cpu);
int64_t SharesToMilliCpu(int64_t shares);
/// Quota in microseconds per `period_us`; 0 or a negative quota (unlimited) gives 0.
int64_t QuotaToMilliCpu(int64_t quota_us, int64_t period_us);
/// Quota for a period of 100000 us; 0 for 0.
int64_t MilliCpuToQuota(int64_t milli_cpu);

}  // namespace crm
