#include "kube/testing/object_rules.h"

#include <algorithm>
#include <random>

#include "absl/strings/escaping.h"
#include "fmt/format.h"
#include "kube/objects.h"
#include "kube/testing/schema.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

constexpr size_t kMaxDataBytes = size_t{1} << 20;  // ConfigMap and Secret, all values together
constexpr char kDnsMessage[] =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr char kLabelMessage[] =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
    "validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsLabelValue(std::string_view text) {
  if (text.empty()) return true;
  if (text.size() > 63 || !IsAlphanumeric(text.front()) || !IsAlphanumeric(text.back())) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

bool IsDataKey(std::string_view text) {
  return !text.empty() && text.size() <= 253 && text != "." && !text.starts_with("..") &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

ApiError Undecodable(const ResourceType& type, std::string_view why) {
  return BadRequestError(fmt::format("{} in version \"{}\" cannot be handled as a {}: {}", type.kind,
                                     type.version, type.kind, why));
}

bool IsMapOfStrings(const Json* value) {
  return value == nullptr || value->is_null() ||
         (value->is_object() &&
          std::all_of(value->begin(), value->end(), [](const Json& member) { return member.is_string(); }));
}

std::optional<ApiError> CheckMetadata(const ResourceType& type, const Json& metadata) {
  for (const char* field : {"name", "generateName", "namespace", "uid", "resourceVersion"}) {
    const Json* value = Find(metadata, {field});
    if (value != nullptr && !value->is_string() && !value->is_null()) {
      return Undecodable(type,
                         fmt::format("metadata.{}: expected a string, got {}", field, value->type_name()));
    }
  }
  for (const char* field : {"labels", "annotations"}) {
    if (!IsMapOfStrings(Find(metadata, {field}))) {
      return Undecodable(type, fmt::format("metadata.{}: expected a map of strings", field));
    }
  }
  for (const char* field : {"finalizers", "ownerReferences"}) {
    const Json* list = Find(metadata, {field});
    if (list == nullptr || list->is_null()) continue;
    const bool texts = std::string_view(field) == "finalizers";
    const bool fits = list->is_array() && std::all_of(list->begin(), list->end(), [&](const Json& item) {
                        return texts ? item.is_string() : item.is_object();
                      });
    if (!fits) return Undecodable(type, fmt::format("metadata.{}: wrong type", field));
  }
  return std::nullopt;
}

void DropNulls(Json& value) {
  if (value.is_array()) {
    for (Json& item : value) DropNulls(item);
  } else if (value.is_object()) {
    for (auto it = value.begin(); it != value.end();) {
      if (it->is_null()) {
        it = value.erase(it);
      } else {
        DropNulls(*it);
        ++it;
      }
    }
  }
}

void NormalizeSecret(Json& secret) {
  if (const Json* texts = Find(secret, {"stringData"}); texts != nullptr) {
    for (const auto& [key, value] : texts->items()) {
      secret["data"][key] = absl::Base64Escape(value.get_ref<const std::string&>());
    }
    secret.erase("stringData");
  }
  if (FindString(secret, {"type"}).empty()) secret["type"] = "Opaque";
}

bool IsConfigMap(const ResourceType& type) { return type.group.empty() && type.plural == "configmaps"; }
bool IsSecret(const ResourceType& type) { return type.group.empty() && type.plural == "secrets"; }

std::optional<ApiError> ValidateData(const ResourceType& type, const Json& object) {
  size_t bytes = 0;
  for (const char* field : {"data", "binaryData"}) {
    const Json* data = Find(object, {field});
    if (data == nullptr) continue;
    for (const auto& [key, value] : data->items()) {
      if (!IsDataKey(key)) {
        return InvalidError(
            type, Name(object),
            {"FieldValueInvalid",
             fmt::format("Invalid value: \"{}\": a valid config key must consist of alphanumeric "
                         "characters, '-', '_' or '.'",
                         key),
             fmt::format("{}[{}]", field, key)});
      }
      const size_t size = value.get_ref<const std::string&>().size();
      bytes += IsSecret(type) || std::string_view(field) == "binaryData" ? size / 4 * 3 : size;
    }
  }
  if (bytes <= kMaxDataBytes) return std::nullopt;
  return InvalidError(
      type, Name(object),
      {"FieldValueTooLong", "Too long: may not be more than 1048576 bytes", IsConfigMap(type) ? "" : "data"});
}

std::optional<ApiError> ValidateImmutable(const ResourceType& type, const Json& object, const Json& old) {
  const Json* frozen = Find(old, {"immutable"});
  if (frozen != nullptr && *frozen == true) {
    for (const char* field : {"immutable", "data", "binaryData"}) {
      if (object.value(field, Json()) == old.value(field, Json())) continue;
      return InvalidError(
          type, Name(object),
          {"FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set", field});
    }
  }
  if (IsSecret(type) && FindString(object, {"type"}) != FindString(old, {"type"})) {
    return InvalidError(
        type, Name(object),
        {"FieldValueInvalid",
         fmt::format("Invalid value: \"{}\": field is immutable", FindString(object, {"type"})), "type"});
  }
  return std::nullopt;
}

/// The selector of a workload never changes; kube-apiserver answers the same way.
std::optional<ApiError> ValidateSelector(const ResourceType& type, const Json& object, const Json* old) {
  if (type.group != "apps") return std::nullopt;
  const Json* selector = Find(object, {"spec", "selector"});
  if (selector == nullptr) {
    return InvalidError(type, Name(object), {"FieldValueRequired", "Required value", "spec.selector"});
  }
  if (old != nullptr && *selector != old->value(Json::json_pointer("/spec/selector"), Json())) {
    return InvalidError(type, Name(object),
                        {"FieldValueInvalid", "Invalid value: field is immutable", "spec.selector"});
  }
  const Json* labels = Find(object, {"spec", "template", "metadata", "labels"});
  const Json* wanted = Find(*selector, {"matchLabels"});
  if (wanted != nullptr && wanted->is_object()) {
    for (const auto& [key, value] : wanted->items()) {
      const Json* label = labels == nullptr ? nullptr : Find(*labels, {key});
      if (label == nullptr || *label != value) {
        return InvalidError(
            type, Name(object),
            {"FieldValueInvalid", "Invalid value: `selector` does not match template `labels`",
             "spec.template.metadata.labels"});
      }
    }
  }
  return std::nullopt;
}

}  // namespace

bool IsDnsLabel(std::string_view text) {
  auto lower = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (text.empty() || text.size() > 63 || !lower(text.front()) || !lower(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) { return lower(c) || c == '-'; });
}

bool IsDnsSubdomain(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    const size_t dot = text.find('.');
    std::string_view label = text.substr(0, dot);
    // Labels of a subdomain may be longer than 63 characters here, as in the API's own rule.
    auto lower = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (label.empty() || !lower(label.front()) || !lower(label.back())) return false;
    if (!std::all_of(label.begin(), label.end(), [&](char c) { return lower(c) || c == '-'; })) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

std::optional<ApiError> CheckShape(const ResourceType& type, Json& object) {
  if (!object.is_object()) {
    return BadRequestError(
        fmt::format("the object provided is unrecognized (must be of type {}): expected a mapping, "
                    "got {}",
                    type.kind, object.type_name()));
  }
  for (const auto& [field, wanted] : {std::pair<const char*, std::string>{"apiVersion", type.GroupVersion()},
                                      std::pair<const char*, std::string>{"kind", type.kind}}) {
    Json& value = object[field];
    if (value.is_null() || value == "") value = wanted;
    if (value == wanted) continue;
    return BadRequestError(fmt::format("the {} of the data ({}) does not match the expected {} ({})", field,
                                       value.is_string() ? value.get<std::string>() : value.dump(), field,
                                       wanted));
  }
  Json& metadata = object["metadata"];
  if (metadata.is_null()) metadata = Json::object();
  if (!metadata.is_object()) return Undecodable(type, "metadata: expected a mapping");
  if (auto error = CheckMetadata(type, metadata)) return error;
  if (IsConfigMap(type) || IsSecret(type)) {
    for (const char* field : {"data", "stringData", "binaryData"}) {
      const Json* data = Find(object, {field});
      if (!IsMapOfStrings(data))
        return Undecodable(type, fmt::format("{}: expected a map of strings", field));
      const bool encoded = std::string_view(field) == (IsSecret(type) ? "data" : "binaryData");
      if (!encoded || data == nullptr || data->is_null()) continue;
      for (const Json& value : *data) {
        std::string bytes;
        const std::string& text = value.get_ref<const std::string&>();
        if (text.size() % 4 != 0 || !absl::Base64Unescape(text, &bytes)) {
          return Undecodable(type, "illegal base64 data at input byte 0");
        }
      }
    }
  }
  return std::nullopt;
}

void Normalize(const ResourceType& type, Json& object) {
  Json& metadata = object["metadata"];
  DropNulls(metadata);
  for (const char* field : {"labels", "annotations", "finalizers", "ownerReferences"}) {
    if (auto found = metadata.find(field); found != metadata.end() && found->empty()) metadata.erase(found);
  }
  for (const char* field : {"managedFields", "selfLink"}) metadata.erase(field);
  if (type.custom) return;
  DropNulls(object);
  if (IsSecret(type)) NormalizeSecret(object);
  if (type.group.empty() && type.plural == "namespaces") {
    object["metadata"]["labels"]["kubernetes.io/metadata.name"] = std::string(Name(object));
    if (Find(object, {"spec", "finalizers"}) == nullptr)
      object["spec"]["finalizers"] = Json::array({"kubernetes"});
    if (FindString(object, {"status", "phase"}).empty()) object["status"]["phase"] = "Active";
  }
}

std::optional<ApiError> Validate(const ResourceType& type, const Json& object, const Json* old) {
  const std::string_view name = Name(object);
  if (old == nullptr) {
    const bool path_segment =
        name != "." && name != ".." && name.find_first_of("/%") == std::string_view::npos;
    const bool fits = type.loose_names                                    ? path_segment && !name.empty()
                      : type.group.empty() && type.plural == "namespaces" ? IsDnsLabel(name)
                                                                          : IsDnsSubdomain(name);
    if (!fits) {
      return InvalidError(type, name,
                          {"FieldValueInvalid", fmt::format("Invalid value: \"{}\": {}", name, kDnsMessage),
                           "metadata.name"});
    }
  }
  if (const Json* labels = Find(object, {"metadata", "labels"}); labels != nullptr) {
    for (const auto& [key, value] : labels->items()) {
      const std::string& text = value.get_ref<const std::string&>();
      if (IsLabelValue(text)) continue;
      return InvalidError(type, name,
                          {"FieldValueInvalid", fmt::format("Invalid value: \"{}\": {}", text, kLabelMessage),
                           "metadata.labels"});
    }
  }
  if (IsConfigMap(type) || IsSecret(type)) {
    if (auto error = ValidateData(type, object)) return error;
    if (old != nullptr) return ValidateImmutable(type, object, *old);
  }
  if (!type.custom) return ValidateSelector(type, object, old);
  return std::nullopt;
}

std::optional<ApiError> ApplySchema(const ResourceType& type, Json& object, bool strict) {
  if (type.schema == nullptr) return std::nullopt;
  const std::vector<std::string> unknown = PruneAndDefault(*type.schema, object);
  if (strict && !unknown.empty()) {
    return Undecodable(type, fmt::format("strict decoding error: unknown field \"{}\"", unknown.front()));
  }
  if (std::optional<ApiCause> cause = FindViolation(*type.schema, object)) {
    return InvalidError(type, Name(object), *std::move(cause));
  }
  return std::nullopt;
}

std::string NewUid() {
  thread_local std::random_device device;
  auto word = [] { return static_cast<unsigned>(device()); };
  const unsigned a = word(), b = word(), c = word(), d = word();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:04x}{:08x}", a, b >> 16, b & 0xfff,
                     (c >> 16 & 0x3fff) | 0x8000, c & 0xffff, d);
}

std::string RandomSuffix() {
  static constexpr std::string_view kAlphabet =
      "bcdfghjklmnpqrstvwxz2456789";  // no vowels: no words by accident
  thread_local std::random_device device;
  std::string suffix;
  for (int i = 0; i < 5; ++i) suffix += kAlphabet[device() % kAlphabet.size()];
  return suffix;
}

}  // namespace crm::kube::testing
