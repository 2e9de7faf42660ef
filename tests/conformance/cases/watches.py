"""Watches: from a version, from the state, with selectors, bookmarks, tables, and how they end."""

import case
import client
from case import config_map


class Watches(case.Case):
    def open(self, path: str = "", **query) -> client.Watch:
        opened = self.api.watch(path or self.maps, **query)
        self.assertIsInstance(opened, client.Watch, opened)
        self.addCleanup(opened.close)
        return opened

    def version(self) -> str:
        return self.api.get(self.maps, limit=1).version

    def test_events_of_one_object(self):
        watch = self.open(resourceVersion=self.version())
        path = f"{self.maps}/life"
        made = self.made(self.api.post(self.maps, config_map("life")))
        changed = self.ok(self.api.patch(path, {"data": {"key": "second"}}))
        self.ok(self.api.patch(path, {"data": {"key": "second"}}))  # changes nothing: no event
        self.ok(self.api.delete(path))
        events = [watch.next() for _ in range(3)]
        self.assertEqual([event["type"] for event in events], ["ADDED", "MODIFIED", "DELETED"])
        self.assertEqual(events[0]["object"], made)
        self.assertEqual(events[1]["object"], changed)
        gone = events[2]["object"]
        self.assertGreater(int(gone["metadata"]["resourceVersion"]), int(changed["metadata"]["resourceVersion"]))
        gone["metadata"]["resourceVersion"] = changed["metadata"]["resourceVersion"]
        self.assertEqual(gone, changed)

    def test_history_is_replayed(self):
        before = self.version()
        for name in ("h1", "h2"):
            self.made(self.api.post(self.maps, config_map(name)))
        self.ok(self.api.delete(f"{self.maps}/h1"))
        self.assertEqual(self.open(resourceVersion=before).objects(3),
                         [("ADDED", "h1"), ("ADDED", "h2"), ("DELETED", "h1")])

    def test_selectors_turn_changes_into_comings_and_goings(self):
        watch = self.open(resourceVersion=self.version(), labelSelector="in=yes")
        path = f"{self.maps}/moving"
        self.made(self.api.post(self.maps, config_map("moving")))
        versions = [self.ok(self.api.patch(path, {"metadata": {"labels": {"in": value}}}))["metadata"]["resourceVersion"]
                    for value in ("yes", "no", "yes")]
        self.ok(self.api.patch(path, {"data": {"key": "x"}}))
        self.ok(self.api.delete(path))
        events = [watch.next() for _ in range(5)]
        self.assertEqual([event["type"] for event in events], ["ADDED", "DELETED", "ADDED", "MODIFIED", "DELETED"])
        self.assertEqual([event["object"]["metadata"]["resourceVersion"] for event in events[:3]], versions)
        # What left the selection is shown as it last was inside.
        self.assertEqual(events[1]["object"]["metadata"]["labels"], {"in": "yes"})

    def test_one_name(self):
        before = self.version()
        for name in ("n1", "n2"):
            self.made(self.api.post(self.maps, config_map(name)))
        watch = self.open(resourceVersion=before, fieldSelector="metadata.name=n2")
        self.assertEqual(watch.objects(1), [("ADDED", "n2")])
        old_way = self.open(f"/api/v1/watch/namespaces/{self.ns}/configmaps/n2", resourceVersion=before)
        self.assertEqual(old_way.objects(1), [("ADDED", "n2")])
        # With the name in the path and `watch` it is a plain read.
        self.assertEqual(self.ok(self.api.get(f"{self.maps}/n2", watch="true"))["metadata"]["name"], "n2")

    def test_all_namespaces(self):
        watch = self.open("/api/v1/configmaps", resourceVersion=self.version(), labelSelector="everywhere")
        self.made(self.api.post(self.maps, config_map("mine", labels={"everywhere": ""})))
        self.made(self.api.post("/api/v1/namespaces/default/configmaps",
                                config_map(f"of-{self.ns}", labels={"everywhere": ""})))
        self.assertEqual(watch.objects(2), [("ADDED", "mine"), ("ADDED", f"of-{self.ns}")])
        self.ok(self.api.delete(f"/api/v1/namespaces/default/configmaps/of-{self.ns}"))

    def test_state_first_without_a_version(self):
        self.made(self.api.post(self.maps, config_map("there", labels={"state": ""})))
        for query in ({}, {"resourceVersion": "0"}):
            watch = self.open(labelSelector="state", **query)
            self.assertEqual(watch.objects(1), [("ADDED", "there")])
            self.ok(self.api.patch(f"{self.maps}/there", {"data": query or {"a": "b"}}))
            self.assertEqual(watch.objects(1), [("MODIFIED", "there")])

    def test_initial_events_end_with_a_bookmark(self):
        for name in ("i1", "i2"):
            self.made(self.api.post(self.maps, config_map(name, labels={"initial": ""})))
        watch = self.open(labelSelector="initial", sendInitialEvents="true", allowWatchBookmarks="true",
                          resourceVersionMatch="NotOlderThan")
        events = [watch.next() for _ in range(3)]
        self.assertEqual([event["type"] for event in events], ["ADDED", "ADDED", "BOOKMARK"])
        mark = events[2]["object"]
        self.assertEqual((mark["kind"], mark["apiVersion"]), ("ConfigMap", "v1"))
        self.assertEqual(mark["metadata"].pop("annotations"), {"k8s.io/initial-events-end": "true"})
        self.assertGreaterEqual(int(mark["metadata"].pop("resourceVersion")),
                                int(events[1]["object"]["metadata"]["resourceVersion"]))
        self.assertEqual(mark["metadata"], {})
        self.made(self.api.post(self.maps, config_map("i3", labels={"initial": ""})))
        self.assertEqual(watch.objects(1), [("ADDED", "i3")])

    def test_initial_events_need_their_options(self):
        def check(message: str, **query):
            self.refused(self.api.watch(self.maps, **query), 422, "Invalid", details={
                "group": "meta.k8s.io", "kind": "ListOptions",
                "causes": [{"reason": "FieldValueForbidden", "message": message, "field": "resourceVersionMatch"}]})

        check("Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
              sendInitialEvents="true")
        check("Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
              resourceVersionMatch="NotOlderThan", resourceVersion=self.version())

    def test_bookmarks_come_before_the_end(self):
        """A watch that ends by its time says how far it has seen."""
        watch = self.open(resourceVersion=self.version(), allowWatchBookmarks="true", timeoutSeconds=4,
                          labelSelector="none")
        self.made(self.api.post(self.maps, config_map("marked")))
        events = list(watch)
        self.assertTrue(events)
        self.assertEqual({event["type"] for event in events}, {"BOOKMARK"})

    def test_the_end_by_time(self):
        self.assertEqual(list(self.open(resourceVersion=self.version(), timeoutSeconds=1)), [])

    def test_forgotten_versions_are_gone(self):
        self.server.forget_history()
        watch = self.open(self.serve(case.widgets("forgotten")), resourceVersion="1")
        event = watch.next()
        self.assertEqual(event["type"], "ERROR")
        status = event["object"]
        self.assertEqual((status["kind"], status["code"], status["reason"], status["status"]),
                         ("Status", 410, "Expired", "Failure"))
        self.assertRegex(status["message"], r"^too old resource version: 1 \(\d+\)$")
        self.assertRaises(EOFError, watch.next)

    def test_wrong_versions(self):
        answer = self.api.watch(self.maps, resourceVersion="abc")
        self.refused(answer, 500, "", 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": '
                     "invalid syntax")

    def test_versions_to_come_are_waited_for(self):
        watch = self.open(resourceVersion="99999999", timeoutSeconds=1)
        self.assertEqual(list(watch), [])

    def test_tables(self):
        watch = self.open(resourceVersion=self.version(), accept=client.TABLE)
        for name in ("t1", "t2"):
            self.made(self.api.post(self.maps, config_map(name)))
        first, second = watch.next()["object"], watch.next()["object"]
        self.assertEqual([column["name"] for column in first["columnDefinitions"]], ["Name", "Data", "Age"])
        self.assertIsNone(second["columnDefinitions"])  # said once
        self.assertEqual([row["cells"][:2] for row in first["rows"] + second["rows"]], [["t1", 1], ["t2", 1]])
