#include "policies/topology_aware/request.h"

#include <algorithm>

#include "base/glob.h"
#include "fmt/format.h"
#include "policies/topology_aware/annotations.h"

namespace crm::policies::topology_aware {
namespace {

using model::QosClass;

constexpr char kSystemNamespace[] = "kube-system";

// No machine has as much, and sums of a few of these cannot overflow.
constexpr int64_t kMostMilli = 1'000'000'000;
constexpr int64_t kMostBytes = int64_t{1} << 58;

bool InReservedNamespace(const std::string& ns, const config::TopologyAwareOptions& options) {
  if (ns == kSystemNamespace) return true;
  for (const std::string& glob : options.reserved_pool_namespaces) {
    if (GlobMatch(glob, ns)) return true;
  }
  return false;
}

/// The table of spec 30 section 5.3. In every row but the last a whole number of CPUs or less is asked for.
void SplitGuaranteed(int64_t milli, const Preference& isolated, const Preference& shared, PoolRequest* out) {
  const int64_t cores = milli / 1000;
  const int64_t rest = milli % 1000;
  bool exclusive = false;
  bool isolate = false;
  if (cores == 0) {
    exclusive = false;
  } else if (cores == 1 && rest > 0) {
    exclusive = !shared.value;
    isolate = isolated.value;
  } else if (cores == 1) {
    exclusive = !(shared.value && shared.is_explicit);
    isolate = isolated.value;
  } else if (rest > 0) {
    exclusive = !shared.value && shared.is_explicit;
    isolate = isolated.value && isolated.is_explicit;
  } else {
    exclusive = !(shared.value && shared.is_explicit);
    isolate = isolated.value && isolated.is_explicit;
  }
  out->full = exclusive ? static_cast<int>(cores) : 0;
  out->fraction = exclusive ? rest : milli;
  out->isolate = exclusive && isolate;
}

int64_t BookedMemory(QosClass qos, const model::Requirements& asked) {
  switch (qos) {
    case QosClass::kGuaranteed:
      return asked.memory_limit_bytes.value_or(0);
    case QosClass::kBurstable:
    case QosClass::kUnknown:
      return asked.memory_limit_bytes.value_or(asked.memory_request_bytes.value_or(0));
    case QosClass::kBestEffort:
      break;
  }
  return 0;
}

}  // namespace

std::string CpuAmount(int64_t milli) {
  if (milli == 1000) return "1 CPU";
  if (milli > 0 && milli % 1000 == 0) return fmt::format("{} CPUs", milli / 1000);
  return fmt::format("{}m", milli);
}

PoolRequest MakePoolRequest(const placement::Request& request, const config::TopologyAwareOptions& options,
                            const PoolTree& tree) {
  const model::Pod& pod = request.pod;
  const std::string& ns = pod.ns.empty() ? request.container.ns : pod.ns;
  const model::Requirements& asked = request.container.requirements;
  PoolRequest out;
  out.cache_id = request.container.cache_id;
  out.pretty = model::PrettyName(pod, request.container);
  out.order = placement::PlacementOrder::Of(request);

  const int64_t milli = pod.qos == QosClass::kBestEffort
                            ? 0
                            : std::clamp<int64_t>(asked.cpu_request_milli.value_or(0), 0, kMostMilli);
  Annotations annotations(pod, request.container.name);
  const Preference reserved = annotations.PreferReserved();
  if (reserved.is_explicit ? reserved.value : InReservedNamespace(ns, options)) {
    out.type = CpuType::kReserved;
    out.fraction = milli;
    out.at_root = true;
  } else if (pod.qos == QosClass::kGuaranteed) {
    const Preference isolated = annotations.PreferIsolated(options.prefer_isolated_cpus);
    const Preference shared = annotations.PreferShared(options.prefer_shared_cpus);
    SplitGuaranteed(milli, isolated, shared, &out);
  } else {
    out.fraction = milli;  // an unknown class counts as Burstable: spec 20 section 14.1
  }
  if (ns == kSystemNamespace) out.at_root = true;

  out.memory_bytes = std::clamp<int64_t>(BookedMemory(pod.qos, asked), 0, kMostBytes);
  const TypeMask types = annotations.MemoryTypes();
  out.any_memory = types == 0;
  // Default containers neither favour nor fill HBM.
  out.memory_types = types != 0 ? types : tree.HasHbm() ? kAllMemory & ~kHbm : kAllMemory;

  out.because = fmt::format("{}, asks for {}", model::QosClassName(pod.qos),
                            milli == 0 ? std::string("no CPU") : CpuAmount(milli));
  if (out.type == CpuType::kReserved) {
    out.because += reserved.is_explicit ? "; its annotation prefers reserved CPUs"
                                        : fmt::format("; namespace {} runs on reserved CPUs", ns);
  }
  out.note = annotations.Problems();
  return out;
}

}  // namespace crm::policies::topology_aware
