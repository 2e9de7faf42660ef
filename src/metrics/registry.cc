#include "metrics/registry.h"

#include <algorithm>
#include <cassert>

#include "base/log.h"
#include "fmt/format.h"
#include "metrics/text.h"

namespace crm::metrics {
namespace {

using Labels = std::vector<std::string>;

std::string SeriesText(const std::string& name, const Labels& labels, const Labels& values,
                       const Counter& counter) {
  return fmt::format("{}{} {}\n", name, LabelText(labels, values), ValueText(counter.value()));
}

std::string SeriesText(const std::string& name, const Labels& labels, const Labels& values,
                       const Gauge& gauge) {
  return fmt::format("{}{} {}\n", name, LabelText(labels, values), ValueText(gauge.value()));
}

std::string SeriesText(const std::string& name, const Labels& labels, const Labels& values,
                       const Histogram& histogram) {
  std::string text;
  const std::vector<uint64_t> counts = histogram.Counts();
  uint64_t total = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    total += counts[i];
    std::string bound = i < histogram.bounds().size() ? ValueText(histogram.bounds()[i]) : "+Inf";
    text += fmt::format("{}_bucket{} {}\n", name, LabelText(labels, values, "le", std::move(bound)), total);
  }
  const std::string own = LabelText(labels, values);
  text += fmt::format("{}_sum{} {}\n", name, own, ValueText(histogram.sum()));
  return text + fmt::format("{}_count{} {}\n", name, own, total);
}

const char* TypeName(const Counter*) { return "counter"; }
const char* TypeName(const Gauge*) { return "gauge"; }
const char* TypeName(const Histogram*) { return "histogram"; }

}  // namespace

Histogram::Histogram(const std::vector<double>& bounds) : bounds_(bounds), counts_(bounds.size() + 1) {}

void Histogram::Observe(double value) {
  const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  counts_[static_cast<size_t>(at)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<uint64_t> Histogram::Counts() const {
  std::vector<uint64_t> counts;
  for (const auto& count : counts_) counts.push_back(count.load(std::memory_order_relaxed));
  return counts;
}

std::vector<double> ExponentialBounds(double first, double factor, int count) {
  std::vector<double> bounds;
  for (int i = 0; i < count; ++i, first *= factor) bounds.push_back(first);
  return bounds;
}

template <typename Metric>
Metric& Family<Metric>::With(Labels values) {
  values.resize(labels_.size());
  absl::MutexLock lock(&mutex_);
  std::unique_ptr<Metric>& metric = series_[std::move(values)];
  if (metric == nullptr) metric = make_();
  return *metric;
}

template <typename Metric>
void Family<Metric>::Remove(Labels values) {
  values.resize(labels_.size());
  absl::MutexLock lock(&mutex_);
  series_.erase(values);
}

template <typename Metric>
void Family<Metric>::RemoveAll() {
  absl::MutexLock lock(&mutex_);
  series_.clear();
}

template <typename Metric>
const char* Family<Metric>::type() const {
  return TypeName(static_cast<const Metric*>(nullptr));
}

template <typename Metric>
std::string Family<Metric>::Text() const {
  absl::MutexLock lock(&mutex_);
  if (series_.empty()) return "";
  std::string text = fmt::format("# HELP {} {}\n# TYPE {} {}\n", name_, HelpText(help_), name_, type());
  for (const auto& [values, metric] : series_) text += SeriesText(name_, labels_, values, *metric);
  return text;
}

template class Family<Counter>;
template class Family<Gauge>;
template class Family<Histogram>;

template <typename Metric>
Family<Metric>& Registry::Find(const std::string& name, const std::string& help, Labels labels,
                               std::function<std::unique_ptr<Metric>()> make) {
  absl::MutexLock lock(&mutex_);
  auto known = families_.find(name);
  if (known != families_.end()) {
    auto* same = dynamic_cast<Family<Metric>*>(known->second.get());
    if (same != nullptr && same->labels() == labels) return *same;
  }
  const bool valid = IsMetricName(name) && std::all_of(labels.begin(), labels.end(), IsLabelName);
  auto family = std::make_unique<Family<Metric>>(name, help, std::move(labels), std::move(make));
  Family<Metric>& result = *family;
  if (valid && known == families_.end()) {
    families_[name] = std::move(family);
  } else {
    assert(false && "a metric of this name exists with another type or labels, or the name is invalid");
    Logger("metrics").Error("metric \"{}\" ({}) is not shown: {}", name, result.type(),
                            valid ? "the name has another type or other labels" : "invalid name or label");
    never_shown_.push_back(std::move(family));
  }
  return result;
}

Family<Counter>& Registry::Counters(const std::string& name, const std::string& help, Labels labels) {
  return Find<Counter>(name, help, std::move(labels), [] { return std::make_unique<Counter>(); });
}

Family<Gauge>& Registry::Gauges(const std::string& name, const std::string& help, Labels labels) {
  return Find<Gauge>(name, help, std::move(labels), [] { return std::make_unique<Gauge>(); });
}

Family<Histogram>& Registry::Histograms(const std::string& name, const std::string& help, Labels labels,
                                        const std::vector<double>& bounds) {
  return Find<Histogram>(name, help, std::move(labels),
                         [bounds] { return std::make_unique<Histogram>(bounds); });
}

struct Registry::Refreshers {
  absl::Mutex mutex;  // held while they run, so that removing one waits
  uint64_t next ABSL_GUARDED_BY(mutex) = 0;
  std::map<uint64_t, std::function<void()>> all ABSL_GUARDED_BY(mutex);
};

std::shared_ptr<Registry::Refreshers> Registry::NewRefreshers() { return std::make_shared<Refreshers>(); }

std::shared_ptr<void> Registry::OnScrape(std::function<void()> refresh) {
  absl::MutexLock lock(&refreshers_->mutex);
  const uint64_t id = refreshers_->next++;
  refreshers_->all[id] = std::move(refresh);
  return std::shared_ptr<void>(nullptr, [refreshers = refreshers_, id](void*) {
    absl::MutexLock remove(&refreshers->mutex);
    refreshers->all.erase(id);
  });
}

std::string Registry::Text() {
  {
    absl::MutexLock lock(&refreshers_->mutex);
    for (const auto& [id, refresh] : refreshers_->all) refresh();
  }
  absl::MutexLock lock(&mutex_);
  std::string text;
  for (const auto& [name, family] : families_) text += family->Text();
  return text;
}

}  // namespace crm::metrics
