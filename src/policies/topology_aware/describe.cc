#include "policies/topology_aware/describe.h"

#include <nlohmann/json.hpp>

#include "policies/topology_aware/place.h"

namespace crm::policies::topology_aware {
namespace {

using nlohmann::json;

json DescribePool(const GrantBook& book, const Pool& pool) {
  const PoolTree& tree = book.tree();
  json children = json::array();
  for (int child : pool.children) children.push_back(tree.at(child).name);
  int64_t memory = 0;
  int64_t free_memory = 0;
  for (hardware::MemoryType type : kBookingOrder) {
    memory += pool.memory[Index(type)];
    free_memory += book.FreeMemory(pool.id, type);
  }
  return {{"name", pool.name},
          {"kind", PoolKindName(pool.kind)},
          {"parent", pool.parent < 0 ? "" : tree.at(pool.parent).name},
          {"children", std::move(children)},
          {"cpus", (pool.sharable | pool.isolated | pool.reserved).ToString()},
          {"reservedCpus", pool.reserved.ToString()},
          {"sharedCpus", book.Sharable(pool.id).ToString()},
          {"isolatedCpus", book.Isolated(pool.id).ToString()},
          {"grantedSharedMilliCpu", book.GrantedShared(pool.id)},
          {"freeSharedMilliCpu", book.FreeShared(pool.id)},
          {"freeReservedMilliCpu", book.FreeReserved(pool.id)},
          {"memoryNodes", pool.AllNodes().ToListString()},
          {"memoryBytes", memory},
          {"freeMemoryBytes", free_memory}};
}

}  // namespace

std::string DescribeBook(const Constraints& constraints, const GrantBook& book) {
  json pools = json::array();
  for (const Pool& pool : book.tree().pools()) pools.push_back(DescribePool(book, pool));
  json grants = json::object();
  for (const auto& [cache_id, grant] : book.grants()) {
    const placement::Reason reason = ReasonOf(book, grant);
    grants[cache_id] = {{"container", grant.pretty},  {"pool", reason.pool},
                        {"kind", reason.kind},        {"exclusiveCpus", grant.exclusive.ToString()},
                        {"milliCpu", grant.fraction}, {"memoryNodes", grant.memory_nodes.ToListString()},
                        {"reason", reason.text}};
  }
  const json all = {{"policy", "topology-aware"},
                    {"allowedCpus", constraints.allowed.ToString()},
                    {"reservedCpus", constraints.reserved.ToString()},
                    {"isolatedCpus", constraints.isolated.ToString()},
                    {"pools", std::move(pools)},
                    {"grants", std::move(grants)}};
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace crm::policies::topology_aware
