#!/bin/sh
# v1-only.sh DIRECTORY LXCD COMMAND...: runs the command where /sys/fs/cgroup has the v1 hierarchies and nothing else. crun
# refuses a host that has both kinds, and takes an empty directory `unified` for one. The caller gave us a mount
# namespace of our own; a daemon that the command leaves would keep it, so it is stopped.
set -e
all=$1
lxcd=$2
shift 2
mkdir -p "$all"
mount --rbind /sys/fs/cgroup "$all"
# Mounts that are only covered are still in /proc/self/mountinfo.
umount -l /sys/fs/cgroup
mount -t tmpfs cgroup /sys/fs/cgroup
for hierarchy in "$all"/*; do
	name=${hierarchy##*/}
	grep -q " $hierarchy .* - cgroup " /proc/self/mountinfo || continue
	mkdir "/sys/fs/cgroup/$name"
	mount --bind "$hierarchy" "/sys/fs/cgroup/$name"
done
umount -l "$all"
rmdir "$all"
status=0
"$@" || status=$?
"$lxcd" --stop >/dev/null 2>&1 || :
exit $status
