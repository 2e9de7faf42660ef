#include "observe/containers.h"

#include <algorithm>
#include <array>
#include <vector>

#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace crm::observe {
namespace {

using Json = nlohmann::json;

// Calls `visit(pod, record)` for each container that has not ended, by namespace, pod and name.
template <typename Visit>
void ForEach(const state::State& state, Visit visit) {
  static const model::Pod kUnknownPod;
  std::vector<std::pair<const model::Pod*, const state::ContainerRecord*>> sorted;
  for (const auto& [cache_id, record] : state.containers) {
    if (record.container.state == model::ContainerState::kExited) continue;
    const auto pod = state.pods.find(record.container.pod_id);
    sorted.emplace_back(pod == state.pods.end() ? &kUnknownPod : &pod->second, &record);
  }
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first->ns, a.first->name, a.second->container.name) <
           std::tie(b.first->ns, b.first->name, b.second->container.name);
  });
  for (const auto& [pod, record] : sorted) visit(*pod, *record);
}

std::string_view StateName(model::ContainerState state) {
  constexpr std::string_view kNames[] = {"creating", "created", "running", "exited"};
  return kNames[static_cast<size_t>(state)];
}

}  // namespace

std::string ContainersTable(const state::State& state) {
  using Row = std::array<std::string, 9>;
  std::vector<Row> rows = {{"NAMESPACE", "POD", "CONTAINER", "QOS", "CPUS", "MEMS", "SHARES", "POOL", "WHY"}};
  ForEach(state, [&](const model::Pod& pod, const state::ContainerRecord& record) {
    const placement::Assignment& assignment = record.assignment;
    rows.push_back({pod.ns, pod.name, record.container.name, std::string(model::QosClassName(pod.qos)),
                    assignment.cpus ? assignment.cpus->ToString() : "-",
                    assignment.memory_nodes ? assignment.memory_nodes->ToListString() : "-",
                    assignment.cpu_shares ? std::to_string(*assignment.cpu_shares) : "-",
                    record.reason.pool.empty() ? "-" : record.reason.pool, record.reason.text});
  });
  Row::size_type column = 0;
  std::array<size_t, 9> widths = {};
  for (const Row& row : rows) {
    for (column = 0; column < row.size(); ++column)
      widths[column] = std::max(widths[column], row[column].size());
  }
  std::string text;
  for (const Row& row : rows) {
    for (column = 0; column + 1 < row.size(); ++column)
      text += fmt::format("{:<{}}  ", row[column], widths[column]);
    text += row.back() + '\n';
  }
  return text;
}

std::string ContainersJson(const state::State& state) {
  Json list = Json::array();
  ForEach(state, [&](const model::Pod& pod, const state::ContainerRecord& record) {
    const placement::Assignment& assignment = record.assignment;
    list.push_back(
        {{"namespace", pod.ns},
         {"pod", pod.name},
         {"container", record.container.name},
         {"id", record.container.id},
         {"qos", model::QosClassName(pod.qos)},
         {"state", StateName(record.container.state)},
         {"cpus", assignment.cpus ? Json(assignment.cpus->ToString()) : Json()},
         {"mems", assignment.memory_nodes ? Json(assignment.memory_nodes->ToListString()) : Json()},
         {"shares", assignment.cpu_shares ? Json(*assignment.cpu_shares) : Json()},
         {"pool", record.reason.pool},
         {"kind", record.reason.kind},
         {"reason", record.reason.text}});
  });
  return list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace crm::observe
