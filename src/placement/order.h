#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "placement/policy.h"

namespace crm::placement {

/// The order in which several containers are placed: Guaranteed, Burstable, BestEffort; then the larger
/// memory request, memory limit, CPU request, CPU limit; then pod and container name. Spec 20 section 14.6.
/// The namespace and cache id make it total.
struct PlacementOrder {
  static PlacementOrder Of(const Request& request);

  friend bool operator<(const PlacementOrder& a, const PlacementOrder& b);

  int qos = 0;
  int64_t memory_request = 0;
  int64_t memory_limit = 0;
  int64_t cpu_request = 0;
  int64_t cpu_limit = 0;
  std::string pod;
  std::string container;
  std::string ns;
  std::string cache_id;
};

/// `requests` in that order.
std::vector<Request> Ordered(const std::vector<Request>& requests);

}  // namespace crm::placement
