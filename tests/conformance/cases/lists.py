"""Lists: pages, versions, selectors."""

import base64
import json

import case
from case import config_map, names
from client import Answer


class Lists(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in "abcde":
            labels = {"name": name, "vowel": "yes" if name in "ae" else "no", **({"first": ""} if name == "a" else {})}
            assert cls.api.post(cls.maps, config_map(name, labels=labels)).code == 201

    def find(self, **query) -> Answer:
        """Of what this class made: a real cluster puts a ConfigMap of its own into each namespace."""
        if "labelSelector" not in query and "continue" not in query:
            query["labelSelector"] = "name"
        return self.api.get(self.maps, **query)

    def selected(self, labels: str) -> list[str]:
        return [name for name in names(self.ok(self.find(labelSelector=labels))) if len(name) == 1]

    def test_kinds(self):
        listed = self.ok(self.find())
        self.assertEqual((listed["kind"], listed["apiVersion"]), ("ConfigMapList", "v1"))
        self.assertEqual(names(listed), list("abcde"))
        self.assertNotIn("kind", listed["items"][0])
        self.assertNotIn("apiVersion", listed["items"][0])
        everywhere = self.ok(self.api.get("/api/v1/configmaps", labelSelector="name"))
        self.assertLessEqual(set("abcde"), set(names(everywhere)))

    def test_pages_show_one_state(self):
        for name in ("p1", "p2", "p3", "p4", "p5"):
            self.made(self.api.post(self.maps, config_map(name, labels={"paged": ""})))
        first = self.find(labelSelector="paged", limit=2)
        self.assertEqual(names(self.ok(first)), ["p1", "p2"])
        self.ok(self.api.delete(f"{self.maps}/p3"))
        self.made(self.api.post(self.maps, config_map("p31", labels={"paged": ""})))
        more = first.body["metadata"]["continue"]
        second = self.find(labelSelector="paged", limit=2, **{"continue": more})
        self.assertEqual(names(self.ok(second)), ["p3", "p4"])
        self.assertEqual(second.version, first.version)
        third = self.find(labelSelector="paged", limit=2, **{"continue": second.body["metadata"]["continue"]})
        self.assertEqual(names(self.ok(third)), ["p5"])
        self.assertNotIn("continue", third.body["metadata"])
        self.refused(self.find(resourceVersion="1", **{"continue": more}), 400, "BadRequest",
                     "specifying resource version is not allowed when using continue")
        for path in ("p1", "p2", "p31", "p4", "p5"):
            self.ok(self.api.delete(f"{self.maps}/{path}"))

    def test_remaining_items_are_counted_without_selectors(self):
        listed = self.ok(self.api.get(self.maps, limit=2))
        whole = self.ok(self.api.get(self.maps))
        self.assertEqual(listed["metadata"]["remainingItemCount"], len(whole["items"]) - 2)
        self.assertNotIn("remainingItemCount", self.ok(self.find(limit=2))["metadata"])

    def test_pages_after_compaction(self):
        path = self.serve(case.widgets("paged"))
        for name in "abc":
            self.made(self.api.post(path, {"apiVersion": "example.org/v1", "kind": "WidgetPaged",
                                           "metadata": {"name": name}}))
        self.server.forget_history()
        token = {"v": "meta.k8s.io/v1", "rv": 1, "start": "a\0"}  # as after a page that ended with "a", of version 1
        gone = self.api.get(path, limit=1, **{
            "continue": base64.urlsafe_b64encode(json.dumps(token).encode()).decode().rstrip("=")})
        body = self.refused(gone, 410, "Expired")
        self.assertIn("The provided continue parameter is too old to display a consistent list result", body["message"])
        rest = self.ok(self.api.get(path, **{"continue": body["metadata"]["continue"]}))
        self.assertEqual(names(rest), ["b", "c"])  # another version, but it goes on where the old one ended

    def test_wrong_pages(self):
        body = self.refused(self.find(**{"continue": "zzz"}), 400, "BadRequest")
        self.assertIn("invalid continue token: continue key is not valid: ", body["message"])
        self.refused(self.find(limit="x"), 400, "BadRequest", 'strconv.ParseInt: parsing "x": invalid syntax')
        self.assertEqual(names(self.ok(self.find(limit=-1))), list("abcde"))
        self.assertEqual(names(self.ok(self.find(limit=5))), list("abcde"))

    def test_versions(self):
        before = self.find().version
        self.made(self.api.post(self.maps, config_map("later", labels={"name": "later"})))
        self.assertIn("later", names(self.ok(self.find(resourceVersion=before))))
        self.assertIn("later", names(self.ok(self.find(resourceVersion=before, resourceVersionMatch="NotOlderThan"))))
        exact = self.find(resourceVersion=before, resourceVersionMatch="Exact")
        self.assertEqual(names(self.ok(exact)), list("abcde"))
        self.assertEqual(exact.version, before)
        self.ok(self.api.delete(f"{self.maps}/later"))
        exact = self.find(resourceVersion=before, resourceVersionMatch="Exact", limit=2)
        self.assertEqual(names(self.ok(exact)), ["a", "b"])
        self.refused(self.find(resourceVersion="abc"), 400, "BadRequest", "invalid resource version: resourceVersion: "
                     'Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax')
        ahead = self.refused(self.find(resourceVersion="99999999"), 504, "Timeout", details={
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1})
        self.assertRegex(ahead["message"], r"^Timeout: Too large resource version: 99999999, current: \d+$")

    def test_version_matches(self):
        def check(match: str, reason: str, message: str, **query):
            answer = self.find(resourceVersionMatch=match, **query)
            body = self.refused(answer, 422, "Invalid", details={
                "group": "meta.k8s.io", "kind": "ListOptions",
                "causes": [{"reason": reason, "message": message, "field": "resourceVersionMatch"}]})
            self.assertEqual(body["message"], f'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: {message}')

        check("Exact", "FieldValueForbidden",
              "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided")
        check("Bogus", "FieldValueNotSupported",
              'Unsupported value: "Bogus": supported values: "Exact", "NotOlderThan", ""', resourceVersion="5")
        check("Exact", "FieldValueForbidden",
              'Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"', resourceVersion="0")

    def test_label_selectors(self):
        for text, found in {
            "vowel=yes": "ae", "vowel==yes": "ae", "vowel!=yes": "bcd", "first": "a", "!first": "bcde", "first=": "a",
            "name in (a,b)": "ab", "name notin (a, b)": "cde", "name in (a,b),name!=b": "a", "absent!=x": "abcde",
            "absent notin (x)": "abcde", "name in (), vowel": "", "name in (a,)": "a", "vowel=yes,vowel=no": "",
            " name = a , vowel ": "a", "name>3": "", "absent": "",
        }.items():
            with self.subTest(text):
                self.assertEqual(self.selected(text), list(found))

    def test_wrong_label_selectors(self):
        start = "unable to parse requirement: "
        for text, message in {
            "a in (": start + "found '', expected: ',', ')' or identifier",
            "a in (b": start + "found '', expected: ',' or ')'",
            "a b=c": start + "found 'b', expected: in, notin, =, ==, !=, gt, lt",
            "a,": "found '', expected: identifier after ','",
            "a=b=c": "found '=', expected: ',' or 'end of string'",
            "=a": "found '=', expected: !, identifier, or 'end of string'",
            "a in x": start + "found 'x' expected: '('",
            "!a=b": "found '=', expected: ',' or 'end of string'",
        }.items():
            with self.subTest(text):
                self.refused(self.find(labelSelector=text), 400, "BadRequest", message)
        for text in ("a=b c", "a=$", "/a=b", "a b", "a>x"):
            with self.subTest(text):
                self.refused(self.find(labelSelector=text), 400, "BadRequest")

    def test_field_selectors(self):
        def found(text: str) -> list[str]:
            return names(self.ok(self.find(fieldSelector=text)))

        self.assertEqual(found("metadata.name=c"), ["c"])
        self.assertEqual(found("metadata.name==c"), ["c"])
        self.assertEqual(found("metadata.name!=c"), list("abde"))
        self.assertEqual(found(f"metadata.name=c,metadata.namespace={self.ns}"), ["c"])
        self.assertEqual(found("metadata.name=c,metadata.namespace=default"), [])
        self.assertEqual(found(""), list("abcde"))
        self.refused(self.find(fieldSelector="data.x=1"), 400, "BadRequest",
                     '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"')
        self.refused(self.find(fieldSelector="metadata.name"), 400, "BadRequest",
                     "invalid selector: 'metadata.name'; can't understand 'metadata.name'")

    def test_field_selectors_of_kinds(self):
        known = {
            "/api/v1/pods": ("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
                             "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName"),
            "/api/v1/events": ("involvedObject.kind", "involvedObject.namespace", "involvedObject.name",
                               "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion",
                               "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"),
            "/api/v1/nodes": ("spec.unschedulable",),
            "/api/v1/namespaces": ("status.phase",),
            "/api/v1/secrets": ("type",),
            "/api/v1/services": ("spec.clusterIP", "spec.type"),
            "/apis/batch/v1/jobs": ("status.successful",),
        }
        for path, fields in known.items():
            for field in fields:
                with self.subTest(f"{path} {field}"):
                    self.ok(self.api.get(path, fieldSelector=f"{field}=x"))
            self.assertEqual(self.api.get(path, fieldSelector="spec.other=x").code, 400)
        self.refused(self.api.get("/api/v1/pods", fieldSelector="spec.other=x"), 400, "BadRequest",
                     "field label not supported: spec.other")

    def test_secrets_by_type(self):
        secrets = f"/api/v1/namespaces/{self.ns}/secrets"
        for name, kind in (("plain", "Opaque"), ("mine", "example.org/mine")):
            self.made(self.api.post(secrets, {"metadata": {"name": name}, "type": kind}))
        self.assertEqual(names(self.ok(self.api.get(secrets, fieldSelector="type=example.org/mine"))), ["mine"])
        self.assertEqual(names(self.ok(self.api.get(secrets, fieldSelector="type!=example.org/mine"))), ["plain"])

    def test_one_object_of_a_version(self):
        path = f"{self.maps}/a"
        self.assertEqual(self.ok(self.api.get(path, resourceVersion="0"))["metadata"]["name"], "a")
        self.refused(self.api.get(path, resourceVersion="99999999"), 504, "Timeout")

    def test_deleting_many(self):
        for name in ("d1", "d2", "d3"):
            self.made(self.api.post(self.maps, config_map(name, labels={"many": name})))
        done = self.ok(self.api.delete(self.maps, labelSelector="many in (d1,d2)"))
        self.assertEqual(done["kind"], "ConfigMapList")
        self.assertEqual(names(done), ["d1", "d2"])
        self.assertEqual(self.selected_many(), ["d3"])
        self.ok(self.api.delete(self.maps, fieldSelector="metadata.name=d3"))
        self.assertEqual(self.selected_many(), [])

    def selected_many(self) -> list[str]:
        return names(self.ok(self.find(labelSelector="many")))
