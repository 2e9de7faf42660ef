#include "gardener/names.h"
#include "gardener/render.h"
#include "nlohmann/json.hpp"

namespace crm::gardener {
namespace {

Json ConfigMap(const std::string& name, const Texts& data) {
  Json object = {{"apiVersion", "v1"},
                 {"kind", "ConfigMap"},
                 {"metadata",
                  {{"name", name},
                   {"namespace", kShootNamespace},
                   {"labels", {{"app.kubernetes.io/part-of", "cri-resmgr"}}}}}};
  if (!data.empty()) object["data"] = data;
  return object;
}

}  // namespace

std::vector<Json> RenderConfigMaps(const DeliverableConfigs& configs) {
  std::vector<Json> objects;
  if (!configs.statics.empty()) {
    Texts files;
    for (const auto& [name, text] : configs.statics) files[name + ".cfg"] = text;
    objects.push_back(ConfigMap("cri-resmgr-static-configs", files));
  }
  for (const auto& [name, data] : configs.dynamics)
    objects.push_back(ConfigMap("cri-resmgr-config." + name, data));
  return objects;
}

}  // namespace crm::gardener
