#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/fs.h"
#include "gardener/actuator.h"
#include "gardener/names.h"
#include "gardener/reconciler.h"
#include "gtest/gtest.h"
#include "kube/client.h"
#include "kube/objects.h"
#include "kube/testing/embedded_server.h"
#include "nlohmann/json.hpp"

namespace crm::gardener {

inline constexpr char kShootNs[] = "shoot--a--b";
inline constexpr char kExtensionNs[] = "extension-x";

/// A seed with one shoot on an embedded API server: gardenlet's part is played by the test. For tests only.
class Seed : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = kube::testing::EmbeddedServer::Start({});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    const auto crd = [&](const std::string& group, const std::string& version, const std::string& plural,
                         const std::string& kind, const char* scope) {
      return server_->api().EnsureCrd(
          {{"apiVersion", "apiextensions.k8s.io/v1"},
           {"kind", "CustomResourceDefinition"},
           {"metadata", {{"name", plural + "." + group}}},
           {"spec",
            {{"group", group},
             {"scope", scope},
             {"names", {{"kind", kind}, {"plural", plural}, {"singular", "x" + plural}}},
             {"versions", Json::array({{{"name", version},
                                        {"served", true},
                                        {"storage", true},
                                        {"subresources", {{"status", Json::object()}}},
                                        {"schema",
                                         {{"openAPIV3Schema",
                                           {{"type", "object"},
                                            {"x-kubernetes-preserve-unknown-fields", true}}}}}}})}}}});
    };
    ASSERT_TRUE(crd("extensions.gardener.cloud", "v1alpha1", "extensions", "Extension", "Namespaced").ok());
    ASSERT_TRUE(crd("extensions.gardener.cloud", "v1alpha1", "clusters", "Cluster", "Cluster").ok());
    ASSERT_TRUE(
        crd("resources.gardener.cloud", "v1alpha1", "managedresources", "ManagedResource", "Namespaced")
            .ok());
    auto client = kube::Client::Create(server_->client_config());
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
    images_ = *ImageVectorFile::Open(RealFileSystem(), "");
    Create(kube::resources::kNamespaces, "",
           R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shoot--a--b",
               "labels":{"gardener.cloud/role":"shoot"}}})");
    Create(kube::resources::kNamespaces, "",
           R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"extension-x"}})");
    Create(
        kube::resources::kClusters, "",
        R"({"apiVersion":"extensions.gardener.cloud/v1alpha1","kind":"Cluster","metadata":{"name":"shoot--a--b"},
               "spec":{"shoot":{"spec":{"kubernetes":{"version":"1.30.1"}}}}})");
  }

  void Create(const kube::Resource& resource, std::string_view ns, const std::string& text) {
    const auto created = client_->Create(resource, ns, Json::parse(text));
    ASSERT_TRUE(created.ok()) << created.status();
  }
  void CreateExtension(const std::string& patch = "{}") {
    Json extension = Json::parse(R"({"apiVersion":"extensions.gardener.cloud/v1alpha1","kind":"Extension",
        "metadata":{"name":"cri-resmgr-extension","namespace":"shoot--a--b"},"spec":{"type":"cri-resmgr-extension"}})");
    extension.merge_patch(Json::parse(patch));
    Create(kube::resources::kExtensions, kShootNs, extension.dump());
  }
  void Annotate(const std::string& operation) {
    Patch(kube::resources::kExtensions, kExtensionType,
          {{"metadata", {{"annotations", {{std::string(kOperationAnnotation), operation}}}}}});
  }
  void Patch(const kube::Resource& resource, std::string_view name, const Json& patch) {
    const std::string_view ns = resource.namespaced ? std::string_view(kShootNs) : std::string_view();
    const auto patched = client_->Patch(resource, ns, name, kube::PatchType::kMerge, patch, {});
    ASSERT_TRUE(patched.ok()) << patched.status();
  }
  void DeleteExtension() {
    const auto status = client_->Delete(kube::resources::kExtensions, kShootNs, kExtensionType, {});
    ASSERT_TRUE(status.ok()) << status;
  }

  /// Null when absent.
  Json Read(const kube::Resource& resource, std::string_view name, std::string_view ns = kShootNs) {
    auto object = client_->Get(resource, ns, name);
    return object.ok() ? *std::move(object) : Json();
  }
  Json Extension() { return Read(kube::resources::kExtensions, kExtensionType); }
  Json LastOperation() {
    const Json extension = Extension();
    const Json* last = kube::Find(extension, {"status", "lastOperation"});
    return last == nullptr ? Json() : *last;
  }
  Json ShootManagedResource() { return Read(kube::resources::kManagedResources, kShootManagedResource); }
  size_t Count(const kube::Resource& resource, std::string_view ns = kShootNs) {
    const auto list = client_->List(resource, ns, {});
    return list.ok() ? (*list)["items"].size() : 9999;
  }
  /// What the shoot is given now: the text of the secret.
  std::string Delivered() {
    auto stream =
        ManagedResources(*client_).CurrentData(kShootNs, kShootManagedResource, std::string(kShootSecretKey));
    return stream.ok() ? *stream : std::string(stream.status().message());
  }

  std::unique_ptr<InstallationActuator> NewActuator(kube::Client& client) {
    InstallationActuator::Options options;
    options.config_map_namespace = kExtensionNs;
    options.now = [this] { return now_; };
    return std::make_unique<InstallationActuator>(client, *images_, options);
  }
  /// One run of a process that lives for this run only.
  Reconciler::Result RunOnce(kube::Client& client) {
    const auto actuator = NewActuator(client);
    return Reconciler(client, *actuator, {}).Reconcile(kShootNs, kExtensionType);
  }
  Reconciler::Result RunOnce() { return RunOnce(*client_); }

  std::unique_ptr<kube::testing::EmbeddedServer> server_;
  std::unique_ptr<kube::Client> client_;
  std::unique_ptr<ImageVectorFile> images_;
  absl::Time now_ = absl::FromUnixSeconds(1700000000);
};

}  // namespace crm::gardener
