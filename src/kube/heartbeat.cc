#include "kube/heartbeat.h"

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "fmt/format.h"
#include "kube/backoff.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"

namespace crm::kube {

class Heartbeat::Impl {
 public:
  Impl(Client& client, HeartbeatOptions options)
      : options_(std::move(options)),
        client_(client.With({options_.interval, &end_})),
        log_("heartbeat"),
        what_(fmt::format("Lease {}/{}", options_.ns, options_.name)) {}
  ~Impl() { Stop(); }

  void Start() {
    std::lock_guard lock(thread_mutex_);
    if (!thread_.joinable() && !end_.cancelled()) thread_ = std::thread([this] { Run(); });
  }

  void Stop() {
    end_.Cancel();
    std::lock_guard lock(thread_mutex_);
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Beat() {
    const Json spec = {{"holderIdentity", options_.holder},
                       {"leaseDurationSeconds", absl::ToInt64Seconds(options_.interval)},
                       {"renewTime", Rfc3339Micro(options_.clock->Now())}};
    absl::Status status = Patch(spec);
    if (absl::IsNotFound(status)) {
      const Json lease = {{"apiVersion", ApiVersion(resources::kLeases)},
                          {"kind", "Lease"},
                          {"metadata", {{"name", options_.name}, {"namespace", options_.ns}}},
                          {"spec", spec}};
      status = client_->Create(resources::kLeases, options_.ns, lease).status();
      if (absl::IsAlreadyExists(status)) status = Patch(spec);
    }
    return Annotate(std::move(status), what_);
  }

 private:
  absl::Status Patch(const Json& spec) {
    return client_
        ->Patch(resources::kLeases, options_.ns, options_.name, PatchType::kMerge, {{"spec", spec}}, {})
        .status();
  }

  void Run() {
    Backoff backoff(options_.min_backoff, options_.interval);
    absl::Duration wait = absl::ZeroDuration();
    while (!end_.WaitFor(wait)) {
      const absl::Duration started = options_.clock->Monotonic();
      const absl::Status status = Beat();
      if (end_.cancelled()) return;
      if (status.ok()) {
        backoff.Reset();
        wait = options_.interval - (options_.clock->Monotonic() - started);
      } else {
        wait = backoff.Next();
        log_.Warning("{}; again in {}", Message(status), absl::FormatDuration(wait));
      }
    }
  }

  const HeartbeatOptions options_;
  Cancellation end_;
  const std::unique_ptr<Client> client_;
  const Logger log_;
  const std::string what_;
  std::mutex thread_mutex_;
  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<Heartbeat>> Heartbeat::Create(Client& client, HeartbeatOptions options) {
  for (const auto& [name, value] : {std::pair{"namespace", &options.ns}, std::pair{"name", &options.name},
                                    std::pair{"holder", &options.holder}}) {
    if (value->empty()) return InvalidArgument("heartbeat: no {} given", name);
  }
  if (options.interval < absl::Seconds(1)) {
    return InvalidArgument("heartbeat: interval {}; expected one second or more",
                           absl::FormatDuration(options.interval));
  }
  return std::unique_ptr<Heartbeat>(new Heartbeat(std::make_unique<Impl>(client, std::move(options))));
}

Heartbeat::Heartbeat(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Heartbeat::~Heartbeat() = default;
void Heartbeat::Start() { impl_->Start(); }
void Heartbeat::Stop() { impl_->Stop(); }
absl::Status Heartbeat::Beat() { return impl_->Beat(); }

}  // namespace crm::kube
