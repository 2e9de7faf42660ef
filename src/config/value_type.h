#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "config/plan.h"
#include "config/yaml.h"

namespace crm::config {

/// What a key's text became. Which alternative it is follows from the key's type.
using Value = std::variant<std::monostate, bool, int64_t, double, std::string, std::vector<std::string>,
                           CpuConstraint, RdtCacheAllocation, RdtBandwidthAllocation>;

/// The type of a key: its name for help and messages ("bool", "duration") and how a node becomes a value of
/// it. `read` returns InvalidArgument naming the value and what was expected; it never sees null, which means
/// the default.
struct ValueType {
  std::string name;
  std::function<absl::StatusOr<Value>(const Node&)> read;
};

ValueType Bool();
ValueType Text();
/// A decimal or 0x number within [low, high].
ValueType Integer(int64_t low, int64_t high);
/// A number or text of a number; the consumers of such keys read both.
ValueType NumberOrText();
/// One of the words of "a|b|c"; upper and lower case are the same when `any_case`.
ValueType OneOf(std::string_view words, bool any_case = false);
ValueType TextList();
/// Shell-style patterns, each well formed and not empty. Spec 20 section 12.7.
ValueType GlobList();
/// "1.5h", "300ms", "0": not negative. As int64 nanoseconds.
ValueType Duration();
/// A duration or a bare number of nanoseconds. Spec 10 section 12.1 (D-52).
ValueType Period();
/// A Kubernetes quantity within [low, high], fractions rounded up; "" is no value. Spec 40 section 6.1.
ValueType BlockIoNumber(int64_t low, int64_t high);
/// A CPU count, quantity, set or cgroup directory. Spec 30 section 1.3.
ValueType Cpus();
/// "disabled", "production", "testing" or a number from 0 to 1. Spec 10 section 12.1 (D-53).
/// As the number.
ValueType Sampling();
/// "host:port", ":port", "[v6]:port", or "" for off.
ValueType Endpoint();
/// "[state:]source,...". Spec 10 section 10.3. As the list of "on:x" and "off:x", states filled in.
ValueType DebugSources();
/// A share for all caches, or a mapping of cache ids to shares or {unified, code, data}. Spec 40 section 5.2.
ValueType CacheAllocation();
/// A list of bandwidths, or a mapping of cache ids to such lists. Spec 40 section 5.2.
ValueType BandwidthAllocation();
/// Rules of message dumping, "[level:]pattern,...". Spec 10 section 11.1.
ValueType DumpRuleList();

}  // namespace crm::config
