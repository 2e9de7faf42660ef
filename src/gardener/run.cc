#include "gardener/run.h"

#include <cstdio>
#include <cstdlib>

#include "base/fs.h"
#include "base/shutdown.h"
#include "base/status.h"
#include "base/version.h"
#include "fmt/format.h"
#include "gardener/actuator.h"
#include "gardener/controller.h"
#include "gardener/image_vector.h"
#include "gardener/options.h"
#include "gardener/reconciler.h"
#include "kube/client.h"
#include "kube/config.h"

namespace crm::gardener {
namespace {

std::string FromProcess(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

absl::Status Serve(const Options& options, const Logger& log) {
  CRM_ASSIGN_OR_RETURN(const auto images,
                       ImageVectorFile::Open(RealFileSystem(), options.image_vector_overwrite));
  CRM_ASSIGN_OR_RETURN(kube::ClientConfig config, kube::ResolveConfig(options.kubeconfig));
  if (!options.master.empty()) config.server = options.master;
  config.user_agent = fmt::format("gardener-extension-cri-resmgr/{}", Version());
  log.Log(LogLevel::kInfo, "seed API server", {{"server", config.server}});
  CRM_ASSIGN_OR_RETURN(const std::unique_ptr<kube::Client> client, kube::Client::Create(std::move(config)));

  InstallationActuator::Options actuator_options;
  actuator_options.config_map_namespace = options.config_map_namespace;
  InstallationActuator actuator(*client, *images, actuator_options);
  Reconciler::Options reconciler_options;
  reconciler_options.classes = options.classes;
  Reconciler reconciler(*client, actuator, reconciler_options);
  Controller::Options controller_options;
  controller_options.workers = options.max_concurrent_reconciles;
  controller_options.mode = options.ignore_operation_annotation ? Mode::kGeneration : Mode::kAnnotation;
  controller_options.classes = options.classes;
  controller_options.config_map_namespace = options.config_map_namespace;
  Controller controller(*client, reconciler, controller_options);
  controller.Start();
  const int signal = WaitForSignal();
  log.Info("signal {}: stopping", signal);
  controller.Stop();
  return absl::OkStatus();
}

}  // namespace

int RunExtension(const std::vector<std::string>& words) {
  BlockShutdownSignals();
  const absl::StatusOr<Options> options = ParseOptions(words, FromProcess);
  if (absl::IsCancelled(options.status())) return 0;
  ConfigureLogging(options.ok() ? options->log_format : LogFormat::kJson,
                   options.ok() ? options->log_level : LogLevel::kInfo);
  const Logger log("cri-resmgr-controller-manager");
  absl::Status status = options.status();
  if (status.ok()) {
    log.Log(LogLevel::kInfo, "gardener-extension-cri-resmgr starts", {{"version", Version()}});
    if (!options->without_effect.empty()) {
      log.Info("options without effect in this version: {}", fmt::join(options->without_effect, " "));
    }
    status = Serve(*options, log);
  }
  if (status.ok()) return 0;
  log.Log(LogLevel::kError, "can not start", {{"error", std::string(Message(status))}});
  return 1;
}

}  // namespace crm::gardener
