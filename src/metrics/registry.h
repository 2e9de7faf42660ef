#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace crm::metrics {

/// What only grows. Thread-safe, as all metrics are; counting takes no lock.
class Counter {
 public:
  void Increment(double by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  /// For what the kernel counts: `total` is the count so far.
  void SetTotal(double total) { value_.store(total, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

/// What goes up and down.
class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double by) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

/// How values spread: counts at most each bound, the sum and the number of all.
class Histogram {
 public:
  /// `bounds` ascend; "+Inf" is added.
  explicit Histogram(const std::vector<double>& bounds);
  void Observe(double value);

  const std::vector<double>& bounds() const { return bounds_; }
  std::vector<uint64_t> Counts() const;  ///< one a bound and one for above all, not cumulated
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::vector<double> bounds_;
  std::vector<std::atomic<uint64_t>> counts_;
  std::atomic<double> sum_{0};
};

/// `count` bounds from `first` on, each `factor` times the one before.
std::vector<double> ExponentialBounds(double first, double factor, int count);

class FamilyBase {
 public:
  virtual ~FamilyBase() = default;
  const std::string& name() const { return name_; }
  const std::vector<std::string>& labels() const { return labels_; }
  virtual const char* type() const = 0;
  /// HELP, TYPE and every series, by label values; nothing when there is no series.
  virtual std::string Text() const = 0;

 protected:
  FamilyBase(std::string name, std::string help, std::vector<std::string> labels)
      : name_(std::move(name)), help_(std::move(help)), labels_(std::move(labels)) {}

  const std::string name_;
  const std::string help_;
  const std::vector<std::string> labels_;
};

/// The series of one metric name, one for each combination of label values.
template <typename Metric>
class Family : public FamilyBase {
 public:
  Family(std::string name, std::string help, std::vector<std::string> labels,
         std::function<std::unique_ptr<Metric>()> make)
      : FamilyBase(std::move(name), std::move(help), std::move(labels)), make_(std::move(make)) {}

  /// The series of these values (as many as the family has labels; missing ones read as ""). It lives until
  /// it is removed or the registry ends: keep the reference where counting is frequent.
  Metric& With(std::vector<std::string> values = {});
  /// Ends a series, for example of an object that is gone. Nobody may use its reference any more.
  void Remove(std::vector<std::string> values);
  void RemoveAll();

  const char* type() const override;
  std::string Text() const override;

 private:
  const std::function<std::unique_ptr<Metric>()> make_;
  mutable absl::Mutex mutex_;
  std::map<std::vector<std::string>, std::unique_ptr<Metric>> series_ ABSL_GUARDED_BY(mutex_);
};

/// All metrics of a process and their Prometheus text. Asking twice for the same name gives the same family;
/// with another type or other labels, or a name Prometheus would refuse, it is a mistake in the program: an
/// assertion in debug builds, else logged, and the family is never shown. Thread-safe.
class Registry {
 public:
  Family<Counter>& Counters(const std::string& name, const std::string& help,
                            std::vector<std::string> labels = {});
  Family<Gauge>& Gauges(const std::string& name, const std::string& help,
                        std::vector<std::string> labels = {});
  /// `bounds` as of the first time.
  Family<Histogram>& Histograms(const std::string& name, const std::string& help,
                                std::vector<std::string> labels, const std::vector<double>& bounds);

  /// Calls `refresh` before each Text(), to set what is measured at that moment, until the handle is gone
  /// (which waits for a call under way). `refresh` must not call OnScrape or Text.
  [[nodiscard]] std::shared_ptr<void> OnScrape(std::function<void()> refresh);

  /// The text exposition format 0.0.4, families by name.
  std::string Text();
  static constexpr char kContentType[] = "text/plain; version=0.0.4; charset=utf-8";

 private:
  template <typename Metric>
  Family<Metric>& Find(const std::string& name, const std::string& help, std::vector<std::string> labels,
                       std::function<std::unique_ptr<Metric>()> make);

  struct Refreshers;
  const std::shared_ptr<Refreshers> refreshers_ = NewRefreshers();
  static std::shared_ptr<Refreshers> NewRefreshers();

  absl::Mutex mutex_;
  std::map<std::string, std::unique_ptr<FamilyBase>> families_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<FamilyBase>> never_shown_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace crm::metrics
