"""metadata.generation counts changes of the wanted state; status has a path of its own."""

import case


class CustomResources(case.Case):
    def setUp(self):
        self.path = f"{self.serve(case.widgets(f'g{self._testMethodName[-4:]}'))}"
        self.kind = f"WidgetG{self._testMethodName[-4:]}"
        self.item = self.made(self.api.post(self.path, {
            "apiVersion": "example.org/v1", "kind": self.kind, "metadata": {"name": "one", "generation": 9},
            "spec": {"size": 1}, "status": {"ready": True}}))
        self.one = f"{self.path}/one"

    def test_creation_starts_at_one_without_status(self):
        self.assertEqual(self.item["metadata"]["generation"], 1)
        self.assertNotIn("status", self.item)

    def test_what_counts_spec(self):
        now = self.ok(self.api.patch(self.one, {"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"},
                                                             "finalizers": ["example.org/f"]}}))
        self.assertEqual(now["metadata"]["generation"], 1)
        now = self.ok(self.api.patch(self.one, {"spec": {"size": 2}, "metadata": {"generation": 40}}))
        self.assertEqual(now["metadata"]["generation"], 2)
        now = self.ok(self.api.patch(self.one, {"spec": {"size": 2}}))
        self.assertEqual(now["metadata"]["generation"], 2)
        now = self.ok(self.api.patch(self.one, {"data": {"other": 1}}))  # all but metadata and status counts
        self.assertEqual(now["metadata"]["generation"], 3)
        self.ok(self.api.delete(self.one))
        now = self.ok(self.api.get(self.one))
        self.assertEqual(now["metadata"]["generation"], 4)
        self.ok(self.api.patch(self.one, {"metadata": {"finalizers": None}}))

    def test_status_by_main(self):
        now = self.ok(self.api.patch(self.one, {"status": {"ready": True}}))
        self.assertNotIn("status", now)
        self.assertEqual(now["metadata"]["resourceVersion"], self.item["metadata"]["resourceVersion"])

    def test_status_only(self):
        changed = {**self.item, "status": {"ready": True}, "spec": {"size": 7}}
        changed["metadata"] = {**self.item["metadata"], "labels": {"a": "b"}, "annotations": {"c": "d"}}
        now = self.ok(self.api.put(f"{self.one}/status", changed))
        self.assertEqual(now["status"], {"ready": True})
        self.assertEqual(now["spec"], {"size": 1})
        self.assertNotIn("labels", now["metadata"])
        self.assertNotIn("annotations", now["metadata"])
        self.assertEqual(now["metadata"]["generation"], 1)
        self.assertEqual(self.ok(self.api.get(f"{self.one}/status")), now)
        self.refused(self.api.put(f"{self.one}/status", changed), 409, "Conflict")
        now = self.ok(self.api.patch(f"{self.one}/status", {"status": {"ready": None, "seen": 3}, "spec": {"size": 5}}))
        self.assertEqual((now["spec"], now["status"]), ({"size": 1}, {"seen": 3}))
        # And the main path keeps it.
        now = self.ok(self.api.put(self.one, {**now, "status": {}, "spec": {"size": 8}}))
        self.assertEqual((now["spec"], now["status"]), ({"size": 8}, {"seen": 3}))

    def test_status_path(self):
        self.refused(self.api.post(f"{self.one}/status", self.item), 405, "MethodNotAllowed")
        self.refused(self.api.delete(f"{self.one}/status"), 405, "MethodNotAllowed")
        self.refused(self.api.get(f"{self.path}/absent/status"), 404, "NotFound")
        self.refused(self.api.get(f"{self.one}/scale"), 404, "NotFound", 'gpath.example.org "one" not found')


class WithoutStatusPath(case.Case):
    def test_status_is_a_field_like_others(self):
        path = self.serve(case.widgets("plain", subresources={}))
        made = self.made(self.api.post(path, {
            "apiVersion": "example.org/v1", "kind": "WidgetPlain", "metadata": {"name": "one"},
            "spec": {"size": 1}, "status": {"ready": True}}))
        self.assertEqual(made["status"], {"ready": True})
        now = self.ok(self.api.patch(f"{path}/one", {"status": {"ready": False}}))
        self.assertEqual(now["status"], {"ready": False})
        self.assertEqual(now["metadata"]["generation"], 2)
        self.refused(self.api.get(f"{path}/one/status"), 404, "NotFound", 'plain.example.org "one" not found')


class BuiltIn(case.Case):
    def test_config_maps_have_none(self):
        made = self.made(self.api.post(self.maps, case.config_map("a")))
        self.assertNotIn("generation", made["metadata"])

    def test_daemon_sets(self):
        path = f"/apis/apps/v1/namespaces/{self.ns}/daemonsets"
        made = self.made(self.api.post(path, case.daemon_set("one")))
        self.assertEqual(made["metadata"]["generation"], 1)
        one = f"{path}/one"
        now = self.ok(self.api.patch(one, {"metadata": {"labels": {"a": "b"}}}))
        self.assertEqual(now["metadata"]["generation"], 1)
        now = self.ok(self.api.patch(one, {"spec": {"minReadySeconds": 5}}))
        self.assertEqual(now["metadata"]["generation"], 2)
        now = self.ok(self.api.patch(f"{one}/status", {"status": {"observedGeneration": 0, "numberReady": 3},
                                                       "spec": {"minReadySeconds": 6}}))
        self.assertEqual((now["metadata"]["generation"], now["spec"]["minReadySeconds"]), (2, 5))
        self.ok(self.api.delete(one))

    def test_nodes(self):
        name = f"of-{self.ns}"
        self.made(self.api.post("/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}))
        self.addCleanup(lambda: self.api.delete(f"/api/v1/nodes/{name}"))
        now = self.ok(self.api.patch(f"/api/v1/nodes/{name}/status", {"status": {"capacity": {"example.org/a": "3"}}}))
        self.assertEqual(now["status"]["capacity"], {"example.org/a": "3"})
        # Nodes take labels and annotations by their status too.
        now = self.ok(self.api.patch(f"/api/v1/nodes/{name}/status", {"metadata": {"labels": {"a": "b"}}}))
        self.assertEqual(now["metadata"]["labels"]["a"], "b")
        now = self.ok(self.api.patch(f"/api/v1/nodes/{name}", {"status": {"capacity": {"example.org/a": "4"}}}))
        self.assertEqual(now["status"]["capacity"], {"example.org/a": "3"})
