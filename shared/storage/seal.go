package storage

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/eevans-d/sist-cabanas/shared/config"
)

// window is how far back compression looks, and with that what it and its opposite need of memory.
const window = 1 << 20

// Errors of opening a backup.
var (
	ErrNotABackup = errors.New("this is not a backup of ours")
	ErrCutOff     = errors.New("the backup is cut off")
	ErrWrongKey   = errors.New("the backup is encrypted to another key")
	ErrNoKey      = errors.New("the backup is encrypted: its identity is needed, from a file or BACKUP_AGE_IDENTITY")
)

// Recipients are the public keys of those who can read a backup. The system that writes backups has nothing else: whoever
// breaks into it, or reads its environment, has today's data but no past backup, and cannot tell one from noise.
type Recipients []age.Recipient

// ParseRecipients reads public keys, age1….
func ParseRecipients(keys []string) (Recipients, error) {
	var all Recipients
	for i, key := range keys {
		recipient, err := age.ParseX25519Recipient(strings.TrimSpace(key))
		if err != nil {
			// Not age's error, which quotes the key: it may be the secret half.
			return nil, config.Problems{{
				Variable: "BACKUP_AGE_RECIPIENTS",
				Message:  fmt.Sprintf("must be public keys, age1…: number %d is none", i+1),
			}}
		}
		all = append(all, recipient)
	}
	return all, nil
}

// Keys are what backups are read with.
type Keys []age.Identity

// ParseKeys reads a file of identities as age-keygen writes it, or the content of BACKUP_AGE_IDENTITY; of nothing it makes
// no keys.
func ParseKeys(text config.Secret) (Keys, error) {
	if strings.TrimSpace(text.Reveal()) == "" {
		return nil, nil
	}
	keys, err := age.ParseIdentities(strings.NewReader(text.Reveal()))
	if err != nil {
		return nil, errors.New("the identity cannot be read: it is AGE-SECRET-KEY-1…, as age-keygen writes it") // age's error quotes it
	}
	return keys, nil
}

// NewKey makes a key: its public half for BACKUP_AGE_RECIPIENTS, and its secret half for a safe place elsewhere.
func NewKey() (recipient string, identity config.Secret, err error) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return "", "", err
	}
	return key.Recipient().String(), config.Secret(key.String()), nil
}

// seal compresses what is written to it and encrypts that for all recipients; for none it only compresses, which production
// refuses. Closing it completes what is in w, and does not close w.
func seal(w io.Writer, to Recipients) (io.WriteCloser, error) {
	s := &sealer{}
	if len(to) > 0 {
		encrypt, err := age.Encrypt(w, to...)
		if err != nil {
			return nil, err
		}
		s.encrypt, w = encrypt, encrypt
	}
	// One goroutine at a time and a small window: the machine has 256 MB.
	compress, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, err
	}
	s.Encoder = compress
	return s, nil
}

type sealer struct {
	*zstd.Encoder
	encrypt io.WriteCloser
}

func (s *sealer) Close() error {
	err := s.Encoder.Close()
	if err == nil && s.encrypt != nil {
		err = s.encrypt.Close() // writes the mark by which a truncated backup is told from a whole one
	}
	return err
}

const (
	ageMagic  = "age-encryption.org/"
	zstdMagic = "\x28\xb5\x2f\xfd"
)

// Unseal reads what seal wrote. Nothing that was tampered with comes out of it, and it fails where something is missing;
// both are known for sure only once it has been read to its end. Closing it does not close r.
func Unseal(r io.Reader, keys Keys) (io.ReadCloser, error) {
	buffered := bufio.NewReader(r)
	start, err := buffered.Peek(len(ageMagic))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var inner io.Reader = buffered
	switch {
	case bytes.HasPrefix(start, []byte(ageMagic)):
		if inner, err = decrypt(buffered, keys); err != nil {
			return nil, err
		}
	case !bytes.HasPrefix(start, []byte(zstdMagic)):
		return nil, ErrNotABackup
	}
	expand, err := zstd.NewReader(inner, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
	if err != nil {
		return nil, err
	}
	return expand.IOReadCloser(), nil
}

func decrypt(r io.Reader, keys Keys) (io.Reader, error) {
	if len(keys) == 0 {
		return nil, ErrNoKey
	}
	plain, err := age.Decrypt(r, keys...)
	if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
		return nil, ErrWrongKey
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotABackup, err)
	}
	return whole{plain}, nil
}

// whole is a decrypted stream. To decompression an unexpected end where something new could begin is an end like any other.
type whole struct{ io.Reader }

func (w whole) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = ErrCutOff
	}
	return n, err
}
