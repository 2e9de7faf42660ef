#include "kube/testing/api_answer.h"

#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

ApiAnswer JsonAnswer(int code, const Json& body) {
  ApiAnswer answer;
  answer.code = code;
  answer.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  answer.body += '\n';
  return answer;
}

ApiAnswer ErrorAnswer(const ApiError& error) { return JsonAnswer(error.code, error.ToStatus()); }

ApiAnswer ObjectAnswer(int code, const ResourceType& type, const ObjectPtr& object, View view) {
  const ObjectPtr shown = InVersion(type, object);
  if (view == View::kTable) return JsonAnswer(code, MakeTable(type, {shown}, ResourceVersion(*shown)));
  return JsonAnswer(code, *shown);
}

ApiAnswer ListAnswer(const ResourceType& type, const std::vector<ObjectPtr>& items, const Json& metadata,
                     View view) {
  if (view == View::kTable) {
    Json table = MakeTable(type, items, "");
    table["metadata"] = metadata;
    return JsonAnswer(200, table);
  }
  Json list = {{"kind", type.list_kind}, {"apiVersion", type.GroupVersion()}, {"metadata", metadata}};
  Json& array = list["items"] = Json::array();
  for (const ObjectPtr& item : items) {
    Json shown = *InVersion(type, item);
    if (!type.custom) {
      shown.erase("kind");
      shown.erase("apiVersion");
    }
    array.push_back(std::move(shown));
  }
  return JsonAnswer(200, list);
}

}  // namespace crm::kube::testing
