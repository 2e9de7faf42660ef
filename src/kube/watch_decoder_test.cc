#include "kube/watch_decoder.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::kube {
namespace {

using ::testing::ElementsAre;

struct Recorder {
  std::vector<std::string> events;  // "type name"
  WatchDecoder decoder{
      "GET /watch", [this](WatchEventType type, Json object) {
        events.push_back(std::to_string(static_cast<int>(type)) + " " + std::string(Name(object)));
      }};
};

constexpr char kStream[] = R"({"type":"ADDED","object":{"metadata":{"name":"a\n"}}})"
                           "\n\r\n"
                           R"({"type":"MODIFIED","object":{"metadata":{"name":"b"}}})"
                           "\n"
                           R"({"type":"LATER","object":{}})"
                           "\n"
                           R"({"type":"DELETED","object":{"metadata":{"name":"c"}}})"
                           "\n"
                           R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}})";

TEST(WatchDecoderTest, TakesLinesSplitAnywhere) {
  std::string stream = kStream;
  for (size_t cut = 0; cut <= stream.size(); ++cut) {
    Recorder run;
    ASSERT_TRUE(run.decoder.Feed(stream.substr(0, cut)).ok());
    ASSERT_TRUE(run.decoder.Feed(stream.substr(cut)).ok());
    ASSERT_TRUE(run.decoder.End().ok());
    ASSERT_THAT(run.events, ElementsAre("0 a\n", "1 b", "2 c", "3 ")) << cut;
  }
  Recorder run;
  for (char c : stream) ASSERT_TRUE(run.decoder.Feed(std::string(1, c)).ok());
  ASSERT_TRUE(run.decoder.End().ok());
  EXPECT_THAT(run.events, ElementsAre("0 a\n", "1 b", "2 c", "3 "));
}

TEST(WatchDecoderTest, AnErrorEventIsItsStatus) {
  Recorder run;
  absl::Status status = run.decoder.Feed(
      "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\",\"message\":"
      "\"too old\"}}\n");
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(status.message(), "too old");
  Recorder other;
  EXPECT_EQ(other.decoder.Feed("{\"type\":\"ERROR\",\"object\":{}}\n").code(),
            absl::StatusCode::kUnavailable);
}

TEST(WatchDecoderTest, RefusesWhatIsNoEvent) {
  for (const char* line :
       {"x", "{", "[]", "1", "{}", R"({"type":1,"object":{}})", R"({"type":"ADDED"})",
        R"({"type":"ADDED","object":"text"})", R"({"object":{}})", "{\"type\":\"ADDED\"\xff"}) {
    Recorder run;
    EXPECT_EQ(run.decoder.Feed(std::string(line) + "\n").code(), absl::StatusCode::kInternal) << line;
    EXPECT_TRUE(run.events.empty());
  }
  Recorder cut;
  ASSERT_TRUE(cut.decoder.Feed(R"({"type":"ADD)").ok());
  EXPECT_EQ(cut.decoder.End().code(), absl::StatusCode::kInternal);
}

TEST(WatchDecoderTest, LimitsTheLine) {
  std::string before = R"({"type":"ADDED","object":{"metadata":{"name":"n"},"data":")";
  std::string fits = before + std::string(WatchDecoder::kLongestLine - before.size() - 3, 'x') + "\"}}\n";
  Recorder run;
  EXPECT_TRUE(run.decoder.Feed(fits).ok());
  EXPECT_EQ(run.events.size(), 1u);
  Recorder longer;
  EXPECT_EQ(longer.decoder.Feed(std::string(WatchDecoder::kLongestLine + 1, ' ')).code(),
            absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace crm::kube
