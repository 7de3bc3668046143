#!/bin/sh
# Runs tests in a kernel of its own whose cgroups have all controllers: User Mode Linux (Debian: user-mode-linux).
# The machine's files are read there, and only a scratch directory is written. Takes some minutes: it is emulated.
# usage: kernel_check.sh [PYTEST ARGUMENTS]; KERNEL names the program.
set -eu
kernel=${KERNEL:-linux.uml}
command -v "$kernel" >/dev/null || { echo "no $kernel: install user-mode-linux, or name it in KERNEL" >&2; exit 1; }
[ "$(id -u)" = 0 ] || { echo "this needs root: the kernel takes its files from the machine as they are" >&2; exit 1; }
root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM
[ $# -gt 0 ] || set -- tests/integration/metrics/test_cgroups.py
printf '%s\n' "$@" >"$scratch/words"
cat >"$scratch/init" <<END
#!/bin/sh
export PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/run LANG=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t cgroup2 cgroup /sys/fs/cgroup
mkdir -p /dev/pts /dev/shm
mount -t devpts -o ptmxmode=0666 devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs places /mnt
mkdir /mnt/root /mnt/scratch
mount -t hostfs -o $root root /mnt/root
mount -t hostfs -o $scratch scratch /mnt/scratch
mount -t tmpfs -o mode=1777 tmp /tmp
mount -t tmpfs run /run
ip link set lo up
# The copy stands where the original does: the environment in it knows its place.
if mkdir -p $root 2>/dev/null; then mount -t tmpfs copy $root; fi
(cd /mnt/root && tar cf - --exclude=.git --exclude=__pycache__ --exclude=mypy --exclude=ruff .) | tar xf - -C $root
cd $root
# The file was built outside: there is no network here.
sed -i 's/^        _build()\$/        pass/' tests/conftest.py
tr '\n' '\0' </mnt/scratch/words | xargs -0 .venv/bin/python -m pytest -q -rs -p no:cacheprovider >/mnt/scratch/out 2>&1
echo \$? >/mnt/scratch/status
sync
echo o >/proc/sysrq-trigger
sleep 10
END
chmod +x "$scratch/init"
mkdir -p "$root/dist/cache"
BRIDGE_CACHE_DIR="$root/dist/cache" "$root/dist/bridge.pyz" version >/dev/null
if ! timeout 1200 "$kernel" mem=2500M root=/dev/root rootfstype=hostfs rootflags=/ ro init="$scratch/init" quiet \
  con=null con0=fd:0,fd:1 </dev/null >"$scratch/console" 2>&1; then
  tail -n 5 "$scratch/console" >&2
fi
cat "$scratch/out"
exit "$(cat "$scratch/status")"
