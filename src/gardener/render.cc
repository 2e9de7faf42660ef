#include "gardener/render.h"

#include "nlohmann/json.hpp"

namespace crm::gardener {
namespace {

constexpr std::string_view kSeparator = "---\n";

}  // namespace

std::vector<Json> RenderInstallation(const Installation& installation) {
  std::vector<Json> objects = {RenderAdjustmentCrd()};
  for (Json& object : RenderAgentAccess()) objects.push_back(std::move(object));
  for (Json& object : RenderConfigMaps(installation.configs)) objects.push_back(std::move(object));
  for (const AgentImage& image : installation.agent_images) {
    objects.push_back(RenderAgentDaemonSet(image, installation.node_selector));
  }
  return objects;
}

std::string Serialise(const std::vector<Json>& objects) {
  std::string stream;
  for (const Json& object : objects) {
    stream += kSeparator;
    stream += object.dump(-1, ' ', false, Json::error_handler_t::replace);
    stream += '\n';
  }
  return stream;
}

std::vector<Json> ParseStream(const std::string& stream) {
  std::vector<Json> objects;
  // JSON on one line holds no line break, so a separator at the start of a line is one.
  for (size_t at = 0; at < stream.size();) {
    const size_t end = std::min(stream.find('\n', at), stream.size());
    const std::string line = stream.substr(at, end - at);
    at = end + 1;
    if (line.empty() || line == "---") continue;
    Json object = Json::parse(line, nullptr, false);
    if (object.is_object()) objects.push_back(std::move(object));
  }
  return objects;
}

}  // namespace crm::gardener
