#include "kube/work_queue.h"

#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "kube/controller_metrics.h"
#include "metrics/registry.h"

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

// Symptom: each success, which asks to be called again in an hour, left one more entry behind.
TEST(WorkQueueTest, AKeyHasOneDelayHoweverOftenItIsDelayed) {
  WorkQueue queue;
  for (int i = 0; i < 1000; ++i) {
    queue.Add("a");
    EXPECT_EQ(queue.Get(), "a");
    queue.Done("a");
    queue.AddAfter("a", absl::Hours(1));
    queue.AddAfter("b", absl::Hours(2) - absl::Seconds(i));
  }
  EXPECT_EQ(queue.DelayedForTest(), 2u);
}

TEST(WorkQueueTest, AllFailuresTogetherComeTenASecondAfterABurst) {
  FakeClock clock;
  WorkQueue queue({"q", nullptr, &clock});
  for (int i = 0; i < 103; ++i) queue.AddRateLimited(std::to_string(i));
  auto released = [&] {  // Get releases what is due
    queue.Add("probe");
    while (queue.Get() != "probe") {
    }
    queue.Done("probe");
    return 103 - queue.DelayedForTest();
  };
  EXPECT_EQ(released(), 0u);
  clock.Advance(absl::Milliseconds(5));  // the first delay of a key
  EXPECT_EQ(released(), 100u);
  clock.Advance(absl::Milliseconds(95));
  EXPECT_EQ(released(), 101u);
  clock.Advance(absl::Milliseconds(200));
  EXPECT_EQ(released(), 103u);
}

TEST(WorkQueueTest, CountsAsControllerRuntimeDoes) {
  FakeClock clock;
  metrics::Registry registry;
  WorkQueue queue({"q", &registry, &clock});
  auto counter = [&](const char* name) { return registry.Counters(name, "", {"name"}).With({"q"}).value(); };
  auto gauge = [&](const char* name) { return registry.Gauges(name, "", {"name"}).With({"q"}).value(); };
  auto sum = [&](const char* name) { return registry.Histograms(name, "", {"name"}, {}).With({"q"}).sum(); };
  queue.Add("a");
  queue.Add("b");
  queue.Add("a");
  queue.AddAfter("c", absl::Hours(1));
  queue.AddRateLimited("d");
  EXPECT_EQ(counter("workqueue_adds_total"), 2);
  EXPECT_EQ(counter("workqueue_retries_total"), 2);
  EXPECT_EQ(gauge("workqueue_depth"), 2);
  clock.Advance(absl::Milliseconds(3));
  queue.Get();
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(queue.Get(), "b");
  EXPECT_EQ(gauge("workqueue_depth"), 1);  // d is due
  EXPECT_NEAR(sum("workqueue_queue_duration_seconds"), 1.006, 1e-9);
  clock.Advance(absl::Seconds(2));
  registry.Text();
  EXPECT_NEAR(gauge("workqueue_unfinished_work_seconds"), 5, 1e-9);
  EXPECT_NEAR(gauge("workqueue_longest_running_processor_seconds"), 3, 1e-9);
  queue.Add("a");
  EXPECT_EQ(counter("workqueue_adds_total"), 4);
  queue.Done("a");
  EXPECT_EQ(counter("workqueue_adds_total"), 4);
  EXPECT_EQ(gauge("workqueue_depth"), 2);
  EXPECT_NEAR(sum("workqueue_work_duration_seconds"), 3, 1e-9);
}

TEST(ControllerMetricsTest, CountsAsControllerRuntimeDoes) {
  FakeClock clock;
  metrics::Registry registry;
  ControllerMetrics metrics(registry, "c", 5, clock);
  auto total = [&](const char* result) {
    return registry.Counters("controller_runtime_reconcile_total", "", {"controller", "result"})
        .With({"c", result})
        .value();
  };
  auto& active = registry.Gauges("controller_runtime_active_workers", "", {"controller"}).With({"c"});
  EXPECT_NE(registry.Text().find("controller_runtime_reconcile_total{controller=\"c\",result=\"error\"} 0\n"),
            std::string::npos);
  {
    ControllerMetrics::Run run(metrics);
    EXPECT_EQ(active.value(), 1);
    clock.Advance(absl::Seconds(2));
    run.End(ReconcileResult::kRequeueAfter);
    run.End(ReconcileResult::kError);
  }
  { ControllerMetrics::Run lost(metrics); }
  EXPECT_EQ(active.value(), 0);
  EXPECT_EQ(total("requeue_after"), 1);
  EXPECT_EQ(total("error"), 1);
  EXPECT_EQ(total("success"), 0);
  const std::string text = registry.Text();
  for (const char* line : {"controller_runtime_reconcile_errors_total{controller=\"c\"} 1\n",
                           "controller_runtime_reconcile_panics_total{controller=\"c\"} 1\n",
                           "controller_runtime_max_concurrent_reconciles{controller=\"c\"} 5\n",
                           "controller_runtime_reconcile_time_seconds_sum{controller=\"c\"} 2\n",
                           "controller_runtime_reconcile_time_seconds_count{controller=\"c\"} 2\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
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
