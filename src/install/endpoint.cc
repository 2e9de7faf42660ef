#include "install/endpoint.h"

#include "base/status.h"
#include "install/words.h"

namespace crm::install {
namespace {

constexpr std::string_view kName = "--container-runtime-endpoint";

std::string_view Normal(std::string_view socket) {
  for (const std::string_view scheme : {"unix://", "unix:"}) {
    if (socket.starts_with(scheme)) {
      socket.remove_prefix(scheme.size());
      break;
    }
  }
  if (socket.starts_with("/var/run/")) socket.remove_prefix(std::string_view("/var").size());
  return socket;
}

}  // namespace

std::string Endpoint::Flag() const { return fmt::format("{}=unix://{}", kName, relay_socket); }

bool SameSocket(std::string_view a, std::string_view b) { return Normal(a) == Normal(b); }

EndpointOwner OwnerOf(std::string_view endpoint_value, const Endpoint& endpoint) {
  if (SameSocket(endpoint_value, endpoint.relay_socket)) return EndpointOwner::kOurs;
  if (SameSocket(endpoint_value, endpoint.runtime_socket)) return EndpointOwner::kRuntime;
  return EndpointOwner::kForeign;
}

std::vector<EndpointFlag> FindEndpointFlags(std::string_view command_line) {
  std::vector<EndpointFlag> flags;
  const std::vector<Word> words = SplitWords(command_line);
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view text = words[i].text;
    if (!text.starts_with(kName)) continue;
    if (text == kName && i + 1 < words.size()) {
      flags.push_back({words[i].begin, words[i + 1].end, words[i + 1].text});
      ++i;
    } else if (text.size() > kName.size() && text[kName.size()] == '=') {
      flags.push_back({words[i].begin, words[i].end, std::string(text.substr(kName.size() + 1))});
    }
  }
  return flags;
}

std::string EndpointOf(const std::vector<std::string>& arguments) {
  std::string value;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view text = arguments[i];
    if (text == kName && i + 1 < arguments.size()) {
      value = arguments[++i];
    } else if (text.starts_with(kName) && text.size() > kName.size() && text[kName.size()] == '=') {
      value = text.substr(kName.size() + 1);
    }
  }
  return value;
}

absl::StatusOr<std::string> AddEndpoint(std::string_view command_line, const Endpoint& endpoint) {
  const std::vector<EndpointFlag> flags = FindEndpointFlags(command_line);
  for (const EndpointFlag& flag : flags) {
    if (OwnerOf(flag.value, endpoint) == EndpointOwner::kForeign && !endpoint.override_foreign) {
      return FailedPrecondition(
          "the kubelet's {} \"{}\" is neither the runtime's socket ({}) nor ours ({}): another proxy? It is "
          "overridden only when told so (--kubelet-override-foreign, kubelet.overrideForeign)",
          kName, flag.value, endpoint.runtime_socket, endpoint.relay_socket);
    }
  }
  if (!flags.empty() && OwnerOf(flags.back().value, endpoint) == EndpointOwner::kOurs) {
    return std::string(command_line);
  }
  std::string merged = RemoveEndpoint(command_line, endpoint);
  if (!merged.empty()) merged += ' ';
  return merged + endpoint.Flag();
}

std::string RemoveEndpoint(std::string_view command_line, const Endpoint& endpoint) {
  std::string left;
  size_t at = 0;
  for (const EndpointFlag& flag : FindEndpointFlags(command_line)) {
    if (OwnerOf(flag.value, endpoint) != EndpointOwner::kOurs) continue;
    left += command_line.substr(at, flag.begin - at);
    while (!left.empty() && (left.back() == ' ' || left.back() == '\t')) left.pop_back();
    at = flag.end;
  }
  left += command_line.substr(at);
  if (at != 0 && left.starts_with(' ')) left.erase(0, 1);  // ours was the first word
  return left;
}

}  // namespace crm::install
