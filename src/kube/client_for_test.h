#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "kube/http_client.h"
#include "kube/scripted_server_for_test.h"
#include "nlohmann/json.hpp"

namespace crm::kube {

/// What tests of the client against a ScriptedServer share.
inline std::unique_ptr<HttpClient> ClientOf(const ScriptedServer& server, ClientConfig config = {},
                                            WatchTimes times = {}) {
  config.server = server.url();
  auto client = HttpClient::Create(config, times);
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

inline std::string StatusBody(int code, const std::string& reason, const std::string& message) {
  return Json{{"kind", "Status"}, {"code", code}, {"reason", reason}, {"message", message}}.dump();
}

inline std::vector<std::string> Targets(const ScriptedServer& server) {
  std::vector<std::string> targets;
  for (const auto& request : server.requests()) targets.push_back(request.target);
  return targets;
}

}  // namespace crm::kube
