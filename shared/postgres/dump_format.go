package postgres

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"
	"time"
)

// A dump is one line that names the format, and then frames:
//
//	cabanas-dump/1\n
//	frame = kind (1 byte), length (4 bytes), checksum (4 bytes), payload (length bytes); numbers big endian
//
// The checksum is the CRC-32C of kind, length and payload. Frames come in this order:
//
//	H  JSON, DumpHeader: when, from which Postgres, the schema's and the queue's version, every table with its columns
//	T  JSON, {"name"}: a table begins; in the order of the header, so that nothing comes before what it refers to
//	D  rows in COPY's text form, UTF-8, one line each; lines may continue in the next D
//	E  JSON, TableSum: the table is complete; its rows, bytes and checksum
//	S  JSON, a list of {"name","last","called"}: where every sequence stands
//	Z  JSON, {"tables","rows","bytes"}: the dump is complete; nothing follows
//
// So damage to any byte is noticed in the frame that it is in, a lost or doubled frame at the end of its table, and a lost
// tail by the missing Z. A program that does not know the number in the first line does not guess.
//
// Rows are in COPY's text form, not its binary one, which depends on the version of the server and, for arrays of enums and
// the like, on numbers that the server gave out when the type was made: a dump of one database could not be read by another.
// The text is also what an operator can read with standard tools when nothing else is left.
const (
	dumpFormat = 1
	dumpName   = "cabanas-dump/"

	frameHeader    = 'H'
	frameTable     = 'T'
	frameData      = 'D'
	frameEnd       = 'E'
	frameSequences = 'S'
	frameTrailer   = 'Z'

	framePrefix = 9
	// maxFrame keeps a reader that meets garbage from believing its length.
	maxFrame = 4 << 20
	// dataFrame is how many bytes of rows are gathered before they are written.
	dataFrame = 64 << 10
)

// Errors of a dump that cannot be used. They wrap no cause of the database.
var (
	ErrNotADump    = errors.New("this is not a dump of ours")
	ErrNewerDump   = errors.New("the dump is of a newer format than this program reads")
	ErrDamagedDump = errors.New("the dump is damaged")
)

// DumpHeader says what a dump holds.
type DumpHeader struct {
	CreatedAt time.Time   `json:"created_at"`
	Postgres  string      `json:"postgres"` // the server's version
	Schema    int64       `json:"schema"`   // the newest migration that had been applied
	Queue     int64       `json:"queue"`    // the same of the queue's own tables
	Tables    []DumpTable `json:"tables"`   // none refers to a later one
}

// DumpTable is a table and its columns as they are in the dump; generated columns are not, they are computed again.
type DumpTable struct {
	Name    string       `json:"name"`
	Columns []DumpColumn `json:"columns"`
}

// DumpColumn is a column; its type is there for readers, nothing depends on it.
type DumpColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// TableSum is what can be told of a table without showing it. Sum does not depend on the order of the rows.
type TableSum struct {
	Name  string `json:"name"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
	Sum   string `json:"sum"`
}

// Contents is what went into a dump, or came out of one.
type Contents struct {
	DumpHeader
	Sums        []TableSum
	Sequences   TableSum
	Rows, Bytes int64 // of all tables
}

func (c *Contents) add(sum TableSum) {
	c.Sums = append(c.Sums, sum)
	c.Rows += sum.Rows
	c.Bytes += sum.Bytes
}

func (c *Contents) trailer() dumpTrailer {
	return dumpTrailer{Tables: len(c.Sums), Rows: c.Rows, Bytes: c.Bytes}
}

type (
	tableBegin struct {
		Name string `json:"name"`
	}
	sequence struct {
		Name   string `json:"name"`
		Last   int64  `json:"last"`
		Called bool   `json:"called"`
	}
	dumpTrailer struct {
		Tables int   `json:"tables"`
		Rows   int64 `json:"rows"`
		Bytes  int64 `json:"bytes"`
	}
)

// frameWriter writes the stream.
type frameWriter struct{ to io.Writer }

func newFrameWriter(to io.Writer) (*frameWriter, error) {
	_, err := io.WriteString(to, dumpName+strconv.Itoa(dumpFormat)+"\n")
	return &frameWriter{to}, err
}

func (f *frameWriter) frame(kind byte, payload []byte) error {
	prefix := framePrefixOf(kind, payload)
	if _, err := f.to.Write(prefix[:]); err != nil {
		return err
	}
	_, err := f.to.Write(payload)
	return err
}

func framePrefixOf(kind byte, payload []byte) (prefix [framePrefix]byte) {
	prefix[0] = kind
	binary.BigEndian.PutUint32(prefix[1:], uint32(len(payload)))
	table := crc32.MakeTable(crc32.Castagnoli) // made once, by the library
	sum := crc32.Update(crc32.Checksum(prefix[:5], table), table, payload)
	binary.BigEndian.PutUint32(prefix[5:], sum)
	return prefix
}

func (f *frameWriter) json(kind byte, value any) error {
	payload, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if len(payload) > maxFrame {
		return fmt.Errorf("a %c frame of %d bytes is too large for the format", kind, len(payload))
	}
	return f.frame(kind, payload)
}

// frameReader reads the stream. A payload is good until the next frame is read.
type frameReader struct {
	from    *bufio.Reader
	payload []byte
}

func newFrameReader(from io.Reader) (*frameReader, error) {
	f := &frameReader{from: bufio.NewReaderSize(from, dataFrame)}
	line, err := f.from.ReadSlice('\n')
	number, ours := strings.CutPrefix(string(line), dumpName)
	if !ours {
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, fmt.Errorf("read the dump: %w", err)
		}
		return nil, ErrNotADump
	}
	if err != nil {
		return nil, damaged(err)
	}
	version, err := strconv.Atoi(strings.TrimSuffix(number, "\n"))
	switch {
	case err != nil || version < 1:
		return nil, ErrNotADump
	case version > dumpFormat:
		return nil, fmt.Errorf("%w: it is %d, known are up to %d", ErrNewerDump, version, dumpFormat)
	}
	return f, nil
}

func (f *frameReader) next() (kind byte, payload []byte, err error) {
	var prefix [framePrefix]byte
	if _, err := io.ReadFull(f.from, prefix[:]); err != nil {
		return 0, nil, damaged(err)
	}
	length := int(binary.BigEndian.Uint32(prefix[1:]))
	if length > maxFrame {
		return 0, nil, fmt.Errorf("%w: a frame claims %d bytes", ErrDamagedDump, length)
	}
	if cap(f.payload) < length {
		f.payload = make([]byte, length)
	}
	f.payload = f.payload[:length]
	if _, err := io.ReadFull(f.from, f.payload); err != nil {
		return 0, nil, damaged(err)
	}
	if framePrefixOf(prefix[0], f.payload) != prefix {
		return 0, nil, fmt.Errorf("%w: the checksum of a frame is wrong", ErrDamagedDump)
	}
	return prefix[0], f.payload, nil
}

// json reads the next frame, which must be of that kind.
func (f *frameReader) json(kind byte, into any) error {
	got, payload, err := f.next()
	if err != nil {
		return err
	}
	if got != kind {
		return fmt.Errorf("%w: frame %q where %q belongs", ErrDamagedDump, got, kind)
	}
	if err := json.Unmarshal(payload, into); err != nil {
		return fmt.Errorf("%w: frame %q: %w", ErrDamagedDump, kind, err)
	}
	return nil
}

// end makes sure that nothing follows. It matters beyond neatness: what decrypts the stream vouches for the last bytes only
// once it has been read to its end.
func (f *frameReader) end() error {
	_, err := f.from.ReadByte()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err == nil:
		return fmt.Errorf("%w: something follows its end", ErrDamagedDump)
	}
	return damaged(err)
}

// damaged says what a reader's error means: the stream ends too early, or whatever is beneath has found it out first.
func damaged(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends too early", ErrDamagedDump)
	}
	return fmt.Errorf("read the dump: %w", err)
}
