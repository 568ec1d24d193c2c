package pglocal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
)

// account is who Postgres runs as: ourselves, unless we are root, whom it refuses.
type account struct {
	uid, gid uint32
	drop     bool // we are root and become somebody else
}

// accountFor chooses whose processes work on dataDir. Root keeps the owner of a cluster that is already there, so that
// `make run` with and without sudo may alternate.
func accountFor(dataDir string) (account, error) {
	if os.Geteuid() != 0 {
		return account{uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())}, nil
	}
	if info, err := os.Stat(dataDir); err == nil {
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Uid != 0 {
			return account{uid: stat.Uid, gid: stat.Gid, drop: true}, nil
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		if found, err := user.Lookup(name); err == nil {
			uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
			gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
			return account{uid: uint32(uid), gid: uint32(gid), drop: true}, errors.Join(uidErr, gidErr)
		}
	}
	return account{}, errors.New("postgres refuses to run as root, and there is neither a user postgres nor nobody")
}

// command runs as the account, in a directory that everybody may enter (ours may be a home), and undisturbed by what the
// environment says about languages and other servers.
func (a account) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"LC_ALL=C"}
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "PG") && !strings.HasPrefix(variable, "LC_") && !strings.HasPrefix(variable, "LANG") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	if a.drop {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: a.uid, Gid: a.gid}}
	}
	return cmd
}

// run is command, waited for. Its error ends in what the program said.
func (a account) run(ctx context.Context, name string, args ...string) (string, error) {
	output, err := a.command(ctx, name, args...).CombinedOutput()
	text := strings.TrimSpace(string(output))
	if err != nil && text != "" {
		err = fmt.Errorf("%w: %s", err, text)
	}
	return text, err
}

// own hands path over to the account.
func (a account) own(path string) error {
	if !a.drop {
		return nil
	}
	return os.Chown(path, int(a.uid), int(a.gid))
}

// reaches tells whether the account may enter dir, which depends on every folder above it.
func (a account) reaches(ctx context.Context, dir string) bool {
	if !a.drop {
		return true
	}
	_, err := a.run(ctx, "/bin/sh", "-c", `cd -- "$1"`, "sh", dir)
	return err == nil
}

// trusts tells whether dir is a real directory that nobody but the account, or root, can have put there. Names under
// /tmp can be guessed, and a cluster that somebody else prepared would run that person's commands as us.
func (a account) trusts(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (stat.Uid == a.uid || stat.Uid == 0) && info.Mode().Perm()&0o022 == 0
}
