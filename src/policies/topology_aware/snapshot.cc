#include "policies/topology_aware/snapshot.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "policies/topology_aware/annotations.h"

namespace crm::policies::topology_aware {
namespace {

using nlohmann::json;

// Larger amounts were never granted, so an entry that has them is damaged.
constexpr int64_t kMostMilli = 1'000'000'000;
constexpr int64_t kMostBytes = int64_t{1} << 58;

std::optional<TypeMask> ParseTypes(const json& value) {
  if (value.is_number_unsigned() && value.get<uint64_t>() <= kAllMemory) return value.get<TypeMask>();
  if (value.is_string()) return ParseMemoryTypes(value.get<std::string>());
  return std::nullopt;
}

std::optional<MemoryAmounts> ParseAmounts(const json& limits) {
  MemoryAmounts amounts = {};
  if (limits.is_null()) return amounts;
  if (!limits.is_object()) return std::nullopt;
  for (const auto& [key, bytes] : limits.items()) {
    if (!bytes.is_number_integer() || bytes < 0 || bytes > kMostBytes) return std::nullopt;
    if (key == "1") amounts[0] = bytes.get<int64_t>();
    if (key == "2") amounts[1] = bytes.get<int64_t>();
    if (key == "4") amounts[2] = bytes.get<int64_t>();
  }
  return amounts;
}

/// One entry; nullopt when a member has the wrong type or form. Throws json exceptions for missing ones.
std::optional<SavedGrant> ParseGrant(const std::string& cache_id, const json& entry) {
  SavedGrant grant;
  grant.cache_id = cache_id;
  grant.pool = entry.at("Pool").get<std::string>();
  grant.memory_pool = entry.value("MemoryPool", grant.pool);
  const absl::StatusOr<CpuSet> exclusive = CpuSet::Parse(entry.value("Exclusive", std::string()));
  const absl::StatusOr<CpuSet> nodes = CpuSet::Parse(entry.value("Memset", std::string()));
  const std::optional<TypeMask> types = ParseTypes(entry.at("MemType"));
  const std::optional<MemoryAmounts> amounts = ParseAmounts(entry.value("MemoryLimit", json()));
  const int type = entry.value("CPUType", 0);
  grant.fraction = entry.value("Part", int64_t{0});
  if (!exclusive.ok() || !nodes.ok() || !types || !amounts || type < 0 || type > 1 || grant.fraction < 0 ||
      grant.fraction > kMostMilli) {
    return std::nullopt;
  }
  grant.exclusive = *exclusive;
  grant.memory_nodes = *nodes;
  grant.memory_types = *types;
  grant.memory = *amounts;
  grant.type = type == 1 ? CpuType::kReserved : CpuType::kNormal;
  grant.because = entry.value("Because", std::string());
  grant.note = entry.value("Note", std::string());
  return grant;
}

}  // namespace

std::string SaveGrants(const GrantBook& book) {
  json all = json::object();
  for (const auto& [cache_id, grant] : book.grants()) {
    json limits = json::object();
    for (hardware::MemoryType type : kBookingOrder) {
      if (grant.memory[Index(type)] > 0) limits[std::to_string(Bit(type))] = grant.memory[Index(type)];
    }
    all[cache_id] = {{"Exclusive", grant.exclusive.ToString()},
                     {"Part", grant.fraction},
                     {"CPUType", static_cast<int>(grant.type)},
                     {"Container", cache_id},
                     {"Pool", book.tree().at(grant.pool).name},
                     {"MemoryPool", book.tree().at(grant.memory_pool).name},
                     {"MemType", TypeNames(grant.memory_types)},
                     {"Memset", grant.memory_nodes.ToListString()},
                     {"MemoryLimit", std::move(limits)},
                     {"ColdStart", 0},
                     {"Because", grant.because},
                     {"Note", grant.note}};
  }
  // Names of pods come from outside: bytes that are no UTF-8 must not throw.
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<SavedGrant> ParseGrants(std::string_view saved) {
  std::vector<SavedGrant> grants;
  const json all = json::parse(saved.begin(), saved.end(), nullptr, /*allow_exceptions=*/false);
  if (!all.is_object()) return grants;
  for (const auto& [cache_id, entry] : all.items()) {
    try {
      if (!entry.is_object()) continue;
      if (std::optional<SavedGrant> grant = ParseGrant(cache_id, entry)) grants.push_back(*std::move(grant));
    } catch (const json::exception&) {
      continue;
    }
  }
  return grants;
}

}  // namespace crm::policies::topology_aware
