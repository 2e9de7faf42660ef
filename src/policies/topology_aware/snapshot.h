#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policies/topology_aware/grant_book.h"

namespace crm::policies::topology_aware {

/// One saved grant, not yet checked against the machine.
struct SavedGrant {
  std::string cache_id;
  std::string pool;
  std::string memory_pool;
  CpuSet exclusive;
  int64_t fraction = 0;
  CpuType type = CpuType::kNormal;
  TypeMask memory_types = kAllMemory;
  CpuSet memory_nodes;
  MemoryAmounts memory = {};
  std::string because;
  std::string note;
};

/// All grants as JSON: cache id -> object with the members of spec 30 section 12.1, plus "Because" and
/// "Note".
std::string SaveGrants(const GrantBook& book);

/// The grants of a saved text that can be read, by ascending cache id; older files may lack our own members.
/// Text or entries that are damaged give nothing: their containers are placed anew.
std::vector<SavedGrant> ParseGrants(std::string_view saved);

}  // namespace crm::policies::topology_aware
