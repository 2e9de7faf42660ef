#include <string>
#include <string_view>
#include <vector>

#include "base/shutdown.h"
#include "daemon/daemon.h"

int main(int argc, char** argv) {
  crm::BlockShutdownSignals();
  crm::daemon::Options options;
  const std::string_view called = argc > 0 ? argv[0] : "";
  options.program = called.substr(called.rfind('/') + 1);
  std::vector<std::string> words;
  switch (options.Flags().Parse(argc, argv, &words)) {
    case crm::FlagTable::Outcome::kHelp:
      return 0;
    case crm::FlagTable::Outcome::kBad:
      return 2;
    case crm::FlagTable::Outcome::kRun:
      return crm::daemon::Run(std::move(options), words);
  }
}
