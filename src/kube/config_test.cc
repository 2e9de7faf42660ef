#include "kube/config.h"

#include <stdlib.h>
#include <unistd.h>

#include <string>

#include "base/fs.h"
#include "base/status.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace crm::kube {
namespace {

using ::testing::HasSubstr;

// "authority", "cert", "key" in base64.
constexpr char kGood[] = R"(
apiVersion: v1
kind: Config
current-context: main
clusters:
- name: inline
  cluster: {server: "https://a:6443", certificate-authority-data: YXV0aG9yaXR5, tls-server-name: api.example}
- name: files
  cluster: {server: "https://b", certificate-authority: pki/ca.crt, insecure-skip-tls-verify: true}
users:
- name: certificate
  user: {client-certificate-data: Y2VydA==, client-key-data: a2V5}
- name: token
  user: {token: secret, tokenFile: token.txt}
- name: exec
  user: {exec: {command: gke-gcloud-auth-plugin}}
- name: provider
  user: {auth-provider: {name: gcp}}
- name: half
  user: {client-certificate-data: Y2VydA==}
- name: bad-data
  user: {client-certificate-data: "***", client-key-data: a2V5}
- name: text
  user: text
contexts:
- {name: main, context: {cluster: inline, user: certificate}}
- {name: files, context: {cluster: files, user: token}}
- {name: exec, context: {cluster: inline, user: exec}}
- {name: provider, context: {cluster: inline, user: provider}}
- {name: half, context: {cluster: inline, user: half}}
- {name: bad-data, context: {cluster: inline, user: bad-data}}
- {name: text, context: {cluster: inline, user: text}}
- {name: no-cluster, context: {cluster: absent, user: token}}
- {name: no-user, context: {cluster: inline, user: absent}}
- {name: anonymous, context: {cluster: inline}}
)";

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    std::string pattern = ::testing::TempDir() + "/kube-config-XXXXXX";
    folder = mkdtemp(pattern.data());
    for (const char* name : {"KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"})
      unsetenv(name);
    setenv("HOME", folder.c_str(), 1);
  }
  ~ConfigTest() override {
    for (const std::string& path : written) unlink(path.c_str());
    rmdir((folder + "/pki").c_str());
    rmdir((folder + "/.kube").c_str());
    rmdir(folder.c_str());
  }

  std::string Write(const std::string& name, const std::string& text) {
    std::string path = folder + "/" + name;
    EXPECT_TRUE(RealFileSystem().MakeDirectories(path.substr(0, path.rfind('/')), 0700).ok());
    EXPECT_TRUE(RealFileSystem().Write(path, text).ok());
    written.push_back(path);
    return path;
  }

  std::string folder;
  std::vector<std::string> written;
};

TEST_F(ConfigTest, ReadsInlineData) {
  auto config = LoadKubeconfig(Write("config", kGood));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server, "https://a:6443");
  EXPECT_EQ(config->ca_pem, "authority");
  EXPECT_EQ(config->tls_server_name, "api.example");
  EXPECT_EQ(config->client_certificate_pem, "cert");
  EXPECT_EQ(config->client_key_pem, "key");
  EXPECT_FALSE(config->insecure_skip_tls_verify);
}

TEST_F(ConfigTest, ReadsFilesRelativeToItself) {
  std::string path = Write("config", kGood);
  absl::Status missing = LoadKubeconfig(path, "files").status();
  EXPECT_THAT(std::string(Message(missing)), HasSubstr("cluster \"files\": certificate-authority"));
  EXPECT_THAT(std::string(Message(missing)), HasSubstr(folder + "/pki/ca.crt"));
  Write("pki/ca.crt", "from a file");
  auto config = LoadKubeconfig(path, "files");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->ca_pem, "from a file");
  EXPECT_EQ(config->bearer_token, "secret");
  EXPECT_EQ(config->token_file, folder + "/token.txt");
  EXPECT_TRUE(config->insecure_skip_tls_verify);
}

TEST_F(ConfigTest, AContextWithoutUserIsAnonymous) {
  auto config = LoadKubeconfig(Write("config", kGood), "anonymous");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->bearer_token + config->client_key_pem + config->token_file, "");
}

TEST_F(ConfigTest, RefusesWhatItCanNotUseAndNamesTheEntry) {
  std::string path = Write("config", kGood);
  const std::pair<const char*, const char*> kCases[] = {
      {"exec", "user \"exec\": exec is not supported"},
      {"provider", "user \"provider\": auth-provider is not supported"},
      {"half", "user \"half\": no client-key"},
      {"bad-data", "user \"bad-data\": client-certificate-data is no base64"},
      {"text", "user \"text\" is no mapping"},
      {"no-cluster", "no cluster \"absent\""},
      {"no-user", "no user \"absent\""},
      {"absent", "no context \"absent\""},
  };
  for (const auto& [context, reason] : kCases) {
    absl::Status status = LoadKubeconfig(path, context).status();
    EXPECT_FALSE(status.ok()) << context;
    EXPECT_THAT(std::string(Message(status)), HasSubstr(reason));
    EXPECT_THAT(std::string(Message(status)), HasSubstr(path));
  }
}

TEST_F(ConfigTest, RefusesMalformedFiles) {
  const std::pair<const char*, const char*> kCases[] = {
      {"", "no mapping"},
      {"[1]", "no mapping"},
      {"a: [", "kubeconfig"},
      {"{}", "no current-context"},
      {"current-context: [1]", "current-context is no text"},
      {"{current-context: a, contexts: text}", "contexts is no list"},
      {"{current-context: a, contexts: [text]}", "contexts has an entry that is no mapping"},
      {"{current-context: a, contexts: [{name: a}]}", "context \"a\" is no mapping"},
      {"{current-context: a, contexts: [{name: a, context: {}}]}", "no cluster"},
      {"{current-context: a, contexts: [{name: a, context: {cluster: c}}], clusters: [{name: c, cluster: "
       "{}}]}",
       "no server"},
  };
  for (const auto& [text, reason] : kCases) {
    absl::Status status = LoadKubeconfig(Write("config", "\n")).status();
    ASSERT_TRUE(RealFileSystem().WriteAtomically(folder + "/config", text, 0600).ok());
    status = LoadKubeconfig(folder + "/config").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(Message(status)), HasSubstr(reason)) << text;
  }
  EXPECT_EQ(LoadKubeconfig(folder + "/absent").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ConfigTest, InClusterNeedsEnvironmentTokenAndAuthority) {
  EXPECT_EQ(InClusterConfig(folder).status().code(), absl::StatusCode::kFailedPrecondition);
  setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
  setenv("KUBERNETES_SERVICE_PORT", "443", 1);
  EXPECT_THAT(std::string(Message(InClusterConfig(folder).status())), HasSubstr(folder + "/token"));
  Write("token", "t");
  EXPECT_THAT(std::string(Message(InClusterConfig(folder).status())), HasSubstr(folder + "/ca.crt"));
  Write("ca.crt", "authority");
  auto config = InClusterConfig(folder);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server, "https://[fd00::1]:443");
  EXPECT_EQ(config->ca_pem, "authority");
  EXPECT_EQ(config->token_file, folder + "/token");
}

TEST_F(ConfigTest, ResolvesInTheUsualOrder) {
  absl::Status none = ResolveConfig("").status();
  EXPECT_EQ(none.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(Message(none)), HasSubstr("KUBECONFIG"));
  EXPECT_THAT(std::string(Message(none)), HasSubstr(folder + "/.kube/config"));

  auto with_server = [](const std::string& server) {
    return fmt::format(
        "{{current-context: c, contexts: [{{name: c, context: {{cluster: k}}}}], clusters: [{{name: "
        "k, cluster: {{server: \"{}\"}}}}]}}",
        server);
  };
  Write(".kube/config", with_server("https://home"));
  EXPECT_EQ(ResolveConfig("")->server, "https://home");
  setenv("KUBECONFIG", (folder + "/absent:" + Write("one", with_server("https://one"))).c_str(), 1);
  EXPECT_EQ(ResolveConfig("")->server, "https://one");
  EXPECT_EQ(ResolveConfig(Write("flag", with_server("https://flag")))->server, "https://flag");
  setenv("KUBECONFIG", (folder + "/absent").c_str(), 1);
  EXPECT_FALSE(ResolveConfig("").ok());  // what was asked for by name is not replaced by another one
}

}  // namespace
}  // namespace crm::kube
