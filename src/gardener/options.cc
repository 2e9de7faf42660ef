#include "gardener/options.h"

#include <cstdio>
#include <list>

#include "base/flags.h"
#include "base/status.h"

namespace crm::gardener {
namespace {

std::vector<std::string> SplitList(const std::string& text) {
  std::vector<std::string> items;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    items.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return items;
}

// What existing Deployments pass. A "no effect" word in the help beats a Deployment that no longer starts,
// and the program names every one that was given.
constexpr const char* kAcceptedOnly[] = {
    "leader-election",
    "leader-election-id",
    "leader-election-namespace",
    "leader-election-resource-lock",
    "webhook-config-server-host",
    "webhook-config-server-port",
    "webhook-config-cert-dir",
    "metrics-bind-address",
    "health-bind-address",
    "healthcheck-max-concurrent-reconciles",
    "namespace",
    "heartbeat-namespace",
    "gardener-version",
    "self-hosted-shoot-cluster",
};

}  // namespace

absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& words, const Environment& environment) {
  Options options;
  options.config_map_namespace = environment("EXTENSION_CONFIGMAP_NAMESPACE");
  options.image_vector_overwrite = environment("IMAGEVECTOR_OVERWRITE");
  std::string level = "info";
  std::string format = "json";
  std::string classes = "shoot";
  int renew_interval = 30;
  FlagTable flags(
      "cri-resmgr-controller-manager",
      "Reconciles Extensions of type cri-resmgr-extension: hands CRI Resource Manager, its agent and their "
      "configuration to the gardener-resource-manager of each shoot.");
  flags
      .Add("kubeconfig", &options.kubeconfig,
           "kubeconfig of the seed; empty: KUBECONFIG, in cluster, ~/.kube/config")
      .Add("master", &options.master, "address of the API server, instead of the kubeconfig's")
      .Add("max-concurrent-reconciles", &options.max_concurrent_reconciles,
           "Extensions worked on at the same time")
      .Add("ignore-operation-annotation", &options.ignore_operation_annotation,
           "reconcile on every change of an Extension's generation or of its Cluster, not on "
           "gardener.cloud/operation")
      .Add("extension-classes", &classes, "comma list of the classes of Extensions to serve")
      .Add("log-level", &level, "debug, info or error")
      .Add("log-format", &format, "json or text")
      .Add("renew-interval-seconds", &renew_interval, "must be positive; no effect in this version")
      .Add("heartbeat-renew-interval-seconds", &renew_interval,
           "must be positive; no effect in this version");
  std::list<std::string> ignored;  // stable addresses
  // Go's parser takes a bare boolean, so must we: these two are the only accepted-only booleans.
  bool leader_election = true;
  bool self_hosted = false;
  for (const char* name : kAcceptedOnly) {
    const std::string_view text = name;
    if (text == "leader-election") {
      flags.Add(name, &leader_election, "no effect in this version: run one replica");
    } else if (text == "self-hosted-shoot-cluster") {
      flags.Add(name, &self_hosted, "no effect in this version");
    } else {
      flags.Add(name, &ignored.emplace_back(), "no effect in this version");
    }
  }
  const std::string help = flags.Help();
  const absl::Status parsed = flags.ParseWords(words, nullptr);
  if (absl::IsCancelled(parsed)) std::fputs(help.c_str(), stdout);
  CRM_RETURN_IF_ERROR(parsed);

  for (const std::string& word : words) {
    const size_t begin = word.find_first_not_of('-');
    if (begin == 0 || begin == std::string::npos) continue;
    const std::string name = word.substr(begin, word.find('=') - begin);
    bool only_accepted = name == "renew-interval-seconds" || name == "heartbeat-renew-interval-seconds";
    for (const char* known : kAcceptedOnly) only_accepted = only_accepted || name == known;
    if (only_accepted) options.without_effect.push_back("--" + name);
  }
  if (level == "debug") {
    options.log_level = LogLevel::kDebug;
  } else if (level == "error") {
    options.log_level = LogLevel::kError;
  } else if (level != "info") {
    return InvalidArgument("invalid --log-level: {}, expected debug, info or error", level);
  }
  if (format == "text") {
    options.log_format = LogFormat::kText;
  } else if (format != "json") {
    return InvalidArgument("invalid --log-format: {}, expected json or text", format);
  }
  if (renew_interval <= 0) {
    return InvalidArgument("invalid --heartbeat-renew-interval-seconds: {}, expected a positive number",
                           renew_interval);
  }
  if (options.max_concurrent_reconciles < 1) {
    return InvalidArgument("invalid --max-concurrent-reconciles: {}, expected at least 1",
                           options.max_concurrent_reconciles);
  }
  options.classes = SplitList(classes);
  return options;
}

}  // namespace crm::gardener
