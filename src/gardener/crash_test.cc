#include <set>

#include "base/status.h"
#include "gardener/predicates.h"
#include "gardener/seed_for_test.h"

// A process that is killed between any two of its writes, and whose successor knows only what the API server
// holds, ends every operation right.
namespace crm::gardener {
namespace {

using kube::Json;

/// Forwards to a real client until `writes` of them have been made; then the process "is dead": nothing
/// reaches the server any more.
class MortalClient : public kube::Client {
 public:
  MortalClient(kube::Client& real, int writes) : real_(real), writes_left_(writes) {}
  bool dead() const { return dead_; }

  absl::StatusOr<Json> Get(const kube::Resource& r, std::string_view ns, std::string_view name) override {
    if (dead_) return Dead();
    return real_.Get(r, ns, name);
  }
  absl::StatusOr<Json> List(const kube::Resource& r, std::string_view ns,
                            const kube::ListOptions& o) override {
    if (dead_) return Dead();
    return real_.List(r, ns, o);
  }
  absl::StatusOr<Json> Create(const kube::Resource& r, std::string_view ns, const Json& object) override {
    if (!MayWrite()) return Dead();
    return real_.Create(r, ns, object);
  }
  absl::StatusOr<Json> Update(const kube::Resource& r, std::string_view ns, std::string_view name,
                              const Json& object) override {
    if (!MayWrite()) return Dead();
    return real_.Update(r, ns, name, object);
  }
  absl::StatusOr<Json> Patch(const kube::Resource& r, std::string_view ns, std::string_view name,
                             kube::PatchType type, const Json& patch, const kube::PatchOptions& o) override {
    if (!MayWrite()) return Dead();
    return real_.Patch(r, ns, name, type, patch, o);
  }
  absl::Status Delete(const kube::Resource& r, std::string_view ns, std::string_view name,
                      const kube::DeleteOptions& o) override {
    if (!MayWrite()) return Dead();
    return real_.Delete(r, ns, name, o);
  }
  absl::Status Watch(const kube::Resource&, std::string_view, const kube::ListOptions&, const std::string&,
                     kube::Cancellation&, const std::function<void(kube::WatchEventType, Json)>&) override {
    return Dead();
  }
  absl::StatusOr<std::string> Raw(std::string_view, std::string_view, std::string_view) override {
    return Dead();
  }

 private:
  static absl::Status Dead() { return Unavailable("the process is dead"); }
  bool MayWrite() {
    dead_ = dead_ || writes_left_-- == 0;
    return !dead_;
  }

  kube::Client& real_;
  int writes_left_;
  bool dead_ = false;
};

class Crash : public Seed {
 protected:
  /// Runs a process that dies at its `writes`-th write, then a second one as long as something triggers it at
  /// start. Whether the first one died.
  bool DieAndRecover(int writes) {
    MortalClient mortal(*client_, writes);
    RunOnce(mortal);
    const Json left = Extension();
    if (!left.is_null() && TriggersOnCreate(left, Mode::kAnnotation)) {
      const absl::Status status = RunOnce().status;
      EXPECT_TRUE(status.ok()) << status;
    }
    return mortal.dead();
  }

  void CheckDone(const std::string& type, const std::string& delivered, int writes) {
    EXPECT_EQ(LastOperation()["type"], type) << writes;
    EXPECT_EQ(LastOperation()["state"], "Succeeded") << writes;
    EXPECT_EQ(kube::Annotation(Extension(), kOperationAnnotation), nullptr) << writes;
    EXPECT_NE(Delivered().find(delivered), std::string::npos) << writes;
    EXPECT_TRUE(kube::HasFinalizer(Extension(), kFinalizer)) << writes;
  }

  void RemoveEverything() {
    DeleteExtension();
    ASSERT_TRUE(RunOnce().status.ok());
    ASSERT_TRUE(Extension().is_null());
  }
};

constexpr char kNone[] = R"({"spec":{"providerConfig":{"configs":{"default":"policy: {Active: none}"}}}})";

TEST_F(Crash, CreateAndRestore) {
  for (const char* annotation : {"reconcile", "restore"}) {
    bool died = true;
    int writes = 0;
    for (; died; ++writes) {
      CreateExtension(kNone);
      Annotate(annotation);
      died = DieAndRecover(writes);
      CheckDone(annotation == std::string("restore") ? "Restore" : "Create", "Active: none", writes);
      RemoveEverything();
    }
    EXPECT_GT(writes, 5) << "every step has been cut";
  }
}

TEST_F(Crash, ReconcileOfAChange) {
  bool died = true;
  int writes = 0;
  for (; died; ++writes) {
    CreateExtension(kNone);
    ASSERT_TRUE(RunOnce().status.ok());
    Patch(kube::resources::kExtensions, kExtensionType,
          {{"metadata", {{"annotations", {{std::string(kOperationAnnotation), "reconcile"}}}}},
           {"spec",
            {{"providerConfig",
              {{"configs",
                {{"default", "policy: {Active: topology-aware, ReservedResources: {CPU: 750m}}"}}}}}}}});
    died = DieAndRecover(writes);
    CheckDone("Reconcile", "Active: topology-aware", writes);
    RemoveEverything();
  }
  EXPECT_GT(writes, 4);
}

TEST_F(Crash, DeleteAndMigrate) {
  for (const bool migrate : {false, true}) {
    bool died = true;
    int writes = 0;
    for (; died; ++writes) {
      CreateExtension(kNone);
      ASSERT_TRUE(RunOnce().status.ok());
      migrate ? Annotate("migrate") : DeleteExtension();
      died = DieAndRecover(writes);
      if (migrate) {
        EXPECT_EQ(LastOperation()["type"], "Migrate") << writes;
        EXPECT_TRUE(kube::Finalizers(Extension()).empty()) << writes;
        DeleteExtension();
      }
      EXPECT_TRUE(Extension().is_null()) << writes;
      EXPECT_TRUE(ShootManagedResource().is_null()) << writes;
      EXPECT_EQ(Count(kube::resources::kSecrets), 0u) << writes;
    }
    EXPECT_GT(writes, 4);
  }
}

}  // namespace
}  // namespace crm::gardener
