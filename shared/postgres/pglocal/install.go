package pglocal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// packageManager is one way to install Postgres on a machine.
type packageManager struct {
	program string
	hint    string // what a person would type
	script  string // for `sh -e`, as root unless asUser
	asUser  bool
}

func packageManagers() []packageManager {
	return []packageManager{
		{program: "apt-get", hint: "apt-get install postgresql", script: aptScript},
		{
			program: "dnf", hint: "dnf install postgresql-server postgresql-contrib",
			script: "dnf install -y postgresql-server postgresql-contrib",
		},
		{
			program: "apk", hint: "apk add postgresql postgresql-contrib",
			script: "apk add --no-cache postgresql postgresql-contrib",
		},
		{program: "pacman", hint: "pacman -S postgresql", script: "pacman -Sy --noconfirm --needed postgresql"},
		{program: "brew", hint: "brew install postgresql@17", script: "brew install postgresql@17", asUser: true},
	}
}

// On Debian and its kin, installing the package also makes a cluster and starts it on port 5432, for good. This machine
// needs the programs only, so that is off while we install, and as it was afterwards.
const aptScript = `
export DEBIAN_FRONTEND=noninteractive
apt-get update || { sleep 15; apt-get update; } # a new machine may be updating itself just now
major=$(apt-cache --no-all-versions show postgresql | sed -n 's/^Version: \([0-9]*\).*/\1/p')
if [ "$major" -lt 15 ]; then
	echo "this release has Postgres $major" >&2
	exit 1
fi
install() { apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"; }
install postgresql-common
off=/etc/postgresql-common/createcluster.d/no-main-cluster.conf
mkdir -p "${off%/*}"
trap 'rm -f "$off"' EXIT
echo 'create_main_cluster = false' >"$off"
install postgresql
`

// install asks the machine's package manager.
func (s supply) install(ctx context.Context) error {
	for _, manager := range packageManagers() {
		if _, err := exec.LookPath(manager.program); err == nil {
			return s.installBy(ctx, manager)
		}
	}
	return errors.New("there is no package manager that we know")
}

func (s supply) installBy(ctx context.Context, manager packageManager) error {
	command := []string{"/bin/sh", "-ec", manager.script}
	if !manager.asUser && os.Geteuid() != 0 {
		// Only if it asks for no password: nobody may be there to type it, and there is another way.
		if err := exec.CommandContext(ctx, "sudo", "-n", "true").Run(); err != nil {
			return fmt.Errorf("installing it takes a password: run `sudo %s`", manager.hint)
		}
		command = append([]string{"sudo", "-n"}, command...)
	}
	_, _ = fmt.Fprintf(s.log, "Postgres is not here yet: installing it (%s)\n", manager.hint)
	output, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", manager.hint, err, lastLines(string(output), 3))
	}
	return nil
}

// lastLines are where programs say what went wrong.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
