"""Packs a static binary as a wheel for Linux with any C library; nothing is built.

    wheel.py BINARY ARCHITECTURE VERSION FOLDER
"""

import base64
import hashlib
import pathlib
import sys
import tomllib
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The archive has no times of its own, so that the same binary gives the same wheel.
TIME = (1980, 1, 1, 0, 0, 0)


def metadata(project, version):
    fields = [
        ("Metadata-Version", "2.4"),
        ("Name", project["name"]),
        ("Version", version),
        ("Summary", project["description"]),
        ("License-Expression", project["license"]),
        *(("License-File", name) for name in project["license-files"]),
        ("Requires-Python", project["requires-python"]),
        ("Description-Content-Type", "text/markdown; charset=UTF-8"),
    ]
    head = "".join(f"{name}: {value}\n" for name, value in fields)
    return head + "\n" + (ROOT / project["readme"]).read_text()


def pack(binary, architecture, version, folder):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    # A static binary asks for no C library: the oldest that pip knows of both kinds.
    platforms = [f"{kind}_{architecture}" for kind in ("manylinux_2_17", "manylinux2014", "musllinux_1_1")]
    name = f"{project['name']}-{version}"
    info = f"{name}.dist-info"
    tags = "".join(f"Tag: py3-none-{platform}\n" for platform in platforms)
    files = {
        f"{name}.data/scripts/{project['name']}": (0o755, pathlib.Path(binary).read_bytes()),
        f"{info}/METADATA": (0o644, metadata(project, version).encode()),
        f"{info}/WHEEL": (0o644, f"Wheel-Version: 1.0\nGenerator: {project['name']}\nRoot-Is-Purelib: false\n{tags}".encode()),
        **{f"{info}/licenses/{file}": (0o644, (ROOT / file).read_bytes()) for file in project["license-files"]},
    }
    record = "".join(f"{file},sha256={digest(body)},{len(body)}\n" for file, (_, body) in files.items())
    files[f"{info}/RECORD"] = (0o644, f"{record}{info}/RECORD,,\n".encode())
    wheel = pathlib.Path(folder) / f"{name}-py3-none-{'.'.join(platforms)}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file, (mode, body) in files.items():
            entry = zipfile.ZipInfo(file, TIME)
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, body, compresslevel=9)
    return wheel


def digest(body):
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()


print(pack(*sys.argv[1:5]))
