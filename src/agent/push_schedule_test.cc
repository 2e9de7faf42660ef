#include "agent/push_schedule.h"

#include <gtest/gtest.h>

namespace crm::agent {
namespace {

const ConfigData kFirst = {{"policy", "1"}};
const ConfigData kSecond = {{"policy", "2"}};
const ConfigData kThird = {{"policy", "3"}};

absl::Time At(double seconds) { return absl::UnixEpoch() + absl::Seconds(seconds); }

TEST(PushSchedule, ChangesInShortOrderAreOnePushOfTheLast) {
  PushSchedule schedule({});
  schedule.OnChange(kFirst, At(0));
  EXPECT_EQ(schedule.Take(At(1.9)), std::nullopt);
  schedule.OnChange(kSecond, At(1));
  schedule.OnChange(kThird, At(2.5));
  EXPECT_EQ(schedule.Due(), At(4.5));
  EXPECT_EQ(schedule.Take(At(4.4)), std::nullopt);
  EXPECT_EQ(schedule.Take(At(4.5)), kThird);
  EXPECT_EQ(schedule.Due(), absl::InfiniteFuture());
  schedule.OnResult(std::string(), At(4.6));
  EXPECT_EQ(schedule.Due(), absl::InfiniteFuture());
  EXPECT_EQ(schedule.error(), "");
}

TEST(PushSchedule, FailureOfTransportIsTriedAgain) {
  PushSchedule schedule({});
  schedule.OnChange(kFirst, At(0));
  ASSERT_TRUE(schedule.Take(At(4.5)));
  schedule.OnResult(absl::UnavailableError("no daemon"), At(4.5));
  EXPECT_EQ(schedule.error(), "no daemon");
  EXPECT_EQ(schedule.Due(), At(9.5));
  EXPECT_EQ(schedule.Take(At(9.5)), kFirst);
  schedule.OnResult(std::string(), At(9.6));
  EXPECT_EQ(schedule.error(), "");
}

TEST(PushSchedule, RefusalIsFinalUntilTheNextChange) {
  PushSchedule schedule({});
  schedule.OnChange(kFirst, At(0));
  ASSERT_TRUE(schedule.Take(At(2)));
  schedule.OnResult(std::string("x"), At(2));
  EXPECT_EQ(schedule.error(), "x");
  EXPECT_EQ(schedule.Due(), absl::InfiniteFuture());
  schedule.OnChange(kSecond, At(10));
  EXPECT_EQ(schedule.error(), "x");
  EXPECT_EQ(schedule.Take(At(12)), kSecond);
}

TEST(PushSchedule, AChangeDuringTheCallReplacesItsRetry) {
  PushSchedule schedule({});
  schedule.OnChange(kFirst, At(0));
  ASSERT_TRUE(schedule.Take(At(2)));
  schedule.OnChange(kSecond, At(3));
  EXPECT_EQ(schedule.Due(), absl::InfiniteFuture());  // one call at a time
  schedule.OnResult(absl::UnavailableError("lost"), At(4));
  EXPECT_EQ(schedule.Due(), At(5));
  EXPECT_EQ(schedule.Take(At(5)), kSecond);
}

TEST(PushSchedule, ADaemonThatCameBackGetsTheLastConfigurationAtOnce) {
  PushSchedule schedule({});
  schedule.OnDaemonBack(At(0));
  EXPECT_EQ(schedule.Due(), absl::InfiniteFuture());
  schedule.OnChange(kFirst, At(0));
  schedule.OnDaemonBack(At(1));  // the first connection: the change still waits for quiet
  EXPECT_EQ(schedule.Due(), At(2));
  ASSERT_TRUE(schedule.Take(At(2)));
  schedule.OnResult(std::string(), At(2));
  schedule.OnDaemonBack(At(50));
  EXPECT_EQ(schedule.Take(At(50)), kFirst);
  schedule.OnResult(std::string("refused"), At(50));
  schedule.OnDaemonBack(At(60));
  EXPECT_EQ(schedule.Take(At(60)), kFirst);
}

TEST(PushSchedule, ADaemonThatCameBackCutsTheRetryShort) {
  PushSchedule schedule({});
  schedule.OnChange(kFirst, At(0));
  ASSERT_TRUE(schedule.Take(At(2)));
  schedule.OnResult(absl::UnavailableError("down"), At(3));
  schedule.OnDaemonBack(At(4));
  EXPECT_EQ(schedule.Take(At(4)), kFirst);
  schedule.OnDaemonBack(At(5));  // during the call
  schedule.OnResult(absl::UnavailableError("lost"), At(5));
  EXPECT_EQ(schedule.Due(), At(5));
  ASSERT_TRUE(schedule.Take(At(5)));
  schedule.OnDaemonBack(At(5));
  schedule.OnResult(std::string(), At(6));  // it came through: nothing to repeat
  EXPECT_EQ(schedule.Due(), absl::InfiniteFuture());
}

}  // namespace
}  // namespace crm::agent
