#include <memory>
#include <utility>

#include "base/status.h"
#include "placement/cpu_allocator.h"
#include "policies/topology_aware/constraints.h"
#include "policies/topology_aware/describe.h"
#include "policies/topology_aware/grant_book.h"
#include "policies/topology_aware/place.h"
#include "policies/topology_aware/pool_tree.h"
#include "policies/topology_aware/restore.h"
#include "policies/topology_aware/snapshot.h"
#include "policies/topology_aware/topology_aware.h"

namespace crm::policies::topology_aware {
namespace {

using placement::Change;
using placement::Request;

class TopologyAwarePolicy : public placement::Policy {
 public:
  TopologyAwarePolicy(const hardware::Machine& machine, Constraints constraints,
                      config::TopologyAwareOptions options)
      : constraints_(std::move(constraints)),
        options_(std::move(options)),
        allocator_(machine),
        tree_(machine, constraints_),
        book_(tree_) {}

  std::string_view name() const override { return "topology-aware"; }

  absl::StatusOr<std::vector<Change>> Allocate(const Request& request) override {
    const std::string& cache_id = request.container.cache_id;
    book_.Erase(cache_id);  // undone with the rest when placing fails
    CRM_RETURN_IF_ERROR(Place(&book_, allocator_, MakePoolRequest(request, options_, tree_)));
    std::vector<Change> changes = {ChangeOf(*book_.Find(cache_id))};
    book_.SetReported(cache_id, changes[0].assignment);
    CollectChanges(&changes);
    return changes;
  }

  std::vector<Change> Release(const std::string& cache_id) override {
    book_.Erase(cache_id);
    book_.Commit();
    std::vector<Change> changes;
    CollectChanges(&changes);
    return changes;
  }

  std::optional<Change> Lookup(const std::string& cache_id) const override {
    const Grant* grant = book_.Find(cache_id);
    if (grant == nullptr) return std::nullopt;
    return ChangeOf(*grant);
  }

  std::string Save() const override { return SaveGrants(book_); }

  absl::StatusOr<std::vector<Change>> Restore(std::string_view saved,
                                              const std::vector<Request>& alive) override {
    CRM_RETURN_IF_ERROR(RestoreGrants(&book_, allocator_, options_, saved, alive));
    std::vector<Change> changes;
    for (const auto& [cache_id, grant] : book_.grants()) changes.push_back(ChangeOf(grant));
    for (const Change& change : changes) book_.SetReported(change.cache_id, change.assignment);
    return changes;
  }

  std::string Describe() const override { return DescribeBook(constraints_, book_); }

 private:
  Change ChangeOf(const Grant& grant) const {
    return {grant.cache_id, AssignmentOf(book_, grant, options_.pin_cpu, options_.pin_memory),
            ReasonOf(book_, grant)};
  }

  /// Appends every grant whose assignment differs from what the engine was told.
  void CollectChanges(std::vector<Change>* changes) {
    const size_t before = changes->size();
    for (const auto& [cache_id, grant] : book_.grants()) {
      if (AssignmentOf(book_, grant, options_.pin_cpu, options_.pin_memory) == grant.reported) continue;
      changes->push_back(ChangeOf(grant));
    }
    for (size_t i = before; i < changes->size(); ++i) {
      book_.SetReported((*changes)[i].cache_id, (*changes)[i].assignment);
    }
  }

  const Constraints constraints_;
  const config::TopologyAwareOptions options_;
  const placement::CpuAllocator allocator_;
  const PoolTree tree_;
  GrantBook book_;
};

}  // namespace

void Register(placement::PolicyRegistry& registry) {
  registry.Register(
      "topology-aware", "A policy for prototyping memory tiering.",
      [](const hardware::Machine& machine, const config::Plan& plan,
         const placement::CgroupReader& read_cgroup) -> absl::StatusOr<std::unique_ptr<placement::Policy>> {
        CRM_ASSIGN_OR_RETURN(Constraints constraints, ResolveConstraints(machine, plan, read_cgroup));
        return std::make_unique<TopologyAwarePolicy>(machine, std::move(constraints), plan.topology_aware);
      });
}

}  // namespace crm::policies::topology_aware
