// GET: one object, lists with pages, the opening of watches.

#include <algorithm>
#include <charconv>

#include "absl/strings/escaping.h"
#include "base/status.h"
#include "fmt/format.h"
#include "kube/objects.h"
#include "kube/testing/api_answer.h"
#include "kube/testing/api_server.h"
#include "kube/testing/json_text.h"
#include "nlohmann/json.hpp"

namespace crm::kube::testing {

namespace {

struct Selectors {
  LabelSelector labels;
  FieldSelector fields;
};

ApiResult<Selectors> ParseSelectors(const ResourcePath& path, const ParsedTarget& target) {
  Selectors selectors;
  absl::StatusOr<LabelSelector> labels = LabelSelector::Parse(target.Query("labelSelector"));
  if (!labels.ok()) return BadRequestError(std::string(Message(labels.status())));
  selectors.labels = *std::move(labels);
  std::string text = target.Query("fieldSelector");
  if (!path.name.empty()) text = "metadata.name=" + path.name + (text.empty() ? "" : ",") + text;
  absl::StatusOr<FieldSelector> fields = FieldSelector::Parse(text, SelectableFields(path.type->plural));
  if (!fields.ok()) return BadRequestError(std::string(Message(fields.status())));
  selectors.fields = *std::move(fields);
  return selectors;
}

/// A revision, 0 when the parameter is absent.
ApiResult<int64_t> ParseVersion(const std::string& text) {
  if (text.empty()) return int64_t{0};
  int64_t version = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), version);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size() || version < 0) {
    return BadRequestError(fmt::format(
        "invalid resource version: resourceVersion: Invalid value: \"{}\": must be a number", text));
  }
  return version;
}

struct Continue {
  int64_t revision = 0;
  std::string start;  // "namespace/name" of the last object of the page before
};

std::string EncodeContinue(const Continue& token) {
  return absl::WebSafeBase64Escape(Json{{"rv", token.revision}, {"start", token.start}}.dump());
}

ApiResult<Continue> DecodeContinue(const std::string& text) {
  std::string decoded;
  if (absl::WebSafeBase64Unescape(text, &decoded)) {
    const absl::StatusOr<Json> token = ParseJson(decoded);
    if (token.ok() && FindInt(*token, {"rv"}) > 0) {
      return Continue{FindInt(*token, {"rv"}), std::string(FindString(*token, {"start"}))};
    }
  }
  return BadRequestError("invalid continue token: continue key is not valid");
}

/// Whether the object comes after "namespace/name" in the order of lists.
bool After(const Json& object, std::string_view start) {
  const size_t slash = std::min(start.find('/'), start.size());
  const std::string_view ns = start.substr(0, slash);
  const std::string_view name = start.substr(std::min(slash + 1, start.size()));
  return Namespace(object) != ns ? Namespace(object) > ns : Name(object) > name;
}

int ToInt(const std::string& text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value < 0 ? 0 : value;
}

}  // namespace

ApiAnswer ApiServer::Read(const ResourcePath& path, const ParsedTarget& target, const ApiRequest& request) {
  const View view = ViewOf(request.accept);
  if (target.QueryIsTrue("watch")) return Watch(path, target, view);
  if (path.name.empty()) return List(path, target, view);
  const ApiResult<ObjectPtr> object = objects_->Get({path.type, path.ns, path.name, ""});
  if (!object.ok()) return ErrorAnswer(object.error());
  return ObjectAnswer(200, *path.type, *object, view);
}

ApiAnswer ApiServer::List(const ResourcePath& path, const ParsedTarget& target, View view) {
  const ApiResult<Selectors> selectors = ParseSelectors(path, target);
  if (!selectors.ok()) return ErrorAnswer(selectors.error());
  const ApiResult<int64_t> version = ParseVersion(target.Query("resourceVersion"));
  if (!version.ok()) return ErrorAnswer(version.error());
  if (*version > store_->revision()) return ErrorAnswer(TooLargeVersionError(*version, store_->revision()));

  Continue from{store_->revision(), ""};
  if (const std::string token = target.Query("continue"); !token.empty()) {
    const ApiResult<Continue> decoded = DecodeContinue(token);
    if (!decoded.ok()) return ErrorAnswer(decoded.error());
    from = *decoded;
  } else if (target.Query("resourceVersionMatch") == "Exact") {
    from.revision = *version;
  }
  const absl::StatusOr<std::vector<ObjectPtr>> all =
      store_->ListAt(path.type->StoreName(), path.ns, from.revision);
  if (!all.ok()) {
    return ErrorAnswer(ExpiredError(
        "The provided continue parameter is too old to display a consistent list result. You must start a "
        "new list without the continue parameter."));
  }
  const int limit = ToInt(target.Query("limit"));
  std::vector<ObjectPtr> page;
  Json metadata = {{"resourceVersion", std::to_string(from.revision)}};
  for (const ObjectPtr& object : *all) {
    if (!from.start.empty() && !After(*object, from.start)) continue;
    if (!selectors->labels.Matches(*object) || !selectors->fields.Matches(*object)) continue;
    if (limit > 0 && page.size() == static_cast<size_t>(limit)) {
      const Json& last = *page.back();
      metadata["continue"] =
          EncodeContinue({from.revision, fmt::format("{}/{}", Namespace(last), Name(last))});
      break;
    }
    page.push_back(object);
  }
  return ListAnswer(*path.type, page, metadata, view);
}

ApiAnswer ApiServer::Watch(const ResourcePath& path, const ParsedTarget& target, View view) {
  const ApiResult<Selectors> selectors = ParseSelectors(path, target);
  if (!selectors.ok()) return ErrorAnswer(selectors.error());
  const ApiResult<int64_t> version = ParseVersion(target.Query("resourceVersion"));
  if (!version.ok()) return ErrorAnswer(version.error());
  if (*version > store_->revision()) {
    // From another life of this server, one without a data directory: its watchers must list again. (A
    // kube-apiserver leaves them waiting for a revision that may never come.)
    return ErrorAnswer(ExpiredError(
        fmt::format("resource version {} is later than all there are ({})", *version, store_->revision())));
  }
  WatchSpec spec;
  spec.type = path.type;
  spec.ns = path.ns;
  spec.labels = selectors->labels;
  spec.fields = selectors->fields;
  spec.view = view;
  spec.after = *version;
  spec.bookmarks = target.QueryIsTrue("allowWatchBookmarks");
  spec.mark_initial_end = target.QueryIsTrue("sendInitialEvents") && spec.bookmarks;
  spec.initial_state = *version == 0 || target.QueryIsTrue("sendInitialEvents");
  ApiAnswer answer;
  answer.watch = std::make_unique<WatchStream>(std::move(spec));
  answer.watch_timeout_seconds = ToInt(target.Query("timeoutSeconds"));
  return answer;
}

}  // namespace crm::kube::testing
