#include "agent/agent.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "absl/time/clock.h"
#include "agent/run.h"
#include "base/status.h"
#include "kube/objects.h"
#include "nlohmann/json.hpp"
#include "resmgr/agent.grpc.pb.h"
#include "resmgr/config.grpc.pb.h"

namespace crm::agent {
namespace {

using kube::Json;
using ::testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Seconds(60);  // for what must come; only a failure waits so long

// The objects of an API server, as far as informers of single objects need it.
class FakeCluster : public kube::Client {
 public:
  void Put(const std::string& plural, const std::string& ns, const std::string& name, Json object) {
    object["metadata"]["name"] = name;
    if (!ns.empty()) object["metadata"]["namespace"] = ns;
    absl::MutexLock lock(&mutex_);
    const std::string key = plural + "/" + name;
    object["metadata"]["resourceVersion"] = std::to_string(history_.size() + 1);
    const auto type = objects_.contains(key) ? kube::WatchEventType::kModified : kube::WatchEventType::kAdded;
    objects_[key] = object;
    history_.push_back({type, key, object});
  }
  void Remove(const std::string& plural, const std::string& name) {
    absl::MutexLock lock(&mutex_);
    const std::string key = plural + "/" + name;
    Json object = objects_.at(key);
    object["metadata"]["resourceVersion"] = std::to_string(history_.size() + 1);
    objects_.erase(key);
    history_.push_back({kube::WatchEventType::kDeleted, key, object});
  }
  void PutMap(const std::string& name, const ConfigData& data) {
    Json members = Json::object();
    for (const auto& [key, value] : data) members[key] = value;
    Put("configmaps", "kube-system", name, {{"data", members}});
  }
  void PutNode(const std::string& group) {
    Json node = {{"metadata", {{"labels", Json::object()}}}};
    if (!group.empty()) node["metadata"]["labels"]["cri-resource-manager.intel.com/group"] = group;
    Put("nodes", "", "n1", node);
  }
  std::string LastPatch() {
    absl::MutexLock lock(&mutex_);
    return last_patch_;
  }

  absl::StatusOr<Json> Get(const kube::Resource& resource, std::string_view, std::string_view name) override {
    absl::MutexLock lock(&mutex_);
    const auto found = objects_.find(fmt::format("{}/{}", resource.plural, name));
    if (found == objects_.end()) return NotFound("{} \"{}\" not found", resource.plural, name);
    return found->second;
  }
  absl::StatusOr<Json> List(const kube::Resource& resource, std::string_view,
                            const kube::ListOptions& options) override {
    absl::MutexLock lock(&mutex_);
    Json items = Json::array();
    const auto found = objects_.find(Key(resource, options));
    if (found != objects_.end()) items.push_back(found->second);
    return Json{{"metadata", {{"resourceVersion", std::to_string(history_.size())}}}, {"items", items}};
  }
  absl::Status Watch(const kube::Resource& resource, std::string_view, const kube::ListOptions& options,
                     const std::string& resource_version, kube::Cancellation& cancellation,
                     const std::function<void(kube::WatchEventType, Json)>& on_event) override {
    const std::string key = Key(resource, options);
    size_t at = std::stoul(resource_version);
    bool cancelled = false;  // guarded by mutex_, so that the wait below sees it
    const std::shared_ptr<void> handle = cancellation.OnCancel([&] {
      absl::MutexLock lock(&mutex_);
      cancelled = true;
    });
    while (true) {
      std::vector<Event> events;
      {
        absl::MutexLock lock(&mutex_);
        const auto wake = [&] { return cancelled || history_.size() > at; };
        mutex_.Await(absl::Condition(&wake));
        if (cancelled) return absl::CancelledError("cancelled");
        events.assign(history_.begin() + static_cast<ptrdiff_t>(at), history_.end());
        at = history_.size();
      }
      for (Event& event : events) {
        if (event.key == key) on_event(event.type, std::move(event.object));
      }
    }
  }
  absl::StatusOr<Json> Patch(const kube::Resource& resource, std::string_view, std::string_view name,
                             kube::PatchType type, const Json& patch,
                             const kube::PatchOptions& options) override {
    absl::MutexLock lock(&mutex_);
    last_patch_ = fmt::format("{}/{}/{} {} {}", resource.plural, name, options.subresource,
                              type == kube::PatchType::kJson ? "json" : "merge", patch.dump());
    return patch;
  }
  absl::StatusOr<Json> Create(const kube::Resource&, std::string_view, const Json&) override {
    return Unexpected();
  }
  absl::StatusOr<Json> Update(const kube::Resource&, std::string_view, std::string_view,
                              const Json&) override {
    return Unexpected();
  }
  absl::Status Delete(const kube::Resource&, std::string_view, std::string_view,
                      const kube::DeleteOptions&) override {
    return Unexpected();
  }
  absl::StatusOr<std::string> Raw(std::string_view, std::string_view, std::string_view) override {
    return Unexpected();
  }

 private:
  struct Event {
    kube::WatchEventType type;
    std::string key;
    Json object;
  };
  static absl::Status Unexpected() { return absl::UnimplementedError("the agent needs no such call"); }
  static std::string Key(const kube::Resource& resource, const kube::ListOptions& options) {
    constexpr std::string_view kPrefix = "metadata.name=";
    EXPECT_TRUE(options.field_selector.starts_with(kPrefix)) << options.field_selector;
    return resource.plural + "/" + options.field_selector.substr(kPrefix.size());
  }

  absl::Mutex mutex_;
  std::map<std::string, Json> objects_;
  std::vector<Event> history_;
  std::string last_patch_;
};

// The daemon's side of v1.Config.
class FakeDaemon : public ::v1::Config::Service {
 public:
  explicit FakeDaemon(const std::string& socket) {
    std::filesystem::remove(socket);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeDaemon() override { server_->Shutdown(std::chrono::system_clock::now()); }

  grpc::Status SetConfig(grpc::ServerContext*, const ::v1::SetConfigRequest* request,
                         ::v1::SetConfigReply* reply) override {
    absl::MutexLock lock(&mutex_);
    EXPECT_EQ(request->node_name(), "n1");
    configs_.emplace_back(request->config().begin(), request->config().end());
    reply->set_error(refusal_);
    return grpc::Status::OK;
  }
  grpc::Status SetAdjustment(grpc::ServerContext*, const ::v1::SetAdjustmentRequest*,
                             ::v1::SetAdjustmentReply*) override {
    return grpc::Status::OK;
  }

  void RefuseWith(const std::string& refusal) {
    absl::MutexLock lock(&mutex_);
    refusal_ = refusal;
  }
  // Whether this comes to be the last configuration.
  bool Gets(const ConfigData& data) {
    absl::MutexLock lock(&mutex_);
    const auto there = [&] { return !configs_.empty() && configs_.back() == data; };
    return mutex_.AwaitWithTimeout(absl::Condition(&there), kPatience);
  }
  ConfigData First() {
    absl::MutexLock lock(&mutex_);
    return configs_.front();
  }

 private:
  absl::Mutex mutex_;
  std::vector<ConfigData> configs_;
  std::string refusal_;
  std::unique_ptr<grpc::Server> server_;
};

const ConfigData kDefault = {{"policy", "Active: none\n"}};
const ConfigData kGpu = {{"policy", "Active: topology-aware\n"}};
const ConfigData kNode = {{"logger", "Debug: cache\n"}};

class AgentTest : public ::testing::Test {
 protected:
  AgentTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "agent-test-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    options_.node_name = "n1";
    options_.agent_socket = directory_ + "/made/agent.sock";
    options_.daemon_socket = directory_ + "/config.sock";
    options_.timing = {absl::Milliseconds(5), absl::Milliseconds(50), absl::Seconds(5)};
    cluster_.PutNode("");
  }
  ~AgentTest() override {
    agent_.reset();
    daemon_.reset();
    std::filesystem::remove_all(directory_);
  }

  void StartDaemon() { daemon_ = std::make_unique<FakeDaemon>(options_.daemon_socket); }
  void StartAgent() {
    absl::StatusOr<std::unique_ptr<Agent>> agent = Agent::Start(options_, cluster_);
    ASSERT_TRUE(agent.ok()) << Message(agent.status());
    agent_ = *std::move(agent);
  }
  // What HealthCheck answers, once it is as wanted.
  std::string AwaitStatus(const std::function<bool(const std::string&)>& wanted) {
    const absl::Time end = absl::Now() + kPatience;
    std::string status = agent_->ConfigStatus();
    while (!wanted(status) && absl::Now() < end) {
      absl::SleepFor(absl::Milliseconds(1));
      status = agent_->ConfigStatus();
    }
    return status;
  }
  int Probe(const std::string& query) {
    const std::string socket = "-agent-socket=" + options_.agent_socket;
    const std::string asked = "-query=" + query;
    const char* words[] = {"probe", socket.c_str(), asked.c_str()};
    return RunProbe(3, words);
  }
  std::unique_ptr<::v1::Agent::Stub> Stub() {
    return ::v1::Agent::NewStub(
        grpc::CreateChannel("unix:" + options_.agent_socket, grpc::InsecureChannelCredentials()));
  }

  std::string directory_;
  AgentOptions options_;
  FakeCluster cluster_;
  std::unique_ptr<FakeDaemon> daemon_;
  std::unique_ptr<Agent> agent_;
};

TEST_F(AgentTest, FollowsTheMapsAndTheGroup) {
  cluster_.PutMap("cri-resmgr-config.default", kDefault);
  cluster_.PutMap("cri-resmgr-config.group.gpu", kGpu);
  StartDaemon();
  StartAgent();
  EXPECT_TRUE(daemon_->Gets(kDefault));
  EXPECT_EQ(daemon_->First(), kDefault);  // nothing empty before it
  cluster_.PutNode("gpu");
  EXPECT_TRUE(daemon_->Gets(kGpu));
  cluster_.PutMap("cri-resmgr-config.node.n1", kNode);
  EXPECT_TRUE(daemon_->Gets(kNode));
  cluster_.Remove("configmaps", "cri-resmgr-config.node.n1");
  EXPECT_TRUE(daemon_->Gets(kGpu));
  cluster_.PutNode("");
  EXPECT_TRUE(daemon_->Gets(kDefault));
  cluster_.Remove("configmaps", "cri-resmgr-config.default");
  EXPECT_TRUE(daemon_->Gets({}));
}

TEST_F(AgentTest, LastOfManyChangesWins) {
  options_.timing.delay = absl::Milliseconds(100);
  StartDaemon();
  StartAgent();
  for (int change = 0; change < 50; ++change) {
    cluster_.PutMap("cri-resmgr-config.default", {{"policy", "# " + std::to_string(change)}});
  }
  EXPECT_TRUE(daemon_->Gets({{"policy", "# 49"}}));
}

TEST_F(AgentTest, RefusalIsVisibleUntilAChangeIsAccepted) {
  cluster_.PutMap("cri-resmgr-config.default", kGpu);
  StartDaemon();
  daemon_->RefuseWith("CPU 900 is not on this machine");
  StartAgent();
  EXPECT_EQ(AwaitStatus([](const std::string& status) { return !status.empty(); }),
            "configuration error: CPU 900 is not on this machine");
  EXPECT_EQ(Probe("config-status"), 1);
  EXPECT_EQ(Probe(""), 0);
  grpc::ClientContext context;
  ::v1::HealthCheckRequest request;
  request.set_query("config-status");
  ::v1::HealthCheckReply reply;
  EXPECT_TRUE(Stub()->HealthCheck(&context, request, &reply).ok());
  EXPECT_EQ(reply.error(), "configuration error: CPU 900 is not on this machine");

  daemon_->RefuseWith("");
  cluster_.PutMap("cri-resmgr-config.default", kDefault);
  EXPECT_EQ(AwaitStatus([](const std::string& status) { return status.empty(); }), "");
  EXPECT_EQ(Probe("config-status"), 0);
}

TEST_F(AgentTest, DaemonThatComesLaterGetsTheConfiguration) {
  options_.timing.call_timeout = absl::Milliseconds(50);
  cluster_.PutMap("cri-resmgr-config.default", kDefault);
  StartAgent();
  EXPECT_THAT(AwaitStatus([](const std::string& status) { return !status.empty(); }),
              HasSubstr("no answer from the daemon on " + options_.daemon_socket));
  EXPECT_EQ(Probe("config-status"), 1);
  StartDaemon();
  EXPECT_TRUE(daemon_->Gets(kDefault));
  EXPECT_EQ(AwaitStatus([](const std::string& status) { return status.empty(); }), "");
}

TEST_F(AgentTest, DaemonThatRestartsGetsTheConfigurationAgain) {
  cluster_.PutMap("cri-resmgr-config.default", kDefault);
  StartDaemon();
  StartAgent();
  EXPECT_TRUE(daemon_->Gets(kDefault));
  EXPECT_EQ(AwaitStatus([](const std::string& status) { return status.empty(); }), "");
  daemon_.reset();
  StartDaemon();
  EXPECT_TRUE(daemon_->Gets(kDefault));
}

TEST_F(AgentTest, ServesTheNodeObject) {
  StartAgent();
  const auto stub = Stub();
  {
    grpc::ClientContext context;
    ::v1::GetNodeReply reply;
    ASSERT_TRUE(stub->GetNode(&context, {}, &reply).ok());
    EXPECT_EQ(kube::Name(Json::parse(reply.node())), "n1");
  }
  {
    grpc::ClientContext context;
    ::v1::PatchNodeRequest request;
    ::v1::JsonPatch* patch = request.add_patches();
    patch->set_op("add");
    patch->set_path("/metadata/labels/a.b~1c");
    patch->set_value("\"x\"");
    ::v1::PatchNodeReply reply;
    ASSERT_TRUE(stub->PatchNode(&context, request, &reply).ok());
    EXPECT_EQ(cluster_.LastPatch(),
              R"(nodes/n1/ json [{"op":"add","path":"/metadata/labels/a.b~1c","value":"x"}])");
  }
  {
    grpc::ClientContext context;
    ::v1::UpdateNodeCapacityRequest request;
    (*request.mutable_capacities())["example.com/x"] = "3";
    ::v1::UpdateNodeCapacityReply reply;
    ASSERT_TRUE(stub->UpdateNodeCapacity(&context, request, &reply).ok());
    EXPECT_EQ(cluster_.LastPatch(), R"(nodes/n1/status merge {"status":{"capacity":{"example.com/x":"3"}}})");
  }
  {
    grpc::ClientContext context;
    ::v1::UpdateNodeCapacityRequest request;
    (*request.mutable_capacities())["cpu"] = "4";
    ::v1::UpdateNodeCapacityReply reply;
    const grpc::Status status = stub->UpdateNodeCapacity(&context, request, &reply);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNKNOWN);
    EXPECT_EQ(status.error_message(), "refusing to update capacity of native resource 'cpu'");
  }
  cluster_.Remove("nodes", "n1");
  grpc::ClientContext context;
  ::v1::GetNodeReply reply;
  const grpc::Status status = stub->GetNode(&context, {}, &reply);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNKNOWN);
  EXPECT_EQ(status.error_message(), "failed to get node object: nodes \"n1\" not found");
}

TEST_F(AgentTest, SocketIsItsOwn) {
  StartAgent();
  struct stat info = {};
  ASSERT_EQ(stat(options_.agent_socket.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600);
  ASSERT_EQ(stat((directory_ + "/made").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0711);
  const absl::StatusOr<std::unique_ptr<Agent>> second = Agent::Start(options_, cluster_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(Message(second.status()), HasSubstr("already exists"));
  EXPECT_EQ(Probe(""), 0);
  agent_.reset();
  EXPECT_NE(stat(options_.agent_socket.c_str(), &info), 0);
  EXPECT_EQ(Probe(""), 1);
}

}  // namespace
}  // namespace crm::agent
