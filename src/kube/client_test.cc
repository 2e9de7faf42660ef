#include "kube/client.h"

#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "base/fs.h"
#include "base/status.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kube/client_for_test.h"
#include "kube/http_client.h"
#include "kube/objects.h"
#include "kube/scripted_server_for_test.h"
#include "metrics/registry.h"
#include "nlohmann/json.hpp"

namespace crm::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Exchange = ScriptedServer::Exchange;

TEST(ClientTest, MapsHttpErrorsToStatuses) {
  struct Case {
    int http;
    std::string reason;
    absl::StatusCode code;
  };
  const Case kCases[] = {{400, "BadRequest", absl::StatusCode::kInvalidArgument},
                         {401, "Unauthorized", absl::StatusCode::kUnauthenticated},
                         {403, "Forbidden", absl::StatusCode::kPermissionDenied},
                         {404, "NotFound", absl::StatusCode::kNotFound},
                         {409, "AlreadyExists", absl::StatusCode::kAlreadyExists},
                         {409, "Conflict", absl::StatusCode::kAborted},
                         {410, "Expired", absl::StatusCode::kOutOfRange},
                         {422, "Invalid", absl::StatusCode::kInvalidArgument},
                         {429, "TooManyRequests", absl::StatusCode::kResourceExhausted},
                         {500, "InternalError", absl::StatusCode::kUnavailable},
                         {503, "ServiceUnavailable", absl::StatusCode::kUnavailable}};
  std::atomic<int> at{0};
  ScriptedServer server([&](Exchange& exchange) {
    const Case& now = kCases[at];
    exchange.Reply(now.http, StatusBody(now.http, now.reason, "the server's words"));
  });
  auto client = ClientOf(server);
  for (const Case& expected : kCases) {
    absl::Status status = client->Get(resources::kPods, "ns", "a").status();
    EXPECT_EQ(status.code(), expected.code) << expected.http << " " << expected.reason;
    EXPECT_EQ(status.message(), "the server's words");
    ++at;
  }
}

TEST(ClientTest, ErrorsThatExplainNothingNameTheCall) {
  ScriptedServer server([](Exchange& exchange) { exchange.Reply(502, "<html>bad\ngateway</html>"); });
  absl::Status status = ClientOf(server)->Get(resources::kNodes, "", "n").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(Message(status)),
              HasSubstr("GET /api/v1/nodes/n: HTTP status 502: <html>bad gateway"));
}

TEST(ClientTest, AVersionTheServerHasNotReachedIsOutOfRange) {
  ScriptedServer server([](Exchange& exchange) {
    Json body = Json::parse(StatusBody(504, "Timeout", "Too large resource version"));
    body["details"]["causes"] = {{{"reason", "ResourceVersionTooLarge"}}};
    exchange.Reply(504, body.dump());
  });
  EXPECT_EQ(ClientOf(server)->List(resources::kPods, "", {}).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(ClientTest, ListsAllPages) {
  ScriptedServer server([](Exchange& exchange) {
    bool second = exchange.request().target.find("continue=to%2Fken%3D") != std::string::npos;
    Json page = {{"kind", "PodList"}, {"apiVersion", "v1"}, {"metadata", {{"resourceVersion", "7"}}}};
    if (!second) page["metadata"]["continue"] = "to/ken=";
    page["items"] = {{{"metadata", {{"name", second ? "b" : "a"}}}}};
    exchange.Reply(200, page.dump());
  });
  ListOptions options;
  options.label_selector = "app=x,y in (a b)";
  options.limit = 1;
  auto list = ClientOf(server)->List(resources::kPods, "ns", options);
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ((*list)["items"].size(), 2u);
  EXPECT_EQ(Name((*list)["items"][0]), "a");
  EXPECT_EQ(Name((*list)["items"][1]), "b");
  EXPECT_EQ(Kind((*list)["items"][1]), "Pod");
  EXPECT_EQ((*list)["items"][0]["apiVersion"], "v1");
  EXPECT_EQ(ResourceVersion(*list), "7");
  EXPECT_EQ(Find(*list, {"metadata", "continue"}), nullptr);
  const std::string base = "/api/v1/namespaces/ns/pods?labelSelector=app%3Dx%2Cy%20in%20%28a%20b%29&limit=1";
  EXPECT_THAT(Targets(server), ElementsAre(base, base + "&continue=to%2Fken%3D"));
}

TEST(ClientTest, StartsTheListAgainWhenAPageExpires) {
  // Each second page has expired; only the unpaged list comes whole.
  ScriptedServer server([](Exchange& exchange) {
    const std::string& target = exchange.request().target;
    if (target.find("continue=") != std::string::npos) {
      exchange.Reply(410, StatusBody(410, "Expired", "too old"));
    } else if (target.find("limit=") != std::string::npos) {
      exchange.Reply(200, R"({"metadata":{"resourceVersion":"1","continue":"c"},"items":[{"x":1}]})");
    } else {
      exchange.Reply(200, R"({"metadata":{"resourceVersion":"2"},"items":[{"x":1},{"x":2}]})");
    }
  });
  auto list = ClientOf(server)->List(resources::kNodes, "", {});
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ((*list)["items"].size(), 2u);
  EXPECT_EQ(ResourceVersion(*list), "2");
  EXPECT_EQ(server.requests().size(), 5u);
}

TEST(ClientTest, AnswersThatAreNoObjectsAreErrors) {
  for (const char* body : {"", "x", "[1]", "null", "{\"items\":3}"}) {
    ScriptedServer server([body](Exchange& exchange) { exchange.Reply(200, body); });
    EXPECT_EQ(ClientOf(server)->List(resources::kPods, "", {}).status().code(), absl::StatusCode::kInternal)
        << body;
  }
}

TEST(ClientTest, SendsWhatTheApiExpects) {
  ScriptedServer server([](Exchange& exchange) { exchange.Reply(200, "{}"); });
  ClientConfig config;
  config.bearer_token = "secret";
  config.user_agent = "agent/1";
  auto client = ClientOf(server, config);
  Json body = {{"a", 1}};
  ASSERT_TRUE(client->Create(resources::kConfigMaps, "ns", body).ok());
  ASSERT_TRUE(client->Update(resources::kClusterRoles, "", "system:x", body).ok());
  PatchOptions options{"status", "me", true, true};
  ASSERT_TRUE(client->Patch(resources::kExtensions, "ns", "e", PatchType::kApply, body, options).ok());
  ASSERT_TRUE(client->Patch(resources::kPods, "ns", "p", PatchType::kMerge, body, {}).ok());
  ASSERT_TRUE(client->Patch(resources::kPods, "ns", "p", PatchType::kJson, Json::array(), {}).ok());
  ASSERT_TRUE(client->Delete(resources::kPods, "ns", "p", {"u-1", "7", "Background"}).ok());
  ASSERT_TRUE(client->Raw("GET", "/version", "").ok());

  auto requests = server.requests();
  ASSERT_EQ(requests.size(), 7u);
  std::vector<std::string> lines;
  for (const auto& request : requests) {
    lines.push_back(request.method + " " + request.target);
    EXPECT_EQ(request.headers.at("authorization"), "Bearer secret");
    EXPECT_EQ(request.headers.at("user-agent"), "agent/1");
    EXPECT_EQ(request.headers.at("host"), fmt::format("127.0.0.1:{}", server.port()));
    EXPECT_EQ(request.connection, 0);  // all on one connection
  }
  EXPECT_THAT(lines,
              ElementsAre("POST /api/v1/namespaces/ns/configmaps",
                          "PUT /apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Ax",
                          "PATCH /apis/extensions.gardener.cloud/v1alpha1/namespaces/ns/extensions/e/status"
                          "?fieldManager=me&force=true&dryRun=All",
                          "PATCH /api/v1/namespaces/ns/pods/p", "PATCH /api/v1/namespaces/ns/pods/p",
                          "DELETE /api/v1/namespaces/ns/pods/p", "GET /version"));
  EXPECT_EQ(requests[0].body, R"({"a":1})");
  EXPECT_EQ(requests[2].headers.at("content-type"), "application/apply-patch+yaml");
  EXPECT_EQ(requests[3].headers.at("content-type"), "application/merge-patch+json");
  EXPECT_EQ(requests[4].headers.at("content-type"), "application/json-patch+json");
  EXPECT_EQ(Json::parse(requests[5].body),
            Json::parse(R"({"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Background",
                            "preconditions":{"uid":"u-1","resourceVersion":"7"}})"));
}

TEST(ClientTest, RefusesNamesThatWouldAddressSomethingElse) {
  ScriptedServer server([](Exchange& exchange) { exchange.Reply(200, "{}"); });
  auto client = ClientOf(server);
  for (const char* name : {"", ".", "..", "a/b", "a%2fb"}) {
    EXPECT_EQ(client->Delete(resources::kNodes, "", name, {}).code(), absl::StatusCode::kInvalidArgument)
        << name;
  }
  EXPECT_EQ(client->Get(resources::kPods, "", "a").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(client->Create(resources::kPods, "", {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(client->Raw("GET", "/a b\r\nX: y", "").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(client->Create(resources::kPods, "ns", {{"a", "\xff"}}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(server.requests().empty());
}

TEST(ClientTest, ReadsTheTokenFileAgainAfter401) {
  std::string file = fmt::format("{}/token-{}", ::testing::TempDir(), getpid());
  ASSERT_TRUE(RealFileSystem().Write(file, "old\n").ok());
  ScriptedServer server([&](Exchange& exchange) {
    bool fresh = exchange.request().headers.at("authorization") == "Bearer new";
    exchange.Reply(fresh ? 200 : 401, fresh ? "{}" : StatusBody(401, "Unauthorized", "Unauthorized"));
  });
  ClientConfig config;
  config.token_file = file;
  auto client = ClientOf(server, config);
  EXPECT_EQ(client->Get(resources::kNodes, "", "n").status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(server.requests().size(), 1u);  // the same token is not worth a second call
  ASSERT_TRUE(RealFileSystem().WriteAtomically(file, "new\n", 0600).ok());
  EXPECT_TRUE(client->Get(resources::kNodes, "", "n").ok());
  EXPECT_EQ(server.requests().size(), 3u);
  ASSERT_TRUE(RealFileSystem().Remove(file).ok());
}

TEST(ClientTest, RepeatsIdempotentCallsOnAStaleConnection) {
  // Every connection answers once and drops the next request without a word.
  ScriptedServer server([](Exchange& exchange) {
    exchange.request().on_connection == 0 ? exchange.Reply(200, "{}") : exchange.Close();
  });
  auto client = ClientOf(server);
  ASSERT_TRUE(client->Get(resources::kNodes, "", "n").ok());
  EXPECT_TRUE(client->Get(resources::kNodes, "", "n").ok());  // dropped, then sent on a new connection
  EXPECT_EQ(server.requests().size(), 3u);
  EXPECT_EQ(client->Create(resources::kNodes, "", {}).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(server.requests().size(), 4u);  // it may have been carried out: not sent twice
}

TEST(ClientTest, AnAnswerThatBreaksOffIsUnavailable) {
  for (const char* bytes :
       {"", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    ScriptedServer server([bytes](Exchange& exchange) {
      exchange.Send(bytes);
      exchange.Close();
    });
    EXPECT_EQ(ClientOf(server)->Get(resources::kNodes, "", "n").status().code(),
              absl::StatusCode::kUnavailable)
        << bytes;
  }
}

TEST(ClientTest, GivesUpOnASlowServer) {
  for (const char* bytes : {"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"}) {
    ScriptedServer server([bytes](Exchange& exchange) {
      exchange.Send(bytes);
      exchange.AwaitPeerEnd();
    });
    ClientConfig config;
    config.timeout = absl::Milliseconds(50);
    EXPECT_EQ(ClientOf(server, config)->Get(resources::kNodes, "", "n").status().code(),
              absl::StatusCode::kDeadlineExceeded);
  }
}

TEST(ClientTest, NobodyListeningIsUnavailable) {
  ClientConfig config;
  {
    ScriptedServer server([](Exchange&) {});
    config.server = server.url();
  }
  auto client = Client::Create(config);
  ASSERT_TRUE(client.ok());
  absl::Status status = (*client)->Get(resources::kNodes, "", "n").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(Message(status)), HasSubstr("Connection refused"));
  config.server = "ftp://x";
  EXPECT_EQ(Client::Create(config).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ClientTest, CountsRequestsByCodeMethodAndHost) {
  metrics::Registry registry;
  ClientConfig config;
  config.metrics = &registry;
  std::string host;
  {
    ScriptedServer server([](Exchange& exchange) {
      exchange.request().method == "GET" ? exchange.Reply(404, "{}") : exchange.Close();
    });
    auto client = ClientOf(server, config);
    for (int i = 0; i < 2; ++i) EXPECT_FALSE(client->Get(resources::kNodes, "", "n").ok());
    EXPECT_FALSE(client->Create(resources::kNodes, "", {}).ok());
    host = fmt::format("127.0.0.1:{}", server.port());
  }
  auto& requests = registry.Counters("rest_client_requests_total", "", {"code", "method", "host"});
  EXPECT_EQ(requests.With({"404", "GET", host}).value(), 2);
  EXPECT_EQ(requests.With({"<error>", "POST", host}).value(), 1);
}

TEST(ClientTest, ResolvesNames) {
  ScriptedServer server([](Exchange& exchange) { exchange.Reply(200, "{}"); });
  ClientConfig config;
  config.server = server.url("localhost") + "/prefix/";
  auto client = Client::Create(config);
  ASSERT_TRUE(client.ok());
  EXPECT_TRUE((*client)->Get(resources::kNodes, "", "n").ok());
  EXPECT_THAT(Targets(server), ElementsAre("/prefix/api/v1/nodes/n"));
}

TEST(ClientTest, ACancelledListReturns) {
  absl::Notification asked;
  ScriptedServer server([&](Exchange& exchange) {
    asked.Notify();
    exchange.AwaitPeerEnd();
  });
  auto client = ClientOf(server);
  Cancellation cancellation;
  ListOptions options;
  options.cancellation = &cancellation;
  std::thread other([&] {
    asked.WaitForNotification();
    cancellation.Cancel();
  });
  EXPECT_EQ(client->List(resources::kNodes, "", options).status().code(), absl::StatusCode::kCancelled);
  other.join();
}

}  // namespace
}  // namespace crm::kube
