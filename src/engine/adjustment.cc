#include "engine/adjustment.h"

#include <algorithm>

#include "base/quantity.h"
#include "base/status.h"
#include "nlohmann/json.hpp"

namespace crm::engine {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostErrors = 256;  // of names in one reply

absl::Status WrongType(std::string_view path, const Json& value, std::string_view expected) {
  return InvalidArgument("{}: invalid value {}, expected {}", path, std::string_view(value.type_name()),
                         expected);
}

// The member; nullptr when it is absent or null, which mean the same.
const Json* Member(const Json& object, const char* name) {
  const auto member = object.find(name);
  return member == object.end() || member->is_null() ? nullptr : &*member;
}

absl::StatusOr<Quantity> ReadQuantity(std::string_view path, const Json& value) {
  if (!value.is_string() && !value.is_number()) return WrongType(path, value, "a quantity");
  absl::StatusOr<Quantity> quantity =
      Quantity::Parse(value.is_string() ? value.get<std::string>() : value.dump());
  if (!quantity.ok()) return Annotate(quantity.status(), path);
  return quantity;
}

// requests or limits, the named amounts of a ResourceRequirements.
struct Amounts {
  std::optional<Quantity> cpu;
  std::optional<Quantity> memory;
};

absl::StatusOr<Amounts> ReadAmounts(const Json& resources, const char* name) {
  Amounts amounts;
  const Json* given = Member(resources, name);
  if (given == nullptr) return amounts;
  const std::string path = fmt::format("resources.{}", name);
  if (!given->is_object()) return WrongType(path, *given, "an object");
  for (const auto& [resource, value] : given->items()) {
    if (resource != "cpu" && resource != "memory") {
      return InvalidArgument("adjustment API error: invalid resource {}: unsupported resource {}", name,
                             resource);
    }
    CRM_ASSIGN_OR_RETURN(Quantity quantity, ReadQuantity(path + "." + resource, value));
    if (quantity < Quantity()) {
      return InvalidArgument("adjustment API error: invalid resource {}: {} {} is negative", name, resource,
                             quantity.ToString());
    }
    (resource == "cpu" ? amounts.cpu : amounts.memory) = quantity;
  }
  return amounts;
}

absl::StatusOr<model::Requirements> ReadResources(const Json& resources) {
  if (!resources.is_object()) return WrongType("resources", resources, "an object");
  CRM_ASSIGN_OR_RETURN(Amounts requests, ReadAmounts(resources, "requests"));
  CRM_ASSIGN_OR_RETURN(const Amounts limits, ReadAmounts(resources, "limits"));
  if (!requests.cpu) requests.cpu = limits.cpu;
  if (!requests.memory) requests.memory = limits.memory;
  if (limits.cpu && *limits.cpu < *requests.cpu) {
    return InvalidArgument("adjustment API error: invalid CPU limit {} < request {}", limits.cpu->ToString(),
                           requests.cpu->ToString());
  }
  if (limits.memory && *limits.memory < *requests.memory) {
    return InvalidArgument("adjustment API error: invalid memory limit {} < request {}",
                           limits.memory->ToString(), requests.memory->ToString());
  }
  model::Requirements requirements;
  if (requests.cpu) requirements.cpu_request_milli = requests.cpu->MilliValue();
  if (limits.cpu) requirements.cpu_limit_milli = limits.cpu->MilliValue();
  if (requests.memory) requirements.memory_request_bytes = requests.memory->Value();
  if (limits.memory) requirements.memory_limit_bytes = limits.memory->Value();
  return requirements;
}

absl::StatusOr<model::Expression> ReadExpression(const std::string& path, const Json& json) {
  if (!json.is_object()) return WrongType(path, json, "an expression");
  model::Expression expression;
  if (const Json* key = Member(json, "key"); key != nullptr) {
    if (!key->is_string()) return WrongType(path + ".key", *key, "text");
    expression.key = *key;
  }
  const Json* op = Member(json, "operator");
  if (op == nullptr || !op->is_string()) {
    return InvalidArgument("{}.operator: missing, expected one such as Equals", path);
  }
  absl::StatusOr<model::Operator> known = model::ParseOperator(op->get<std::string>());
  if (!known.ok()) return Annotate(known.status(), path + ".operator");
  expression.op = *known;
  if (const Json* values = Member(json, "values"); values != nullptr) {
    if (!values->is_array()) return WrongType(path + ".values", *values, "a list of texts");
    for (const Json& value : *values) {
      if (!value.is_string()) return WrongType(path + ".values", value, "a list of texts");
      expression.values.push_back(value);
    }
  }
  CRM_RETURN_IF_ERROR(Annotate(model::Validate(expression), path));
  return expression;
}

absl::StatusOr<std::vector<std::vector<model::Expression>>> ReadScopes(const Json& json) {
  if (!json.is_array()) return WrongType("scope", json, "a list");
  std::vector<std::vector<model::Expression>> scopes;
  for (size_t at = 0; at < json.size(); ++at) {
    const std::string path = fmt::format("scope[{}]", at);
    if (!json[at].is_object()) return WrongType(path, json[at], "an object");
    std::vector<model::Expression>& scope = scopes.emplace_back();
    const Json* containers = Member(json[at], "containers");
    if (containers == nullptr) continue;
    if (!containers->is_array()) return WrongType(path + ".containers", *containers, "a list");
    for (size_t item = 0; item < containers->size(); ++item) {
      CRM_ASSIGN_OR_RETURN(model::Expression expression,
                           ReadExpression(fmt::format("{}.containers[{}]", path, item), (*containers)[item]));
      scope.push_back(std::move(expression));
    }
  }
  return scopes;
}

absl::StatusOr<std::optional<std::string>> ReadClass(const Json& classes, const char* name) {
  const Json* given = Member(classes, name);
  if (given == nullptr) return std::optional<std::string>();
  if (!given->is_string()) return WrongType(fmt::format("classes.{}", name), *given, "text");
  return std::optional<std::string>(given->get<std::string>());
}

absl::StatusOr<Adjustment> ReadAdjustment(const std::string& name, const Json& json) {
  if (!json.is_object()) return WrongType("specification", json, "an object");
  Adjustment adjustment;
  adjustment.name = name;
  if (const Json* scope = Member(json, "scope"); scope != nullptr) {
    CRM_ASSIGN_OR_RETURN(adjustment.scopes, ReadScopes(*scope));
  }
  if (const Json* resources = Member(json, "resources"); resources != nullptr) {
    CRM_ASSIGN_OR_RETURN(adjustment.resources, ReadResources(*resources));
  }
  if (const Json* classes = Member(json, "classes"); classes != nullptr) {
    if (!classes->is_object()) return WrongType("classes", *classes, "an object");
    CRM_ASSIGN_OR_RETURN(adjustment.rdt_class, ReadClass(*classes, "rdt"));
    CRM_ASSIGN_OR_RETURN(adjustment.blockio_class, ReadClass(*classes, "blockio"));
  }
  if (const Json* limit = Member(json, "toptierLimit"); limit != nullptr) {
    CRM_ASSIGN_OR_RETURN(const Quantity quantity, ReadQuantity("toptierLimit", *limit));
    if (quantity < Quantity()) {
      return InvalidArgument("adjustment API error: invalid ToptierLimit {}", quantity.ToString());
    }
    adjustment.toptier_limit_bytes = quantity.Value();
  }
  return adjustment;
}

}  // namespace

bool Adjustment::InScope(const model::Pod& pod, const model::Container& container) const {
  const auto holds = [&](const model::Expression& expression) {
    return model::Evaluate(expression, pod, container);
  };
  const auto covers = [&](const std::vector<model::Expression>& scope) {
    return scope.empty() || std::any_of(scope.begin(), scope.end(), holds);
  };
  return scopes.empty() || std::any_of(scopes.begin(), scopes.end(), covers);
}

absl::StatusOr<DecodedAdjustments> DecodeAdjustments(std::string_view json) {
  const Json root = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) return InvalidArgument("invalid JSON, expected an object of adjustments by name");
  if (!root.is_object()) return WrongType("adjustments", root, "an object of adjustments by name");
  DecodedAdjustments decoded;
  for (const auto& [name, specification] : root.items()) {
    absl::StatusOr<Adjustment> adjustment = ReadAdjustment(name, specification);
    if (adjustment.ok()) {
      decoded.set.emplace(name, *std::move(adjustment));
    } else if (decoded.errors.size() < kMostErrors) {
      decoded.errors.emplace(name, Message(adjustment.status()));
    }
  }
  return decoded;
}

}  // namespace crm::engine
