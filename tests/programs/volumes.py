"""File systems of a test's own, in files under /var/tmp, and a Metka whose state lies on one."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from harness import Instance, Skipped, eventually, need


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


class Volume:
    """Mounted in `folder`, from an image there or from nothing (tmpfs); gone with close()."""

    def __init__(self, kind, octets, *, inside=None, options=(), make=()):
        need("mount", "umount", "losetup", *([] if kind == "tmpfs" else [f"mkfs.{kind}"]))
        if os.geteuid() != 0:
            raise Skipped("only root can mount a file system")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="metka-volume-", dir="/var/tmp"))
        self.folder.chmod(0o755)
        self.image, self.mount = (inside or self.folder) / f"{kind}.image", self.folder / "mount"
        self.kind, self.device, self.options = kind, None, ",".join(options)
        self.mount.mkdir()
        try:
            if kind == "tmpfs":
                run("mount", "-t", "tmpfs", "-o", f"size={octets},mode=755", "tmpfs", self.mount)
            else:
                with open(self.image, "wb") as file:
                    file.truncate(octets)
                run(f"mkfs.{kind}", "-q", *make, self.image)
                self.attach(self.image)
        except subprocess.CalledProcessError as refused:
            self.close()
            raise Skipped(f"no {kind} can be mounted here: {refused.stderr.strip()}") from refused

    def attach(self, image):
        self.device = run("losetup", "--find", "--show", image).strip()
        run("mount", "-t", self.kind, *(["-o", self.options] if self.options else []), self.device, self.mount)

    def detach(self):
        def is_free():  # who was there goes in its own time
            return subprocess.run(["umount", self.mount], capture_output=True).returncode == 0
        eventually(is_free, what=f"{self.mount} is free")
        run("losetup", "--detach", self.device)
        self.device = None

    def close(self):
        subprocess.run(["umount", self.mount], capture_output=True)
        if self.device:
            subprocess.run(["losetup", "--detach", self.device], capture_output=True)
        self.image.unlink(missing_ok=True)
        subprocess.run(["rm", "-rf", "--one-file-system", self.folder], capture_output=True)


class OnVolume(Instance):
    """Everything of it lies on the volume, which it closes with itself, and then those below."""

    def __init__(self, volume, *below):
        super().__init__()
        self.folder.rmdir()
        self.volume, self.below = volume, below
        self.folder = volume.mount / "metka"
        self.folder.mkdir()

    def purge(self):
        try:
            super().purge()
        finally:
            for volume in (self.volume, *self.below):
                volume.close()

    def room(self):
        return shutil.disk_usage(self.volume.mount).free
