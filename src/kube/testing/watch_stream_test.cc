#include "kube/testing/watch_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "kube/testing/call_for_test.h"

namespace crm::kube::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    StoreOptions options;
    options.history_limit = 50;
    server_ = OpenForTest(options);
    ASSERT_NE(server_, nullptr);
  }

  std::unique_ptr<WatchStream> Open(const std::string& query) {
    ApiAnswer answer = server_->Handle({"GET", maps_ + "?watch=true" + query, "", "", ""});
    EXPECT_EQ(answer.code, 200) << answer.body;
    return std::move(answer.watch);
  }
  /// "TYPE name" of the events since the last call.
  std::vector<std::string> Events(WatchStream& watch) {
    std::string lines;
    open_ = server_->Pull(watch, 1 << 20, &lines);
    std::vector<std::string> events;
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);) {
      last_ = Json::parse(line);
      const Json& object = last_["object"];
      events.push_back(
          last_["type"].get<std::string>() + " " +
          (object["kind"] == "Status" ? object["reason"] : object["metadata"].value("name", Json("-")))
              .get<std::string>());
    }
    return events;
  }
  void Create(const std::string& name, const Json& labels = Json::object()) {
    ASSERT_EQ(CallJson(*server_, "POST", maps_, ConfigMap(name, labels)).code, 201);
  }
  void Label(const std::string& name, const Json& labels) {
    ASSERT_EQ(
        CallJson(*server_, "PATCH", maps_ + "/" + name, {{"metadata", {{"labels", labels}}}}, kMergePatch)
            .code,
        200);
  }
  void Delete(const std::string& name) { ASSERT_EQ(Call(*server_, "DELETE", maps_ + "/" + name).code, 200); }
  std::string Now() { return "&resourceVersion=" + std::to_string(server_->revision()); }

  const std::string maps_ = kConfigMapsPath;
  std::unique_ptr<ApiServer> server_;
  Json last_;
  bool open_ = true;
};

TEST_F(WatchTest, ShowsEveryChangeAfterARevisionOnce) {
  Create("before");
  auto watch = Open(Now());
  EXPECT_THAT(Events(*watch), IsEmpty());
  Create("a");
  Label("a", {{"l", "1"}});
  ASSERT_EQ(CallJson(*server_, "POST", kWidgetsPath, Widget("other-kind", 1)).code, 201);
  ASSERT_EQ(
      CallJson(*server_, "POST", "/api/v1/namespaces/kube-system/configmaps", ConfigMap("other-namespace"))
          .code,
      201);
  Delete("a");
  EXPECT_THAT(Events(*watch), ElementsAre("ADDED a", "MODIFIED a", "DELETED a"));
  EXPECT_EQ(last_["object"]["metadata"]["resourceVersion"], std::to_string(server_->revision()));
  EXPECT_THAT(Events(*watch), IsEmpty());
}

TEST_F(WatchTest, WithoutARevisionShowsFirstWhatExists) {
  Create("a");
  Create("b");
  for (const char* query : {"", "&resourceVersion=0"}) {
    auto watch = Open(query);
    EXPECT_THAT(Events(*watch), ElementsAre("ADDED a", "ADDED b")) << query;
  }
}

TEST_F(WatchTest, ObjectsEnterAndLeaveASelection) {
  Create("a", {{"l", "x"}});
  Create("z", {{"l", "no"}});
  auto watch = Open("&labelSelector=l%20in%20(x,y)" + Now());
  Label("a", {{"m", "1"}});
  Label("a", {{"l", "no"}});
  EXPECT_THAT(Events(*watch), ElementsAre("MODIFIED a", "DELETED a"));
  // The last state that was selected, with the revision of the change that took it out.
  EXPECT_EQ(last_["object"]["metadata"]["labels"]["l"], "x");
  EXPECT_EQ(last_["object"]["metadata"]["resourceVersion"], std::to_string(server_->revision()));
  Label("a", {{"m", "2"}});
  Label("a", {{"l", "y"}});
  Delete("a");
  Delete("z");
  EXPECT_THAT(Events(*watch), ElementsAre("ADDED a", "DELETED a"));
}

TEST_F(WatchTest, FieldSelectorsWatchOneObject) {
  Create("a");
  Create("b");
  auto watch = Open("&fieldSelector=metadata.name%3Db");
  EXPECT_THAT(Events(*watch), ElementsAre("ADDED b"));
  Delete("a");
  Delete("b");
  EXPECT_THAT(Events(*watch), ElementsAre("DELETED b"));
}

TEST_F(WatchTest, AForgottenHistoryExpiresWatches) {
  Create("a");
  const std::string then = Now();
  auto slow = Open(then);
  auto current = Open(then);
  Create("b");
  EXPECT_THAT(Events(*current), ElementsAre("ADDED b"));
  server_->CompactHistory();
  EXPECT_THAT(Events(*slow), ElementsAre("ERROR Expired"));
  EXPECT_EQ(last_["object"]["code"], 410);
  EXPECT_FALSE(open_);
  Create("c");
  EXPECT_THAT(Events(*current), ElementsAre("ADDED c"));
  EXPECT_TRUE(open_);
  auto late = Open(then);
  EXPECT_THAT(Events(*late), ElementsAre("ERROR Expired"));
}

TEST_F(WatchTest, TheHistoryIsBounded) {
  auto slow = Open(Now());
  for (int i = 0; i < 60; ++i) Create("x" + std::to_string(i));
  EXPECT_THAT(Events(*slow), ElementsAre("ERROR Expired"));
}

TEST_F(WatchTest, LongHistoriesComeInPieces) {
  auto watch = Open(Now());
  for (int i = 0; i < 10; ++i) Create("x" + std::to_string(i));
  std::string lines;
  EXPECT_TRUE(server_->Pull(*watch, 1, &lines));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1);
  EXPECT_TRUE(server_->Behind(*watch));
  EXPECT_EQ(Events(*watch).size(), 9u);
  EXPECT_FALSE(server_->Behind(*watch));
}

TEST_F(WatchTest, BookmarksTellTheRevisionOnlyToThoseWhoAsked) {
  auto with = Open("&allowWatchBookmarks=true" + Now());
  auto without = Open(Now());
  ASSERT_EQ(CallJson(*server_, "POST", kWidgetsPath, Widget("w", 1)).code, 201);
  EXPECT_THAT(Events(*with), IsEmpty());
  EXPECT_THAT(Events(*without), IsEmpty());
  std::string lines;
  without->Bookmark(&lines);
  EXPECT_EQ(lines, "");
  with->Bookmark(&lines);
  const Json event = Json::parse(lines);
  EXPECT_EQ(event["type"], "BOOKMARK");
  EXPECT_EQ(event["object"]["kind"], "ConfigMap");
  EXPECT_EQ(event["object"]["metadata"]["resourceVersion"], std::to_string(server_->revision()));
}

TEST_F(WatchTest, InitialEventsEndWithAMarkedBookmark) {
  Create("a");
  auto watch = Open("&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
  EXPECT_THAT(Events(*watch), ElementsAre("ADDED a", "BOOKMARK -"));
  EXPECT_EQ(last_["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
}

TEST_F(WatchTest, RevisionsThatCannotBeAreRefused) {
  EXPECT_EQ(Call(*server_, "GET", maps_ + "?watch=true&resourceVersion=999999").code, 410);
  EXPECT_EQ(Call(*server_, "GET", maps_ + "?watch=true&resourceVersion=abc").code, 400);
  EXPECT_EQ(Call(*server_, "GET", maps_ + "?watch=true&labelSelector=a%20in%20(").code, 400);
}

}  // namespace
}  // namespace crm::kube::testing
