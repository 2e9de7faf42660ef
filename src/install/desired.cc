#include "install/desired.h"

#include "base/status.h"
#include "install/paths.h"
#include "install/sha256.h"
#include "install/shipped.h"

namespace crm::install {
namespace {

constexpr int kTextMode = 0644;
constexpr int kProgramMode = 0755;

DesiredFile Text(std::string path, std::string content) {
  DesiredFile file;
  file.path = std::move(path);
  file.mode = kTextMode;
  file.sha256 = Sha256Hex(content);
  file.content = std::move(content);
  return file;
}

}  // namespace

const DesiredFile* Desired::Find(const std::string& path) const {
  for (const DesiredFile& file : files) {
    if (file.path == path) return &file;
  }
  return nullptr;
}

absl::StatusOr<Desired> ComputeDesired(const DesiredInput& input) {
  Desired desired;
  desired.version = input.payload.version;
  desired.strategy = input.strategy;
  CRM_ASSIGN_OR_RETURN(desired.daemon, CheckStaticConfigs(input.configs, desired.warnings));
  desired.endpoint.relay_socket = desired.daemon.relay_socket;
  desired.endpoint.runtime_socket = desired.daemon.runtime_socket;
  desired.endpoint.override_foreign = input.override_foreign;

  for (const auto& [path, sha256] : input.payload.sha256) {
    DesiredFile file;
    file.path = path;
    file.mode = path.find("/bin/") == std::string::npos ? kTextMode : kProgramMode;
    file.sha256 = sha256;
    file.from_payload = true;
    desired.files.push_back(std::move(file));
  }
  desired.files.push_back(Text(kUnitFile, std::string(ShippedUnit())));
  desired.files.push_back(Text(kFailsafeUnitFile, std::string(ShippedFailsafeUnit())));
  desired.files.push_back(Text(kDefaults, DefaultsText(input.configs)));
  desired.files.push_back(Text(kSample, std::string(ShippedSample())));
  // The daemon does not start without the file that its options name.
  if (!input.configs_are_the_nodes || !input.configs.fallback) {
    desired.files.push_back(Text(kFallback, input.configs.fallback.value_or(std::string(ShippedSample()))));
  }
  const auto optional = [&](const char* path, const std::optional<std::string>& content) {
    if (input.configs_are_the_nodes) return;
    if (content) {
      desired.files.push_back(Text(path, *content));
    } else {
      desired.absent.emplace_back(path);
    }
  };
  optional(kForce, input.configs.force);
  optional(kExtraOptions, input.configs.extra_options);

  std::string all = desired.version + '\n' + desired.strategy + '\n';
  for (const DesiredFile& file : desired.files) all += file.path + ' ' + file.sha256 + '\n';
  desired.fingerprint = Sha256Hex(all);
  return desired;
}

}  // namespace crm::install
