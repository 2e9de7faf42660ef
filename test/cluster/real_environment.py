"""The story with everything real but our own programs: control plane, kubelet, gardener-resource-manager.

One cluster is seed and shoot at once. The extension runs on the host under its own service account's token, the agent as
a pod of its real DaemonSet under its own service account, cri-resmgr on the host between the real kubelet and a private
containerd. isolation.py gives the run its own processes, mounts and network, so every path and port is the usual one.
"""

import contextlib
import json
import os
import pathlib
import time

import cache
import cgroups
import control_groups
import control_plane
import gardener
import images
import isolation
import node
import objects
import poll
import processes
import programs
from environment import (EXTENSION_NAMESPACE, KUBE_SYSTEM, ApiError, Container, Environment, Machine, Placement, PodRequest,
                         Program, Refused, StepFailed)
from kubectl_api import KubectlApi
