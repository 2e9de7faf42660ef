// embedded-apiserver: a small Kubernetes API server on the loopback, for a first look and for tests.

#include <memory>
#include <string>

#include "base/flags.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/shutdown.h"
#include "base/status.h"
#include "kube/testing/embedded_server.h"

int main(int argc, char** argv) {
  crm::BlockShutdownSignals();
  crm::kube::testing::EmbeddedServerOptions options;
  std::string kubeconfig_out;
  crm::FlagTable flags(
      "embedded-apiserver",
      "A small Kubernetes API server for a first look and for tests: no authentication, no controllers. "
      "Keep it on the loopback.");
  flags.Add("listen", &options.listen, "IP:PORT to serve on; port 0 takes a free one")
      .Add("data-dir", &options.store.data_dir,
           "folder that keeps the objects; empty keeps them in memory only")
      .Add("kubeconfig-out", &kubeconfig_out, "file that gets a kubeconfig with the address, once it serves")
      .Add("crds", &options.crd_directory,
           "folder of CustomResourceDefinitions (*.yaml) created when absent");
  std::vector<std::string> rest;
  const crm::FlagTable::Outcome outcome = flags.Parse(argc, argv, &rest);
  if (outcome != crm::FlagTable::Outcome::kRun) return outcome == crm::FlagTable::Outcome::kHelp ? 0 : 2;
  const crm::Logger log("embedded-apiserver");
  if (!rest.empty()) {
    log.Error("unexpected argument \"{}\": only flags are understood", rest.front());
    return 2;
  }
  auto server = crm::kube::testing::EmbeddedServer::Start(options);
  if (!server.ok()) {
    log.Error("{}", crm::Message(server.status()));
    return 1;
  }
  if (!kubeconfig_out.empty()) {
    const absl::Status written =
        crm::RealFileSystem().WriteAtomically(kubeconfig_out, (*server)->kubeconfig(), 0600);
    if (!written.ok()) {
      log.Error("{}", crm::Message(written));
      return 1;
    }
  }
  log.Info("serving on {}, revision {}", (*server)->url(), (*server)->api().revision());
  crm::WaitForSignal();
  (*server)->Stop();
  log.Info("stopped");
  return 0;
}
