#include "install/journal.h"

#include "absl/strings/escaping.h"
#include "base/status.h"
#include "nlohmann/json.hpp"

namespace crm::install {
namespace {

using Json = nlohmann::json;

constexpr int kFormat = 1;

std::string Dump(const Json& json) { return json.dump(1, ' ', false, Json::error_handler_t::strict) + '\n'; }

// Texts stay readable; bytes that are no UTF-8 go as base64.
Json SavedToJson(const std::optional<SavedFile>& saved) {
  if (!saved) return nullptr;
  Json json = {{"mode", saved->mode}};
  try {
    json["text"] = saved->content;
    json.dump();
  } catch (const Json::exception&) {
    json.erase("text");
    json["base64"] = absl::Base64Escape(saved->content);
  }
  return json;
}

std::optional<SavedFile> SavedFromJson(const Json& json) {
  if (json.is_null()) return std::nullopt;
  SavedFile saved;
  saved.mode = json.at("mode");
  if (json.contains("text")) {
    saved.content = json.at("text");
  } else if (!absl::Base64Unescape(json.at("base64").get<std::string>(), &saved.content)) {
    throw Json::other_error::create(501, "base64: not decodable", &json);
  }
  return saved;
}

int64_t Seconds(absl::Time time) { return absl::ToUnixSeconds(time); }

Journal FromJson(const Json& json) {
  Journal journal;
  journal.version = json.value("version", "");
  journal.time = absl::FromUnixSeconds(json.value("time", int64_t{0}));
  journal.strategy = json.value("strategy", "");
  const Json files = json.value("files", Json::object());
  for (const auto& [path, file] : files.items()) {
    journal.files[path] = {file.at("sha256"), SavedFromJson(file.value("original", Json()))};
  }
  journal.directories = json.value("directories", std::vector<std::string>());
  if (json.contains("kubelet")) {
    const Json& kubelet = json.at("kubelet");
    Journal::Wiring wiring;
    wiring.strategy = kubelet.at("strategy");
    wiring.path = kubelet.at("path");
    wiring.original = SavedFromJson(kubelet.at("original"));
    wiring.relay_socket = kubelet.at("relaySocket");
    wiring.runtime_socket = kubelet.at("runtimeSocket");
    journal.wiring = std::move(wiring);
  }
  const Json restarts = json.value("kubeletRestarts", Json::array());
  for (const Json& seconds : restarts) {
    journal.kubelet_restarts.push_back(absl::FromUnixSeconds(seconds.get<int64_t>()));
  }
  journal.loaded_force = json.value("loadedForce", "");
  return journal;
}

}  // namespace

std::string SerializeJournal(const Journal& journal) {
  Json json = {{"format", kFormat},
               {"version", journal.version},
               {"time", Seconds(journal.time)},
               {"strategy", journal.strategy},
               {"directories", journal.directories},
               {"loadedForce", journal.loaded_force}};
  json["files"] = Json::object();
  for (const auto& [path, file] : journal.files) {
    json["files"][path] = {{"sha256", file.sha256}, {"original", SavedToJson(file.original)}};
  }
  if (journal.wiring) {
    json["kubelet"] = {{"strategy", journal.wiring->strategy},
                       {"path", journal.wiring->path},
                       {"original", SavedToJson(journal.wiring->original)},
                       {"relaySocket", journal.wiring->relay_socket},
                       {"runtimeSocket", journal.wiring->runtime_socket}};
  }
  json["kubeletRestarts"] = Json::array();
  for (const absl::Time time : journal.kubelet_restarts) json["kubeletRestarts"].push_back(Seconds(time));
  return Dump(json);
}

absl::StatusOr<Journal> ParseJournal(const std::string& text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Error(absl::StatusCode::kDataLoss, "not a JSON object");
  if (json.value("format", Json()) != kFormat) {
    return Error(absl::StatusCode::kDataLoss, "format {}, expected {}", json.value("format", Json()).dump(),
                 kFormat);
  }
  try {
    return FromJson(json);
  } catch (const Json::exception& error) {
    return Error(absl::StatusCode::kDataLoss, "{}", error.what());
  }
}

}  // namespace crm::install
