#include "kube/work_queue.h"

#include <thread>

#include "gtest/gtest.h"

namespace crm::kube {
namespace {

TEST(WorkQueueTest, AKeyWaitsOnce) {
  WorkQueue queue;
  queue.Add("a");
  queue.Add("b");
  queue.Add("a");
  EXPECT_EQ(queue.Depth(), 2u);
  EXPECT_EQ(queue.Get(), "a");
  EXPECT_EQ(queue.Get(), "b");
  EXPECT_EQ(queue.Depth(), 0u);
}

TEST(WorkQueueTest, AKeyInWorkComesAgainAfterDone) {
  WorkQueue queue;
  queue.Add("a");
  EXPECT_EQ(queue.Get(), "a");
  queue.Add("a");
  queue.Add("a");
  EXPECT_EQ(queue.Depth(), 0u);  // not given to a second worker
  queue.Done("a");
  EXPECT_EQ(queue.Depth(), 1u);
  EXPECT_EQ(queue.Get(), "a");
  queue.Done("a");
  EXPECT_EQ(queue.Depth(), 0u);
}

TEST(WorkQueueTest, DelayedKeysComeInTheOrderOfTheirTimes) {
  WorkQueue queue;
  queue.AddAfter("late", absl::Milliseconds(30));
  queue.AddAfter("soon", absl::Milliseconds(1));
  queue.AddAfter("never", absl::InfiniteDuration());
  EXPECT_EQ(queue.Get(), "soon");
  EXPECT_EQ(queue.Get(), "late");
  queue.AddAfter("now", absl::ZeroDuration());
  EXPECT_EQ(queue.Depth(), 1u);
}

TEST(WorkQueueTest, TheEarlierOfTwoDelaysCounts) {
  WorkQueue queue;
  queue.AddAfter("a", absl::Hours(1));
  queue.AddAfter("a", absl::Milliseconds(1));
  queue.AddAfter("a", absl::Hours(2));
  EXPECT_EQ(queue.Get(), "a");  // would take an hour otherwise
  queue.Done("a");
  EXPECT_EQ(queue.Depth(), 0u);
}

TEST(WorkQueueTest, AWaiterIsWokenByAnEarlierKey) {
  WorkQueue queue;
  queue.AddAfter("late", absl::Hours(1));
  std::optional<std::string> got;
  std::thread worker([&] { got = queue.Get(); });
  queue.AddAfter("soon", absl::Milliseconds(1));
  worker.join();
  EXPECT_EQ(got, "soon");
}

TEST(WorkQueueTest, FailuresDelayLongerAndLonger) {
  EXPECT_EQ(WorkQueue::FailureDelay(0), absl::Milliseconds(5));
  EXPECT_EQ(WorkQueue::FailureDelay(1), absl::Milliseconds(10));
  EXPECT_EQ(WorkQueue::FailureDelay(10), absl::Milliseconds(5120));
  EXPECT_EQ(WorkQueue::FailureDelay(18), absl::Seconds(1000));
  EXPECT_EQ(WorkQueue::FailureDelay(1000000), absl::Seconds(1000));
}

TEST(WorkQueueTest, ForgetStartsTheDelaysAnew) {
  WorkQueue queue;
  for (int i = 0; i < 20; ++i) {  // without Forget the twentieth would take 1000 s
    queue.AddRateLimited("a");
    EXPECT_EQ(queue.Get(), "a");
    queue.Forget("a");
    queue.Done("a");
  }
}

TEST(WorkQueueTest, ShutDownEndsEveryWaiter) {
  WorkQueue queue;
  queue.AddAfter("late", absl::Hours(1));
  std::optional<std::string> first = "x";
  std::optional<std::string> second = "x";
  std::thread one([&] { first = queue.Get(); });
  std::thread two([&] { second = queue.Get(); });
  queue.ShutDown();
  one.join();
  two.join();
  EXPECT_EQ(first, std::nullopt);
  EXPECT_EQ(second, std::nullopt);
  queue.Add("a");
  EXPECT_EQ(queue.Get(), std::nullopt);
}

}  // namespace
}  // namespace crm::kube
