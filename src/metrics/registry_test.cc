#include "metrics/registry.h"

#include <limits>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "metrics/process.h"
#include "metrics/text.h"

namespace crm::metrics {
namespace {

TEST(RegistryTest, TextIsInTheOrderOfNamesAndLabels) {
  Registry registry;
  registry.Gauges("b_depth", "How deep.").With().Set(-2.5);
  auto& calls = registry.Counters("a_calls_total", "Calls.", {"method", "code"});
  calls.With({"PUT", "200"}).Increment();
  calls.With({"GET", "404"}).Increment(2);
  calls.With({"GET", "200"}).Increment(1e15);
  registry.Counters("z_unused_total", "Shown when it has a series.");
  EXPECT_EQ(registry.Text(),
            "# HELP a_calls_total Calls.\n"
            "# TYPE a_calls_total counter\n"
            "a_calls_total{method=\"GET\",code=\"200\"} 1000000000000000\n"
            "a_calls_total{method=\"GET\",code=\"404\"} 2\n"
            "a_calls_total{method=\"PUT\",code=\"200\"} 1\n"
            "# HELP b_depth How deep.\n"
            "# TYPE b_depth gauge\n"
            "b_depth -2.5\n");
}

TEST(RegistryTest, HistogramsCumulate) {
  Registry registry;
  auto& seconds = registry.Histograms("x_seconds", "Time.", {"name"}, {0.1, 1, 10}).With({"q"});
  for (double value : {0.05, 0.1, 0.5, 2.0, 100.0}) seconds.Observe(value);
  EXPECT_EQ(registry.Text(),
            "# HELP x_seconds Time.\n"
            "# TYPE x_seconds histogram\n"
            "x_seconds_bucket{name=\"q\",le=\"0.1\"} 2\n"
            "x_seconds_bucket{name=\"q\",le=\"1\"} 3\n"
            "x_seconds_bucket{name=\"q\",le=\"10\"} 4\n"
            "x_seconds_bucket{name=\"q\",le=\"+Inf\"} 5\n"
            "x_seconds_sum{name=\"q\"} 102.65\n"
            "x_seconds_count{name=\"q\"} 5\n");
}

TEST(RegistryTest, EscapesWhatWouldBreakTheFormat) {
  Registry registry;
  registry.Gauges("g", "a \\ b\nc \"d\"", {"l"}).With({"x\\y\"z\n\xC3\xA4\xFF\xC3"}).Set(1);
  EXPECT_EQ(registry.Text(),
            "# HELP g a \\\\ b\\nc \"d\"\n"
            "# TYPE g gauge\n"
            "g{l=\"x\\\\y\\\"z\\n\xC3\xA4\xEF\xBF\xBD\xEF\xBF\xBD\"} 1\n");
}

TEST(RegistryTest, OverlongSurrogateAndTooLargeCharactersAreNoUtf8) {
  for (const char* wrong :
       {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80"}) {
    EXPECT_EQ(HelpText(wrong).find(wrong), std::string::npos);
  }
  for (const char* right : {"\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(HelpText(right), right);
  }
}

TEST(RegistryTest, ValuesReadBackTheSame) {
  EXPECT_EQ(ValueText(0), "0");
  EXPECT_EQ(ValueText(0.1), "0.1");
  EXPECT_EQ(ValueText(1e-9), "1e-09");
  EXPECT_EQ(ValueText(1e300), "1e+300");
  EXPECT_EQ(ValueText(1714557600.25), "1714557600.25");
  EXPECT_EQ(ValueText(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(ValueText(-std::numeric_limits<double>::infinity()), "-Inf");
  EXPECT_EQ(ValueText(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

TEST(RegistryTest, AskingAgainGivesTheSameSeries) {
  Registry registry;
  Counter& first = registry.Counters("c_total", "C.", {"l"}).With({"x"});
  EXPECT_EQ(&registry.Counters("c_total", "other help", {"l"}).With({"x"}), &first);
  EXPECT_EQ(&registry.Counters("c_total", "C.", {"l"}).With({"x", "too many"}), &first);
}

TEST(RegistryTest, RemovedSeriesAreGone) {
  Registry registry;
  auto& family = registry.Gauges("g", "G.", {"l"});
  family.With({"a"}).Set(1);
  family.With({"b"}).Set(2);
  family.Remove({"a"});
  family.Remove({"unknown"});
  EXPECT_EQ(registry.Text(), "# HELP g G.\n# TYPE g gauge\ng{l=\"b\"} 2\n");
  family.RemoveAll();
  EXPECT_EQ(registry.Text(), "");
}

#ifdef NDEBUG
TEST(RegistryTest, MistakesAreNeverShown) {
  Registry registry;
  registry.Counters("a_total", "A.", {"l"}).With({"x"}).Increment();
  const std::string before = registry.Text();
  registry.Gauges("a_total", "Another type.", {"l"}).With({"x"}).Set(7);
  registry.Counters("a_total", "Other labels.", {"m"}).With({"x"}).Increment();
  registry.Counters("0digit", "Invalid.").With().Increment();
  registry.Counters("with-dash", "Invalid.").With().Increment();
  registry.Counters("", "Invalid.").With().Increment();
  registry.Counters("b_total", "Invalid label.", {"__l"}).With({"x"}).Increment();
  EXPECT_EQ(registry.Text(), before);
}
#endif

TEST(RegistryTest, RefreshesBeforeEachScrapeAsLongAsWanted) {
  Registry registry;
  Gauge& gauge = registry.Gauges("g", "G.").With();
  auto handle = registry.OnScrape([&] { gauge.Add(1); });
  registry.Text();
  registry.Text();
  EXPECT_EQ(gauge.value(), 2);
  handle.reset();
  registry.Text();
  EXPECT_EQ(gauge.value(), 2);
}

TEST(RegistryTest, ThreadsLoseNoCount) {
  Registry registry;
  auto& family = registry.Counters("c_total", "C.", {"l"});
  auto& seconds = registry.Histograms("h", "H.", {}, {1});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 1000; ++k) {
        family.With({std::to_string(k % 3)}).Increment();
        seconds.With().Observe(0.5);
      }
      registry.Text();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(family.With({"0"}).value() + family.With({"1"}).value() + family.With({"2"}).value(), 4000);
  EXPECT_EQ(seconds.With().Counts()[0], 4000u);
  EXPECT_EQ(seconds.With().sum(), 2000);
}

TEST(RegistryTest, ExponentialBoundsMultiply) {
  EXPECT_EQ(ExponentialBounds(0.5, 2, 3), (std::vector<double>{0.5, 1, 2}));
}

TEST(ProcessMetricsTest, ReadsTheProcessFromProc) {
  FakeFileSystem files({{"/proc/self/stat",
                         "42 (a) b) S 1 1 1 0 -1 0 0 0 0 0 250 50 0 0 20 0 3 0 1000 123456 7 "
                         "18446744073709551615 0"},
                        {"/proc/stat", "cpu  1 2 3\nbtime 1700000000\n"},
                        {"/proc/self/limits",
                         "Limit                     Soft Limit           Hard Limit           Units\n"
                         "Max open files            1024                 524288               files\n"},
                        {"/proc/self/fd/0", ""},
                        {"/proc/self/fd/1", ""}});
  Registry registry;
  auto handle = ExportProcess(registry, files);
  registry.Text();
  // 100 ticks a second on every Linux this runs on.
  EXPECT_EQ(registry.Counters("process_cpu_seconds_total", "").With().value(), 3);
  EXPECT_EQ(registry.Gauges("process_start_time_seconds", "").With().value(), 1700000010);
  EXPECT_EQ(registry.Gauges("process_virtual_memory_bytes", "").With().value(), 123456);
  EXPECT_GT(registry.Gauges("process_resident_memory_bytes", "").With().value(), 7 * 1023);
  EXPECT_EQ(registry.Gauges("process_open_fds", "").With().value(), 2);
  EXPECT_EQ(registry.Gauges("process_max_fds", "").With().value(), 1024);
}

TEST(ProcessMetricsTest, WhatCannotBeReadIsLeftOut) {
  FakeFileSystem nothing;
  FakeFileSystem broken({{"/proc/self/stat", "42 (a) S 1"}, {"/proc/self/limits", "Max open files"}});
  for (FakeFileSystem* files : {&nothing, &broken}) {
    Registry registry;
    auto handle = ExportProcess(registry, *files);
    EXPECT_EQ(registry.Text(), "");
  }
}

TEST(ProcessMetricsTest, ReadsTheRealProc) {
  Registry registry;
  auto handle = ExportProcess(registry);
  registry.Text();
  EXPECT_GT(registry.Gauges("process_resident_memory_bytes", "").With().value(), 1e6);
  EXPECT_GT(registry.Gauges("process_open_fds", "").With().value(), 2);
}

}  // namespace
}  // namespace crm::metrics
