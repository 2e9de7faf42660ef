"""The Kubernetes objects of the story and where they live: what gardenlet would write and what must come of it."""

import datetime

from environment import EXTENSION_NAMESPACE, KUBE_SYSTEM, SHOOT_NAMESPACE

EXTENSION_TYPE = "cri-resmgr-extension"
MANAGED_RESOURCE = "extension-runtime-cri-resmgr"
CONFIG_PREFIX = "cri-resmgr-config."

NAMESPACES = "/api/v1/namespaces"
CLUSTERS = "/apis/extensions.gardener.cloud/v1alpha1/clusters"
EXTENSIONS = f"/apis/extensions.gardener.cloud/v1alpha1/namespaces/{SHOOT_NAMESPACE}/extensions"
EXTENSION = f"{EXTENSIONS}/{EXTENSION_TYPE}"
MANAGED_RESOURCES = f"/apis/resources.gardener.cloud/v1alpha1/namespaces/{SHOOT_NAMESPACE}/managedresources"
SECRETS = f"/api/v1/namespaces/{SHOOT_NAMESPACE}/secrets"
BASE_CONFIGS = f"/api/v1/namespaces/{EXTENSION_NAMESPACE}/configmaps"
SHOOT_CONFIGS = f"/api/v1/namespaces/{KUBE_SYSTEM}/configmaps"
AGENT_DAEMON_SET = f"/apis/apps/v1/namespaces/{KUBE_SYSTEM}/daemonsets/cri-resmgr-agent"


def namespace(name: str, labels: dict[str, str] | None = None) -> dict:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels or {}}}


def base_configs(configs: dict[str, str]) -> dict:
    """What the platform operator gives every shoot of the seed."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "gardener-extension-cri-resmgr-configs", "namespace": EXTENSION_NAMESPACE},
        "data": configs,
    }


def cluster(provider_config: dict) -> dict:
    """Gardener's copy of the Shoot in the seed."""
    return {
        "apiVersion": "extensions.gardener.cloud/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": SHOOT_NAMESPACE},
        "spec": {
            "cloudProfile": {"apiVersion": "core.gardener.cloud/v1beta1", "kind": "CloudProfile"},
            "seed": {"apiVersion": "core.gardener.cloud/v1beta1", "kind": "Seed"},
            "shoot": {
                "apiVersion": "core.gardener.cloud/v1beta1",
                "kind": "Shoot",
                "metadata": {"name": "one", "namespace": "garden-demo"},
                "spec": {
                    "kubernetes": {"version": "1.34.4"},
                    "extensions": [{"type": EXTENSION_TYPE, "providerConfig": provider_config}],
                    "provider": {"type": "local", "workers": [{"name": "pool", "machine": {"architecture": "amd64"}}]},
                },
                "status": {"lastOperation": {"type": "Reconcile", "state": "Succeeded"}},
            },
        },
    }


def extension(provider_config: dict) -> dict:
    """As gardenlet writes it: the operation annotation asks for a reconcile."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return {
        "apiVersion": "extensions.gardener.cloud/v1alpha1",
        "kind": "Extension",
        "metadata": {
            "name": EXTENSION_TYPE,
            "namespace": SHOOT_NAMESPACE,
            "annotations": {
                "gardener.cloud/operation": "reconcile",
                "gardener.cloud/timestamp": now.isoformat().replace("+00:00", "Z"),
            },
        },
        "spec": {"type": EXTENSION_TYPE, "providerConfig": provider_config},
    }


def daemon_configuration(reserved_cpu: int) -> dict:
    return {"policy": {"Active": "topology-aware", "ReservedResources": {"CPU": f"cpuset:{reserved_cpu}"}}}
