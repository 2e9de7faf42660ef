#include "gardener/actuator.h"

#include <set>

#include "base/log.h"
#include "base/status.h"
#include "fmt/format.h"
#include "gardener/errors.h"
#include "gardener/names.h"
#include "gardener/render.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::gardener {
namespace {

constexpr char kLogger[] = "cri-resmgr-actuator";
constexpr absl::Duration kPoll = absl::Seconds(2);
constexpr absl::Duration kPatience = absl::Seconds(150);  // gardenlet itself waits for 3 min
constexpr absl::Duration kForcedPatience = absl::Seconds(10);
constexpr absl::Duration kHibernatedPoll = absl::Minutes(1);  // nobody deletes objects meanwhile

const Logger& Log() {
  static const Logger* const logger = new Logger(kLogger);
  return *logger;
}

bool IsHibernated(const Json* cluster) {
  const Json* enabled = cluster == nullptr
                            ? nullptr
                            : kube::Find(*cluster, {"spec", "shoot", "spec", "hibernation", "enabled"});
  return enabled != nullptr && enabled->is_boolean() && enabled->get<bool>();
}

// Of one life of the object: a new one of the same name waits anew.
std::string WaitKey(const Json& extension, std::string_view managed_resource) {
  return fmt::format("{}/{}/{}", kube::ObjectKey(extension), kube::Uid(extension), managed_resource);
}

std::set<std::string> Architectures(const Json* cluster) {
  std::set<std::string> found;
  const Json* workers =
      cluster == nullptr ? nullptr : kube::Find(*cluster, {"spec", "shoot", "spec", "provider", "workers"});
  if (workers != nullptr && workers->is_array()) {
    for (const Json& worker : *workers) {
      const std::string_view architecture = kube::FindString(worker, {"machine", "architecture"});
      found.emplace(architecture.empty() ? "amd64" : architecture);
    }
  }
  if (found.empty()) found.insert("amd64");
  return found;
}

}  // namespace

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ImagesPerArchitecture(
    const ImageVector& images, std::string_view name, const Json* cluster) {
  std::string version;
  if (cluster != nullptr)
    version = kube::FindString(*cluster, {"spec", "shoot", "spec", "kubernetes", "version"});
  std::vector<std::pair<std::string, std::string>> result;
  std::set<std::string> distinct;
  for (const std::string& architecture : Architectures(cluster)) {
    CRM_ASSIGN_OR_RETURN(std::string image,
                         images.Find(name, {.target_version = version, .architecture = architecture}));
    distinct.insert(image);
    result.emplace_back(architecture, std::move(image));
  }
  if (distinct.size() == 1) return std::vector{std::pair<std::string, std::string>("", *distinct.begin())};
  return result;
}

InstallationActuator::InstallationActuator(kube::Client& client, ImageVectorFile& images, Options options)
    : client_(client),
      images_(images),
      options_(std::move(options)),
      managed_resources_(client),
      events_(client, kLogger, options_.now) {}

absl::StatusOr<Texts> InstallationActuator::ReadBaseConfigs() {
  if (options_.config_map_namespace.empty()) return Texts();
  absl::StatusOr<Json> config_map =
      client_.Get(kube::resources::kConfigMaps, options_.config_map_namespace, kBaseConfigMap);
  if (absl::IsNotFound(config_map.status())) return base_configs_.Accept({}).texts;
  if (!config_map.ok()) {
    // Anything but absence is an error: taken for "empty", one hiccup would strip all shoots of their
    // configurations.
    return Annotate(config_map.status(),
                    fmt::format("base configurations {}/{}", options_.config_map_namespace, kBaseConfigMap));
  }
  Texts raw;
  const Json* data = kube::Find(*config_map, {"data"});
  if (data != nullptr && data->is_object()) {
    for (const auto& [name, text] : data->items()) {
      if (text.is_string()) raw[name] = text.get<std::string>();
    }
  }
  BaseConfigs::Accepted accepted = base_configs_.Accept(raw);
  if (!accepted.problems.empty()) {
    const std::string problems = fmt::format("{}", fmt::join(accepted.problems, "; "));
    if (events_.Warn(kube::resources::kConfigMaps, *config_map, "ConfigMap", "ConfigurationProblem",
                     problems)) {
      Log().Warning("base configurations {}/{}: {}", options_.config_map_namespace, kBaseConfigMap, problems);
    }
  }
  for (const std::string& name : accepted.lost) accepted.texts[name] = raw[name];
  return accepted.texts;
}

absl::StatusOr<DeliverableConfigs> InstallationActuator::Configs(const Json& extension,
                                                                 const ProviderConfig& config) {
  CRM_ASSIGN_OR_RETURN(Texts base, ReadBaseConfigs());
  // A base text that can not be delivered, and that the shoot does not replace: what the shoot has now stays.
  std::set<std::string> undeliverable;
  for (auto it = base.begin(); it != base.end();) {
    const bool lost = !config.configs.contains(it->first) && !MakeDeliverable({*it}).ok();
    if (lost) undeliverable.insert(it->first);
    it = lost ? base.erase(it) : std::next(it);
  }
  const Texts merged = MergeConfigs(base, config.configs);
  absl::StatusOr<DeliverableConfigs> configs = MakeDeliverable(merged);
  if (!configs.ok()) return WithCode(configs.status(), kConfigurationProblem);
  if (!undeliverable.empty()) {
    CRM_RETURN_IF_ERROR(KeepDelivered(std::string(kube::Namespace(extension)), undeliverable, &*configs));
  }
  std::vector<std::string> warnings = config.warnings;
  Texts own;  // the operator hears of the base texts above
  for (const auto& [name, text] : config.configs) {
    if (merged.contains(name)) own[name] = text;
  }
  for (std::string& problem : FindProblems(own)) warnings.push_back(std::move(problem));
  if (!warnings.empty()) {
    const std::string text = fmt::format("{}", fmt::join(warnings, "; "));
    if (events_.Warn(kube::resources::kExtensions, extension, "Extension", "ConfigurationProblem", text)) {
      Log().Log(LogLevel::kWarning, text, {{"extension", kube::ObjectKey(extension)}});
    }
  }
  return configs;
}

absl::Status InstallationActuator::KeepDelivered(const std::string& ns, const std::set<std::string>& names,
                                                 DeliverableConfigs* configs) {
  CRM_ASSIGN_OR_RETURN(
      const std::string stream,
      managed_resources_.CurrentData(ns, kShootManagedResource, std::string(kShootSecretKey)));
  for (const Json& object : ParseStream(stream)) {
    const std::string_view object_name = kube::Name(object);
    const Json* data = kube::Find(object, {"data"});
    for (const std::string& name : names) {
      if (IsStaticConfig(name)) {
        if (object_name != "cri-resmgr-static-configs" || data == nullptr) continue;
        const std::string_view text = kube::FindString(*data, {name + ".cfg"});
        if (!text.empty()) configs->statics[name] = text;
      } else if (object_name == "cri-resmgr-config." + name) {
        Texts& kept = configs->dynamics[name];
        if (data == nullptr || !data->is_object()) continue;
        for (const auto& [key, value] : data->items()) {
          if (value.is_string()) kept[key] = value.get<std::string>();
        }
      }
    }
  }
  return absl::OkStatus();
}

absl::Status InstallationActuator::Reconcile(const Json& extension, const Json* cluster) {
  const std::string ns(kube::Namespace(extension));
  CRM_ASSIGN_OR_RETURN(const ProviderConfig config, FindProviderConfig(extension, cluster));
  Installation installation;
  CRM_ASSIGN_OR_RETURN(installation.configs, Configs(extension, config));
  installation.node_selector = NodeSelector(config);
  CRM_ASSIGN_OR_RETURN(const auto images, ImagesPerArchitecture(images_.Current(), kAgentImage, cluster));
  for (const auto& [architecture, image] : images) installation.agent_images.push_back({architecture, image});
  ManagedResource resource = {std::string(kShootManagedResource), ManagedResourceClass::kShoot, {}};
  resource.data[std::string(kShootSecretKey)] = Serialise(RenderInstallation(installation));
  return managed_resources_.Apply(ns, resource);
}

absl::Status InstallationActuator::Delete(const Json& extension, const Json* cluster) {
  const std::string ns(kube::Namespace(extension));
  for (std::string_view name : {kShootManagedResource, kSeedManagedResource}) {
    CRM_RETURN_IF_ERROR(managed_resources_.Delete(ns, name));
    const absl::Status gone =
        Gone(extension, name, IsHibernated(cluster) ? absl::InfiniteDuration() : kPatience);
    if (IsStillWaiting(gone) && IsHibernated(cluster)) return StillWaiting(kHibernatedPoll, Message(gone));
    CRM_RETURN_IF_ERROR(gone);
  }
  return absl::OkStatus();
}

absl::Status InstallationActuator::ForceDelete(const Json& extension) {
  const std::string ns(kube::Namespace(extension));
  for (std::string_view name : {kShootManagedResource, kSeedManagedResource}) {
    CRM_RETURN_IF_ERROR(managed_resources_.Delete(ns, name));
  }
  // Both first: their times run side by side.
  const absl::Status left[] = {Gone(extension, kShootManagedResource, kForcedPatience),
                               Gone(extension, kSeedManagedResource, kForcedPatience)};
  for (const absl::Status& gone : left) {
    if (IsStillWaiting(gone)) return gone;
  }
  for (const absl::Status& gone : left) {
    if (!gone.ok()) Log().Warning("force deletion goes on although {}", Message(gone));
  }
  StopWaiting(extension, kShootManagedResource);
  StopWaiting(extension, kSeedManagedResource);
  return absl::OkStatus();
}

absl::Status InstallationActuator::Migrate(const Json& extension) {
  const std::string ns(kube::Namespace(extension));
  CRM_RETURN_IF_ERROR(managed_resources_.KeepObjects(ns, kShootManagedResource));
  for (std::string_view name : {kShootManagedResource, kSeedManagedResource}) {
    CRM_RETURN_IF_ERROR(managed_resources_.Delete(ns, name));
    CRM_RETURN_IF_ERROR(Gone(extension, name, kPatience));
  }
  return absl::OkStatus();
}

absl::Status InstallationActuator::Gone(const Json& extension, std::string_view managed_resource,
                                        absl::Duration patience) {
  CRM_ASSIGN_OR_RETURN(const Remains remains,
                       managed_resources_.Look(kube::Namespace(extension), managed_resource));
  if (remains.gone) {
    StopWaiting(extension, managed_resource);
    return absl::OkStatus();
  }
  if (WaitedFor(extension, managed_resource) < patience) return StillWaiting(kPoll, remains.text);
  absl::Status error = Error(absl::StatusCode::kDeadlineExceeded, "{}", remains.text);
  if (remains.invalid_objects) error = WithCode(error, kConfigurationProblem);
  return remains.deletion_pending ? RequeueAfter(error, absl::Seconds(10)) : error;
}

absl::Duration InstallationActuator::WaitedFor(const Json& extension, std::string_view managed_resource) {
  absl::MutexLock lock(&mutex_);
  const absl::Time now = options_.now();
  return now - waiting_since_.emplace(WaitKey(extension, managed_resource), now).first->second;
}

void InstallationActuator::StopWaiting(const Json& extension, std::string_view managed_resource) {
  absl::MutexLock lock(&mutex_);
  waiting_since_.erase(WaitKey(extension, managed_resource));
}

}  // namespace crm::gardener
