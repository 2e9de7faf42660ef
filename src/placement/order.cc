#include "placement/order.h"

#include <algorithm>
#include <tuple>

namespace crm::placement {
namespace {

int Rank(model::QosClass qos) {
  switch (qos) {
    case model::QosClass::kGuaranteed:
      return 0;
    case model::QosClass::kBurstable:
    case model::QosClass::kUnknown:  // counts as Burstable: spec 20 section 14.1
      return 1;
    case model::QosClass::kBestEffort:
      return 2;
  }
  return 2;
}

}  // namespace

PlacementOrder PlacementOrder::Of(const Request& request) {
  const model::Requirements& asked = request.container.requirements;
  PlacementOrder order;
  order.qos = Rank(request.pod.qos);
  order.memory_request = asked.memory_request_bytes.value_or(0);
  order.memory_limit = asked.memory_limit_bytes.value_or(0);
  order.cpu_request = asked.cpu_request_milli.value_or(0);
  order.cpu_limit = asked.cpu_limit_milli.value_or(0);
  order.pod = request.pod.name;
  order.container = request.container.name;
  order.ns = request.pod.ns;
  order.cache_id = request.container.cache_id;
  return order;
}

bool operator<(const PlacementOrder& a, const PlacementOrder& b) {
  // Larger amounts come first, so those sides are swapped.
  return std::tie(a.qos, b.memory_request, b.memory_limit, b.cpu_request, b.cpu_limit, a.pod, a.container,
                  a.ns, a.cache_id) < std::tie(b.qos, a.memory_request, a.memory_limit, a.cpu_request,
                                               a.cpu_limit, b.pod, b.container, b.ns, b.cache_id);
}

std::vector<Request> Ordered(const std::vector<Request>& requests) {
  std::vector<std::pair<PlacementOrder, size_t>> keys;
  for (size_t i = 0; i < requests.size(); ++i) keys.emplace_back(PlacementOrder::Of(requests[i]), i);
  std::stable_sort(keys.begin(), keys.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Request> ordered;
  ordered.reserve(keys.size());
  for (const auto& [key, index] : keys) ordered.push_back(requests[index]);
  return ordered;
}

}  // namespace crm::placement
