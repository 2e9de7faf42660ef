// resource-manager-standin: applies ManagedResources where no gardener-resource-manager runs.

#include <memory>
#include <string>
#include <vector>

#include "base/flags.h"
#include "base/log.h"
#include "base/shutdown.h"
#include "base/status.h"
#include "kube/config.h"
#include "kube/testing/standin.h"

namespace {

absl::StatusOr<std::unique_ptr<crm::kube::Client>> Connect(const std::string& kubeconfig) {
  CRM_ASSIGN_OR_RETURN(crm::kube::ClientConfig config, crm::kube::LoadKubeconfig(kubeconfig));
  config.user_agent = "resource-manager-standin";
  return crm::kube::Client::Create(std::move(config));
}

}  // namespace

int main(int argc, char** argv) {
  crm::BlockShutdownSignals();
  std::string source_path;
  std::string target_path;
  crm::kube::testing::StandinOptions options;
  crm::FlagTable flags(
      "resource-manager-standin",
      "Keeps the objects of ManagedResources applied, where no gardener-resource-manager runs.");
  flags.Add("source-kubeconfig", &source_path, "cluster that holds the ManagedResources and their Secrets")
      .Add("target-kubeconfig", &target_path, "cluster that gets the objects")
      .Add("sync-period", &options.sync_period, "how often everything is compared again")
      .Add("cluster-id", &options.cluster_id, "first part of the origin annotation");
  std::vector<std::string> rest;
  const crm::FlagTable::Outcome outcome = flags.Parse(argc, argv, &rest);
  if (outcome != crm::FlagTable::Outcome::kRun) return outcome == crm::FlagTable::Outcome::kHelp ? 0 : 2;
  const crm::Logger log("resource-manager-standin");
  if (!rest.empty() || source_path.empty() || target_path.empty()) {
    log.Error("expected --source-kubeconfig and --target-kubeconfig and no other words");
    return 2;
  }
  auto source = Connect(source_path);
  auto target = Connect(target_path);
  for (const auto& client : {&source, &target}) {
    if (!client->ok()) log.Error("{}", crm::Message(client->status()));
  }
  if (!source.ok() || !target.ok()) return 1;
  crm::kube::testing::ResourceManagerStandin standin(**source, **target, options);
  standin.Start();
  log.Info("watching ManagedResources");
  crm::WaitForSignal();
  standin.Stop();
  log.Info("stopped");
  return 0;
}
