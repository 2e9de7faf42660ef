"""Values that change the shape of what is rendered: name -> values. What holds for the chart holds for each."""

DIGEST = "sha256:" + "ab" * 32
CONFIGS = {
    "default": "policy:\n  Active: topology-aware\n  ReservedResources:\n    CPU: 750m\n",
    "group.batch": "policy: {Active: none}\n",
    "node.worker-1": "policy:\n  Active: none  # \"quoted\", {{ not a template }}, ümlaut\n",
    "fallback": "policy:\n  Active: none\n",
    "force": "",
    "EXTRA_OPTIONS": "EXTRA_OPTIONS=\"--metrics-interval 10s\"\n",
}
IMAGES = "images:\n- name: gardener-extension-cri-resmgr-agent\n  repository: registry.example.com/agent\n  tag: v1\n"
# What gardenlet mixes in.
SEED = {
    "version": "v1.150.0",
    "garden": {"clusterIdentity": "id", "genericKubeconfigSecretName": "generic-garden-kubeconfig"},
    "gardenlet": {"featureGates": {"DefaultSeccompProfile": False}},
    "seed": {"name": "local", "clusterIdentity": "id", "annotations": {}, "labels": {"a": "b"}, "provider": "local",
             "region": "local", "volumeProvider": "", "volumeProviders": [], "ingressDomain": "seed.example.com",
             "protected": False, "visible": True, "taints": [], "networks": {"pods": "10.1.0.0/16"}, "blockCIDRs": [],
             "spec": {"provider": {"type": "local"}}},
}

VARIANTS: dict[str, dict] = {
    "defaults": {},
    "no replica": {"replicaCount": 0},
    "one replica": {"replicaCount": 1},
    "no leader election": {"replicaCount": 1, "leaderElection": {"enabled": False}},
    "leader election in garden": {"leaderElection": {"namespace": "garden", "id": "other-name"}},
    "configs": {"configs": CONFIGS},
    "configs left empty": {"configs": None, "imageVectorOverwrite": None},
    "image vector": {"imageVectorOverwrite": IMAGES},
    "image by digest": {"image": {"repository": "registry.example.com:5000/x/y", "tag": DIGEST, "pullPolicy": "Always"}},
    "image by tag and digest": {"image": {"tag": f"v1@{DIGEST}"}},
    "nodes only configured": {"nodeInstallation": False},
    "no heartbeat": {"disabledControllers": ["heartbeat", "healthcheck"]},
    "without gardenlet": {"ignoreOperationAnnotation": True, "extensionClasses": ["shoot", "seed"]},
    "text logs": {"log": {"level": "debug", "format": "text"}},
    "no metrics": {"metrics": {"enabled": False}},
    "other ports": {"metrics": {"port": 9090}, "health": {"port": 9091}},
    "no metrics but an image vector": {"metrics": {"enabled": False}, "imageVectorOverwrite": IMAGES},
    "limits": {"resources": {"requests": {"cpu": "0.5", "memory": 67108864}, "limits": {"memory": "512Mi"}}},
    "no requests": {"resources": None},
    "no VPA": {"vpa": {"enabled": False}},
    "VPA that only recommends": {"vpa": {"updatePolicy": {"updateMode": "Off"}}},
    "own priority class": {"priorityClass": {"create": True}},
    "own priority class with a name": {"priorityClass": {"create": True, "name": "mine"}},
    "named priority class": {"priorityClass": {"name": "system-cluster-critical"}},
    "logging": {"logging": {"enabled": True}},
    "seed": {"gardener": SEED},
    "old seed": {"gardener": {**SEED, "version": "v1.78.0"}},
    "garden runtime cluster": {"gardener": {"runtimeCluster": {"enabled": True,
                                                               "priorityClassName": "gardener-garden-system-200"}}},
    "self-hosted shoot": {"gardener": {"version": "v1.145.3-dev", "selfHostedShootCluster": True, "shoot": {"name": "x"}}},
    "everything": {
        "replicaCount": 3, "configs": CONFIGS, "imageVectorOverwrite": IMAGES, "image": {"tag": DIGEST},
        "leaderElection": {"namespace": "garden"}, "priorityClass": {"create": True}, "logging": {"enabled": True},
        "nodeInstallation": False, "disabledControllers": ["heartbeat"], "gardener": SEED,
    },
}
