"""Optimistic locking and identity: resourceVersion, uid, names, and what each refusal says."""

import case
from case import config_map


class Updates(case.Case):
    def setUp(self):
        self.item = self.made(self.api.post(self.maps, config_map(f"one-{self._testMethodName.replace('_', '-')}")))
        self.name = self.item["metadata"]["name"]
        self.path = f"{self.maps}/{self.name}"
        self.modified = (f'Operation cannot be fulfilled on configmaps "{self.name}": the object has been modified; '
                         "please apply your changes to the latest version and try again")

    def test_a_stale_put_is_a_conflict(self):
        self.ok(self.api.put(self.path, {**self.item, "data": {"key": "second"}}))
        answer = self.api.put(self.path, {**self.item, "data": {"key": "third"}})
        self.refused(answer, 409, "Conflict", self.modified, {"name": self.name, "kind": "configmaps"})
        self.assertEqual(self.ok(self.api.get(self.path))["data"], {"key": "second"})

    def test_a_patch_may_carry_a_version(self):
        version = self.item["metadata"]["resourceVersion"]
        self.ok(self.api.patch(self.path, {"metadata": {"resourceVersion": version}, "data": {"key": "second"}}))
        answer = self.api.patch(self.path, {"metadata": {"resourceVersion": version}, "data": {"key": "third"}})
        self.refused(answer, 409, "Conflict", self.modified, {"name": self.name, "kind": "configmaps"})

    def test_a_put_without_version_overwrites(self):
        del self.item["metadata"]["resourceVersion"]
        self.assertEqual(self.ok(self.api.put(self.path, {**self.item, "data": {"key": "second"}}))["data"],
                         {"key": "second"})

    def test_a_put_that_changes_nothing_keeps_the_version(self):
        again = self.ok(self.api.put(self.path, self.item))
        self.assertEqual(again["metadata"]["resourceVersion"], self.item["metadata"]["resourceVersion"])
        patched = self.ok(self.api.patch(self.path, {"data": {"key": "value"}}))
        self.assertEqual(patched["metadata"]["resourceVersion"], self.item["metadata"]["resourceVersion"])

    def test_a_foreign_uid_is_refused(self):
        uid = self.item["metadata"]["uid"]
        self.item["metadata"]["uid"] = "nope"
        answer = self.api.put(self.path, self.item)
        body = self.refused(answer, 409, "Conflict", details={"name": self.name, "kind": "configmaps"})
        self.assertIn(f"Precondition failed: UID in precondition: nope, UID in object meta: {uid}", body["message"])
        self.invalid(self.api.patch(self.path, {"metadata": {"uid": "nope"}}), "ConfigMap", self.name,
                     ("metadata.uid", "FieldValueInvalid", 'Invalid value: "nope": field is immutable'))

    def test_creation_time_and_identity_cannot_be_changed(self):
        kept = dict(self.item["metadata"])
        self.item["metadata"].update(creationTimestamp="2020-01-01T00:00:00Z", selfLink="/x", uid="")
        now = self.ok(self.api.put(self.path, self.item))["metadata"]
        for field in ("uid", "creationTimestamp"):
            self.assertEqual(now[field], kept[field])
        self.item["metadata"].update(deletionTimestamp="2020-01-01T00:00:00Z", deletionGracePeriodSeconds=5)
        self.invalid(self.api.put(self.path, self.item), "ConfigMap", self.name,
                     ("metadata.deletionTimestamp", "FieldValueInvalid",
                      'Invalid value: "2020-01-01T00:00:00Z": field is immutable'),
                     ("metadata.deletionGracePeriodSeconds", "FieldValueInvalid",
                      "Invalid value: 5: field is immutable"))

    def test_a_version_that_is_no_number(self):
        self.item["metadata"]["resourceVersion"] = "abc"
        self.assertGreaterEqual(self.api.put(self.path, self.item).code, 400)

    def test_names_must_match_the_path(self):
        other = {**self.item, "metadata": {**self.item["metadata"], "name": "other"}}
        self.refused(self.api.put(self.path, other), 400, "BadRequest",
                     f"the name of the object (other) does not match the name on the URL ({self.name})")
        other["metadata"].update(name=self.name, namespace="kube-system")
        self.refused(self.api.put(self.path, other), 400, "BadRequest",
                     "the namespace of the provided object does not match the namespace sent on the request")

    def test_deletion_preconditions(self):
        uid, version = self.item["metadata"]["uid"], self.item["metadata"]["resourceVersion"]
        details = {"name": self.name, "kind": "ConfigMap"}
        prefix = f'Operation cannot be fulfilled on ConfigMap "{self.name}": '
        self.refused(self.api.delete(self.path, {"preconditions": {"uid": "x"}}), 409, "Conflict",
                     f"{prefix}the UID in the precondition (x) does not match the UID in record ({uid}). "
                     "The object might have been deleted and then recreated", details)
        self.refused(self.api.delete(self.path, {"preconditions": {"resourceVersion": "1"}}), 409, "Conflict",
                     f"{prefix}the ResourceVersion in the precondition (1) does not match the ResourceVersion in "
                     f"record ({version}). The object might have been modified", details)
        done = self.ok(self.api.delete(self.path, {"kind": "DeleteOptions", "apiVersion": "v1",
                                                   "preconditions": {"uid": uid, "resourceVersion": version}}))
        self.assertEqual((done["kind"], done["status"]), ("Status", "Success"))
        self.assertEqual(done["details"], {"name": self.name, "kind": "configmaps", "uid": uid})


class Creation(case.Case):
    def test_twice(self):
        self.made(self.api.post(self.maps, config_map("twice")))
        self.refused(self.api.post(self.maps, config_map("twice")), 409, "AlreadyExists",
                     'configmaps "twice" already exists', {"name": "twice", "kind": "configmaps"})

    def test_what_the_server_sets(self):
        made = self.made(self.api.post(self.maps, config_map("fresh", uid="mine", generation=7, selfLink="/x",
                                                             creationTimestamp="2020-01-01T00:00:00Z")))["metadata"]
        self.assertEqual(made["namespace"], self.ns)
        self.assertRegex(made["uid"], "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.assertGreater(int(made["resourceVersion"]), 0)
        self.assertGreater(made["creationTimestamp"], "2024-01-01T00:00:00Z")
        self.assertNotIn("selfLink", made)

    def test_a_resource_version_is_refused(self):
        self.refused(self.api.post(self.maps, config_map("versioned", resourceVersion="5")), 500, "",
                     "resourceVersion should not be set on objects to be created")

    def test_generated_names(self):
        one = self.made(self.api.post(self.maps, {"metadata": {"generateName": "made-"}}))["metadata"]
        two = self.made(self.api.post(self.maps, {"metadata": {"generateName": "made-"}}))["metadata"]
        self.assertRegex(one["name"], "^made-[bcdfghjklmnpqrstvwxz2456789]{5}$")
        self.assertNotEqual(one["name"], two["name"])
        self.assertEqual(one["generateName"], "made-")
        self.invalid(self.api.post(self.maps, {"metadata": {}}), "ConfigMap", "",
                     ("metadata.name", "FieldValueRequired", "Required value: name or generateName is required"))

    def test_long_generated_names_are_cut(self):
        made = self.made(self.api.post(self.maps, {"metadata": {"generateName": "x" * 100}}))["metadata"]
        self.assertEqual(len(made["name"]), 63)

    def test_namespaces_must_exist_and_match(self):
        self.refused(self.api.post("/api/v1/namespaces/absent/configmaps", config_map("a")), 404, "NotFound",
                     'namespaces "absent" not found', {"name": "absent", "kind": "namespaces"})
        self.refused(self.api.post(self.maps, config_map("a", namespace="default")), 400, "BadRequest",
                     "the namespace of the provided object does not match the namespace sent on the request")

    def test_names_and_labels_are_checked(self):
        subdomain = ("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
                     "and must start and end with an alphanumeric character (e.g. 'example.com', regex used for "
                     r"validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')")
        self.invalid(self.api.post(self.maps, config_map("UPPER")), "ConfigMap", "UPPER",
                     ("metadata.name", "FieldValueInvalid", f'Invalid value: "UPPER": {subdomain}'))
        value = ("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
                 "must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "
                 "regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')")
        self.invalid(self.api.post(self.maps, config_map("x", labels={"a": "b c"})), "ConfigMap", "x",
                     ("metadata.labels", "FieldValueInvalid", f'Invalid value: "b c": {value}'))
        key = ("name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
               "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
               "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')")
        self.invalid(self.api.post(self.maps, config_map("x", labels={"a b": "c"})), "ConfigMap", "x",
                     ("metadata.labels", "FieldValueInvalid", f'Invalid value: "a b": {key}'))
        self.invalid(self.api.post(self.maps, config_map("x", annotations={"a b": "c"})), "ConfigMap", "x",
                     ("metadata.annotations", "FieldValueInvalid", f'Invalid value: "a b": {key}'))
        self.invalid(self.api.post(self.maps, config_map("x", finalizers=["foo"])), "ConfigMap", "x",
                     ("metadata.finalizers[0]", "FieldValueInvalid", 'Invalid value: "foo": name is neither a '
                      "standard finalizer name nor is it fully qualified"))


class Absent(case.Case):
    def test_what_is_not_there(self):
        for answer in (self.api.get(f"{self.maps}/a"), self.api.put(f"{self.maps}/a", config_map("a")),
                       self.api.patch(f"{self.maps}/a", {"data": {}}), self.api.delete(f"{self.maps}/a")):
            self.refused(answer, 404, "NotFound", 'configmaps "a" not found', {"name": "a", "kind": "configmaps"})

    def test_unknown_resources(self):
        self.refused(self.api.get(f"/api/v1/namespaces/{self.ns}/nopes"), 404, "NotFound",
                     "the server could not find the requested resource", {})
        self.assertEqual(self.api.get("/apis/none.example/v1/nopes").code, 404)
        self.assertEqual(self.api.get("/nope").code, 404)

    def test_methods(self):
        self.refused(self.api.post(f"{self.maps}/a", config_map("a")), 405, "MethodNotAllowed",
                     "the server does not allow this method on the requested resource", {})
        self.refused(self.api.put(self.maps, config_map("a")), 405, "MethodNotAllowed")
        self.refused(self.api.post("/api/v1/configmaps", config_map("a")), 405, "MethodNotAllowed")


class Bodies(case.Case):
    def test_what_is_no_object(self):
        start = "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; "
        for text in ("{bad", "", "[]", '"text"'):
            body = self.refused(self.api.post(self.maps, text), 400, "BadRequest")
            self.assertTrue(body["message"].startswith(start), body["message"])

    def test_other_kinds(self):
        answer = self.api.post(self.maps, {**config_map("a"), "kind": "Secret"})
        self.refused(answer, 400, "BadRequest", 'Secret in version "v1" cannot be handled as a ConfigMap: illegal '
                     "base64 data at input byte 4")
        answer = self.api.post(self.maps, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}})
        self.refused(answer, 400, "BadRequest", 'Secret in version "v1" cannot be handled as a ConfigMap: converting '
                     "(v1.Secret) to (core.ConfigMap): unknown conversion")
        answer = self.api.post(self.maps, {**config_map("a"), "apiVersion": "v2"})
        self.refused(answer, 400, "BadRequest")

    def test_media_types(self):
        self.refused(self.api.post(self.maps, "x: y", kind="text/plain"), 415, "UnsupportedMediaType",
                     "the body of the request was in an unknown format - accepted media types include: "
                     "application/json, application/yaml, application/vnd.kubernetes.protobuf")
        self.made(self.api.post(self.maps, "metadata: {name: of-yaml}\ndata: {a: b}\n", kind="application/yaml"))
        answer = self.api.get(self.maps, accept="application/xml")
        self.refused(answer, 406, "NotAcceptable", "406: Not Acceptable\n\nAvailable representations: "
                     "application/json, application/yaml, application/vnd.kubernetes.protobuf, "
                     "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch")
        shown = self.api.get(f"{self.maps}/of-yaml", accept="application/yaml")
        self.assertEqual(shown.headers["Content-Type"], "application/yaml")
        self.assertIn("a: b\n", shown.body)
