// Package storage keeps backups: compressed, encrypted to a key that the running system does not have, in a folder or in an
// S3-compatible bucket.
package storage

import (
	"context"
	"errors"
	"io"
	"regexp"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/config"
)

// Config says where backups go and who can read them. The names of the bucket's variables are those that Fly sets for a
// bucket of Tigris.
type Config struct {
	Recipients config.List   `envconfig:"BACKUP_AGE_RECIPIENTS" validate:"needed,dive,startswith=age1"`
	Dir        string        `envconfig:"BACKUP_DIR"`
	Bucket     string        `envconfig:"BUCKET_NAME"`
	Endpoint   string        `envconfig:"AWS_ENDPOINT_URL_S3" validate:"required_with=Bucket,omitempty,http_url"`
	Region     string        `envconfig:"AWS_REGION" default:"auto"`
	KeyID      config.Secret `envconfig:"AWS_ACCESS_KEY_ID" validate:"required_with=Bucket"`
	Key        config.Secret `envconfig:"AWS_SECRET_ACCESS_KEY" validate:"required_with=Bucket"`
	// Stall is how long a transfer may stand still before it is tried again.
	Stall time.Duration `envconfig:"BACKUP_STALL_TIMEOUT" default:"1m" validate:"min=1s"`
}

// Store is a flat place for things with names. Nothing under a name is ever half written, or an older and a newer thing at
// once: it is there whole, or not at all.
type Store interface {
	// Put keeps everything that r gives until io.EOF. Any other error of r comes back, and nothing is kept.
	Put(ctx context.Context, name string, r io.Reader) error
	// Get returns ErrNotFound if there is nothing of that name.
	Get(ctx context.Context, name string) (io.ReadCloser, error)
	// List returns the names that begin with prefix, and the sizes.
	List(ctx context.Context, prefix string) (map[string]int64, error)
	// Delete is content if there is nothing of that name.
	Delete(ctx context.Context, name string) error
}

// Errors of a Store.
var (
	ErrNotFound = errors.New("there is nothing of that name")
	ErrName     = errors.New("a name has letters, digits, dots, hyphens and underscores, and begins with a letter or digit")
	errStalled  = errors.New("the transfer stood still")
)

// abandonedAfter is how old something half done is when whoever did it was surely killed.
const abandonedAfter = 24 * time.Hour

// Open returns the store of a configuration. It connects to nothing.
func Open(c Config) (Store, error) {
	switch {
	case c.Dir != "" && c.Bucket != "":
		return nil, config.Problems{{Variable: "BACKUP_DIR", Message: "and BUCKET_NAME are both set: backups go to one place"}}
	case c.Dir != "":
		return Folder(c.Dir), nil
	case c.Bucket != "":
		return openBucket(c)
	}
	return nil, config.Problems{{Variable: "BACKUP_DIR", Message: "is missing: set it to a folder, or BUCKET_NAME to a bucket"}}
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$`)

// checkName keeps names within the store: no folders, no dot files, nothing that a URL or a file system reads differently.
func checkName(name string) error {
	if !nameForm.MatchString(name) {
		return ErrName
	}
	return nil
}

// untilDone is a reader that ends with its context.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	if err := context.Cause(u.ctx); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
