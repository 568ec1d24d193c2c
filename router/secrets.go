package main

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/eevans-d/sist-cabanas/shared/storage"
)

// secrets makes every secret that production needs and that anybody may invent, and prints the one command that sets them. They
// are nowhere else: run it once, and keep what it prints where passwords are kept. The identity is not for the system: it opens
// backups, and whoever broke into the system must not have it.
func (p *program) secrets(_ context.Context, args []string) error {
	if len(args) > 0 {
		return usagef("secrets takes no arguments")
	}
	recipient, identity, err := storage.NewKey()
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "fly secrets set JWT_SECRET=%s GUEST_TOKEN_SECRET=%s METRICS_TOKEN=%s WHATSAPP_VERIFY_TOKEN=%s BACKUP_AGE_RECIPIENTS=%s\n",
		newSecret(), newSecret(), newSecret(), newSecret(), recipient)
	fmt.Fprintf(p.out, "# Keep this, off the system: without it no backup can be restored.\n# BACKUP_AGE_IDENTITY=%s\n", identity.Reveal())
	return nil
}

// newSecret is 256 bits that need no quoting anywhere.
func newSecret() string { return rand.Text() + rand.Text() }
