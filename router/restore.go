package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/eevans-d/sist-cabanas/migrations"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/queue"
	"github.com/eevans-d/sist-cabanas/shared/storage"
)

// Storage is where backups are kept; it is named here because a configuration embeds it beside others.
type Storage = storage.Config

// restoreConfig is what restoring reads. The identity is for this verb alone: the running system has no key to its own backups.
type restoreConfig struct {
	Database
	Storage
	Identity config.Secret `envconfig:"BACKUP_AGE_IDENTITY"`
}

// restoreOptions are what may be said about a restore.
type restoreOptions struct {
	verify         bool
	from, identity string
}

func parseRestore(args []string) (o restoreOptions, err error) {
	flags := flag.NewFlagSet("restore", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&o.verify, "verify", false, "")
	flags.StringVar(&o.from, "from", "latest", "")
	flags.StringVar(&o.identity, "identity", "", "")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		return o, usagef("usage: router restore [-verify] [-from latest|<name>|<file>] [-identity <file>]")
	}
	return o, nil
}

// restore fills the empty database of DATABASE_URL from a backup, or with -verify only tries whether it could.
func (p *program) restore(ctx context.Context, args []string) error {
	o, err := parseRestore(args)
	if err != nil {
		return err
	}
	var c restoreConfig
	if err := p.load(&c); err != nil {
		return usageError{err}
	}
	name, backup, err := openBackup(ctx, c, o)
	if err != nil {
		return err
	}
	defer backup.Close() //nolint:errcheck // it was only read
	target := postgres.Target{URL: c.URL, Files: migrations.Files, Queue: queue.MigrateTo}
	if o.verify {
		return p.verify(ctx, name, target, backup)
	}
	done, err := postgres.Restore(ctx, target, backup)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "restored %d rows of %d tables from %s\n", done.Rows, len(done.Sums), name)
	return nil
}

// openBackup opens a backup by its name, the latest one, or a file that somebody has at hand.
func openBackup(ctx context.Context, c restoreConfig, o restoreOptions) (name string, backup io.ReadCloser, err error) {
	keys, err := backupKeys(c, o)
	if err != nil {
		return "", nil, err
	}
	if strings.ContainsRune(o.from, os.PathSeparator) {
		file, err := os.Open(o.from)
		if err != nil {
			return "", nil, err
		}
		backup, err := storage.Unseal(file, keys)
		return o.from, backup, err
	}
	archive, err := storage.OpenArchive(c.Storage)
	if err != nil {
		return "", nil, usageError{err}
	}
	if name = o.from; name == "latest" {
		if name, err = archive.Latest(ctx); err != nil {
			return "", nil, err
		}
	}
	backup, err = archive.Open(ctx, name, keys)
	return name, backup, err
}

// backupKeys reads the identity from the file that was named, else from the environment. A backup that is not encrypted, as in
// development, needs none.
func backupKeys(c restoreConfig, o restoreOptions) (storage.Keys, error) {
	identity := c.Identity
	if o.identity != "" {
		text, err := os.ReadFile(o.identity)
		if err != nil {
			return nil, err
		}
		identity = config.Secret(text)
	}
	if identity == "" {
		return nil, nil
	}
	return storage.ParseKeys(identity)
}

// verify restores for trial and shows table by table whether what comes back is what was backed up.
func (p *program) verify(ctx context.Context, name string, target postgres.Target, backup io.Reader) error {
	checks, err := postgres.Verify(ctx, target, backup)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TABLE\tROWS\tBYTES\tCHECK")
	differ := 0
	for _, check := range checks {
		verdict := "same"
		if !check.Same() {
			verdict = "DIFFERS"
			differ++
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", cmp.Or(check.Name, check.Backup.Name), check.Backup.Rows, check.Backup.Bytes, verdict)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if differ > 0 {
		return fmt.Errorf("%s: %d of %d tables do not come back as they were", name, differ, len(checks))
	}
	fmt.Fprintf(p.out, "%s can be restored\n", name)
	return nil
}
