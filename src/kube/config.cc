#include "kube/config.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/fs.h"
#include "base/status.h"
#include "fmt/format.h"

namespace crm::kube {
namespace {

struct File {
  std::string path;
  YAML::Node root;
};

// An entry of one of a kubeconfig's lists and where it stands: "kubeconfig /a/b: user "x"".
struct Entry {
  std::string where;
  std::string file;
  YAML::Node value;
};

std::string Directory(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

// The text of a scalar member, "" when absent or null. Anything else is an error.
absl::StatusOr<std::string> Text(const YAML::Node& mapping, const char* key, const std::string& where) {
  const YAML::Node value = mapping[key];
  if (!value.IsDefined() || value.IsNull()) return std::string();
  if (!value.IsScalar()) return InvalidArgument("{}: {} is no text", where, key);
  return value.Scalar();
}

absl::StatusOr<File> ReadFile(const std::string& path) {
  CRM_ASSIGN_OR_RETURN(std::string text, RealFileSystem().Read(path));
  try {
    YAML::Node root = YAML::Load(text);
    if (!root.IsMap())
      return InvalidArgument("kubeconfig {}: no mapping; expected clusters, users, contexts", path);
    return File{path, root};
  } catch (const YAML::Exception& error) {
    return InvalidArgument("kubeconfig {}: {}", path, error.what());
  }
}

// The mapping `member` of the entry `name` in the list `list`, in the first file that has it.
absl::StatusOr<Entry> FindEntry(const std::vector<File>& files, const char* list, const char* member,
                                const std::string& name) {
  for (const File& file : files) {
    const YAML::Node entries = file.root[list];
    if (!entries.IsDefined() || entries.IsNull()) continue;
    if (!entries.IsSequence()) return InvalidArgument("kubeconfig {}: {} is no list", file.path, list);
    for (const YAML::Node& entry : entries) {
      if (!entry.IsMap())
        return InvalidArgument("kubeconfig {}: {} has an entry that is no mapping", file.path, list);
      CRM_ASSIGN_OR_RETURN(std::string entry_name,
                           Text(entry, "name", fmt::format("kubeconfig {}", file.path)));
      if (entry_name != name) continue;
      std::string where = fmt::format("kubeconfig {}: {} \"{}\"", file.path, member, name);
      if (!entry[member].IsDefined() || !entry[member].IsMap()) {
        return InvalidArgument("{} is no mapping", where);
      }
      return Entry{std::move(where), file.path, entry[member]};
    }
  }
  return NotFound("kubeconfig {}: no {} \"{}\"", files.front().path, member, name);
}

// The content of KEY-data (base64), or of the file that KEY names, relative to the kubeconfig.
absl::StatusOr<std::string> DataOrFile(const Entry& entry, const char* key) {
  const std::string data_key = fmt::format("{}-data", key);
  CRM_ASSIGN_OR_RETURN(std::string data, Text(entry.value, data_key.c_str(), entry.where));
  if (!data.empty()) {
    std::string decoded;
    if (!absl::Base64Unescape(data, &decoded)) {
      return InvalidArgument("{}: {} is no base64", entry.where, data_key);
    }
    return decoded;
  }
  CRM_ASSIGN_OR_RETURN(std::string file, Text(entry.value, key, entry.where));
  if (file.empty()) return std::string();
  if (file.front() != '/') file = Directory(entry.file) + "/" + file;
  absl::StatusOr<std::string> content = RealFileSystem().Read(file);
  if (!content.ok()) return Annotate(content.status(), fmt::format("{}: {}", entry.where, key));
  return content;
}

absl::Status RefuseMembers(const Entry& entry, std::initializer_list<const char*> members,
                           const char* instead) {
  for (const char* member : members) {
    const YAML::Node value = entry.value[member];
    if (value.IsDefined() && !value.IsNull()) {
      return InvalidArgument("{}: {} is not supported; expected {}", entry.where, member, instead);
    }
  }
  return absl::OkStatus();
}

absl::Status ReadCluster(const Entry& cluster, ClientConfig& config) {
  CRM_RETURN_IF_ERROR(RefuseMembers(cluster, {"proxy-url"}, "a server that is reached directly"));
  CRM_ASSIGN_OR_RETURN(config.server, Text(cluster.value, "server", cluster.where));
  if (config.server.empty()) return InvalidArgument("{}: no server", cluster.where);
  CRM_ASSIGN_OR_RETURN(config.tls_server_name, Text(cluster.value, "tls-server-name", cluster.where));
  CRM_ASSIGN_OR_RETURN(config.ca_pem, DataOrFile(cluster, "certificate-authority"));
  CRM_ASSIGN_OR_RETURN(std::string insecure, Text(cluster.value, "insecure-skip-tls-verify", cluster.where));
  if (insecure != "" && insecure != "true" && insecure != "false") {
    return InvalidArgument("{}: insecure-skip-tls-verify is \"{}\"; expected true or false", cluster.where,
                           insecure);
  }
  config.insecure_skip_tls_verify = insecure == "true";
  return absl::OkStatus();
}

absl::Status ReadUser(const Entry& user, ClientConfig& config) {
  CRM_RETURN_IF_ERROR(
      RefuseMembers(user, {"exec", "auth-provider", "username", "password", "as", "as-groups", "as-uid"},
                    "a client certificate, token or tokenFile"));
  CRM_ASSIGN_OR_RETURN(config.client_certificate_pem, DataOrFile(user, "client-certificate"));
  CRM_ASSIGN_OR_RETURN(config.client_key_pem, DataOrFile(user, "client-key"));
  if (config.client_certificate_pem.empty() != config.client_key_pem.empty()) {
    return InvalidArgument("{}: no {}; expected certificate and key", user.where,
                           config.client_key_pem.empty() ? "client-key" : "client-certificate");
  }
  CRM_ASSIGN_OR_RETURN(config.bearer_token, Text(user.value, "token", user.where));
  CRM_ASSIGN_OR_RETURN(config.token_file, Text(user.value, "tokenFile", user.where));
  if (!config.token_file.empty() && config.token_file.front() != '/') {
    config.token_file = Directory(user.file) + "/" + config.token_file;
  }
  return absl::OkStatus();
}

absl::StatusOr<ClientConfig> FromFiles(const std::vector<File>& files, std::string context) {
  for (const File& file : files) {
    if (!context.empty()) break;
    CRM_ASSIGN_OR_RETURN(context,
                         Text(file.root, "current-context", fmt::format("kubeconfig {}", file.path)));
  }
  if (context.empty()) return InvalidArgument("kubeconfig {}: no current-context", files.front().path);
  CRM_ASSIGN_OR_RETURN(Entry chosen, FindEntry(files, "contexts", "context", context));
  CRM_ASSIGN_OR_RETURN(std::string cluster_name, Text(chosen.value, "cluster", chosen.where));
  CRM_ASSIGN_OR_RETURN(std::string user_name, Text(chosen.value, "user", chosen.where));
  if (cluster_name.empty()) return InvalidArgument("{}: no cluster", chosen.where);
  ClientConfig config;
  CRM_ASSIGN_OR_RETURN(Entry cluster, FindEntry(files, "clusters", "cluster", cluster_name));
  CRM_RETURN_IF_ERROR(ReadCluster(cluster, config));
  if (!user_name.empty()) {  // else anonymous
    CRM_ASSIGN_OR_RETURN(Entry user, FindEntry(files, "users", "user", user_name));
    CRM_RETURN_IF_ERROR(ReadUser(user, config));
  }
  return config;
}

// `paths` are merged as kubectl does: of an entry that several files have, the first counts. Missing files
// are passed over as long as there is one.
absl::StatusOr<ClientConfig> FromPaths(const std::vector<std::string>& paths, const std::string& context) {
  std::vector<File> files;
  absl::Status missing = InvalidArgument("kubeconfig: no file named");
  for (const std::string& path : paths) {
    absl::StatusOr<File> file = ReadFile(path);
    if (file.ok()) {
      files.push_back(*std::move(file));
    } else if (absl::IsNotFound(file.status())) {
      missing = Annotate(file.status(), "kubeconfig");
    } else {
      return file.status();
    }
  }
  if (files.empty()) return missing;
  try {
    return FromFiles(files, context);
  } catch (const YAML::Exception& error) {
    return InvalidArgument("kubeconfig {}: {}", files.front().path, error.what());
  }
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<std::string> SplitPaths(const std::string& list) {
  std::vector<std::string> paths;
  size_t begin = 0;
  while (begin <= list.size()) {
    size_t end = std::min(list.find(':', begin), list.size());
    if (end > begin) paths.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return paths;
}

}  // namespace

absl::StatusOr<ClientConfig> LoadKubeconfig(const std::string& path, const std::string& context) {
  return FromPaths({path}, context);
}

absl::StatusOr<ClientConfig> InClusterConfig(const std::string& service_account_dir) {
  std::string host = Environment("KUBERNETES_SERVICE_HOST");
  std::string port = Environment("KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty()) {
    return FailedPrecondition("in-cluster configuration: environment {} is not set",
                              host.empty() ? "KUBERNETES_SERVICE_HOST" : "KUBERNETES_SERVICE_PORT");
  }
  ClientConfig config;
  config.server = host.find(':') == std::string::npos ? fmt::format("https://{}:{}", host, port)
                                                      : fmt::format("https://[{}]:{}", host, port);
  config.token_file = service_account_dir + "/token";
  absl::StatusOr<std::string> token = RealFileSystem().Read(config.token_file);
  if (!token.ok()) return Annotate(token.status(), "in-cluster configuration: service account token");
  absl::StatusOr<std::string> authority = RealFileSystem().Read(service_account_dir + "/ca.crt");
  if (!authority.ok()) return Annotate(authority.status(), "in-cluster configuration: certificate authority");
  config.ca_pem = *std::move(authority);
  return config;
}

absl::StatusOr<ClientConfig> ResolveConfig(const std::string& flag) {
  if (!flag.empty()) return LoadKubeconfig(flag);
  if (std::string list = Environment("KUBECONFIG"); !list.empty()) return FromPaths(SplitPaths(list), "");
  if (!Environment("KUBERNETES_SERVICE_HOST").empty()) return InClusterConfig();
  std::string home = Environment("HOME");
  std::string path = home + "/.kube/config";
  if (!home.empty() && RealFileSystem().Exists(path)) return LoadKubeconfig(path);
  return FailedPrecondition(
      "no Kubernetes configuration: no kubeconfig given, environment KUBECONFIG is not set, not in a cluster "
      "(KUBERNETES_SERVICE_HOST is not set), {} is absent",
      home.empty() ? "~/.kube/config (HOME is not set)" : path);
}

}  // namespace crm::kube
