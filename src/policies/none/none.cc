#include "policies/none/none.h"

#include <set>
#include <utility>

namespace crm::policies::none {
namespace {

using placement::Change;
using placement::Request;

class NonePolicy : public placement::Policy {
 public:
  std::string_view name() const override { return "none"; }

  absl::StatusOr<std::vector<Change>> Allocate(const Request& request) override {
    granted_.insert(request.container.cache_id);
    return std::vector<Change>{Unpinned(request.container.cache_id)};
  }

  std::vector<Change> Release(const std::string& cache_id) override {
    granted_.erase(cache_id);
    return {};
  }

  std::optional<Change> Lookup(const std::string& cache_id) const override {
    if (granted_.count(cache_id) == 0) return std::nullopt;
    return Unpinned(cache_id);
  }

  std::string Save() const override { return "{}"; }

  absl::StatusOr<std::vector<Change>> Restore(std::string_view, const std::vector<Request>& alive) override {
    std::vector<Change> changes;
    for (const Request& request : alive) {
      granted_.insert(request.container.cache_id);
      changes.push_back(Unpinned(request.container.cache_id));
    }
    return changes;
  }

  std::string Describe() const override { return R"({"policy":"none","pools":[]})"; }

 private:
  static Change Unpinned(const std::string& cache_id) {
    return {cache_id, {}, {"", "unpinned", "the policy \"none\" pins nothing"}};
  }

  std::set<std::string> granted_;
};

}  // namespace

void Register(placement::PolicyRegistry& registry) {
  registry.Register("none", "Pins nothing: containers run as the client asked.",
                    [](const hardware::Machine&, const config::Plan&,
                       const placement::CgroupReader&) -> absl::StatusOr<std::unique_ptr<placement::Policy>> {
                      return std::make_unique<NonePolicy>();
                    });
}

}  // namespace crm::policies::none
