#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <cstdlib>
#include <limits>

#include "base/status.h"
#include "kube/testing/json_text.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

constexpr size_t kMaxValues = 300'000;

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  for (std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

/// Decimal, 0x, 0o, 0b and, as YAML 1.1 has it, octal by a leading zero. False when it is no integer that
/// fits.
bool ParseInteger(std::string_view text, Json* value) {
  const bool negative = text.starts_with('-');
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 2 && text[0] == '0') {
    const char mark = text[1];
    base = mark == 'x' || mark == 'X'   ? 16
           : mark == 'o' || mark == 'O' ? 8
           : mark == 'b' || mark == 'B' ? 2
                                        : 10;
    if (base != 10) text.remove_prefix(2);
  }
  if (base == 10 && text.size() > 1 && text[0] == '0') base = 8;
  if (text.empty()) return false;
  uint64_t number = 0;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : 99;
    if (digit >= base) return false;
    const auto wide_base = static_cast<uint64_t>(base);
    if (number > (std::numeric_limits<uint64_t>::max() - static_cast<uint64_t>(digit)) / wide_base)
      return false;
    number = number * wide_base + static_cast<uint64_t>(digit);
  }
  if (!negative) {
    *value = number;
    return true;
  }
  if (number > uint64_t{1} << 63) return false;
  *value = static_cast<int64_t>(~number + 1);
  return true;
}

bool ParseFloat(const std::string& text, Json* value) {
  bool digit = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') digit = true;
    if (std::string_view("0123456789+-.eE").find(c) == std::string_view::npos) return false;
  }
  if (!digit || text[0] == 'e' || text[0] == 'E') return false;
  char* end = nullptr;
  errno = 0;
  const double number = std::strtod(text.c_str(), &end);
  if (*end != '\0' || errno == ERANGE) return false;
  *value = number;
  return true;
}

Json PlainScalar(const std::string& text) {
  if (IsOneOf(text, {"", "~", "null", "Null", "NULL"})) return nullptr;
  if (IsOneOf(text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) return true;
  if (IsOneOf(text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) return false;
  Json value;
  if (ParseInteger(text, &value) || ParseFloat(text, &value)) return value;
  return text;
}

class Converter {
 public:
  absl::StatusOr<Json> Convert(const YAML::Node& node, int depth) {
    if (depth > kMaxNesting) return At(node, "nested deeper than 200 levels");
    if (++values_ > kMaxValues) return At(node, "the document expands to more than 300000 values");
    switch (node.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        return Json(nullptr);
      case YAML::NodeType::Scalar:
        return Scalar(node);
      case YAML::NodeType::Sequence: {
        Json list = Json::array();
        for (const YAML::Node& item : node) {
          CRM_ASSIGN_OR_RETURN(Json value, Convert(item, depth + 1));
          list.push_back(std::move(value));
        }
        return list;
      }
      case YAML::NodeType::Map:
        return Map(node, depth);
    }
    return At(node, "unknown kind of value");
  }

 private:
  static absl::Status At(const YAML::Node& node, std::string_view why) {
    return InvalidArgument("yaml: line {}, column {}: {}", node.Mark().line + 1, node.Mark().column + 1, why);
  }

  static absl::StatusOr<Json> Scalar(const YAML::Node& node) {
    const std::string& tag = node.Tag();
    if (tag == "!" || tag == "tag:yaml.org,2002:str" || tag == "tag:yaml.org,2002:binary")
      return Json(node.Scalar());
    return PlainScalar(node.Scalar());
  }

  absl::StatusOr<Json> Map(const YAML::Node& node, int depth) {
    Json map = Json::object();
    Json merged = Json::object();
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) return At(entry.first, "a key that is no text");
      CRM_ASSIGN_OR_RETURN(Json value, Convert(entry.second, depth + 1));
      const std::string& key = entry.first.Scalar();
      if (key == "<<" && entry.first.Tag() != "!") {
        CRM_RETURN_IF_ERROR(Merge(entry.second, std::move(value), &merged));
        continue;
      }
      if (!map.emplace(key, std::move(value)).second)
        return At(entry.first, "key \"" + key + "\" appears twice");
    }
    for (auto& [key, value] : merged.items()) map.emplace(key, value);  // own keys win
    return map;
  }

  static absl::Status Merge(const YAML::Node& node, Json value, Json* merged) {
    const Json sources = value.is_array() ? std::move(value) : Json::array({std::move(value)});
    for (const Json& source : sources) {
      if (!source.is_object()) return At(node, "a merge key needs a mapping");
      for (const auto& [key, member] : source.items()) merged->emplace(key, member);  // earlier sources win
    }
    return absl::OkStatus();
  }

  size_t values_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<Json>> ParseYamlStream(std::string_view text) {
  std::vector<Json> documents;
  try {
    for (const YAML::Node& node : YAML::LoadAll(std::string(text))) {
      CRM_ASSIGN_OR_RETURN(Json document, Converter().Convert(node, 0));
      if (!document.is_null()) documents.push_back(std::move(document));
    }
  } catch (const YAML::Exception& error) {
    return InvalidArgument("yaml: line {}, column {}: {}", error.mark.line + 1, error.mark.column + 1,
                           error.msg);
  }
  try {
    for (const Json& document : documents) document.dump();  // refuses what is no UTF-8
  } catch (const Json::exception& error) {
    return InvalidArgument("yaml: {}", error.what());
  }
  return documents;
}

absl::StatusOr<Json> ParseYaml(std::string_view text) {
  CRM_ASSIGN_OR_RETURN(std::vector<Json> documents, ParseYamlStream(text));
  if (documents.size() > 1) return InvalidArgument("yaml: more than one document");
  return documents.empty() ? Json(nullptr) : std::move(documents.front());
}

}  // namespace crm::kube::testing
