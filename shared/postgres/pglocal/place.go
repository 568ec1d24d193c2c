package pglocal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	temporaryPrefix = "cabanas-test-"

	// roomInMemory is what a temporary cluster should find free before it goes to memory. Containers often have 64 MB.
	roomInMemory = 1 << 30

	// handoverTimeout is how long a server whose owner has died may take to shut down before its directory is free.
	handoverTimeout = 30 * time.Second
	// forkTimeout is how long a program that this process starts may take to let go of what is open here.
	forkTimeout = 3 * time.Second
)

// place is a directory that is ours alone until leave.
type place struct {
	dir       string
	account   account
	temporary bool
	lock      *os.File
}

func (p place) data() string { return filepath.Join(p.dir, "data") }

// leave gives the place up; a temporary one disappears.
func (p place) leave() {
	if p.temporary {
		_ = os.RemoveAll(p.dir) // the watcher does it too, and first
	}
	_ = p.lock.Close()
}

// settle makes dir usable by the account that Postgres runs as, and locks it.
func settle(ctx context.Context, dir string) (place, error) {
	if dir == "" {
		return settleTemporarily(ctx)
	}
	link, err := filepath.Abs(dir)
	if err != nil {
		return place{}, fmt.Errorf("find %s: %w", dir, err)
	}
	account, err := accountFor(filepath.Join(link, "data"))
	if err != nil {
		return place{}, err
	}
	p := place{dir: link, account: account}
	moved := elsewhere(link)
	if target, err := os.Readlink(link); err == nil && target == moved {
		p.dir = moved
	} else if err := os.MkdirAll(link, 0o755); err != nil {
		return place{}, fmt.Errorf("make the directory for Postgres: %w", err)
	} else if !account.reaches(ctx, link) {
		return settleElsewhere(ctx, link, moved, account)
	}
	if p.dir == moved {
		if err := account.claim(moved); err != nil {
			return place{}, err
		}
	}
	if p.lock, err = lockDir(ctx, p.dir); err != nil {
		return place{}, err
	}
	return p, nil
}

// elsewhere is where root's cluster for link goes if the account cannot reach link itself.
func elsewhere(link string) string {
	sum := sha256.Sum256([]byte(link))
	return filepath.Join("/var/tmp", "cabanas-"+hex.EncodeToString(sum[:6]))
}

// settleElsewhere puts a symbolic link to moved in the place of link. As long as that link is there the data is kept;
// without it, somebody has removed what they took for the data, so what is left of it goes too.
func settleElsewhere(ctx context.Context, link, moved string, account account) (place, error) {
	if err := account.claim(moved); err != nil {
		return place{}, err
	}
	lock, err := lockDir(ctx, moved)
	if err != nil {
		return place{}, err
	}
	p := place{dir: moved, account: account, lock: lock}
	err = os.RemoveAll(p.data())
	if err == nil {
		err = os.Remove(link) // an empty directory, or it stays
	}
	if err == nil {
		err = os.Symlink(moved, link)
	}
	if err != nil {
		p.leave()
		return place{}, fmt.Errorf("postgres cannot run as root, and the user it runs as instead cannot enter %s: %w", link, err)
	}
	return p, nil
}

// claim makes dir the account's own, or refuses one that somebody else has put there.
func (a account) claim(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the directory for Postgres: %w", err)
	}
	if !a.trusts(dir) {
		return fmt.Errorf("%s belongs to somebody else", dir)
	}
	return a.own(dir)
}

// settleTemporarily prefers memory: making and dropping a database writes some thousand files and syncs none.
func settleTemporarily(ctx context.Context) (place, error) {
	account, err := accountFor("")
	if err != nil {
		return place{}, err
	}
	for _, base := range temporaryBases() {
		account.sweep(base)
		dir, mkdirErr := os.MkdirTemp(base, temporaryPrefix)
		if mkdirErr != nil {
			err = errors.Join(err, mkdirErr)
			continue
		}
		p := place{dir: dir, account: account, temporary: true}
		if err = account.own(dir); err == nil && account.reaches(ctx, dir) {
			if p.lock, err = lockDir(ctx, dir); err == nil {
				return p, nil
			}
		}
		_ = os.RemoveAll(dir)
	}
	return place{}, fmt.Errorf("no temporary directory can hold a cluster: %w", err)
}

func temporaryBases() []string {
	var bases []string
	if hasRoom("/dev/shm") {
		bases = append(bases, "/dev/shm")
	}
	if dir, err := filepath.Abs(os.TempDir()); err == nil {
		bases = append(bases, dir)
	}
	return append(bases, "/tmp", "/var/tmp")
}

func hasRoom(dir string) bool {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return false
	}
	return stat.Bavail*uint64(stat.Bsize) >= roomInMemory
}

// sweep removes temporary clusters whose server and watcher were both killed, such as by the kernel short of memory.
func (a account) sweep(base string) {
	entries, _ := filepath.Glob(filepath.Join(base, temporaryPrefix+"*"))
	for _, dir := range entries {
		info, err := os.Lstat(dir)
		// A young one may belong to a process that has not got as far as locking it.
		if err != nil || time.Since(info.ModTime()) < time.Minute || !a.trusts(dir) {
			continue
		}
		lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR, 0)
		if err == nil {
			err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		}
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			_ = os.RemoveAll(dir)
		}
		_ = lock.Close()
	}
}

// cacheDir keeps what temporary servers share: a cluster to copy, and downloaded binaries.
func (a account) cacheDir(ctx context.Context) (string, error) {
	var bases []string
	if a.drop {
		bases = append(bases, "/var/cache") // root's own is in root's home, where the account cannot go
	} else if dir, err := os.UserCacheDir(); err == nil && os.MkdirAll(dir, 0o700) == nil {
		bases = append(bases, dir)
	}
	var candidates []string
	for _, base := range append(bases, os.TempDir(), "/var/tmp", "/tmp") {
		if filepath.IsAbs(base) {
			candidates = append(candidates, filepath.Join(base, "cabanas-cache-"+strconv.FormatUint(uint64(a.uid), 10)))
		}
	}
	var err error
	for _, dir := range candidates {
		claimErr := a.claim(dir)
		if claimErr == nil && a.reaches(ctx, dir) {
			return dir, nil
		}
		err = errors.Join(err, claimErr)
	}
	return "", fmt.Errorf("no directory can hold a cache: %w", err)
}

// lockDir takes dir for this process and its server. The server and its watcher inherit the lock, so it is free only
// when all of them are gone, however they went. A server whose owner has died is waited for; a living owner is not, but for
// this process itself: a program that it is just starting has everything that is open here, until it is another program.
func lockDir(ctx context.Context, dir string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%s belongs to another user, perhaps root: start as that user, or run `sudo make clean`", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the directory for Postgres: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, handoverTimeout)
	defer cancel()
	for begin := time.Now(); ; {
		err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		owner := ownerOf(lock)
		if alive(owner) && (owner != os.Getpid() || time.Since(begin) > forkTimeout) || ctx.Err() != nil {
			_ = lock.Close()
			return nil, fmt.Errorf("%s is in use by another server (process %d): stop that first", dir, owner)
		}
		pause(ctx, 20*time.Millisecond)
	}
	content := []byte(strconv.Itoa(os.Getpid()) + "\n")
	if _, err = lock.WriteAt(content, 0); err == nil {
		err = lock.Truncate(int64(len(content)))
	}
	if err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("lock the directory for Postgres: %w", err)
	}
	return lock, nil
}

// lockFile waits until this process alone has path, for as long as ctx allows.
func lockFile(ctx context.Context, path string) (*os.File, error) {
	lock, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("take a lock: %w", err)
	}
	for syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		if ctx.Err() != nil {
			_ = lock.Close()
			return nil, fmt.Errorf("take a lock: %w", ctx.Err())
		}
		pause(ctx, 20*time.Millisecond)
	}
	return lock, nil
}

func ownerOf(lock *os.File) int {
	content := make([]byte, 32)
	n, _ := lock.ReadAt(content, 0)
	pid, _ := strconv.Atoi(strings.TrimSpace(string(content[:n])))
	return pid
}

func alive(pid int) bool {
	return pid > 0 && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
