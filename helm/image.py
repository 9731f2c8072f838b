"""Checks the Dockerfile and compose.yaml as far as that goes without Docker.

The build's folder is put together as the COPY lines and .dockerignore say, and cargo reads the package there; every file that
the code includes at compile time must be in it. What the images hold is not looked at.
"""

import fnmatch
import pathlib
import re
import shutil
import subprocess
import sys

import yaml

HOME = pathlib.Path(__file__).resolve().parent.parent


def demand(holds, sentence):
    if not holds:
        sys.exit(f"scripts/chart: {sentence}")


def instructions():
    """The lines of the Dockerfile, those that go on put together."""
    text = re.sub(r"\\\n\s*", "", (HOME / "Dockerfile").read_text())
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def ignored(path):
    """Whether .dockerignore leaves a file out: the last line that fits decides."""
    out = False
    for line in (HOME / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern, keeps = line.lstrip("!"), line.startswith("!")
        parts = path.split("/")
        folders = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
        loose = pattern.startswith("**/") and fnmatch.fnmatch(parts[-1], pattern[3:])
        if loose or any(fnmatch.fnmatch(folder, pattern) for folder in folders):
            out = not keeps
    return out


def copied(folder):
    """Puts what the first stage copies into a folder."""
    tracked = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=HOME, capture_output=True, text=True, check=True)
    files = [one for one in tracked.stdout.splitlines() if not ignored(one)]
    for line in instructions():
        if line[0] != "COPY" or any(word.startswith("--from") for word in line):
            continue
        *sources, target = line[1:]
        for source in sources:
            taken = [one for one in files if one == source or one.startswith(f"{source}/")]
            demand(taken, f"Dockerfile: {source} is not there, or .dockerignore leaves it out")
            for one in taken:
                place = folder / (one if target == "./" else target + one.removeprefix(source))
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(HOME / one, place)


def check_build(folder):
    copied(folder)
    read = subprocess.run(["cargo", "metadata", "--locked", "--offline", "--no-deps", "--format-version", "1"], cwd=folder,
                          capture_output=True, text=True)
    demand(read.returncode == 0, f"Dockerfile: cargo does not find what it needs:\n{read.stderr}")
    # What tests include is of no use to the program.
    sources = [path for path in folder.glob("src/**/*.rs") if path.stem != "tests" and path.parent.name != "tests"]
    for path in sources:
        text = path.read_text()
        for name in re.findall(r'include_(?:str|bytes)!\("([^"]+)"\)', text.split("#[cfg(test)]")[0]):
            demand((path.parent / name).exists(), f"Dockerfile: {path.relative_to(folder)} includes {name}, which is not copied")
        for name in re.findall(r'migrate!\("([^"]+)"\)', text):
            demand((folder / name).is_dir(), f"Dockerfile: {name} is not copied")
        for name in re.findall(r'#\[template\(path = "([^"]+)"', text):
            demand((folder / "templates" / name).exists(), f"Dockerfile: templates/{name} is not copied")
    for name in re.findall(r'"(proto[\w/]*)"', (folder / "build.rs").read_text()):
        demand((folder / name).is_dir(), f"Dockerfile: {name}, which build.rs reads, is not copied")
    demand(not list(folder.glob("**/*.key")), "Dockerfile: a private key would be copied")


def check_image():
    stages = " ".join(word for line in instructions() if line[0] == "FROM" for word in line)
    rust = re.search(r'rust-version = "([\d.]+)"', (HOME / "Cargo.toml").read_text())[1]
    demand(f"rust:{rust}-" in stages, f"Dockerfile: is not built with Rust {rust}, which Cargo.toml asks for")
    lines = {line[0]: line[1:] for line in instructions()}
    demand(lines["USER"][0].split(":")[0] not in ("0", "root"), "Dockerfile: runs as root")
    demand(lines["ENTRYPOINT"][0].startswith("["), "Dockerfile: needs a shell, and there is none")


def check_compose():
    made = yaml.safe_load((HOME / "compose.yaml").read_text())
    for name, service in made["services"].items():
        for other in service.get("depends_on", {}):
            demand(other in made["services"], f"compose.yaml: {name} waits for {other}, which is not there")
        for network in service["networks"]:
            demand(network in made["networks"], f"compose.yaml: {name} is in {network}, which is not there")
        for volume in service.get("volumes", []):
            demand(volume.split(":")[0] in made["volumes"], f"compose.yaml: {name} keeps {volume}, which is not there")
        for port in service.get("ports", []):
            demand(port.startswith("127.0.0.1:"), f"compose.yaml: {name} is open to other machines")


if __name__ == "__main__":
    place = pathlib.Path(sys.argv[1]) / "build"
    place.mkdir()
    check_build(place)
    check_image()
    check_compose()
    print("The image's build has what it copies and includes; no image was built.")
