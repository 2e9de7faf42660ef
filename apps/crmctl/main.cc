#include <cstdio>
#include <string>
#include <vector>

#include "base/flags.h"
#include "base/fs.h"
#include "base/status.h"
#include "base/version.h"
#include "observe/containers.h"
#include "state/store.h"

namespace {

constexpr char kUsage[] =
    "Looks at what cri-resmgr decided.\n\n"
    "  crmctl containers [-o table|json] [--relay-dir DIR]   what each container was given, and why\n"
    "  crmctl version                                        the version\n\n"
    "Reads the state file of the daemon, which need not run. Exit status: 0, 1 on errors, 2 bad command "
    "line.";

int Containers(const std::string& relay_dir, const std::string& output) {
  const crm::state::Paths paths{relay_dir};
  const absl::StatusOr<std::string> text = crm::RealFileSystem().Read(paths.StateFile());
  const absl::StatusOr<crm::state::State> state =
      text.ok() ? crm::state::Store::Parse(*text) : absl::StatusOr<crm::state::State>(text.status());
  if (!state.ok()) {
    std::fprintf(stderr, "crmctl: %s\n", crm::Annotate(state.status(), paths.StateFile()).ToString().c_str());
    return 1;
  }
  std::fputs((output == "json" ? crm::observe::ContainersJson(*state) : crm::observe::ContainersTable(*state))
                 .c_str(),
             stdout);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::string relay_dir = "/var/lib/cri-resmgr";
  std::string output = "table";
  crm::FlagTable flags("crmctl COMMAND", kUsage);
  flags.Add("relay-dir", &relay_dir, "state directory of the daemon")
      .Add("o", &output, "output: table or json");
  const std::string command = argc > 1 && argv[1][0] != '-' ? argv[1] : "";
  const int skip = command.empty() ? 0 : 1;
  switch (flags.Parse(argc - skip, argv + skip)) {
    case crm::FlagTable::Outcome::kHelp:
      return 0;
    case crm::FlagTable::Outcome::kBad:
      return 2;
    case crm::FlagTable::Outcome::kRun:
      break;
  }
  if (command == "version") return std::printf("crmctl %s\n", crm::Version()) > 0 ? 0 : 1;
  if (command == "containers" && (output == "table" || output == "json"))
    return Containers(relay_dir, output);
  std::fprintf(stderr, "%s", flags.Help().c_str());
  return 2;
}
