"""What Debian's python3-lxc knows of a container and does with it, one JSON object on stdout."""

import json
import sys

import lxc

container = lxc.Container(sys.argv[1])
seen = {
    "listed": container.name in lxc.list_containers(),
    "active": container.name in lxc.list_containers(active=True, defined=False),
    "defined": container.defined,
    "controllable": container.controllable,
    "running": container.running,
    "state": container.state,
    "pid": container.init_pid,
    "item": container.get_running_config_item("lxc.uts.name"),
    "limit": container.get_cgroup_item("memory.limit_in_bytes"),
}
seen["frozen"] = [container.freeze(), container.wait("FROZEN", 10), container.state]
seen["thawed"] = [container.unfreeze(), container.wait("RUNNING", 10), container.state]
seen["attached"] = container.attach_wait(
    lxc.attach_run_command, ["/bin/busybox", "sh", "-c", "exit 3"]
)
seen["stopped"] = [container.stop(), container.wait("STOPPED", 10), container.running]
print(json.dumps(seen))
