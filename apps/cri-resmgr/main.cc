#include "base/shutdown.h"
#include "daemon/daemon.h"

int main(int argc, char** argv) {
  crm::BlockShutdownSignals();
  crm::daemon::Options options;
  switch (options.Flags().Parse(argc, argv)) {
    case crm::FlagTable::Outcome::kHelp:
      return 0;
    case crm::FlagTable::Outcome::kBad:
      return 2;
    case crm::FlagTable::Outcome::kRun:
      return crm::daemon::Run(options);
  }
}
