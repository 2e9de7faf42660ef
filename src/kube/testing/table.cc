#include "kube/testing/table.h"

#include <charconv>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

/// "5s", "3m", "2h", "4d": kubectl shows a Table's cells as they come.
std::string Age(std::string_view timestamp) {
  const absl::StatusOr<absl::Time> created = ParseRfc3339(timestamp);
  if (!created.ok()) return "<unknown>";
  const int64_t seconds = absl::ToInt64Seconds(absl::Now() - *created);
  if (seconds < 120) return fmt::format("{}s", seconds < 0 ? 0 : seconds);
  if (seconds < 3 * 3600) return fmt::format("{}m", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / 86400);
}

/// The item that [?(@.key=="value")] selects.
const Json* SelectItem(const Json& list, std::string_view condition) {
  const size_t equal = condition.find("==");
  if (!condition.starts_with("@.") || equal == std::string_view::npos) return nullptr;
  std::string_view key = condition.substr(2, equal - 2);
  std::string_view value = condition.substr(equal + 2);
  if (value.size() < 2 || (value.front() != '"' && value.front() != '\'') || value.back() != value.front()) {
    return nullptr;
  }
  value = value.substr(1, value.size() - 2);
  for (const Json& item : list) {
    if (FindString(item, {key}) == value) return &item;
  }
  return nullptr;
}

Json Cell(const PrinterColumn& column, const ObjectPtr& object) {
  const Json value = FindByPath(*object, column.json_path);
  if (value.is_null()) return column.type == "date" ? Json("<unknown>") : Json(nullptr);
  if (column.type == "date")
    return value.is_string() ? Json(Age(value.get_ref<const std::string&>())) : value;
  return value.is_structured() ? Json(value.dump()) : value;
}

std::string Ratio(const Json& object, std::initializer_list<std::string_view> have,
                  std::initializer_list<std::string_view> want) {
  return fmt::format("{}/{}", FindInt(object, have), FindInt(object, want));
}

struct BuiltinColumn {
  const char* plural;
  const char* name;
  std::string (*cell)(const Json& object);
};

// Beyond Name and Age, what a reader of these kinds looks for first.
constexpr BuiltinColumn kBuiltinColumns[] = {
    {"configmaps", "Data",
     [](const Json& o) {
       const Json* data = Find(o, {"data"});
       return std::to_string(data == nullptr ? 0 : data->size());
     }},
    {"secrets", "Type", [](const Json& o) { return std::string(FindString(o, {"type"})); }},
    {"secrets", "Data",
     [](const Json& o) {
       const Json* data = Find(o, {"data"});
       return std::to_string(data == nullptr ? 0 : data->size());
     }},
    {"namespaces", "Status",
     [](const Json& o) {
       return std::string(FindString(o, {"status", "phase"}));
     }},
    {"pods", "Status",
     [](const Json& o) {
       return std::string(FindString(o, {"status", "phase"}));
     }},
    {"daemonsets", "Ready",
     [](const Json& o) {
       return Ratio(o, {"status", "numberReady"}, {"status", "desiredNumberScheduled"});
     }},
    {"deployments", "Ready",
     [](const Json& o) {
       return Ratio(o, {"status", "readyReplicas"}, {"spec", "replicas"});
     }},
    {"leases", "Holder",
     [](const Json& o) {
       return std::string(FindString(o, {"spec", "holderIdentity"}));
     }},
    {"events", "Reason", [](const Json& o) { return std::string(FindString(o, {"reason"})); }},
    {"events", "Message", [](const Json& o) { return std::string(FindString(o, {"message"})); }},
};

Json Column(std::string_view name, std::string_view type, std::string_view format, int priority) {
  return {{"name", std::string(name)},
          {"type", std::string(type)},
          {"format", std::string(format)},
          {"description", std::string(name)},
          {"priority", priority}};
}

}  // namespace

View ViewOf(std::string_view accept) {
  const std::string_view first = accept.substr(0, accept.find(','));
  return first.find("as=Table") != std::string_view::npos &&
                 first.find("g=meta.k8s.io") != std::string_view::npos
             ? View::kTable
             : View::kObject;
}

Json FindByPath(const Json& object, std::string_view path) {
  const Json* at = &object;
  while (!path.empty() && at != nullptr) {
    if (path.front() == '.') {
      path.remove_prefix(1);
      const size_t end = std::min(path.find_first_of(".["), path.size());
      at = Find(*at, {path.substr(0, end)});
      path.remove_prefix(end);
    } else if (path.starts_with("[?(")) {
      const size_t end = path.find(")]");
      if (end == std::string_view::npos || !at->is_array()) return nullptr;
      at = SelectItem(*at, path.substr(3, end - 3));
      path.remove_prefix(end + 2);
    } else if (path.front() == '[') {
      const size_t end = path.find(']');
      size_t index = 0;
      if (end == std::string_view::npos || !at->is_array()) return nullptr;
      const auto parsed = std::from_chars(path.data() + 1, path.data() + end, index);
      if (parsed.ec != std::errc() || parsed.ptr != path.data() + end || index >= at->size()) return nullptr;
      at = &(*at)[index];
      path.remove_prefix(end + 1);
    } else {
      return nullptr;
    }
  }
  return at == nullptr ? Json() : *at;
}

Json MakeTable(const ResourceType& type, const std::vector<ObjectPtr>& objects,
               std::string_view resource_version) {
  Json columns = Json::array({Column("Name", "string", "name", 0)});
  std::vector<const BuiltinColumn*> builtin;
  std::vector<PrinterColumn> printed = type.columns;
  if (!type.custom) {
    for (const BuiltinColumn& column : kBuiltinColumns) {
      if (type.plural != column.plural) continue;
      builtin.push_back(&column);
      columns.push_back(Column(column.name, "string", "", 0));
    }
  }
  if (printed.empty()) printed.push_back({"Age", "date", ".metadata.creationTimestamp", 0});
  for (const PrinterColumn& column : printed)
    columns.push_back(Column(column.name, column.type, "", column.priority));
  Json rows = Json::array();
  for (const ObjectPtr& object : objects) {
    Json cells = Json::array({std::string(Name(*object))});
    for (const BuiltinColumn* column : builtin) cells.push_back(column->cell(*object));
    for (const PrinterColumn& column : printed) cells.push_back(Cell(column, object));
    const Json* metadata = Find(*object, {"metadata"});
    rows.push_back({{"cells", std::move(cells)},
                    {"object",
                     {{"kind", "PartialObjectMetadata"},
                      {"apiVersion", "meta.k8s.io/v1"},
                      {"metadata", metadata == nullptr ? Json::object() : *metadata}}}});
  }
  return {{"kind", "Table"},
          {"apiVersion", "meta.k8s.io/v1"},
          {"metadata", {{"resourceVersion", std::string(resource_version)}}},
          {"columnDefinitions", std::move(columns)},
          {"rows", std::move(rows)}};
}

}  // namespace crm::kube::testing
