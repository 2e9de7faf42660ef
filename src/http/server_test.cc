#include "http/server.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http/address.h"
#include "http/raw_client_for_test.h"

namespace crm::http {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ServerTest : public ::testing::Test {
 protected:
  void Serve(ServerOptions options = {}) {
    router_.Handle("GET", "/hello", [](const Request& request) {
      return Response{200, "hello " + request.query, "text/html", {{"X-More", "1"}}};
    });
    router_.Handle("POST", "/echo", [](const Request& request) {
      return Response{200, request.headers.at("x-test") + ":" + request.body};
    });
    router_.Handle("GET", "/throw", [](const Request&) -> Response { throw std::runtime_error("bad"); });
    router_.Handle("GET", "/tree/", [](const Request& request) { return Response{200, request.path}; });
    auto server = Server::Start(options, router_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  std::string Get(const std::string& target) { return RawClient(server_->port()).Get(target); }

  Router router_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersRequestsOnOneConnection) {
  Serve();
  RawClient client(server_->port());
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(client.Get("/hello?a=b"),
                AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("\r\nContent-Type: text/html\r\n"),
                      HasSubstr("\r\nX-More: 1\r\n"), HasSubstr(" GMT\r\n"),
                      HasSubstr("\r\nContent-Length: 9\r\n"), EndsWith("\r\n\r\nhello a=b")));
  }
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nX-Test: t\r\nContent-Length: 4\r\n\r\nbodyGET /hello "
      "HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.Answer(), EndsWith("\r\n\r\nt:body"));
  EXPECT_THAT(client.Answer(), EndsWith("\r\n\r\nhello "));  // sent before the first was answered
  client.Send("HEAD /hello HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.Answer(true), HasSubstr("\r\nContent-Length: 6\r\n"));
  client.Send("POST /echo HTTP/1.1\r\nx-test: c\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  EXPECT_THAT(client.Answer(), EndsWith("\r\n\r\nc:abc"));
}

TEST_F(ServerTest, RoutesByPathAndMethod) {
  Serve();
  EXPECT_THAT(Get("/nowhere"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Get("/hello/more"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Get("/tree"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Get("/tree/"), EndsWith("\r\n\r\n/tree/"));
  EXPECT_THAT(Get("/tree/a%20b/c"), EndsWith("\r\n\r\n/tree/a b/c"));
  EXPECT_THAT(Get("/echo"), AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("\r\nAllow: POST\r\n")));
  EXPECT_THAT(Get("/throw"), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(Get("/hello"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, ClosesWhereTheClientAsks) {
  Serve();
  RawClient client(server_->port());
  client.Send("GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n");
  client.ShutDownSending();
  EXPECT_THAT(client.Rest(), AllOf(HasSubstr("\r\nConnection: close\r\n"), EndsWith("hello ")));
  RawClient old(server_->port());
  old.Send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old.Answer(), EndsWith("hello "));
}

TEST_F(ServerTest, ContinuesWhereTheClientWaits) {
  Serve();
  RawClient client(server_->port());
  client.Send("POST /echo HTTP/1.1\r\nX-Test: t\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("ab");
  EXPECT_THAT(client.Answer(), EndsWith("\r\n\r\nt:ab"));
}

TEST_F(ServerTest, RefusesWhatIsNoRequest) {
  Serve();
  for (const char* bytes :
       {"nonsense\r\n\r\n", "GET /hello HTTP/7.0\r\n\r\n", "GET nowhere HTTP/1.1\r\n\r\n",
        "GET /%zz HTTP/1.1\r\n\r\n", "GET /a%00b HTTP/1.1\r\n\r\n", "GET /hello HTTP/1.1\r\nno colon\r\n\r\n",
        "POST /echo HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    RawClient client(server_->port());
    client.Send(bytes);
    client.ShutDownSending();
    EXPECT_THAT(client.Rest(), AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("\r\nConnection: close\r\n")))
        << bytes;
  }
  for (const char* bytes :
       {"", "GET /hel", "POST /echo HTTP/1.1\r\nX-Test: t\r\nContent-Length: 4\r\n\r\nab"}) {
    RawClient client(server_->port());
    client.Send(bytes);
    client.ShutDownSending();
    EXPECT_EQ(client.Rest(), "") << bytes;
  }
}

TEST_F(ServerTest, LimitsHeadAndBody) {
  ServerOptions options;
  options.max_header_bytes = 1000;
  options.max_body_bytes = 1000;
  Serve(options);
  RawClient head(server_->port());
  head.Send("GET /hello HTTP/1.1\r\nX-Long: " + std::string(2000, 'x') + "\r\n\r\n");
  EXPECT_THAT(head.Answer(), StartsWith("HTTP/1.1 431 "));
  RawClient body(server_->port());
  body.Send("POST /echo HTTP/1.1\r\nX-Test: t\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'x'));
  EXPECT_THAT(body.Answer(), StartsWith("HTTP/1.1 413 "));
  RawClient chunks(server_->port());
  chunks.Send("POST /echo HTTP/1.1\r\nX-Test: t\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" +
              std::string(2000, 'x') + "\r\n0\r\n\r\n");
  EXPECT_THAT(chunks.Answer(), StartsWith("HTTP/1.1 413 "));
  RawClient fits(server_->port());
  fits.Send("POST /echo HTTP/1.1\r\nX-Test: t\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
  EXPECT_THAT(fits.Answer(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, EndsSlowClients) {
  ServerOptions options;
  options.read_timeout = absl::Milliseconds(20);
  Serve(options);
  for (const char* bytes :
       {"", "GET /hel", "POST /echo HTTP/1.1\r\nX-Test: t\r\nContent-Length: 4\r\n\r\nab"}) {
    RawClient client(server_->port());
    client.Send(bytes);
    EXPECT_EQ(client.Rest(), "") << bytes;
  }
}

TEST_F(ServerTest, EndsIdleConnections) {
  ServerOptions options;
  options.idle_timeout = absl::Milliseconds(20);
  Serve(options);
  RawClient idle(server_->port());
  EXPECT_THAT(idle.Get("/hello"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(idle.Rest(), "");
}

TEST_F(ServerTest, ANewConnectionTakesThePlaceOfTheOneIdleLongest) {
  ServerOptions options;
  options.max_connections = 2;
  Serve(options);
  RawClient first(server_->port());
  EXPECT_THAT(first.Get("/hello"), StartsWith("HTTP/1.1 200 "));
  RawClient second(server_->port());
  EXPECT_THAT(second.Get("/hello"), StartsWith("HTTP/1.1 200 "));
  RawClient third(server_->port());
  EXPECT_THAT(third.Get("/hello"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(first.Rest(), "");
  EXPECT_THAT(second.Get("/hello"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, AStopLetsRequestsUnderWayEnd) {
  absl::Notification asked;
  absl::Notification go_on;
  router_.Handle("GET", "/slow", [&](const Request&) {
    asked.Notify();
    go_on.WaitForNotification();
    return Response{200, "done"};
  });
  Serve();
  const int port = server_->port();
  RawClient idle(port);
  EXPECT_THAT(idle.Get("/hello"), StartsWith("HTTP/1.1 200 "));
  RawClient slow(port);
  slow.Send("GET /slow HTTP/1.1\r\n\r\n");
  slow.ShutDownSending();
  asked.WaitForNotification();
  std::thread stopper([this] { server_->Stop(absl::Seconds(60)); });
  EXPECT_EQ(idle.Rest(), "");  // closed at once, hence the stop has begun
  go_on.Notify();
  EXPECT_THAT(slow.Rest(), AllOf(HasSubstr("\r\nConnection: close\r\n"), EndsWith("done")));
  stopper.join();
  EXPECT_FALSE(RawClient(port).connected());
  server_->Stop();
}

TEST_F(ServerTest, AStopWithoutGraceClosesEverything) {
  Serve();
  RawClient half(server_->port());
  half.Send("POST /echo HTTP/1.1\r\nX-Test: t\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  half.Answer();  // its request is under way
  server_->Stop(absl::ZeroDuration());
  EXPECT_EQ(half.Rest(), "");
}

TEST_F(ServerTest, AnswersWhileOneHandlerWaits) {
  absl::Notification asked;
  absl::Notification go_on;
  router_.Handle("GET", "/slow", [&](const Request&) {
    asked.Notify();
    go_on.WaitForNotification();
    return Response{};
  });
  Serve();
  RawClient slow(server_->port());
  slow.Send("GET /slow HTTP/1.1\r\n\r\n");
  asked.WaitForNotification();
  EXPECT_THAT(Get("/hello"), StartsWith("HTTP/1.1 200 "));
  go_on.Notify();
  EXPECT_THAT(slow.Answer(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, ListensOnEveryAddress) {
  ServerOptions options;
  options.address = ":0";
  Serve(options);
  EXPECT_EQ(server_->url(), "http://127.0.0.1:" + std::to_string(server_->port()));
  EXPECT_THAT(Get("/hello"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, SaysWhatItCannotListenOn) {
  Serve();
  ServerOptions options;
  options.address = "127.0.0.1:" + std::to_string(server_->port());
  absl::Status taken = Server::Start(options, {}).status();
  EXPECT_EQ(taken.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(Message(taken)),
              HasSubstr("listen on " + options.address + ": Address already in use"));
  for (const char* wrong : {"", "8080", "host:8080", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "::1:80",
                            "[127.0.0.1]:80", "[::1]80"}) {
    options.address = wrong;
    EXPECT_EQ(Server::Start(options, {}).status().code(), absl::StatusCode::kInvalidArgument) << wrong;
  }
  EXPECT_EQ(ParseListenAddress("[::1]:80")->host, "::1");
  EXPECT_EQ(ParseListenAddress("localhost:80")->host, "127.0.0.1");
  EXPECT_EQ(ParseListenAddress(":8080")->port, 8080);
}

}  // namespace
}  // namespace crm::http
