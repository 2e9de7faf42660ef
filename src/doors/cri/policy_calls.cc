#include "doors/cri/policy_calls.h"

#include <map>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "doors/cri/messages.h"

namespace crm::doors::cri {
namespace {

using engine::Engine;

const Logger& Log() {
  static const auto* logger = new Logger("cri/server");
  return *logger;
}

// What the client sees of our own errors: the code says what kind, the prefix says whose.
absl::Status Ours(const absl::Status& status) { return Annotate(status, "cri-resmgr"); }

bool Gone(const absl::Status& status) { return status.ok() || absl::IsNotFound(status); }

class RunPodSandbox : public UnaryCallHook {
 public:
  explicit RunPodSandbox(Engine& engine) : engine_(engine) {}

  void OnRequest(std::string request, RequestDone done) override {
    absl::StatusOr<model::Pod> pod = DecodeRunPodSandbox(request);
    if (!pod.ok()) return done(RequestVerdict::Refuse(Ours(pod.status())));
    pod_ = *std::move(pod);
    done(RequestVerdict::ForwardAsReceived());
  }

  void OnResponse(UpstreamOutcome outcome, ResponseDone done) override {
    if (outcome.status.ok()) {
      if (absl::StatusOr<std::string> id = DecodePodSandboxId(outcome.response); id.ok() && !id->empty()) {
        pod_.id = *std::move(id);
        engine_.PodCreated(std::move(pod_));
      }
    }
    done(ResponseVerdict::Leave());
  }

 private:
  Engine& engine_;
  model::Pod pod_;
};

class CreateContainer : public UnaryCallHook {
 public:
  explicit CreateContainer(Engine& engine) : engine_(engine) {}

  void OnRequest(std::string request, RequestDone done) override {
    absl::StatusOr<CreateContainerRequest> decoded = DecodeCreateContainer(request);
    if (!decoded.ok()) return done(RequestVerdict::Refuse(Ours(decoded.status())));
    engine_.Place(std::move(decoded->pod), std::move(decoded->container),
                  [this, request = std::move(request), done = std::move(done)](
                      absl::StatusOr<placement::Assignment> decision, std::string cache_id) mutable {
                    if (!decision.ok()) return done(RequestVerdict::Refuse(Ours(decision.status())));
                    cache_id_ = std::move(cache_id);
                    const std::string overlay = CreateContainerOverlay(*decision);
                    done(overlay.empty() ? RequestVerdict::ForwardAsReceived()
                                         : RequestVerdict::ForwardChanged(std::move(request) + overlay));
                  });
  }

  void OnResponse(UpstreamOutcome outcome, ResponseDone done) override {
    const auto leave = [done = std::move(done)] { done(ResponseVerdict::Leave()); };
    absl::StatusOr<std::string> id =
        outcome.status.ok() ? DecodeContainerId(outcome.response) : outcome.status;
    if (id.ok() && !id->empty()) return engine_.Created(cache_id_, *std::move(id), leave);
    // An answer that got lost on the way does not mean that nothing was created.
    const bool lost = outcome.status.ok() || absl::IsCancelled(outcome.status) ||
                      absl::IsDeadlineExceeded(outcome.status) || absl::IsUnavailable(outcome.status);
    engine_.CreationFailed(cache_id_, outcome.maybe_executed && lost, leave);
  }

 private:
  Engine& engine_;
  std::string cache_id_;
};

// Calls that name one object and change its state when they succeed.
class ById : public UnaryCallHook {
 public:
  enum class Call { kStartContainer, kStopContainer, kRemoveContainer, kStopPodSandbox, kRemovePodSandbox };

  ById(Engine& engine, Call call) : engine_(engine), call_(call) {}

  void OnRequest(std::string request, RequestDone done) override {
    absl::StatusOr<std::string> id = DecodeId(request);
    if (!id.ok()) return done(RequestVerdict::Refuse(Ours(id.status())));
    id_ = *std::move(id);
    if (call_ != Call::kStartContainer) return done(RequestVerdict::ForwardAsReceived());
    // The containers that make room must have done so before this one runs.
    engine_.BeforeStart(id_, [done = std::move(done)] { done(RequestVerdict::ForwardAsReceived()); });
  }

  void OnResponse(UpstreamOutcome outcome, ResponseDone done) override {
    switch (call_) {
      case Call::kStartContainer:
        if (outcome.status.ok()) engine_.Started(id_);
        break;
      case Call::kStopContainer:
        if (Gone(outcome.status)) engine_.Stopped(id_, /*removed=*/false);
        break;
      case Call::kRemoveContainer:
        if (Gone(outcome.status)) engine_.Stopped(id_, /*removed=*/true);
        break;
      case Call::kStopPodSandbox:
        if (Gone(outcome.status)) engine_.PodStopped(id_, /*removed=*/false);
        break;
      case Call::kRemovePodSandbox:
        if (Gone(outcome.status)) engine_.PodStopped(id_, /*removed=*/true);
        break;
    }
    done(ResponseVerdict::Leave());
  }

 private:
  Engine& engine_;
  const Call call_;
  std::string id_;
};

class ListContainers : public UnaryCallHook {
 public:
  explicit ListContainers(Engine& engine) : engine_(engine) {}

  void OnRequest(std::string request, RequestDone done) override {
    if (!IsFullList(request)) return done(RequestVerdict::LetPass());
    began_ = engine_.ListBegins();
    done(RequestVerdict::ForwardAsReceived());
  }

  void OnResponse(UpstreamOutcome outcome, ResponseDone done) override {
    Engine& engine = engine_;
    const engine::Moment began = began_;
    done(ResponseVerdict::Leave());  // the client need not wait for us; `this` may be gone from here on
    if (!outcome.status.ok()) return;
    absl::StatusOr<std::vector<enforce::ListedContainer>> containers = DecodeList(outcome.response);
    if (containers.ok()) {
      engine.Listed(began, *std::move(containers));
    } else {
      Log().Warning("{}", Message(containers.status()));
    }
  }

 private:
  Engine& engine_;
  engine::Moment began_;
};

class UpdateContainerResources : public UnaryCallHook {
 public:
  explicit UpdateContainerResources(Engine& engine) : engine_(engine) {}

  void OnRequest(std::string request, RequestDone done) override {
    absl::StatusOr<UpdateRequest> decoded = DecodeUpdate(request);
    if (!decoded.ok()) return done(RequestVerdict::Refuse(Ours(decoded.status())));
    id_ = decoded->id;
    engine_.Resize(id_, decoded->asked,
                   [request = std::move(request), done = std::move(done)](
                       absl::StatusOr<std::optional<placement::Assignment>> decision) mutable {
                     if (!decision.ok()) return done(RequestVerdict::Refuse(Ours(decision.status())));
                     if (!decision->has_value()) return done(RequestVerdict::LetPass());
                     const std::string overlay = UpdateOverlay(**decision);
                     done(overlay.empty() ? RequestVerdict::ForwardAsReceived()
                                          : RequestVerdict::ForwardChanged(std::move(request) + overlay));
                   });
  }

  void OnResponse(UpstreamOutcome outcome, ResponseDone done) override {
    engine_.Resized(id_, outcome.status.ok());
    done(ResponseVerdict::Leave());
  }

 private:
  Engine& engine_;
  std::string id_;
};

template <typename Hook, typename... Args>
std::function<std::unique_ptr<UnaryCallHook>(Engine&)> Make(Args... args) {
  return [args...](Engine& engine) { return std::make_unique<Hook>(engine, args...); };
}

}  // namespace

UnaryHookFactory PolicyCalls(engine::Engine& engine) {
  using Maker = std::function<std::unique_ptr<UnaryCallHook>(Engine&)>;
  static const auto* makers = new std::map<std::string, Maker, std::less<>>{
      {"RunPodSandbox", Make<RunPodSandbox>()},
      {"StopPodSandbox", Make<ById>(ById::Call::kStopPodSandbox)},
      {"RemovePodSandbox", Make<ById>(ById::Call::kRemovePodSandbox)},
      {"CreateContainer", Make<CreateContainer>()},
      {"StartContainer", Make<ById>(ById::Call::kStartContainer)},
      {"StopContainer", Make<ById>(ById::Call::kStopContainer)},
      {"RemoveContainer", Make<ById>(ById::Call::kRemoveContainer)},
      {"ListContainers", Make<ListContainers>()},
      {"UpdateContainerResources", Make<UpdateContainerResources>()},
  };
  return [&engine](std::string_view method) -> std::unique_ptr<UnaryCallHook> {
    for (const std::string_view service :
         {"/runtime.v1.RuntimeService/", "/runtime.v1alpha2.RuntimeService/"}) {
      if (!method.starts_with(service)) continue;
      const auto it = makers->find(method.substr(service.size()));
      return it == makers->end() ? nullptr : it->second(engine);
    }
    return nullptr;
  };
}

}  // namespace crm::doors::cri
