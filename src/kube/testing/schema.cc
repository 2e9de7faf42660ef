#include "kube/testing/schema.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "fmt/format.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

bool FlagAt(const Json& schema, const char* key) {
  const Json* value = Find(schema, {key});
  return value != nullptr && *value == true;
}

const Json* ObjectAt(const Json& schema, const char* key) {
  const Json* value = Find(schema, {key});
  return value != nullptr && value->is_object() ? value : nullptr;
}

std::string Join(const std::string& path, const std::string& field) {
  return path.empty() ? field : path + "." + field;
}

bool IsTopField(const std::string& path, const std::string& field) {
  return path.empty() && (field == "apiVersion" || field == "kind" || field == "metadata");
}

bool HasType(const Json& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "number") return value.is_number();
  if (type == "integer") {
    return value.is_number_integer() ||
           (value.is_number_float() &&
            (std::trunc(value.get<double>()) == value.get<double>() && std::abs(value.get<double>()) < 9e18));
  }
  return true;
}

void Prune(const Json& schema, const std::string& path, Json& value, std::vector<std::string>* unknown) {
  if (value.is_number_float() && FindString(schema, {"type"}) == "integer" && HasType(value, "integer")) {
    value = static_cast<int64_t>(value.get<double>());  // 1.0 is stored as 1
    return;
  }
  if (value.is_array()) {
    const Json* items = ObjectAt(schema, "items");
    if (items == nullptr) return;
    for (size_t i = 0; i < value.size(); ++i)
      Prune(*items, fmt::format("{}[{}]", path, i), value[i], unknown);
    return;
  }
  if (!value.is_object()) return;
  const Json* properties = ObjectAt(schema, "properties");
  const Json* additional = ObjectAt(schema, "additionalProperties");
  const bool open =
      FlagAt(schema, "x-kubernetes-preserve-unknown-fields") || FlagAt(schema, "additionalProperties");
  if (properties != nullptr) {
    for (const auto& [field, member] : properties->items()) {
      const Json* fallback = Find(member, {"default"});
      if (fallback == nullptr) continue;
      Json* present = value.contains(field) ? &value[field] : nullptr;
      if (present == nullptr || (present->is_null() && !FlagAt(member, "nullable"))) value[field] = *fallback;
    }
  }
  for (auto it = value.begin(); it != value.end();) {
    const Json* member = properties == nullptr ? nullptr : Find(*properties, {it.key()});
    if (member == nullptr) member = additional;
    if (IsTopField(path, it.key())) {
      ++it;
    } else if (member != nullptr && it->is_null() && !FlagAt(*member, "nullable") &&
               !FlagAt(*member, "x-kubernetes-preserve-unknown-fields")) {
      it = value.erase(it);  // as if it were not there
    } else if (member != nullptr) {
      Prune(*member, Join(path, it.key()), *it, unknown);
      ++it;
    } else if (open) {
      ++it;
    } else {
      unknown->push_back(Join(path, it.key()));
      it = value.erase(it);
    }
  }
}

ApiCause Invalid(const std::string& path, const Json& value, std::string_view what) {
  const std::string shown = value.is_number_integer() ? "integer"
                            : value.is_null()         ? "null"
                                                      : value.type_name();
  return {"FieldValueTypeInvalid",
          fmt::format("Invalid value: \"{0}\": {1} in body {2}: \"{0}\"", shown, path, what), path};
}

std::optional<ApiCause> CheckSize(const Json& schema, const std::string& path, const Json& value) {
  const size_t size = value.is_string() ? value.get_ref<const std::string&>().size() : value.size();
  const char* least = value.is_string() ? "minLength" : "minItems";
  const char* most = value.is_string() ? "maxLength" : "maxItems";
  if (const Json* bound = Find(schema, {least}); bound != nullptr && bound->is_number() && *bound > size) {
    return Invalid(
        path, value,
        fmt::format("should have at least {} {}", bound->dump(), value.is_string() ? "chars long" : "items"));
  }
  if (const Json* bound = Find(schema, {most}); bound != nullptr && bound->is_number() && *bound < size) {
    return ApiCause{"FieldValueTooLong", fmt::format("Too long: may not be more than {}", bound->dump()),
                    path};
  }
  return std::nullopt;
}

std::optional<ApiCause> CheckScalar(const Json& schema, const std::string& path, const Json& value) {
  if (const Json* options = Find(schema, {"enum"}); options != nullptr && options->is_array()) {
    if (std::find(options->begin(), options->end(), value) == options->end()) {
      std::string supported;
      for (const Json& option : *options) supported += (supported.empty() ? "" : ", ") + option.dump();
      return ApiCause{"FieldValueNotSupported",
                      fmt::format("Unsupported value: {}: supported values: {}", value.dump(), supported),
                      path};
    }
  }
  if (value.is_string() && FindString(schema, {"format"}) == "date-time" &&
      !ParseRfc3339(value.get_ref<const std::string&>()).ok()) {
    return Invalid(path, value, "must be of type date-time");
  }
  if (value.is_number()) {
    if (const Json* least = Find(schema, {"minimum"});
        least != nullptr && least->is_number() && value < *least) {
      return Invalid(path, value, fmt::format("should be greater than or equal to {}", least->dump()));
    }
    if (const Json* most = Find(schema, {"maximum"}); most != nullptr && most->is_number() && value > *most) {
      return Invalid(path, value, fmt::format("should be less than or equal to {}", most->dump()));
    }
  }
  return value.is_string() ? CheckSize(schema, path, value) : std::nullopt;
}

std::optional<ApiCause> Check(const Json& schema, const std::string& path, const Json& value) {
  if (value.is_null() && FlagAt(schema, "nullable")) return std::nullopt;
  if (FlagAt(schema, "x-kubernetes-int-or-string")) {
    if (value.is_string() || value.is_number_integer()) return std::nullopt;
    return Invalid(path, value, "must be of type integer,string");
  }
  const std::string_view type = FindString(schema, {"type"});
  if (!type.empty() && !HasType(value, type))
    return Invalid(path, value, fmt::format("must be of type {}", type));
  if (value.is_array()) {
    if (const std::optional<ApiCause> cause = CheckSize(schema, path, value)) return cause;
    const Json* items = ObjectAt(schema, "items");
    for (size_t i = 0; items != nullptr && i < value.size(); ++i) {
      if (const std::optional<ApiCause> cause = Check(*items, fmt::format("{}[{}]", path, i), value[i]))
        return cause;
    }
    return std::nullopt;
  }
  if (!value.is_object()) return CheckScalar(schema, path, value);
  if (const Json* required = Find(schema, {"required"}); required != nullptr && required->is_array()) {
    for (const Json& field : *required) {
      if (field.is_string() && !value.contains(field.get_ref<const std::string&>())) {
        return ApiCause{"FieldValueRequired", "Required value", Join(path, field.get<std::string>())};
      }
    }
  }
  const Json* properties = ObjectAt(schema, "properties");
  const Json* additional = ObjectAt(schema, "additionalProperties");
  for (const auto& [field, member] : value.items()) {
    if (IsTopField(path, field)) continue;
    const Json* of_member = properties == nullptr ? nullptr : Find(*properties, {field});
    if (of_member == nullptr) of_member = additional;
    if (of_member == nullptr) continue;
    if (const std::optional<ApiCause> cause = Check(*of_member, Join(path, field), member)) return cause;
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> PruneAndDefault(const Json& schema, Json& object) {
  std::vector<std::string> unknown;
  Prune(schema, "", object, &unknown);
  return unknown;
}

std::optional<ApiCause> FindViolation(const Json& schema, const Json& object) {
  return Check(schema, "", object);
}

}  // namespace crm::kube::testing
