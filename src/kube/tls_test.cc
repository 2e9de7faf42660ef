#include "kube/tls.h"

#include <string>

#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kube/client.h"
#include "kube/objects.h"
#include "kube/scripted_server_for_test.h"
#include "nlohmann/json.hpp"

namespace crm::kube {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() { config.ca_pem = authority.pem(); }

  std::unique_ptr<ScriptedServer> Serve(const std::string& names, const std::string& client_authority = "") {
    ScriptedServer::Tls tls{authority.Issue("server", names), client_authority};
    return std::make_unique<ScriptedServer>(
        [](ScriptedServer::Exchange& exchange) { exchange.Reply(200, R"({"metadata":{"name":"n"}})"); },
        &tls);
  }

  absl::Status Get(const ScriptedServer& server, std::string_view host = "127.0.0.1") {
    config.server = server.url(host);
    absl::StatusOr<std::unique_ptr<Client>> client = Client::Create(config);
    if (!client.ok()) return client.status();
    absl::Status first = (*client)->Get(resources::kNodes, "", "n").status();
    return first.ok() ? (*client)->Get(resources::kNodes, "", "n").status() : first;
  }

  void ExpectRefused(const absl::Status& status, const std::string& reason) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(std::string(Message(status)), HasSubstr(reason));
  }

  AuthorityForTest authority;
  ClientConfig config;
};

TEST_F(TlsTest, TrustsTheAuthorityAndTheAddress) {
  auto server = Serve("IP:127.0.0.1");
  EXPECT_TRUE(Get(*server).ok()) << Get(*server);
}

TEST_F(TlsTest, TrustsAName) {
  auto server = Serve("DNS:localhost");
  EXPECT_TRUE(Get(*server, "localhost").ok());
}

TEST_F(TlsTest, KeepsItsConnection) {
  auto server = Serve("IP:127.0.0.1");
  ASSERT_TRUE(Get(*server).ok());
  ASSERT_THAT(server->requests(), SizeIs(2));
  EXPECT_EQ(server->requests()[1].on_connection, 1);
}

TEST_F(TlsTest, RefusesAnotherAuthority) {
  auto server = Serve("IP:127.0.0.1");
  config.ca_pem = AuthorityForTest().pem();
  ExpectRefused(Get(*server), "certificate");
  config.ca_pem = "";  // the system's
  ExpectRefused(Get(*server), "certificate");
  EXPECT_THAT(server->requests(), IsEmpty());
}

TEST_F(TlsTest, AcceptsOneOfSeveralAuthorities) {
  auto server = Serve("IP:127.0.0.1");
  config.ca_pem = AuthorityForTest().pem() + authority.pem();
  EXPECT_TRUE(Get(*server).ok());
}

TEST_F(TlsTest, RefusesTheCertificateOfAnotherHost) {
  auto other_address = Serve("IP:127.0.0.2,DNS:localhost");
  ExpectRefused(Get(*other_address), "IP address mismatch");
  auto other_name = Serve("DNS:other.example,IP:127.0.0.1");
  ExpectRefused(Get(*other_name, "localhost"), "ostname mismatch");
  auto common_name_only = Serve("");
  config.tls_server_name = "server";
  ExpectRefused(Get(*common_name_only), "ostname mismatch");
  EXPECT_THAT(other_address->requests(), IsEmpty());
  EXPECT_THAT(other_name->requests(), IsEmpty());
}

TEST_F(TlsTest, ChecksTheConfiguredServerName) {
  auto server = Serve("DNS:api.example");
  config.tls_server_name = "api.example";
  EXPECT_TRUE(Get(*server).ok());
  config.tls_server_name = "other.example";
  ExpectRefused(Get(*server), "ostname mismatch");
}

TEST_F(TlsTest, InsecureChecksNothing) {
  auto server = Serve("DNS:api.example");
  config.ca_pem = "";
  config.insecure_skip_tls_verify = true;
  EXPECT_TRUE(Get(*server).ok());
}

TEST_F(TlsTest, ShowsItsClientCertificate) {
  AuthorityForTest clients;
  auto server = Serve("IP:127.0.0.1", clients.pem());
  EXPECT_EQ(Get(*server).code(), absl::StatusCode::kUnavailable);
  CertificateForTest mine = clients.Issue("system:node:n", "");
  config.client_certificate_pem = mine.certificate;
  config.client_key_pem = mine.key;
  ASSERT_TRUE(Get(*server).ok());
  EXPECT_EQ(server->requests().front().client, "system:node:n");
}

TEST_F(TlsTest, RefusesWrongPem) {
  config.server = "https://127.0.0.1:1";
  CertificateForTest mine = authority.Issue("a", "");
  CertificateForTest other = authority.Issue("b", "");
  auto refuses = [&](const char* reason) {
    absl::Status status = Client::Create(config).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(Message(status)), HasSubstr(reason));
  };
  config.client_certificate_pem = mine.certificate;
  refuses("client certificate: the key is missing");
  config.client_key_pem = "nonsense";
  refuses("client key");
  config.client_key_pem = other.key;
  refuses("client key");
  config.client_key_pem = mine.key;
  EXPECT_TRUE(Client::Create(config).ok());
  config.ca_pem = "nonsense";
  refuses("certificate authority");
}

TEST_F(TlsTest, ATlsClientOfAPlainServerFails) {
  ScriptedServer server([](ScriptedServer::Exchange& exchange) { exchange.Reply(200, "{}"); });
  config.server = "https://127.0.0.1:" + std::to_string(server.port());
  config.timeout = absl::Milliseconds(100);
  EXPECT_FALSE((*Client::Create(config))->Get(resources::kNodes, "", "n").ok());
}

}  // namespace
}  // namespace crm::kube
