#include "gardener/provider_config.h"

#include <algorithm>

#include "base/status.h"
#include "gardener/errors.h"
#include "gardener/names.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::gardener {
namespace {

constexpr std::string_view kApiVersion = "cri-resmgr.extensions.gardener.cloud/v1alpha1";
constexpr std::string_view kKind = "CriResMgrConfig";

bool AlphaNumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// [A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?, at most 63 long.
bool IsLabelName(std::string_view text) {
  return !text.empty() && text.size() <= 63 && AlphaNumeric(text.front()) && AlphaNumeric(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return AlphaNumeric(c) || c == '-' || c == '.' || c == '_'; });
}

bool IsLabelPrefix(std::string_view text) {  // a DNS-1123 subdomain
  if (text.empty() || text.size() > 253) return false;
  bool at_start = true;
  char previous = '.';
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (c == '.' ? previous == '.' || previous == '-' : c == '-' ? at_start : !letter) return false;
    at_start = c == '.';
    previous = c;
  }
  return previous != '.' && previous != '-';
}

absl::Status CheckSelector(const std::string& key, const std::string& value) {
  const size_t slash = key.find('/');
  const bool good = slash == std::string::npos ? IsLabelName(key)
                                               : IsLabelPrefix(std::string_view(key).substr(0, slash)) &&
                                                     IsLabelName(key.substr(slash + 1));
  if (!good) return InvalidArgument("providerConfig: nodeSelector: key \"{}\" is no label name", key);
  if (!value.empty() && !IsLabelName(value)) {
    return InvalidArgument("providerConfig: nodeSelector.{}: value \"{}\" is no label value", key, value);
  }
  return absl::OkStatus();
}

absl::Status ReadTexts(const Json& value, const std::string& path,
                       std::map<std::string, std::string>* texts) {
  if (value.is_null()) return absl::OkStatus();  // a key with nothing but comments below
  if (!value.is_object()) {
    return InvalidArgument("providerConfig: {}: expected a mapping of texts, found a {}", path,
                           value.type_name());
  }
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string() && !text.is_null()) {
      return InvalidArgument("providerConfig: {}.{}: expected a text, found a {}", path, key,
                             text.type_name());
    }
    (*texts)[key] = text.is_null() ? "" : text.get<std::string>();
  }
  return absl::OkStatus();
}

absl::Status Decode(const Json& raw, ProviderConfig* config) {
  if (raw.is_null()) return absl::OkStatus();
  if (!raw.is_object())
    return InvalidArgument("providerConfig: expected a mapping, found a {}", raw.type_name());
  for (const auto& [key, value] : raw.items()) {
    if (key == "configs") {
      CRM_RETURN_IF_ERROR(ReadTexts(value, key, &config->configs));
    } else if (key == "nodeSelector") {
      CRM_RETURN_IF_ERROR(ReadTexts(value, key, &config->node_selector));
    } else if (key == "apiVersion" || key == "kind") {
      const std::string_view expected = key == "kind" ? kKind : kApiVersion;
      if (value != Json(expected)) {
        config->warnings.push_back(
            fmt::format("providerConfig: {}: found {}, expected {}", key, value.dump(), expected));
      }
    } else {
      config->warnings.push_back(fmt::format(
          "providerConfig: {}: unknown key without effect, expected configs or nodeSelector", key));
    }
  }
  for (const auto& [key, value] : config->node_selector) CRM_RETURN_IF_ERROR(CheckSelector(key, value));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ProviderConfig> DecodeProviderConfig(const Json& raw) {
  ProviderConfig config;
  if (absl::Status status = Decode(raw, &config); !status.ok())
    return WithCode(status, kConfigurationProblem);
  return config;
}

absl::StatusOr<ProviderConfig> FindProviderConfig(const Json& extension, const Json* cluster) {
  if (const Json* own = kube::Find(extension, {"spec", "providerConfig"});
      own != nullptr && !own->is_null()) {
    return DecodeProviderConfig(*own);
  }
  const Json* entries =
      cluster == nullptr ? nullptr : kube::Find(*cluster, {"spec", "shoot", "spec", "extensions"});
  const Json* found = nullptr;
  if (entries != nullptr && entries->is_array()) {
    for (const Json& entry : *entries) {
      if (kube::FindString(entry, {"type"}) == kExtensionType) found = kube::Find(entry, {"providerConfig"});
    }
  }
  return found == nullptr ? ProviderConfig() : DecodeProviderConfig(*found);
}

std::map<std::string, std::string> NodeSelector(const ProviderConfig& config) {
  std::map<std::string, std::string> selector = config.node_selector;
  selector[std::string(kCriNameLabel)] = kCriNameValue;
  return selector;
}

}  // namespace crm::gardener
