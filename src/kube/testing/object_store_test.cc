#include "kube/testing/object_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "kube/testing/call_for_test.h"
#include "kube/testing/watch_stream.h"

namespace crm::kube::testing {
namespace {

using ::testing::HasSubstr;

class DataDirTest : public ::testing::Test {
 protected:
  DataDirTest() {
    char name[] = "/tmp/crm-store-XXXXXX";
    directory_ = ::mkdtemp(name);
    options_.data_dir = directory_;
  }
  ~DataDirTest() override { std::filesystem::remove_all(directory_); }

  std::string JournalPath() const { return directory_ + "/journal"; }
  std::string ReadJournal() const {
    std::ifstream in(JournalPath());
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void WriteJournal(const std::string& content) const { std::ofstream(JournalPath()) << content; }

  std::string directory_;
  StoreOptions options_;
};

TEST_F(DataDirTest, EverythingAnsweredSurvivesARestart) {
  std::string version;
  {
    auto server = OpenForTest(options_);
    ASSERT_EQ(CallJson(*server, "POST", kConfigMapsPath, ConfigMap("a")).code, 201);
    ASSERT_EQ(CallJson(*server, "POST", kConfigMapsPath, ConfigMap("b")).code, 201);
    ASSERT_EQ(CallJson(*server, "POST", kWidgetsPath, Widget("w", 1)).code, 201);
    ASSERT_EQ(Call(*server, "DELETE", std::string(kConfigMapsPath) + "/a").code, 200);
    version = Call(*server, "GET", kConfigMapsPath).version();
  }
  auto server = ApiServer::Open(options_);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(Call(**server, "GET", kConfigMapsPath).version(), version);
  EXPECT_EQ(Call(**server, "GET", std::string(kConfigMapsPath) + "/a").code, 404);
  EXPECT_EQ(Call(**server, "GET", std::string(kConfigMapsPath) + "/b").code, 200);
  EXPECT_EQ(Call(**server, "GET", std::string(kWidgetsPath) + "/w").code,
            200);  // the CRD is registered again
  EXPECT_GT(std::stol(CallJson(**server, "POST", kConfigMapsPath, ConfigMap("c")).version()),
            std::stol(version));
}

TEST_F(DataDirTest, AWatchResumesAcrossARestart) {
  int64_t before = 0;
  {
    auto server = OpenForTest(options_);
    before = server->revision();
    ASSERT_EQ(CallJson(*server, "POST", kConfigMapsPath, ConfigMap("a")).code, 201);
  }
  auto server = ApiServer::Open(options_);
  ASSERT_TRUE(server.ok()) << server.status();
  ApiAnswer answer = (*server)->Handle(
      {"GET", std::string(kConfigMapsPath) + "?watch=1&resourceVersion=" + std::to_string(before), "", "",
       ""});
  ASSERT_NE(answer.watch, nullptr);
  std::string lines;
  EXPECT_TRUE((*server)->Pull(*answer.watch, 1 << 20, &lines));
  EXPECT_THAT(lines, HasSubstr("ADDED"));
}

TEST_F(DataDirTest, ATornLastLineIsDropped) {
  { ASSERT_EQ(CallJson(*OpenForTest(options_), "POST", kConfigMapsPath, ConfigMap("a")).code, 201); }
  const std::string whole = ReadJournal();
  const std::string without_last = whole.substr(0, whole.rfind('\n', whole.size() - 2) + 1);
  for (size_t cut = without_last.size(); cut < whole.size(); cut += 17) {
    WriteJournal(whole.substr(0, cut));
    auto server = ApiServer::Open(options_);
    ASSERT_TRUE(server.ok()) << "cut at " << cut << ": " << server.status();
    EXPECT_EQ(Call(**server, "GET", std::string(kConfigMapsPath) + "/a").code, 404);
    EXPECT_EQ(CallJson(**server, "POST", kConfigMapsPath, ConfigMap("a")).code, 201);
  }
}

TEST_F(DataDirTest, DamageInTheMiddleIsRefused) {
  { ASSERT_NE(OpenForTest(options_), nullptr); }
  std::string content = ReadJournal();
  content[content.find("kube-system")] = 'X';
  WriteJournal(content);
  const auto server = ApiServer::Open(options_);
  EXPECT_EQ(server.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("line "));
}

TEST_F(DataDirTest, OneProcessAtATime) {
  auto first = ApiServer::Open(options_);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(ApiServer::Open(options_).status()));
}

TEST_F(DataDirTest, TheJournalIsRewrittenWhenItOutgrowsTheObjects) {
  options_.history_limit = 10;
  options_.compact_after = 20;
  int64_t revision = 0;
  {
    auto server = OpenForTest(options_);
    for (int i = 0; i < 200; ++i) {
      const Json patch = {{"data", {{"i", std::to_string(i)}}}};
      if (i == 0) {
        ASSERT_EQ(CallJson(*server, "POST", kConfigMapsPath, ConfigMap("a")).code, 201);
      }
      ASSERT_EQ(CallJson(*server, "PATCH", std::string(kConfigMapsPath) + "/a", patch, kMergePatch).code,
                200);
    }
    revision = server->revision();
  }
  const std::string content = ReadJournal();
  EXPECT_LT(std::count(content.begin(), content.end(), '\n'), 40);
  auto server = ApiServer::Open(options_);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ((*server)->revision(), revision);
  EXPECT_EQ(Call(**server, "GET", std::string(kConfigMapsPath) + "/a").body["data"]["i"], "199");
}

TEST_F(DataDirTest, ANamespaceThatWasEndingGoesOnEndingAfterARestart) {
  {
    auto store = ObjectStore::Open(options_);
    ASSERT_TRUE(store.ok());
    const Json ns = {{"kind", "Namespace"},
                     {"metadata", {{"name", "n"}, {"deletionTimestamp", "2026-01-01T00:00:00Z"}}}};
    const Json object = {{"kind", "ConfigMap"}, {"metadata", {{"name", "a"}, {"namespace", "n"}}}};
    ASSERT_TRUE((*store)->Put({"/namespaces", "", "n"}, ns).ok());
    ASSERT_TRUE((*store)->Put({"/configmaps", "n", "a"}, object).ok());
  }
  auto server = ApiServer::Open(options_);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(Call(**server, "GET", "/api/v1/namespaces/n").code, 404);
  EXPECT_EQ(Call(**server, "GET", "/api/v1/namespaces/n/configmaps/a").code, 404);
}

TEST(ObjectStoreTest, ListsAsOfAnEarlierRevision) {
  StoreOptions options;
  options.history_limit = 4;
  auto store = *ObjectStore::Open(options);
  auto put = [&](const char* name, int value) {
    ASSERT_TRUE(store->Put({"/x", "n", name}, {{"metadata", {{"name", name}}}, {"v", value}}).ok());
  };
  put("a", 1);
  put("b", 1);
  const int64_t then = store->revision();
  put("a", 2);
  put("c", 1);
  ASSERT_TRUE(store->Remove({"/x", "n", "b"}, *store->Get({"/x", "n", "b"})).ok());
  const auto old = store->ListAt("/x", "", then);
  ASSERT_TRUE(old.ok());
  ASSERT_EQ(old->size(), 2u);
  EXPECT_EQ((*(*old)[0])["v"], 1);
  EXPECT_EQ((*(*old)[1])["metadata"]["name"], "b");
  EXPECT_EQ(store->List("/x", "n").size(), 2u);
  put("d", 1);
  put("e", 1);
  EXPECT_TRUE(absl::IsOutOfRange(store->ListAt("/x", "", then).status()));
}

}  // namespace
}  // namespace crm::kube::testing
