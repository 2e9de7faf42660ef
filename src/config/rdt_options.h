#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace crm::config {

/// The section `rdt` as it was given: shares of caches and memory bandwidth, not yet laid out on a machine.
/// Plain values. Spec 40 sections 5.1 and 5.2.

/// A share of one cache: percentages of the bits that the level above offers (both bounds 0..100,
/// low <= high), or a mask of bits, contiguous.
struct RdtCacheShare {
  bool is_mask = false;
  uint64_t mask = 0;     ///< when is_mask
  int low_percent = 0;   ///< 0 but for a range "L-H%"
  int high_percent = 0;  ///< "P%" is 0..P
};

/// What is given of one cache; code and data are both set or both unset.
struct RdtCache {
  RdtCacheShare unified;
  std::optional<RdtCacheShare> code;
  std::optional<RdtCacheShare> data;
};

/// The bandwidth of one cache id in each unit that a system may use; at least one is set.
struct RdtBandwidth {
  std::optional<int> percent;
  std::optional<uint32_t> mbps;
  std::vector<std::string> ignored;  ///< entries of units that nobody uses
};

/// By cache id, `all` for the ids that are not named. An allocation that names nothing still says that there
/// is one.
template <typename T>
struct RdtPerCache {
  std::optional<T> all;
  std::map<int, T> by_id;
};
using RdtCacheAllocation = RdtPerCache<RdtCache>;
using RdtBandwidthAllocation = RdtPerCache<RdtBandwidth>;

struct RdtAllocations {
  std::optional<RdtCacheAllocation> l2;
  std::optional<RdtCacheAllocation> l3;
  std::optional<RdtBandwidthAllocation> mb;
};

struct RdtClass {
  RdtAllocations allocations;
  bool deny_pod_annotation = false;
  bool deny_container_annotation = false;
};

struct RdtPartition {
  RdtAllocations allocations;
  std::map<std::string, RdtClass> classes;  ///< "" was renamed to "system/default", the root group
};

enum class RdtMode { kFull, kDiscovery, kDisabled };

struct RdtOptions {
  RdtMode mode = RdtMode::kFull;
  bool monitoring_disabled = false;
  bool l2_optional = false;
  bool l3_optional = false;
  bool mb_optional = false;
  std::map<std::string, RdtPartition> partitions;
};

inline constexpr char kRdtRootClass[] = "system/default";

}  // namespace crm::config
