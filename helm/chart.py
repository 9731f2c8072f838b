"""Checks the chart: what it makes of its sets of values, and what it refuses.

Run by scripts/chart with the interpreter of kubernetes-validate, which brings PyYAML. Owns no rules of Kubernetes: those are
kubernetes-validate's. `--write` renews the part of values.schema.json that follows from the program's settings.
"""

import json
import pathlib
import re
import subprocess
import sys
import tomllib

import yaml

HOME = pathlib.Path(__file__).resolve().parent.parent
CHART = HOME / "helm" / "eid"
SCHEMA = CHART / "values.schema.json"

# Settings that the chart writes itself: they lead to files, or stand for the whole pod.
OWN = re.compile(
    r"mode|home|server\.(listen|certificate|key|client_ca|client_crls)|store\.(url|url_file)"
    r"|limits\.(redis_url|redis_url_file)|vault\.keys|archive\.(folder|access_file|authorities)"
    r"|registry\.(ca|certificate|key)|devices\.face_verifiers|notify\.file"
    r"|carriers\.\w+\.(authorities|password_file)|observe\.listen"
)

# Words that the chart itself looks at.
WORDS = {"archive.kind": ["local", "s3"], "registry.source": ["none", "table", "remote"], "log.format": ["text", "json"]}

# What is left in place of a resource that kubernetes-validate does not know: fields without which its operator refuses it.
REQUIRED = {
    "Certificate": ["secretName", "issuerRef.name", "dnsNames|uris", "usages", "privateKey.rotationPolicy"],
    "Cluster": ["instances", "storage.size", "bootstrap.initdb.database", "bootstrap.initdb.owner"],
    "ServiceMonitor": ["selector.matchLabels", "endpoints"],
    "PodMonitor": ["selector.matchLabels", "podMetricsEndpoints"],
    "PrometheusRule": ["groups"],
}

# Values that must be refused, and words of the reason. Each is laid over the set "production".
REFUSED = [
    (["--set", "replica=3"], "replica"),
    (["--set", "replicas=0"], "replicas"),
    (["--set", "autoscaling.minReplicas=0"], "minReplicas"),
    (["--set", "autoscaling.minReplicas=20"], "autoscaling.minReplicas is more"),
    (["--set", "config.server.listn=x"], "listn"),
    (["--set", "config.server.listen=127.0.0.1:1"], "listen"),
    (["--set", "config.store.url=postgres://eid:secret@db/eid"], "url"),
    (["--set", "config.codes.tries=many"], "tries"),
    (["--set", "env.PASSWORD=x"], "env"),
    (["--set", "keyRing.secret="], "keyRing.secret is empty"),
    (["--set", "cloudNativePg.enabled=false"], "database.secret is empty"),
    (["--set", "database.secret=x"], "both set"),
    (["--set", "cloudNativePg.create=true"], "migration.run"),
    (["--set", "cloudNativePg.create=true,migration.run=init,cloudNativePg.instances=2"], "three instances"),
    (["--set", "certManager.enabled=false"], "tls.secret is empty"),
    (["--set", "tls.secret=x"], "both set"),
    (["--set", "certManager.issuer.name="], "issuer.name is empty"),
    (["--set", "tls.clientCa.configMap="], "tls.clientCa names nothing"),
    (["--set", "tls.clientCa.secret=x"], "one of them"),
    (["--set", "config.archive.kind=local"], "several pods"),
    (["--set", "config.archive.kind=local,autoscaling.enabled=false,replicas=1"], "gone with the pod"),
    (["--set", "archive.secret="], "archive.secret is empty"),
    (["--set", "config.registry.source=remote"], "registry.secret is empty"),
    (["--set", "config.registry.source=remote,registry.secret=x"], "registry.ca names nothing"),
    (["--set", "config.carriers.sms=file"], "in clear"),
    (["--set", "config.carriers.sms=pigeon"], "no carrier"),
    (["--set", "carriers.smpp.secret="], "carriers.smpp.secret is empty"),
    (["--set", "migration.run=never"], "run"),
]


class Wrong(Exception):
    """A sentence that says what is wrong with the chart."""


def demand(holds, sentence):
    if not holds:
        raise Wrong(sentence)


def settings():
    """Every key of the program's defaults with its value, by its full name."""
    def walk(table, path):
        for name, value in table.items():
            key = f"{path}{name}"
            if isinstance(value, dict):
                yield from walk(value, f"{key}.")
            else:
                yield key, value
    return dict(walk(tomllib.loads((HOME / "src/config/default.toml").read_text()), ""))


def schema_of_config():
    """What values.config may hold: the settings that are not the chart's own, with their kinds."""
    kinds = {bool: {"type": "boolean"}, int: {"type": "integer", "minimum": 0}, str: {"type": "string"}}
    root = {"type": "object", "additionalProperties": False, "properties": {}}
    for key, value in settings().items():
        if OWN.fullmatch(key):
            continue
        table = root
        *path, name = key.split(".")
        for part in path:
            empty = {"type": "object", "additionalProperties": False, "properties": {}}
            table = table["properties"].setdefault(part, empty)
        table["properties"][name] = dict(kinds[type(value)], **({"enum": WORDS[key]} if key in WORDS else {}))
    return root


def write_schema():
    schema = json.loads(SCHEMA.read_text())
    schema["properties"]["config"] = schema_of_config()
    SCHEMA.write_text(json.dumps(schema, indent=2) + "\n")


def closed(schema, path="values"):
    """Every table of the schema refuses what it does not name, but for those that are passed on to Kubernetes."""
    if schema.get("type") == "object" and "properties" in schema:
        demand(schema.get("additionalProperties") is False, f"{path} takes unknown values")
        for name, part in schema["properties"].items():
            closed(part, f"{path}.{name}")


def helm(*arguments):
    return subprocess.run(["scripts/tool", "helm", *arguments], cwd=HOME, capture_output=True, text=True)


def render(values, *more):
    made = helm("template", "eid", "helm/eid", "--namespace", "eid", "--kube-version", "1.34", "-f", str(values), *more)
    return made.returncode, made.stdout, made.stderr


def at(resource, path):
    for name in path.split("."):
        resource = resource.get(name) if isinstance(resource, dict) else None
    return resource


def check_pod(name, spec, labels):
    """What every pod promises: no root, no right, nothing to write but what is mounted, no secret in its environment."""
    demand(spec.get("automountServiceAccountToken") is False, f"{name}: a token is mounted")
    pod = spec["securityContext"]
    demand(pod["runAsNonRoot"] is True and pod["runAsUser"] > 0, f"{name}: may be root")
    demand(pod["seccompProfile"]["type"] == "RuntimeDefault", f"{name}: no seccomp profile")
    volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
    demand(len(volumes) == len(spec.get("volumes", [])), f"{name}: two volumes of one name")
    mounted = set()
    for container in spec["containers"] + spec.get("initContainers", []):
        own = container["securityContext"]
        demand(own["readOnlyRootFilesystem"] is True, f"{name}: writes to its root")
        demand(own["allowPrivilegeEscalation"] is False, f"{name}: may gain rights")
        demand(own["capabilities"] == {"drop": ["ALL"]}, f"{name}: has capabilities")
        demand("limits" in container["resources"], f"{name}: has no limits")
        demand("envFrom" not in container, f"{name}: an environment from outside")
        for variable in container.get("env") or []:
            demand("valueFrom" not in variable, f"{name}: {variable['name']} comes from outside")
            demand("://" not in variable["value"], f"{name}: {variable['name']} may hold a secret")
        for mount in container.get("volumeMounts") or []:
            demand(mount["name"] in volumes, f"{name}: {mount['name']} is mounted and not there")
            demand("subPath" not in mount, f"{name}: {mount['name']} would never be read again")
            mounted.add(mount["name"])
    demand(mounted == set(volumes), f"{name}: volumes that nobody mounts: {set(volumes) - mounted}")
    for volume in volumes.values():
        if "secret" in volume:
            demand(volume["secret"]["defaultMode"] & 0o027 == 0, f"{name}: the program refuses {volume['name']}")
    return volumes


def check_settings(volumes, text):
    """The program knows every setting, and each path leads to a file that is mounted."""
    known = settings()

    def walk(table, path):
        for name, value in table.items():
            key = f"{path}{name}"
            if isinstance(value, dict):
                walk(value, f"{key}.")
                continue
            demand(key in known, f"eid.toml: the program has no setting {key}")
            demand(type(value) is type(known[key]), f"eid.toml: {key} is of another kind than the program's")
            if isinstance(value, str) and value.startswith("/etc/eid/"):
                folder, _, file = value.removeprefix("/etc/eid/").partition("/")
                demand(folder in volumes, f"eid.toml: {key} is in a folder that is not mounted")
                source = volumes[folder].get("secret") or volumes[folder].get("configMap")
                shown = [item["path"] for item in source.get("items", [])]
                demand(not file or file in shown, f"eid.toml: {key} is not in what is mounted")
    walk(tomllib.loads(text), "")


def seconds_to_stop():
    """What the program takes at most between SIGTERM and its end."""
    text = (HOME / "src/server/mod.rs").read_text()
    return sum(int(re.search(rf"const {name}: Duration = Duration::from_secs\((\d+)\)", text)[1]) for name in ("GRACE", "CLOSING"))


def check_release(name, resources):
    of = {}
    for resource in resources:
        kind, spec = resource["kind"], resource.get("spec") or {}
        key = (kind, resource["metadata"]["name"])
        demand(key not in of, f"{name}: two of {key}")
        of[key] = resource
        demand(kind != "Secret", f"{name}: the chart makes a Secret: its content would stand among the values")
        for field in REQUIRED.get(kind, []):
            demand(any(at(spec, one) for one in field.split("|")), f"{name}: {kind} has no {field}")
        if kind in ("Deployment", "Job"):
            pod = spec["template"]
            volumes = check_pod(f"{name}: {kind}", pod["spec"], pod["metadata"]["labels"])
        if kind == "Deployment":
            labels, served = pod["metadata"]["labels"], volumes
            grace, drain = pod["spec"]["terminationGracePeriodSeconds"], pod["spec"]["containers"][0]["lifecycle"]
            needs = drain["preStop"]["sleep"]["seconds"] + seconds_to_stop()
            demand(grace > needs, f"{name}: {grace} s until it is killed, and it needs {needs}")
    selectors = {"Deployment": "selector.matchLabels", "Service": "selector", "PodDisruptionBudget": "selector.matchLabels",
                 "PodMonitor": "selector.matchLabels"}
    for (kind, which), resource in of.items():
        if kind in selectors:
            wanted = at(resource["spec"], selectors[kind])
            demand(wanted and wanted.items() <= labels.items(), f"{name}: {kind} {which} finds no pod")
    (config,) = (one for (kind, _), one in of.items() if kind == "ConfigMap" and "eid.toml" in one["data"])
    check_settings(served, config["data"]["eid.toml"])


def main():
    if sys.argv[1:] == ["--write"]:
        return write_schema()
    folder = pathlib.Path(sys.argv[1])
    schema = json.loads(SCHEMA.read_text())
    demand(schema["properties"]["config"] == schema_of_config(),
           "values.schema.json does not fit the program's settings: scripts/chart --write renews it")
    closed(schema)
    known, foreign = folder / "known.yaml", {}
    plain = []
    for values in sorted((CHART / "ci").glob("*.yaml")):
        linted = helm("lint", "--strict", "helm/eid", "-f", str(values))
        demand(linted.returncode == 0, f"{values.name}: {linted.stdout}{linted.stderr}")
        code, made, told = render(values)
        demand(code == 0, f"{values.name}: {told}")
        resources = [one for one in yaml.safe_load_all(made) if one]
        check_release(values.stem, resources)
        for resource in resources:
            if resource["kind"] in REQUIRED:
                foreign.setdefault(resource["kind"], []).append(values.stem)
            else:
                plain.append(resource)
    known.write_text(yaml.safe_dump_all(plain))
    for more, word in REFUSED:
        code, _, told = render(CHART / "ci" / "production.yaml", *more)
        demand(code != 0, f"taken, and should be refused: {' '.join(more)}")
        demand(word in told, f"{' '.join(more)}: refused without saying {word!r}:\n{told}")
    print(f"{len(plain)} resources made, {len(REFUSED)} bad sets of values refused. By their fields alone, as Kubernetes")
    print(f"does not have them by itself: {', '.join(sorted(foreign))}.")


if __name__ == "__main__":
    try:
        main()
    except Wrong as wrong:
        sys.exit(f"scripts/chart: {wrong}")
