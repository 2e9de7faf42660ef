#include "state/store.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "nlohmann/json.hpp"

namespace crm::state {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kVersion = "1";
constexpr int kFileMode = 0600;

// FNV-1a, 64 bit: detects torn and edited files; it is no protection against an attacker, whom the mode keeps
// out.
std::string Checksum(std::string_view text) {
  uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return fmt::format("{:016x}", hash);
}

// Replaces bytes that are no UTF-8: labels and annotations of pods are foreign data and must not stop a save.
std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

int StateNumber(model::ContainerState state) {
  switch (state) {
    case model::ContainerState::kCreated:
      return 0;
    case model::ContainerState::kRunning:
      return 1;
    case model::ContainerState::kExited:
      return 2;
    case model::ContainerState::kCreating:
      return 4;
  }
  return 3;
}

model::ContainerState StateFromNumber(int number) {
  switch (number) {
    case 1:
      return model::ContainerState::kRunning;
    case 2:
    case 5:
      return model::ContainerState::kExited;
    case 4:
      return model::ContainerState::kCreating;
    default:
      return model::ContainerState::kCreated;
  }
}

model::QosClass QosFromName(const std::string& name) {
  for (const auto qos :
       {model::QosClass::kGuaranteed, model::QosClass::kBurstable, model::QosClass::kBestEffort}) {
    if (name == model::QosClassName(qos)) return qos;
  }
  return model::QosClass::kUnknown;
}

Json ToJson(const model::Pod& pod) {
  return {{"ID", pod.id},
          {"UID", pod.uid},
          {"Name", pod.name},
          {"Namespace", pod.ns},
          {"State", 0},
          {"QOSClass", model::QosClassName(pod.qos)},
          {"Labels", pod.labels},
          {"Annotations", pod.annotations},
          {"CgroupParent", pod.cgroup_parent}};
}

model::Pod PodFromJson(const Json& json) {
  model::Pod pod;
  pod.id = json.at("ID");
  pod.uid = json.value("UID", "");
  pod.name = json.value("Name", "");
  pod.ns = json.value("Namespace", "");
  pod.qos = QosFromName(json.value("QOSClass", ""));
  pod.cgroup_parent = json.value("CgroupParent", "");
  if (json.contains("Labels") && json["Labels"].is_object()) pod.labels = json["Labels"];
  if (json.contains("Annotations") && json["Annotations"].is_object()) pod.annotations = json["Annotations"];
  return pod;
}

Json ToJson(const model::LinuxResources& asked) {
  Json json = Json::object();
  const auto number = [&](const char* key, int64_t value) {
    if (value != 0) json[key] = value;
  };
  number("cpu_period", asked.cpu_period);
  number("cpu_quota", asked.cpu_quota);
  number("cpu_shares", asked.cpu_shares);
  number("memory_limit_in_bytes", asked.memory_limit_bytes);
  number("oom_score_adj", asked.oom_score_adj);
  if (!asked.cpuset_cpus.empty()) json["cpuset_cpus"] = asked.cpuset_cpus;
  if (!asked.cpuset_mems.empty()) json["cpuset_mems"] = asked.cpuset_mems;
  return json;
}

model::LinuxResources AskedFromJson(const Json& json) {
  model::LinuxResources asked;
  asked.cpu_period = json.value("cpu_period", int64_t{0});
  asked.cpu_quota = json.value("cpu_quota", int64_t{0});
  asked.cpu_shares = json.value("cpu_shares", int64_t{0});
  asked.memory_limit_bytes = json.value("memory_limit_in_bytes", int64_t{0});
  asked.oom_score_adj = json.value("oom_score_adj", int64_t{0});
  asked.cpuset_cpus = json.value("cpuset_cpus", "");
  asked.cpuset_mems = json.value("cpuset_mems", "");
  return asked;
}

Json ToJson(const ContainerRecord& record) {
  const model::Container& container = record.container;
  Json json = {{"ID", container.id},
               {"PodID", container.pod_id},
               {"CacheID", container.cache_id},
               {"Name", container.name},
               {"Namespace", container.ns},
               {"State", StateNumber(container.state)},
               {"Labels", container.labels},
               {"LinuxReq", ToJson(container.asked)}};
  const model::Requirements& needs = container.requirements;
  Json& requirements = json["Requirements"] = Json::object();
  if (needs.cpu_request_milli) requirements["cpuRequestMilli"] = *needs.cpu_request_milli;
  if (needs.cpu_limit_milli) requirements["cpuLimitMilli"] = *needs.cpu_limit_milli;
  if (needs.memory_request_bytes) requirements["memoryRequestBytes"] = *needs.memory_request_bytes;
  if (needs.memory_limit_bytes) requirements["memoryLimitBytes"] = *needs.memory_limit_bytes;
  Json& assignment = json["Assignment"] = Json::object();
  if (record.assignment.cpus) assignment["Cpus"] = record.assignment.cpus->ToString();
  if (record.assignment.memory_nodes) assignment["Mems"] = record.assignment.memory_nodes->ToListString();
  if (record.assignment.cpu_shares) assignment["CpuShares"] = *record.assignment.cpu_shares;
  json["Reason"] = {{"Pool", record.reason.pool}, {"Kind", record.reason.kind}, {"Text", record.reason.text}};
  Json& ours = json["Ours"] = Json::array();
  if (record.ours.cpus) ours.push_back("cpus");
  if (record.ours.memory_nodes) ours.push_back("mems");
  if (record.ours.cpu_shares) ours.push_back("shares");
  if (record.uncertain) json["Uncertain"] = true;
  json["Tags"] = container.tags;
  json["Adjustment"] = container.adjustment;
  json["RDTClass"] = container.rdt_class;
  json["BlockIOClass"] = container.blockio_class;
  json["ToptierLimit"] = container.toptier_limit_bytes.value_or(-1);
  if (container.resized) json["Resized"] = true;
  return json;
}

std::optional<int64_t> OptionalNumber(const Json& json, const char* key) {
  if (!json.contains(key)) return std::nullopt;
  return json.at(key).get<int64_t>();
}

absl::StatusOr<ContainerRecord> RecordFromJson(const Json& json) {
  ContainerRecord record;
  model::Container& container = record.container;
  container.id = json.value("ID", "");
  container.pod_id = json.value("PodID", "");
  container.cache_id = json.at("CacheID");
  container.name = json.value("Name", "");
  container.ns = json.value("Namespace", "");
  container.state = StateFromNumber(json.value("State", 3));
  if (json.contains("Labels") && json["Labels"].is_object()) container.labels = json["Labels"];
  if (json.contains("LinuxReq") && json["LinuxReq"].is_object())
    container.asked = AskedFromJson(json["LinuxReq"]);
  if (const auto it = json.find("Requirements"); it != json.end()) {
    container.requirements = {OptionalNumber(*it, "cpuRequestMilli"), OptionalNumber(*it, "cpuLimitMilli"),
                              OptionalNumber(*it, "memoryRequestBytes"),
                              OptionalNumber(*it, "memoryLimitBytes")};
  }
  if (const auto it = json.find("Assignment"); it != json.end() && it->is_object()) {
    if (it->contains("Cpus")) {
      CRM_ASSIGN_OR_RETURN(record.assignment.cpus, CpuSet::Parse(it->at("Cpus").get<std::string>()));
    }
    if (it->contains("Mems")) {
      CRM_ASSIGN_OR_RETURN(record.assignment.memory_nodes, CpuSet::Parse(it->at("Mems").get<std::string>()));
    }
    record.assignment.cpu_shares = OptionalNumber(*it, "CpuShares");
  }
  if (const auto it = json.find("Reason"); it != json.end() && it->is_object()) {
    record.reason = {it->value("Pool", ""), it->value("Kind", ""), it->value("Text", "")};
  }
  // Files without the member, the Go original's among them, do not tell who set what.
  if (const auto it = json.find("Ours"); it != json.end() && it->is_array()) {
    const auto named = [&](const char* field) {
      return std::find(it->begin(), it->end(), field) != it->end();
    };
    record.ours = {named("cpus"), named("mems"), named("shares")};
  } else {
    record.ours = {true, true, true};
  }
  record.uncertain = json.value("Uncertain", false);
  if (json.contains("Tags") && json["Tags"].is_object()) container.tags = json["Tags"];
  container.adjustment = json.value("Adjustment", "");
  container.rdt_class = json.value("RDTClass", "");
  container.blockio_class = json.value("BlockIOClass", "");
  if (const auto limit = json.value("ToptierLimit", int64_t{-1}); limit >= 0)
    container.toptier_limit_bytes = limit;
  container.resized = json.value("Resized", false);
  return record;
}

absl::Status DataLoss(std::string_view what) { return Error(absl::StatusCode::kDataLoss, "{}", what); }

absl::StatusOr<State> FromJson(const Json& json) {
  State state;
  const Json pods = json.value("Pods", Json::object());
  for (const auto& [id, pod] : pods.items()) state.pods[id] = PodFromJson(pod);
  const Json containers = json.value("Containers", Json::object());
  for (const auto& [id, container] : containers.items()) {
    CRM_ASSIGN_OR_RETURN(state.containers[id], RecordFromJson(container));
  }
  if (const auto it = json.find("Cfg"); it != json.end() && it->is_object()) {
    AgentConfig config;
    config.node_name = it->value("NodeName", "");
    if (it->contains("Data") && it->at("Data").is_object()) config.data = it->at("Data");
    state.config = std::move(config);
  }
  state.policy = json.value("PolicyName", "");
  if (const auto it = json.find("PolicyJSON"); it != json.end() && it->is_object()) {
    state.grants = it->value("allocations", "");
  }
  return state;
}

}  // namespace

std::string Store::Serialize(const State& state) {
  Json json = {{"Version", kVersion}, {"NextID", 1}, {"PolicyName", state.policy}};
  json["Pods"] = Json::object();
  for (const auto& [id, pod] : state.pods) json["Pods"][id] = ToJson(pod);
  json["Containers"] = Json::object();
  for (const auto& [id, record] : state.containers) json["Containers"][id] = ToJson(record);
  json["Cfg"] = nullptr;
  if (state.config) json["Cfg"] = {{"NodeName", state.config->node_name}, {"Data", state.config->data}};
  json["PolicyJSON"] = Json::object();
  if (!state.grants.empty()) json["PolicyJSON"]["allocations"] = state.grants;
  json["Checksum"] = Checksum(Dump(json));
  return Dump(json) + '\n';
}

absl::StatusOr<State> Store::Parse(const std::string& text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return DataLoss("not a JSON object");
  if (json.value("Version", Json()) != kVersion) {
    return DataLoss(
        fmt::format("version {}, expected \"{}\"", json.value("Version", Json()).dump(), kVersion));
  }
  if (const auto it = json.find("Checksum"); it != json.end()) {
    const Json expected = *it;
    json.erase(it);
    if (expected != Checksum(Dump(json))) return DataLoss("checksum does not match the content");
  }
  try {
    return FromJson(json);
  } catch (const Json::exception& error) {
    return DataLoss(error.what());
  }
}

absl::StatusOr<Store::Loaded> Store::Load(const std::string& stamp) {
  absl::StatusOr<std::string> text = fs_.Read(paths_.StateFile());
  if (absl::IsNotFound(text.status()) || (text.ok() && text->empty())) return Loaded{};
  if (!text.ok()) return Annotate(text.status(), "state file");
  absl::StatusOr<State> state = Parse(*text);
  if (state.ok()) return Loaded{*std::move(state), ""};
  const std::string aside = paths_.BadStateFile(stamp);
  CRM_RETURN_IF_ERROR(fs_.Rename(paths_.StateFile(), aside));
  return Loaded{State{},
                fmt::format("state file {} cannot be used ({}); moved to {}, starting from what runs",
                            paths_.StateFile(), Message(state.status()), aside)};
}

absl::Status Store::Save(const State& state) {
  return Annotate(fs_.WriteAtomically(paths_.StateFile(), Serialize(state), kFileMode), "cannot save state");
}

}  // namespace crm::state
