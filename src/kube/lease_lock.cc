#include "kube/lease_lock.h"

#include <algorithm>
#include <memory>

#include "base/status.h"
#include "kube/objects.h"

namespace crm::kube {
namespace {

std::string HolderOf(const Json& lease) { return std::string(FindString(lease, {"spec", "holderIdentity"})); }

int64_t Seconds(absl::Duration duration) {
  return std::max<int64_t>(1, absl::ToInt64Seconds(absl::Ceil(duration, absl::Seconds(1))));
}

const Json* SpecOf(const Json& lease) { return Find(lease, {"spec"}); }

bool SameSpec(const Json& one, const Json& other) {
  const Json* first = SpecOf(one);
  const Json* second = SpecOf(other);
  return first != nullptr && second != nullptr ? *first == *second : first == second;
}

}  // namespace

std::string LeaseLock::Holder() const { return HolderOf(observed_); }

absl::StatusOr<bool> LeaseLock::Try(absl::Duration timeout, Cancellation* cancellation) {
  const std::unique_ptr<Client> client = client_.With({timeout, cancellation});
  const absl::Duration started = options_.clock->Monotonic();
  // The holder knows the Lease: one call instead of two, unless somebody else changed it.
  if (HolderOf(observed_) == options_.identity && !Expired(started)) {
    Json lease = observed_;
    absl::StatusOr<bool> renewed = Write(*client, std::move(lease), started);
    if (!renewed.ok() || *renewed) return renewed;
  }
  absl::StatusOr<Json> lease = client->Get(resources::kLeases, options_.ns, options_.name);
  if (absl::IsNotFound(lease.status())) return CreateLease(*client, started);
  if (!lease.ok()) return lease.status();
  const absl::Duration seen = options_.clock->Monotonic();
  Observe(*std::move(lease), seen);
  const std::string holder = HolderOf(observed_);
  if (!holder.empty() && holder != options_.identity && !Expired(seen)) {
    written_ = false;
    return false;
  }
  return Write(*client, observed_, started);
}

// False when the Lease was changed (or deleted) in between.
absl::StatusOr<bool> LeaseLock::Write(Client& client, Json lease, absl::Duration started) {
  lease["spec"] = OurSpec(lease);
  written_ = true;
  absl::StatusOr<Json> updated = client.Update(resources::kLeases, options_.ns, options_.name, lease);
  if (absl::IsAborted(updated.status()) || absl::IsNotFound(updated.status())) return false;
  if (!updated.ok()) return updated.status();
  Observe(*std::move(updated), started);
  return true;
}

absl::StatusOr<bool> LeaseLock::CreateLease(Client& client, absl::Duration started) {
  Json lease = {{"apiVersion", ApiVersion(resources::kLeases)},
                {"kind", "Lease"},
                {"metadata", {{"name", options_.name}, {"namespace", options_.ns}}}};
  lease["spec"] = OurSpec(lease);
  lease["spec"]["leaseTransitions"] = 0;
  written_ = true;
  absl::StatusOr<Json> created = client.Create(resources::kLeases, options_.ns, lease);
  if (absl::IsAlreadyExists(created.status())) return false;
  if (!created.ok()) return created.status();
  Observe(*std::move(created), started);
  return true;
}

Json LeaseLock::OurSpec(const Json& lease) const {
  const Json* known = SpecOf(lease);
  Json spec = known != nullptr && known->is_object() ? *known : Json::object();
  const std::string now = Rfc3339Micro(options_.clock->Now());
  if (HolderOf(lease) != options_.identity) {
    spec["acquireTime"] = now;
    spec["leaseTransitions"] = FindInt(lease, {"spec", "leaseTransitions"}) + 1;
  }
  spec["holderIdentity"] = options_.identity;
  spec["leaseDurationSeconds"] = Seconds(options_.lease_duration);
  spec["renewTime"] = now;
  return spec;
}

// `at`: for our own writes the time before the call, for what others wrote the time after it, so that neither
// side counts on more time than the Lease gives.
void LeaseLock::Observe(Json lease, absl::Duration at) {
  if (observed_.is_null() || !SameSpec(observed_, lease)) observed_at_ = at;
  observed_ = std::move(lease);
}

bool LeaseLock::Expired(absl::Duration now) const {
  const int64_t seconds = FindInt(observed_, {"spec", "leaseDurationSeconds"});
  return observed_at_ + (seconds > 0 ? absl::Seconds(seconds) : options_.lease_duration) <= now;
}

absl::Status LeaseLock::Release(absl::Duration timeout) {
  if (!written_) return absl::OkStatus();
  const std::unique_ptr<Client> client = client_.With({timeout, nullptr});
  absl::StatusOr<Json> lease = client->Get(resources::kLeases, options_.ns, options_.name);
  if (absl::IsNotFound(lease.status())) return absl::OkStatus();
  if (!lease.ok()) return lease.status();
  if (HolderOf(*lease) != options_.identity) {
    Observe(*std::move(lease), options_.clock->Monotonic());
    written_ = false;
    return absl::OkStatus();
  }
  Json& spec = (*lease)["spec"];
  const std::string now = Rfc3339Micro(options_.clock->Now());
  spec["holderIdentity"] = "";
  spec["leaseDurationSeconds"] = 1;
  spec["renewTime"] = now;
  spec["acquireTime"] = now;
  absl::StatusOr<Json> updated = client->Update(resources::kLeases, options_.ns, options_.name, *lease);
  if (!updated.ok()) return updated.status();
  Observe(*std::move(updated), options_.clock->Monotonic());
  written_ = false;
  return absl::OkStatus();
}

}  // namespace crm::kube
