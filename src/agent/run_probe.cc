#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "agent/agent.h"
#include "agent/logging_flags.h"
#include "agent/run.h"
#include "base/flags.h"
#include "resmgr/agent.grpc.pb.h"

namespace crm::agent {

int RunProbe(int argc, const char* const* argv) {
  std::string socket = AgentOptions().agent_socket;
  std::string query;
  LoggingFlags logging;
  FlagTable flags("cri-resmgr-agent-probe",
                  "Exit status 0 when the agent is well, 1 with a message when it is not.");
  flags.Add("agent-socket", &socket, "socket of the agent")
      .Add("query", &query,
           "config-status: whether the last configuration took effect; empty: whether it is alive");
  logging.AddTo(flags);
  switch (flags.Parse(argc, argv)) {
    case FlagTable::Outcome::kHelp:
      return 0;
    case FlagTable::Outcome::kBad:
      return 2;
    case FlagTable::Outcome::kRun:
      break;
  }
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const auto stub = ::v1::Agent::NewStub(
      grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
  ::v1::HealthCheckRequest request;
  request.set_query(query);
  ::v1::HealthCheckReply reply;
  const grpc::Status status = stub->HealthCheck(&context, request, &reply);
  const std::string message =
      status.ok() ? reply.error() : fmt::format("agent on {}: {}", socket, status.error_message());
  if (message.empty()) return 0;
  std::fprintf(stderr, "%s\n", message.c_str());
  return 1;
}

}  // namespace crm::agent
