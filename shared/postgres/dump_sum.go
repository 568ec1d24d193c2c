package postgres

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math/bits"
)

// rowSum counts and checks the rows of a table, written to it as COPY's text in pieces of any size.
//
// The checksum is the sum, modulo 2^256, of the SHA-256 of every row: two tables with the same rows have the same one, in
// whatever order the server reads them, and a doubled row counts twice.
type rowSum struct {
	rows, bytes int64
	total       [4]uint64 // least significant first
	partial     hash.Hash // of a row that has begun
	open        bool      // one has
}

func newRowSum() *rowSum { return &rowSum{partial: sha256.New()} }

// Write never fails.
func (s *rowSum) Write(p []byte) (int, error) {
	n := len(p)
	s.bytes += int64(n)
	for len(p) > 0 {
		// COPY writes a line break within a value as \n, so that a real one always ends a row.
		line, rest, ended := bytes.Cut(p, []byte{'\n'})
		switch {
		case !ended:
			s.partial.Write(line)
			s.open = true
		case s.open:
			s.partial.Write(line)
			var sum [sha256.Size]byte
			s.add([sha256.Size]byte(s.partial.Sum(sum[:0])))
			s.partial.Reset()
			s.open = false
		default:
			s.add(sha256.Sum256(line))
		}
		p = rest
	}
	return n, nil
}

func (s *rowSum) add(row [sha256.Size]byte) {
	s.rows++
	var carry uint64
	for i := range s.total {
		s.total[i], carry = bits.Add64(s.total[i], binary.LittleEndian.Uint64(row[8*i:]), carry)
	}
}

func (s *rowSum) sum(table string) TableSum {
	var total [sha256.Size]byte
	for i, part := range s.total {
		binary.LittleEndian.PutUint64(total[8*i:], part)
	}
	return TableSum{Name: table, Rows: s.rows, Bytes: s.bytes, Sum: hex.EncodeToString(total[:])}
}

func sumSequences(sequences []sequence) TableSum {
	sum := newRowSum()
	for _, s := range sequences {
		fmt.Fprintf(sum, "%s %d %t\n", s.Name, s.Last, s.Called)
	}
	return sum.sum("sequences")
}
