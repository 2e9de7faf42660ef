#include <thread>

#include "gtest/gtest.h"
#include "kube/client.h"

namespace crm::kube {
namespace {

TEST(CancellationTest, RunsCallbacksOnceAndForgetsUnregisteredOnes) {
  Cancellation cancellation;
  int first = 0;
  int second = 0;
  int third = 0;
  auto kept = cancellation.OnCancel([&] { ++first; });
  cancellation.OnCancel([&] { ++second; }).reset();
  EXPECT_FALSE(cancellation.WaitFor(absl::ZeroDuration()));
  cancellation.Cancel();
  cancellation.Cancel();
  auto late = cancellation.OnCancel([&] { ++third; });
  EXPECT_TRUE(cancellation.cancelled());
  EXPECT_TRUE(cancellation.WaitFor(absl::InfiniteDuration()));
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 0);
  EXPECT_EQ(third, 1);
}

}  // namespace
}  // namespace crm::kube
