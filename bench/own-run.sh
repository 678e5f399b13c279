#!/bin/sh
# own-run.sh COMMAND...: runs the command where /run is a tmpfs, as it is on every machine that systemd has booted. The caller
# gave us a mount namespace of our own. What is there already is there too, but for what container managers keep.
set -e
own=$(mktemp -d)
mount -t tmpfs -o mode=755 tmpfs "$own"
for entry in /run/*; do
	name=${entry##*/}
	case $name in containers | crun | libpod | lxc | lxc-ts | lxcfs* | runc) continue ;; esac
	if [ -L "$entry" ]; then
		cp -P "$entry" "$own/$name"
		continue
	fi
	if [ -d "$entry" ]; then mkdir "$own/$name"; else : >"$own/$name"; fi
	mount --rbind "$entry" "$own/$name"
done
mount --move "$own" /run
rmdir "$own"
exec "$@"
