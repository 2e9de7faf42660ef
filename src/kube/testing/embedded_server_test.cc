#include "kube/testing/embedded_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "kube/objects.h"
#include "kube/testing/call_for_test.h"

namespace crm::kube::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Writes bytes to the server and reads until it closes.
std::string Raw(int port, std::string_view bytes) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string received;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    char buffer[4096];
    for (ssize_t got = 0; (got = ::recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
      received.append(buffer, static_cast<size_t>(got));
    }
  }
  ::close(fd);
  return received;
}

class EmbeddedServerTest : public ::testing::Test {
 protected:
  void SetUp() override { StartServer({}); }
  void StartServer(EmbeddedServerOptions options) {
    auto server = EmbeddedServer::Start(std::move(options));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    ASSERT_TRUE(server_->api().EnsureCrd(WidgetCrd()).ok());
    auto client = Client::Create(server_->client_config());
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
  }
  absl::StatusOr<Json> Create(const std::string& name) {
    return client_->Create(resources::kConfigMaps, "default", ConfigMap(name));
  }

  std::unique_ptr<EmbeddedServer> server_;
  std::unique_ptr<Client> client_;
};

TEST_F(EmbeddedServerTest, TheProjectsClientSpeaksWithIt) {
  ASSERT_TRUE(Create("a").ok());
  EXPECT_TRUE(absl::IsAlreadyExists(Create("a").status()));
  const auto got = client_->Get(resources::kConfigMaps, "default", "a");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ((*got)["data"]["key"], "value");
  EXPECT_TRUE(absl::IsNotFound(client_->Get(resources::kConfigMaps, "default", "b").status()));
  ListOptions pages;
  pages.limit = 1;
  ASSERT_TRUE(Create("b").ok());
  ASSERT_TRUE(Create("c").ok());
  const auto list = client_->List(resources::kConfigMaps, "default", pages);
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ((*list)["items"].size(), 3u);
  EXPECT_TRUE(client_->Delete(resources::kConfigMaps, "default", "a", {}).ok());
  EXPECT_EQ(*client_->Raw("GET", "/healthz", ""), "ok");
}

TEST_F(EmbeddedServerTest, WatchesStreamChangesUntilDropped) {
  Cancellation cancellation;
  std::vector<std::string> names;
  absl::Status ended;
  std::thread watcher([&] {
    ended = client_->Watch(resources::kConfigMaps, "default", {}, "0", cancellation,
                           [&](WatchEventType, const Json& object) {
                             names.emplace_back(Name(object));
                             if (names.size() == 3) server_->DropWatches();
                           });
  });
  for (const char* name : {"a", "b", "c"}) EXPECT_TRUE(Create(name).ok());
  watcher.join();
  EXPECT_THAT(names, ElementsAre("a", "b", "c"));
  EXPECT_FALSE(ended.ok());  // cut, not ended
}

TEST_F(EmbeddedServerTest, AForgottenHistoryAnswers410) {
  const auto created = Create("a");
  ASSERT_TRUE(created.ok());
  ASSERT_TRUE(Create("b").ok());
  server_->CompactHistory();
  Cancellation cancellation;
  const absl::Status ended =
      client_->Watch(resources::kConfigMaps, "default", {}, std::string(ResourceVersion(*created)),
                     cancellation, [](WatchEventType, const Json&) { FAIL() << "no event is due"; });
  EXPECT_TRUE(absl::IsOutOfRange(ended)) << ended;
}

TEST_F(EmbeddedServerTest, AWatchEndsInGoodOrderWhenItsTimeIsUp) {
  const std::string answer =
      Raw(server_->port(),
          "GET /api/v1/configmaps?watch=1&allowWatchBookmarks=true&timeoutSeconds=1 HTTP/1.1\r\n"
          "Host: x\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("Transfer-Encoding: chunked"));
  EXPECT_THAT(answer, HasSubstr("BOOKMARK"));
  EXPECT_TRUE(answer.ends_with("\r\n0\r\n\r\n")) << answer;
  EXPECT_EQ(server_->open_watches(), 0u);
}

TEST_F(EmbeddedServerTest, BookmarksComeRegularly) {
  EmbeddedServerOptions options;
  options.bookmark_interval = absl::Milliseconds(1);
  StartServer(options);
  Cancellation cancellation;
  int bookmarks = 0;
  client_
      ->Watch(resources::kConfigMaps, "default", {}, "0", cancellation,
              [&](WatchEventType type, const Json&) {
                if (type == WatchEventType::kBookmark && ++bookmarks == 2) cancellation.Cancel();
              })
      .IgnoreError();
  EXPECT_GE(bookmarks, 2);
}

TEST_F(EmbeddedServerTest, LimitsWhatComesIn) {
  const std::string head = "POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\n";
  EXPECT_THAT(Raw(server_->port(), head + "Content-Length: 4000000\r\n\r\n" + std::string(4'000'000, 'x')),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(Raw(server_->port(), "GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(Raw(server_->port(), "nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_TRUE(Create("still-alive").ok());
}

TEST_F(EmbeddedServerTest, InjectedFaultsReachTheClient) {
  server_->InjectFault({"GET", "/api/v1/namespaces/default/configmaps/a", 503, 1});
  EXPECT_TRUE(absl::IsUnavailable(client_->Get(resources::kConfigMaps, "default", "a").status()));
  server_->InjectFault({"POST", "/api/v1/namespaces/default/configmaps", 0, 100});
  EXPECT_FALSE(Create("a").ok());
}

TEST_F(EmbeddedServerTest, TheSamePortCanBeTakenAgainAtOnce) {
  const int port = server_->port();
  ASSERT_TRUE(Create("a").ok());
  server_.reset();
  EmbeddedServerOptions options;
  options.listen = "127.0.0.1:" + std::to_string(port);
  StartServer(options);
  EXPECT_EQ(server_->port(), port);
  EXPECT_THAT(server_->kubeconfig(), HasSubstr(server_->url()));
}

TEST(EmbeddedServerStartTest, RefusesWrongAddressesAndDefinitions) {
  for (const char* address : {"", "127.0.0.1", "nowhere:1", "127.0.0.1:99999", "127.0.0.1:x"}) {
    EmbeddedServerOptions options;
    options.listen = address;
    EXPECT_TRUE(absl::IsInvalidArgument(EmbeddedServer::Start(options).status())) << address;
  }
  EmbeddedServerOptions options;
  options.crd_directory = "/nonexistent/crds";
  EXPECT_FALSE(EmbeddedServer::Start(options).ok());
}

}  // namespace
}  // namespace crm::kube::testing
